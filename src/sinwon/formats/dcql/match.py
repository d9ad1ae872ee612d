"""The wallet's side (OpenID4VP 1.0 §6.4): which held credentials answer a query, and what each would have to show.

Owns matching. Chooses nothing: several candidates, claim sets and options are for the person (or the caller) to choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.path import ClaimPath
from sinwon.formats.dcql.query import AKI, CredentialQuery, CredentialSet, Query
from sinwon.formats.dcql.satisfy import is_met


@dataclass(frozen=True, slots=True)
class Held:
    """A credential in the wallet: `types` holds its vct (and what that extends) or its document type."""

    format: str
    types: frozenset[str]
    claims: Mapping[str, Any]
    authorities: frozenset[tuple[str, str]] | None = None
    """(type, value) of the trust frameworks it belongs to, of a kind that we can tell (`aki`); None when none is known. A hint
    that cannot be judged is passed over."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One held credential that answers a credential query."""

    position: int
    """Where it stands in the sequence given to match_query."""
    held: Held
    choices: tuple[tuple[ClaimPath, ...], ...]
    """The claims to disclose, for each claim set it can satisfy, the verifier's preference first. Never empty."""


@dataclass(frozen=True, slots=True)
class SetChoice:
    """One credential set with the options the wallet can fulfil. A required one has at least one."""

    required: bool
    options: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Matches:
    query: Query
    candidates: Mapping[str, tuple[Candidate, ...]]
    """By credential query id; only ids with at least one candidate."""
    sets: tuple[SetChoice, ...]


def match_query(query: Query, held: Sequence[Held]) -> Matches:
    """What the wallet could answer. Raises Unmet("access_denied") when a required part cannot be met: then nothing is sent."""
    found = {credential.id: _candidates(credential, held) for credential in query.credentials}
    candidates = {name: some for name, some in found.items() if some}
    return Matches(query, candidates, tuple(_choices(wanted, candidates) for wanted in query.sets))


def _candidates(query: CredentialQuery, held: Sequence[Held]) -> tuple[Candidate, ...]:
    fitting = ((position, one) for position, one in enumerate(held) if _fits(query, one))
    candidates = (Candidate(position, one, _satisfied(query, one)) for position, one in fitting)
    return tuple(candidate for candidate in candidates if candidate.choices)


def _fits(query: CredentialQuery, held: Held) -> bool:
    if query.format != held.format or not query.types & held.types:
        return False
    if not query.trusted_authorities or held.authorities is None:
        return True
    if any(hint.type != AKI for hint in query.trusted_authorities):
        return True
    return any((hint.type, value) in held.authorities for hint in query.trusted_authorities for value in hint.values)


def _satisfied(query: CredentialQuery, held: Held) -> tuple[tuple[ClaimPath, ...], ...]:
    return tuple(
        tuple(claim.path for claim in choice) for choice in query.choices if all(is_met(claim, held.claims) for claim in choice)
    )


def _choices(wanted: CredentialSet, candidates: Mapping[str, object]) -> SetChoice:
    options = tuple(option for option in wanted.options if candidates.keys() >= set(option))
    if wanted.required and not options:
        raise Unmet("access_denied", "no credential for a required part of the query")
    return SetChoice(wanted.required, options)
