"""Receiving what a wallet posts (OpenID4VP 1.0 §8.2, §8.6): every step in order, then consumed once, or nothing at all.

Whoever posts is a stranger until the last step holds. So a response that fails changes nothing but a note of the step:
nobody can kill another person's sign-in by posting rubbish to it. The wallet is told one thing whatever was wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from sinwon.core import base64url
from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.formats.dcql.query import parse_query
from sinwon.formats.jose.jwe import Jwe, decrypt
from sinwon.keys.jwk import PublicKey
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.oauth.errors import INVALID_REQUEST
from sinwon.protocols.vp.client_identifier import x509_hash
from sinwon.protocols.vp.description import Description, ResponseMode, read_description
from sinwon.protocols.vp.response import Answer, WalletError, check_state, parse_answer, parse_response
from sinwon.services.presentation.asked import Asked, Step, at
from sinwon.services.presentation.credential import Credential
from sinwon.services.presentation.described import asked_of, seal_credentials
from sinwon.services.presentation.gateway import AT_ONCE, RESPONSE_CODE_SECONDS, RESULT_SECONDS, Gateway
from sinwon.services.presentation.permission import permit
from sinwon.services.presentation.response_key import response_key, response_key_id
from sinwon.services.presentation.result import seal_result
from sinwon.services.presentation.verify import verify_answer
from sinwon.services.presentation.verify_query import verify_query
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import reading, writing
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import (
    Presentation,
    Progress,
    answer_presentation,
    decline_presentation,
    find_presentation,
    note_failure,
    reference_of,
)
from sinwon.store.gateway.shown_keys import note_shown

ANSWERED: Final = "presentation.answered"
DECLINED: Final = "presentation.declined"
FAILED: Final = "presentation.failed"
KEY_SHOWN_AGAIN: Final = "presentation.key_shown_again"
WALLET: Final = "wallet"


def receive_response(gateway: Gateway, presentation_id: str, form: Mapping[str, str]) -> str | None:
    """Where the wallet sends its browser now, if anywhere. Raises Refusal(INVALID_REQUEST), the same whatever was wrong."""
    now = gateway.clock()
    try:
        return _receive(gateway, presentation_id, form, now)
    except Refusal as refusal:
        _note(gateway, presentation_id, refusal.code, now)
        raise refusal.coded(INVALID_REQUEST) from None


def _receive(gateway: Gateway, presentation_id: str, form: Mapping[str, str], now: int) -> str | None:
    # 1 an answer or an error [OpenID4VP 8.2, 8.3]
    with at(Step.ENVELOPE):
        posted = parse_response(form)
    # 2 decrypted with the key of this presentation alone [OpenID4VP 8.3; HAIP 5]
    with at(Step.DECRYPTION):
        message = _opened(gateway, presentation_id, posted) if isinstance(posted, Jwe) else posted
    # 3 by one who knows the request, which is open [OpenID4VP 8.2, 14.1]
    with at(Step.TRANSACTION):
        check_state(message.state, presentation_id)
        presentation = _found(gateway, presentation_id)
    if isinstance(message, WalletError):
        return _decline(gateway, presentation, message.code, now)
    with at(Step.TRANSACTION):
        if not presentation.is_open(now):
            raise Unmet(INVALID_REQUEST, "answered already, or too late")
    description = None if presentation.description is None else read_description(presentation.description)
    with at(Step.ENVELOPE):
        _check_mode(posted, description)
    # 4-9 issuer, validity, status, holder, level, query
    if description is None:
        taken = _taken(gateway, presentation, message, now)
    else:
        taken = _described(gateway, presentation, description, message, now)
    # 10 once
    return _consume(gateway, presentation, taken, now)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A verified answer as it is kept."""

    sealed: bytes
    details: Details
    keys: tuple[PublicKey, ...]
    return_to: str | None
    """Where the browser goes on with the response code."""


def _check_mode(posted: Jwe | Answer | WalletError, description: Description | None) -> None:
    """Encrypted where that was asked for, and only there (OpenID4VP 1.0 §8.2, §8.3). Raises Unmet."""
    plain = description is not None and description.response_mode is ResponseMode.DIRECT_POST
    if isinstance(posted, Jwe) is plain:
        raise Unmet(INVALID_REQUEST, "not in the response mode asked for")


def _taken(gateway: Gateway, presentation: Presentation, message: Answer, now: int) -> _Taken:
    with at(Step.TRANSACTION):
        permission = permit(gateway.catalogue(), service=presentation.service, preset=presentation.preset, now=now)
    asked, anchors = _asked(gateway, presentation), gateway.trust()
    status_of = partial(_status, gateway, anchors, now)
    answer = verify_answer(message.vp_token, asked, permission.preset, anchors=anchors, status_of=status_of, now=now)
    details: Details = {"claims": sorted(answer.claims), "level": answer.level}
    sealed = seal_result(gateway.seal, presentation, answer)
    return _Taken(sealed, details, answer.keys, gateway.done_uri(presentation.id))


