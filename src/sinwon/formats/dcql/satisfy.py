"""When a claim query is met (OpenID4VP 1.0 §6.3, §6.4.1): one rule for the wallet that answers and the verifier that checks."""

from collections.abc import Mapping
from typing import Any

from sinwon.formats.dcql.path import find, find_shown
from sinwon.formats.dcql.query import ClaimQuery


def is_met(claim: ClaimQuery, claims: Mapping[str, Any]) -> bool:
    """Whether the `claims` of a credential hold what `claim` asks for; with `values`, one of exactly that type and value."""
    return _has(find(claims, claim.path), claim)


def is_shown(claim: ClaimQuery, claims: Mapping[str, Any]) -> bool:
    """As is_met, for the claims of a presentation."""
    return _has(find_shown(claims, claim.path), claim)


def _has(found: list[Any], claim: ClaimQuery) -> bool:
    return any(_same(value, wanted) for value in found for wanted in claim.values) if claim.values else bool(found)


def _same(value: object, wanted: object) -> bool:
    """Exact type as well: true is not 1."""
    return type(value) is type(wanted) and value == wanted
