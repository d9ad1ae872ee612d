"""A credential against its type (draft-ietf-oauth-sd-jwt-vc-13 §9.3, §9.4): what must be there, and how it is hidden.

The issuer and the holder see the whole credential and check all of it. A verifier sees what was shown: it checks how that
was hidden, and never takes a claim that was not shown for a mandatory one that is missing. Paths mean the whole credential
(§9.1): what a position in an array meant there cannot be known from a part of it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sinwon.core.refusal import Unmet
from sinwon.formats.sdjwt.disclosures import locate, process
from sinwon.formats.sdjwt.names import INVALID
from sinwon.formats.sdjwt.parse import SdJwt
from sinwon.formats.sdjwt.type_metadata import EffectiveType, Path, TypeClaim

Place = tuple[str | int, ...]
ALWAYS: Final = "always"
NEVER: Final = "never"


def check_issued(sd_jwt: SdJwt, kind: EffectiveType) -> None:
    """A whole credential, as issued. Raises Refusal."""
    claims = process(sd_jwt)
    # 1 all mandatory claims are there [SD-JWT VC 9.3]
    for claim in kind.claims:
        if claim.mandatory and not any(places(claims, claim.path)):
            raise Unmet(INVALID, "a mandatory claim is missing")
    _check_hidden(sd_jwt, claims, kind.claims)


def check_shown(sd_jwt: SdJwt, kind: EffectiveType) -> None:
    """A presentation: what is there is hidden as its type says. Raises Refusal."""
    certain = (claim for claim in kind.claims if not any(isinstance(part, int) for part in claim.path))
    _check_hidden(sd_jwt, process(sd_jwt), certain)


def _check_hidden(sd_jwt: SdJwt, claims: dict[str, Any], described: Iterable[TypeClaim]) -> None:
    hidden = {place for place, _ in locate(sd_jwt)}
    # 2 each claim that is there had a disclosure of its own, or none [SD-JWT VC 9.4]
    for claim in described:
        if claim.sd in {ALWAYS, NEVER} and any(
            (place in hidden) != (claim.sd == ALWAYS) for place in places(claims, claim.path)
        ):
            raise Unmet(INVALID, "a claim is not hidden as its type says")


def places(claims: dict[str, Any], path: Path) -> Iterator[Place]:
    """Where in `claims` there is something that `path` selects."""
    found: list[tuple[Place, Any]] = [((), claims)]
    for part in path:
        found = [((*place, step), value) for place, above in found for step, value in _steps(above, part)]
    return (place for place, _ in found)


def _steps(value: Any, part: str | int | None) -> list[tuple[str | int, Any]]:
    if isinstance(part, str):
        return [(part, value[part])] if isinstance(value, dict) and part in value else []
    if not isinstance(value, list):
        return []
    elements: list[tuple[str | int, Any]] = list(enumerate(value))
    return elements if part is None else elements[part : part + 1]
