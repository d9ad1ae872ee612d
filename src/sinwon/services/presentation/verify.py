"""Is this presentation worth believing? The verifier's steps between decryption and consumption (OpenID4VP 1.0 §8.6).

Pure but for the status list, which may have to be fetched. Each step has a name, told to the person on the gateway's own
page and written to the audit trail; the wallet learns nothing but that it failed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sinwon.core.refusal import Refusal, Unmet, Untrusted
from sinwon.formats.dcql.answer import Presented, check_answer
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.formats.status.token import VALID
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.credential_types import PERSON_ID
from sinwon.protocols.oidc.claims import keep_claims
from sinwon.protocols.oidc.id_token import Level
from sinwon.protocols.trust.catalogue import Preset
from sinwon.protocols.vp.query import QUERY_ID, PresetQuery, query_for
from sinwon.protocols.vp.response import parse_vp_token


class Step(StrEnum):
    """Where a response failed; also the code of the Refusal that says so inside this room."""

    ENVELOPE = "envelope"
    DECRYPTION = "decryption"
    TRANSACTION = "transaction"
    SHAPE = "shape"
    ISSUER = "issuer"
    STATUS = "status"
    HOLDER = "holder"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Asked:
    """What we asked, and for whom."""

    preset: Preset
    audience: str
    """Our full client identifier, prefix included."""
    nonce: str


@dataclass(frozen=True, slots=True)
class VerifiedAnswer:
    """A presentation that holds in every step, reduced to what was asked for."""

    issuer: str
    person_id: str
    level: Level
    claims: Mapping[str, Any]
    """By dotted path, only what the preset lists."""


StatusOf = Callable[[VerifiedSdJwtVc], int | None]
"""The credential's status value, or None if no recent list is to be had."""


def verify_answer(vp_token: object, asked: Asked, *, anchors: TrustAnchors, status_of: StatusOf, now: int) -> VerifiedAnswer:
    """The answer, if everything holds. Raises Refusal with a Step as its code."""
    query = query_for(asked.preset)
    # 4 one presentation for the one query [OpenID4VP 8.1]
    with at(Step.SHAPE):
        sd_jwt = parse_sd_jwt(parse_vp_token(vp_token, QUERY_ID))
    # 5 issuer trusted for this type, signature, disclosures, validity [OpenID4VP 8.6; RFC 9901 7.1]
    with at(Step.ISSUER):
        credential = verify_sd_jwt_vc(sd_jwt, anchors=anchors, now=now)
    # 6 status [Token Status List 8.3]
    with at(Step.STATUS):
        level = _level(status_of(credential), asked.preset)
    # 7 shown by its holder, to us, for this transaction [OpenID4VP 14.1.2; RFC 9901 7.3]
    with at(Step.HOLDER):
        check_key_binding(sd_jwt, credential.holder_key, audience=asked.audience, nonce=asked.nonce, now=now)
    # 8 the complete query, again [OpenID4VP 6.4]
    with at(Step.QUERY):
        check_answer(query.compiled, {QUERY_ID: [Presented(credential.claims, credential.vct)]})
        return _reduced(credential, query, level)


@contextmanager
def at(step: Step) -> Iterator[None]:
    """Names the step in whatever refusal comes out of it."""
    try:
        yield
    except Refusal as refusal:
        raise refusal.coded(step) from None


def _level(status: int | None, preset: Preset) -> Level:
    """The level reached. Suspended, needing renewal and unknown values are not valid; an unknown status is only L1."""
    if status is None:
        if preset.level != "L1":
            raise Untrusted(Step.STATUS, "no status younger than a day")
        return "L1"
    if status != VALID:
        raise Untrusted(Step.STATUS, f"status {status}")
    return "L2"


def _reduced(credential: VerifiedSdJwtVc, query: PresetQuery, level: Level) -> VerifiedAnswer:
    """Without anything that was not asked for."""
    person_id = credential.claims.get(PERSON_ID)
    if not isinstance(person_id, str) or not person_id:
        raise Unmet(Step.QUERY, "no name to derive a subject from")
    return VerifiedAnswer(credential.issuer, person_id, level, keep_claims(credential.claims, query.paths))
