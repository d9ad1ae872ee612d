"""Is this presentation worth believing? The verifier's steps between decryption and consumption (OpenID4VP 1.0 §8.6).

Pure but for the status list, which may have to be fetched. Each step has a name, told to the person on the gateway's own
page and written to the audit trail; the wallet learns nothing but that it failed. Steps 5 and 7 differ by format (credential).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sinwon.core.refusal import Unmet, Untrusted
from sinwon.formats.dcql.answer import check_answer
from sinwon.formats.status.token import VALID
from sinwon.keys.jwk import PublicKey
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.attestation.key_assurance import KeyAssurance
from sinwon.protocols.trust.catalogue import Level, Preset
from sinwon.protocols.vp.query import PresetQuery, query_for
from sinwon.protocols.vp.response import parse_vp_token
from sinwon.services.presentation.asked import Asked, Step, at
from sinwon.services.presentation.credential import READERS, Credential


@dataclass(frozen=True, slots=True)
class VerifiedAnswer:
    """A presentation that holds in every step, reduced to what was asked for."""

    issuer: str
    person_id: str | None
    """None where nobody asked who it is."""
    level: Level
    claims: Mapping[str, Any]
    """By dotted path, only what the preset lists."""
    keys: tuple[PublicKey, ...] = ()
    """Of the certificates it was shown with."""


StatusOf = Callable[[Credential], int | None]
"""The credential's status value, or None if no recent list is to be had."""


def verify_answer(
    vp_token: object, asked: Asked, preset: Preset, *, anchors: TrustAnchors, status_of: StatusOf, now: int
) -> VerifiedAnswer:
    """The answer, if everything holds. Raises Refusal with a Step as its code."""
    query = query_for(preset)
    # 4 one presentation for one of the queries of each part [OpenID4VP 8.1]
    with at(Step.SHAPE):
        presentations = parse_vp_token(vp_token, query.parts)
    credentials: dict[str, Credential] = {}
    levels: list[Level] = []
    for name, presentation in presentations.items():
        # 5 issuer
        credential = credentials[name] = READERS[query.formats[name]](presentation, query.kinds[name], anchors, now)
        # 6 status [Token Status List 8.3]
        with at(Step.STATUS):
            levels.append(_level(status_of(credential), credential.assurance, preset))
        # 7 holder
        with at(Step.HOLDER):
            credential.prove(asked, now)
    # 8 the level that the purpose needs, by every certificate [P]
    level = min(levels)
    if preset.level == "L3" and level != "L3":
        raise Untrusted(Step.ASSURANCE, "a key of which it is not attested that it takes PIN and passkey")
    # 9 the complete query, again [OpenID4VP 6.4]
    with at(Step.QUERY):
        check_answer(query.compiled, {name: [credential.presented] for name, credential in credentials.items()})
        return _reduced(tuple(credentials.values()), query, level)


def _level(status: int | None, assurance: KeyAssurance, preset: Preset) -> Level:
    """The level reached with one certificate. Suspended, needing renewal and unknown values are not valid; an unknown status is
    only L1, whatever is said of the key."""
    if status is None:
        if preset.level != "L1":
            raise Untrusted(Step.STATUS, "no status younger than a day")
        return "L1"
    if status != VALID:
        raise Untrusted(Step.STATUS, f"status {status}")
    return "L3" if assurance.takes_two_factors else "L2"


def _reduced(credentials: Sequence[Credential], query: PresetQuery, level: Level) -> VerifiedAnswer:
    """Without anything that was not asked for."""
    claims: dict[str, Any] = {}
    for credential in credentials:
        claims.update(credential.keep(query.paths))
    issuer, person_id = _person(credentials, anonymous=query.anonymous)
    return VerifiedAnswer(issuer, person_id, level, claims, tuple(credential.key for credential in credentials))


def _person(credentials: Sequence[Credential], *, anonymous: bool) -> tuple[str, str | None]:
    """Whom all of them are about, by issuer and name there. Raises Unmet."""
    people = {(credential.issuer, None if anonymous else credential.person_id) for credential in credentials}
    if len(people) != 1:
        raise Unmet(Step.QUERY, "certificates of two people or issuers")
    issuer, person_id = people.pop()
    if anonymous:
        return issuer, None
    if not isinstance(person_id, str) or not person_id:
        raise Unmet(Step.QUERY, "no name to derive a subject from")
    return issuer, person_id
