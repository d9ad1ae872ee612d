"""From the claims of the certificate to the elements of its mdoc, and back: the table says which is which.

Owns the difference in writing only: nesting, dates, images. What a person's data are, and who sees them, is decided elsewhere.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

from sinwon.core.cbor import FullDate
from sinwon.core.refusal import Fault, Unmet
from sinwon.protocols.credential_claims import Claim, Form
from sinwon.protocols.credential_types import CredentialType

JPEG: Final = "data:image/jpeg;base64,"
CODE: Final = "invalid_credential"


def to_elements(kind: CredentialType, claims: Mapping[str, Any]) -> dict[str, object]:
    """What `claims` hold, as elements of the type's one namespace. Raises Fault for an image that is no JPEG."""
    held = ((name, claim, _value(claims, claim)) for name, claim in kind.by_element.items())
    return {name: _written(kind, claim, value) for name, claim, value in held if value is not None}


def from_elements(kind: CredentialType, elements: Mapping[str, Any]) -> dict[str, Any]:
    """Elements in plain values, as claims by dotted path; unknown ones are left out. Raises Unmet for an image of no bytes."""
    known = kind.by_element
    return {known[name].path: _read(known[name], value) for name, value in elements.items() if name in known}


def _value(claims: Mapping[str, Any], claim: Claim) -> Any:
    """None where it is not there."""
    value: Any = claims
    for step in claim.steps:
        value = value.get(step)
        if value is None:
            return None
    return value


def _written(kind: CredentialType, claim: Claim, value: Any) -> object:
    if isinstance(value, dict):
        return {name: _written(kind, kind.by_path[(*claim.steps, name)], member) for name, member in value.items()}
    if claim.form is Form.DATE:
        return FullDate(value)
    return _bytes_of(value) if claim.form is Form.IMAGE else value


def _bytes_of(url: str) -> bytes:
    if not url.startswith(JPEG):
        raise Fault("a portrait that is no JPEG")
    return b64decode(url.removeprefix(JPEG))


def _read(claim: Claim, value: Any) -> Any:
    if claim.form is not Form.IMAGE:
        return value
    if not isinstance(value, bytes):
        raise Unmet(CODE, "an image that is not bytes")
    return JPEG + b64encode(value).decode()
