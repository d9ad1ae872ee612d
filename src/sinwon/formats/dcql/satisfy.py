"""When a claim query is met (OpenID4VP 1.0 §6.3, §6.4.1): one rule for the wallet that answers and the verifier that checks."""

from collections.abc import Mapping
from typing import Any

from sinwon.formats.dcql.path import find
from sinwon.formats.dcql.query import ClaimQuery


def is_met(claim: ClaimQuery, claims: Mapping[str, Any]) -> bool:
    """Whether `claims` hold what `claim` asks for; with `values`, one of exactly that type and value."""
    found = find(claims, claim.path)
    return any(_same(value, wanted) for value in found for wanted in claim.values) if claim.values else bool(found)


def _same(value: object, wanted: object) -> bool:
    """Exact type as well: true is not 1."""
    return type(value) is type(wanted) and value == wanted
