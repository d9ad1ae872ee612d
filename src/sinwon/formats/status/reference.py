"""The `status` claim of a credential: which list, which entry (Token Status List §6.2)."""

from dataclasses import dataclass
from typing import Final

from sinwon.core.refusal import Malformed

MAX_URI: Final = 2048
MAX_INDEX: Final = 2**31 - 1  # 16 MB of 1-bit entries is 2^27; anything near this is an attack
CODE: Final = "invalid_status"


@dataclass(frozen=True, slots=True)
class StatusReference:
    uri: str
    index: int

    @property
    def claim(self) -> dict[str, object]:
        """As it stands in a credential."""
        return {"status_list": {"idx": self.index, "uri": self.uri}}


def parse_status(claim: object) -> StatusReference:
    """A `status` claim that holds a `status_list`. Raises Malformed. Whether `uri` may be fetched is the fetcher's to say."""
    reference = claim.get("status_list") if isinstance(claim, dict) else None
    if not isinstance(reference, dict):
        raise Malformed(CODE, "no status list in the credential")
    uri, index = reference.get("uri"), reference.get("idx")
    if not isinstance(uri, str) or not uri.startswith(("https://", "http://")) or len(uri) > MAX_URI:
        raise Malformed(CODE, "status list without a usable uri")
    if type(index) is not int or not 0 <= index <= MAX_INDEX:
        raise Malformed(CODE, "status list without a usable idx")
    return StatusReference(uri, index)
