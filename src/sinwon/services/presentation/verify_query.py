"""Is an answer to a described request worth believing? As verify, for credentials of other people's issuers.

The same steps in the same order; instead of a preset's level, what the anchor's policy asks of the status, and instead of our
own claim table, the claims as the issuer named them, cut down to what was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import msgspec

from sinwon.core.refusal import Untrusted
from sinwon.formats.dcql.answer import check_answer
from sinwon.formats.dcql.path import find
from sinwon.formats.dcql.query import CredentialQuery, Query
from sinwon.formats.status.token import VALID
from sinwon.keys.jwk import PublicKey
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.vp.response import parse_vp_token
from sinwon.services.presentation.asked import Asked, Step, at
from sinwon.services.presentation.credential import READERS, Credential
from sinwon.services.presentation.verify import StatusOf


class Shown(msgspec.Struct, frozen=True):
    """One credential that holds in every step, reduced to what was asked for."""

    issuer: str
    type: str
    """Its vct or document type."""
    format: str
    claims: dict[str, Any]
    """A tree; of an mdoc, elements by namespace."""


@dataclass(frozen=True, slots=True)
class VerifiedCredentials:
    """By the id of the credential query each answers."""

    shown: Mapping[str, Shown]
    keys: tuple[PublicKey, ...]


def verify_query(
    vp_token: object, asked: Asked, query: Query, *, anchors: TrustAnchors, status_of: StatusOf, now: int
) -> VerifiedCredentials:
    """The credentials, if everything holds. Raises Refusal with a Step as its code."""
    queries = {each.id: each for each in query.credentials}
    # 4 one presentation for each query that is answered [OpenID4VP 8.1]
    with at(Step.SHAPE):
        presentations = parse_vp_token(vp_token, [{name} for name in queries])
    credentials: dict[str, Credential] = {}
    for name, presentation in presentations.items():
        # 5 issuer
        credential = credentials[name] = READERS[queries[name].format](presentation, None, anchors, now)
        # 6 status [Token Status List 8.3]
        with at(Step.STATUS):
            _check_status(credential, anchors, status_of)
        # 7 holder
        with at(Step.HOLDER):
            credential.prove(asked, now)
    # 9 the complete query, again [OpenID4VP 6.4]
    with at(Step.QUERY):
        check_answer(query, {name: [credential.presented] for name, credential in credentials.items()})
    shown = {name: _shown(credential, queries[name]) for name, credential in credentials.items()}
    return VerifiedCredentials(shown, tuple(credential.key for credential in credentials.values()))


def _check_status(credential: Credential, anchors: TrustAnchors, status_of: StatusOf) -> None:
    """A credential without status is for the anchor's policy; one that has a status must be known to be valid."""
    if credential.status is None and not anchors.policy(credential.anchor, credential.presented.type).status:
        return
    if status_of(credential) != VALID:
        raise Untrusted(Step.STATUS, "not known to be valid")


def _shown(credential: Credential, query: CredentialQuery) -> Shown:
    """Without anything that was not asked for; an array of which an element was asked for is kept as it was shown."""
    presented = credential.presented
    claims: dict[str, Any] = {}
    for claim in query.claims:
        names = tuple(step for step in takewhile(lambda step: isinstance(step, str), claim.path) if isinstance(step, str))
        for value in find(presented.claims, names) if names else ():
            place = claims
            for name in names[:-1]:
                place = place.setdefault(name, {})
            place[names[-1]] = value
    return Shown(credential.issuer, presented.type, presented.format, claims)
