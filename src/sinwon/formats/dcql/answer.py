"""The verifier's side (OpenID4VP 1.0 §6.4, §8.6): the complete query evaluated again over what was verified.

A wallet's choice is not believed. Does not verify credentials (formats.sdjwt) and does not drop surplus claims: the caller
passes on only what it asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.query import INVALID, CredentialQuery, Query
from sinwon.formats.dcql.satisfy import is_shown
from sinwon.formats.sdjwt.names import SD_JWT_VC


@dataclass(frozen=True, slots=True)
class Presented:
    """One verified presentation: its claims and its vct or document type."""

    claims: Mapping[str, Any]
    type: str
    format: str = SD_JWT_VC


def check_answer(query: Query, presented: Mapping[str, Sequence[Presented]]) -> None:
    """That `presented`, by credential query id, answers `query` in every part. Raises Unmet."""
    # 1 only what was asked for, once unless `multiple` [OID4VP 8.1]
    for name, presentations in presented.items():
        credential = query.credential(name)
        if credential is None:
            raise Unmet(INVALID, "a presentation nobody asked for")
        if not presentations or (len(presentations) > 1 and not credential.multiple):
            raise Unmet(INVALID, "not exactly one presentation")
        # 2 each of the right type with the claims of one claim set [OID4VP 6.4.1]
        for one in presentations:
            _check_presentation(credential, one)
    # 3 every required set complete [OID4VP 6.4.2]
    for wanted in query.sets:
        if wanted.required and not any(presented.keys() >= set(option) for option in wanted.options):
            raise Unmet(INVALID, "a required credential is missing")


def _check_presentation(query: CredentialQuery, presented: Presented) -> None:
    if presented.format != query.format or presented.type not in query.types:
        raise Unmet(INVALID, "a credential of another type")
    if not any(all(is_shown(claim, presented.claims) for claim in choice) for choice in query.choices):
        raise Unmet(INVALID, "a claim asked for is missing or has another value")
