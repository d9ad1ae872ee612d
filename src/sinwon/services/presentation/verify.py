"""Is this presentation worth believing? The verifier's steps between decryption and consumption (OpenID4VP 1.0 §8.6).

Pure but for the status list, which may have to be fetched. Each step has a name, told to the person on the gateway's own
page and written to the audit trail; the wallet learns nothing but that it failed. Steps 5 and 7 differ by format (credential).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sinwon.core.refusal import Unmet, Untrusted
from sinwon.formats.dcql.answer import check_answer
from sinwon.formats.status.token import VALID
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.oidc.id_token import Level
from sinwon.protocols.trust.catalogue import Preset
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


StatusOf = Callable[[Credential], int | None]
"""The credential's status value, or None if no recent list is to be had."""


def verify_answer(vp_token: object, asked: Asked, *, anchors: TrustAnchors, status_of: StatusOf, now: int) -> VerifiedAnswer:
    """The answer, if everything holds. Raises Refusal with a Step as its code."""
    query = query_for(asked.preset)
    # 4 one presentation for one of the queries [OpenID4VP 8.1]
    with at(Step.SHAPE):
        name, presentation = parse_vp_token(vp_token, query.kinds)
    # 5 issuer
    credential = READERS[query.formats[name]](presentation, query.kinds[name], anchors, now)
    # 6 status [Token Status List 8.3]
    with at(Step.STATUS):
        level = _level(status_of(credential), asked.preset)
    # 7 holder
    with at(Step.HOLDER):
        credential.prove(asked, now)
    # 8 the complete query, again [OpenID4VP 6.4]
    with at(Step.QUERY):
        check_answer(query.compiled, {name: [credential.presented]})
        return _reduced(credential, query, level)


def _level(status: int | None, preset: Preset) -> Level:
    """The level reached. Suspended, needing renewal and unknown values are not valid; an unknown status is only L1."""
    if status is None:
        if preset.level != "L1":
            raise Untrusted(Step.STATUS, "no status younger than a day")
        return "L1"
    if status != VALID:
        raise Untrusted(Step.STATUS, f"status {status}")
    return "L2"


def _reduced(credential: Credential, query: PresetQuery, level: Level) -> VerifiedAnswer:
    """Without anything that was not asked for."""
    claims = credential.keep(query.paths)
    if query.anonymous:
        return VerifiedAnswer(credential.issuer, None, level, claims)
    person_id = credential.person_id
    if not isinstance(person_id, str) or not person_id:
        raise Unmet(Step.QUERY, "no name to derive a subject from")
    return VerifiedAnswer(credential.issuer, person_id, level, claims)
