"""From the claims of the certificate to those of OpenID Connect (Core 1.0 §5.1): standard names where there are any.

Only what the preset lists is passed on, and never the person's opaque name: the subject stands for it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sinwon.formats.dcql.path import find
from sinwon.protocols.credential_types import PERSON_ID

STANDARD: Final[Mapping[str, tuple[str, ...]]] = {
    "name_ko": ("name",),
    "contact.phone_number": ("phone_number",),
    "contact.email": ("email",),
    "contact.address": ("address", "formatted"),
}
"""Others keep their own name; family_name, given_name and birthdate are standard already."""


def keep_claims(claims: Mapping[str, Any], paths: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """Of `claims`, flat by dotted path, only those `paths` list and the presentation holds."""
    kept = {".".join(path): find(claims, path) for path in paths if path != (PERSON_ID,)}
    return {name: found[0] for name, found in kept.items() if found}


def service_claims(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What a service reads: nested as the names say, `{"address": {"formatted": …}}`."""
    claims: dict[str, Any] = {}
    for name, value in kept.items():
        *above, last = service_path(name)
        place = claims
        for step in above:
            place = place.setdefault(step, {})
        place[last] = value
    return claims


def service_path(name: str) -> tuple[str, ...]:
    """Where the claim of that dotted path stands for a service."""
    return STANDARD.get(name, tuple(name.split(".")))
