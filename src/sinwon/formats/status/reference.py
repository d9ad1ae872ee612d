"""The `status` of a credential: which list, which entry (Token Status List §6.2, §6.3; ISO/IEC 18013-5, second edition).

The shape is the same in the claims of an SD-JWT VC and in an MSO. A `certificate` that an MSO names for the list's signer gives
nobody trust: only our anchors do.
"""

from typing import Any, Final

from msgspec import Struct

from sinwon.core.refusal import Malformed

MAX_URI: Final = 2048  # characters; what common servers and caches still take
MAX_INDEX: Final = 2**31 - 1  # 16 MB of 1-bit entries is 2^27; anything near this is an attack
MAX_IDENTIFIER: Final = 64  # bytes; a random identifier has 16
CODE: Final = "invalid_status"


class StatusReference(Struct, frozen=True):
    uri: str
    index: int

    @property
    def claim(self) -> dict[str, object]:
        """As it stands in a credential."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}


class IdentifierReference(Struct, frozen=True):
    """What an mdoc is called in an identifier list, if it is revoked."""

    uri: str
    identifier: bytes


def parse_status(claim: object) -> StatusReference:
    """A `status` that holds a `status_list`. Raises Malformed. Whether `uri` may be fetched is the fetcher's to say."""
    reference = _member(claim, "status_list")
    index = reference.get("idx")
    if type(index) is not int or not 0 <= index <= MAX_INDEX:
        raise Malformed(CODE, "status list without a usable idx")
    return StatusReference(_uri(reference), index)


def parse_identifier(claim: object) -> IdentifierReference:
    """A `status` that holds an `identifier_list`. Raises Malformed."""
    reference = _member(claim, "identifier_list")
    identifier = reference.get("id")
    if type(identifier) is not bytes or not 0 < len(identifier) <= MAX_IDENTIFIER:
        raise Malformed(CODE, "identifier list without a usable id")
    return IdentifierReference(_uri(reference), identifier)


def _member(claim: object, name: str) -> dict[Any, Any]:
    reference = claim.get(name) if isinstance(claim, dict) else None
    if not isinstance(reference, dict):
        raise Malformed(CODE, f"no {name} in the credential")
    return reference


def _uri(reference: dict[Any, Any]) -> str:
    uri = reference.get("uri")
    if not isinstance(uri, str) or not uri.startswith(("https://", "http://")) or len(uri) > MAX_URI:
        raise Malformed(CODE, "status without a usable uri")
    return uri
