"""What a Status List Token says, whichever form it has (Token Status List §5, §8.3): values, kinds, a list that was verified.

Owns the rules that both forms share. token_jwt and token_cwt own shape and signature.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sinwon.core.clock import DAY
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Unmet
from sinwon.formats.status.encode import MAX_COMPRESSED, WIDTHS, entry, inflate
from sinwon.formats.status.reference import CODE
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.keys.x509 import VerifiedChain

VALID: Final = 0
INVALID: Final = 1
SUSPENDED: Final = 2
NEEDS_RENEWAL: Final = 3
"""Application-specific (0x03): the person's data changed, the holder should fetch new copies."""


class Kind(StrEnum):
    """The form of a list's token. A list has one; so has a credential: SD-JWT VC looks into JWT, mdoc into CWT."""

    JWT = "jwt"
    CWT = "cwt"

    @property
    def media_type(self) -> str:
        return f"application/statuslist+{self}"


MAX_TOKEN: Final = MAX_COMPRESSED * 16 // 9 + 128 * 1024  # base64url in base64url, and a header with a chain
MIN_TTL: Final = 5  # seconds: nobody makes us fetch faster
MAX_TTL: Final = DAY  # nobody keeps us from noticing a revocation for longer


@dataclass(frozen=True, slots=True)
class Times:
    """When a token was issued and ends, and how many seconds after fetching it should be fetched again, within our bounds."""

    issued_at: int
    expires_at: int
    ttl: int


@dataclass(frozen=True, slots=True)
class VerifiedStatusList:
    """A list whose signer is trusted for status and which is about the `uri` asked for. What the caller still owes: the
    referenced credential is verified first; an older `issued_at` than one already seen is refused; `entities` fits the
    credential's issuer."""

    uri: str
    issued_at: int
    expires_at: int
    ttl: int
    """Seconds after fetching until it should be fetched again, within our bounds."""
    entities: frozenset[str]
    """Who the signer's anchor is listed under."""
    bits: int
    packed: bytes

    @property
    def size(self) -> int:
        """How many entries it has."""
        return len(self.packed) * 8 // self.bits

    def at(self, index: int) -> int:
        """The status value at `index`. Raises Unmet outside the list: never to be read as valid."""
        if type(index) is not int or not 0 <= index < self.size:
            raise Unmet(CODE, "index outside the status list")
        return entry(self.packed, index, self.bits)


def check_subject(subject: object, uri: str) -> None:
    """The token is about the address it was asked for at. Raises Unmet."""
    if subject != uri:
        raise Unmet(CODE, "another status list")


def check_times(issued_at: object, expires_at: object, ttl: object, *, now: int) -> Times:
    """Raises Malformed, Unmet."""
    if type(issued_at) is not int or type(expires_at) is not int or type(ttl) is not int or ttl <= 0:
        raise Malformed(CODE, "times of the status list missing or not integers")
    if issued_at > now + CLOCK_SKEW or expires_at <= now:
        raise Unmet(CODE, "status list not current")
    return Times(issued_at, expires_at, min(max(ttl, MIN_TTL), MAX_TTL))


def read_entries(bits: object, lst: bytes) -> tuple[int, bytes]:
    """The width and the packed entries. Raises Malformed."""
    if type(bits) is not int or bits not in WIDTHS:
        raise Malformed(CODE, "status list without usable bits")
    return bits, inflate(lst)


def entities_of(chain: VerifiedChain, anchors: TrustAnchors) -> frozenset[str]:
    return frozenset(anchors.names_of(Purpose.STATUS, chain.anchor))