def _described(gateway: Gateway, presentation: Presentation, description: Description, message: Answer, now: int) -> _Taken:
    asked, anchors = asked_of(gateway, presentation, description), gateway.trust()
    query, status_of = parse_query(description.query), partial(_status, gateway, anchors, now)
    found = verify_query(message.vp_token, asked, query, anchors=anchors, status_of=status_of, now=now)
    details: Details = {"types": sorted(one.type for one in found.shown.values())}
    return _Taken(seal_credentials(gateway.seal, presentation, found.shown), details, found.keys, description.return_to)


def _opened(gateway: Gateway, presentation_id: str, posted: Jwe) -> Answer | WalletError:
    if posted.header.get("kid") != response_key_id(presentation_id):
        raise Malformed(INVALID_REQUEST, "encrypted to another key")
    return parse_answer(decrypt(posted, response_key(gateway.response_secret, presentation_id)))


def _found(gateway: Gateway, presentation_id: str) -> Presentation:
    with reading(gateway.engine) as connection:
        presentation = find_presentation(connection, presentation_id)
    if presentation is None:
        raise Unmet(INVALID_REQUEST, "no such presentation")
    return presentation


def _asked(gateway: Gateway, presentation: Presentation) -> Asked:
    audience = x509_hash(gateway.access(presentation.service).chain[0])
    jwk = response_key(gateway.response_secret, presentation.id).public_jwk
    return Asked(audience, presentation.nonce, gateway.response_uri(presentation.id), jwk)


def _status(gateway: Gateway, anchors: TrustAnchors, now: int, credential: Credential) -> int | None:
    if credential.status is None:
        raise Unmet(INVALID_REQUEST, "a credential without status")
    fetch, kind = gateway.fetch, credential.lists
    return gateway.statuses.value(credential.status, issuer=credential.issuer, fetch=fetch, anchors=anchors, now=now, kind=kind)


def _consume(gateway: Gateway, presentation: Presentation, taken: _Taken, now: int) -> str | None:
    """A browser that is sent nowhere brings no code back: then the one to be read with is the empty one."""
    code = "" if taken.return_to is None else new_secret(gateway.random)
    with writing(gateway.engine) as connection:
        mine = answer_presentation(
            connection,
            presentation.id,
            sealed=taken.sealed,
            code=digest(code),
            code_expires=now + RESPONSE_CODE_SECONDS,
            erase=now + RESULT_SECONDS,
            now=now,
        )
        if not mine:
            raise Unmet(Step.TRANSACTION, "another response was first")
        AUDIT.write(connection, Entry(now, WALLET, ANSWERED, presentation.reference, taken.details))
        _note_keys(gateway, connection, presentation, taken.keys, now)
    if taken.return_to is None:
        return None
    return f"{taken.return_to}{'&' if '?' in taken.return_to else '?'}response_code={code}"


def _note_keys(
    gateway: Gateway, connection: Connection, presentation: Presentation, shown: tuple[PublicKey, ...], now: int
) -> None:
    """A key that is shown twice at once was copied, or its wallet spends a copy twice. Nobody is refused for it."""
    keys = {gateway.seal.index(base64url.encode(key.thumbprint), "shown_keys.key") for key in shown}
    others = note_shown(connection, keys, presentation.reference, since=now - AT_ONCE, now=now)
    if others:
        AUDIT.write(connection, Entry(now, WALLET, KEY_SHOWN_AGAIN, presentation.reference, {"others": list(others)}))


def _decline(gateway: Gateway, presentation: Presentation, error: str, now: int) -> str | None:
    """Said once, it stays said; saying it again changes nothing and is answered alike."""
    if presentation.progress is not Progress.DECLINED:
        with writing(gateway.engine) as connection:
            if not decline_presentation(connection, presentation.id, error=error, now=now):
                raise Unmet(Step.TRANSACTION, "answered already, or too late")
            AUDIT.write(connection, Entry(now, WALLET, DECLINED, presentation.reference, {"error": error}))
    if presentation.description is not None:
        return read_description(presentation.description).return_to
    return gateway.done_uri(presentation.id)


def _note(gateway: Gateway, presentation_id: str, step: str, now: int) -> None:
    """For the person's page and the trail, if there is an open presentation at all."""
    with writing(gateway.engine) as connection:
        if note_failure(connection, presentation_id, step=step, now=now):
            AUDIT.write(connection, Entry(now, WALLET, FAILED, reference_of(presentation_id), {"step": step}))
