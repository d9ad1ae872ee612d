"""What both published documents share: a compact JWS of the operator, whose key is pinned, never found (TS 119 602 §6, JAdES).

The signature is checked before the content is parsed, so only the operator can make a follower work. A bare pinned key stands
where JAdES B-B puts a certificate; `iat` in the header is its signing time. Rules over time and order (`check_current`,
`check_successor`) are apart, because a follower must also reopen a document that has expired since, to know its sequence.
"""

from typing import Final, Protocol, TypeVar

from sinwon.core import base64url
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import parse_as
from sinwon.formats.jose.jws import parse_jws, sign_jws, verify_jws
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.signer import Signer

MAX_DOCUMENT: Final = 16 * 1024 * 1024  # characters; lists of other schemes are that large, ours about 150 kB
MAX_NAMES: Final = 200_000  # 199 missions alone have about 2,000
INVALID: Final = "invalid_document"
T = TypeVar("T")


class Sequenced(Protocol):
    """A published document: its number, and the time until which it claims to be current (seconds)."""

    @property
    def sequence(self) -> int: ...

    @property
    def issued_at(self) -> int: ...

    @property
    def next_update(self) -> int: ...


def sign_document(typ: str, payload: bytes, *, operator: Signer, now: int) -> str:
    thumbprint = parse_public_jwk(operator.public_jwk).thumbprint
    return sign_jws({"typ": typ, "kid": base64url.encode(thumbprint), "iat": now}, payload, operator)


def open_document(token: str, shape: type[T], *, typ: str, operator: PublicKey) -> T:
    """The content of a document signed by the pinned key. Raises Malformed, Untrusted."""
    try:
        jws = parse_jws(token, limit=MAX_DOCUMENT)
        verify_jws(jws, operator, typ=typ)
        return parse_as(jws.payload, shape, limit=MAX_DOCUMENT, names=MAX_NAMES)
    except Untrusted as refusal:
        raise Untrusted(INVALID, refusal.why) from None
    except Refusal as refusal:
        raise Malformed(INVALID, refusal.why) from None


def check_current(document: Sequenced, now: int) -> None:
    """Issued already, and not past its next update. Raises Unmet."""
    if document.issued_at > now + CLOCK_SKEW:
        raise Unmet(INVALID, "issued in the future")
    if document.next_update <= now:
        raise Unmet(INVALID, "past its next update")


def check_successor(document: Sequenced, held: Sequenced) -> None:
    """Later than the one already held. Raises Unmet."""
    if document.sequence <= held.sequence:
        raise Unmet(INVALID, f"sequence {document.sequence} after {held.sequence}")
