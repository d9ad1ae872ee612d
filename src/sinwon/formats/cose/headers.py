"""What COSE messages have in common: four members, a protected header kept as received, certificates in label 33.

Owns the shape of headers (RFC 9052 §3, §4.2) and of `x5chain` (RFC 9360 §2). Says nothing about who is trusted.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, TypeVar

from msgspec import Struct

from sinwon.core.cbor import Tagged, dump_cbor, parse_cbor
from sinwon.core.refusal import Malformed
from sinwon.formats.cose.names import ALG, CRIT, ES256, INVALID, X5CHAIN
from sinwon.keys.x509 import MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES

LABELS: Final = frozenset({int, str})
MAX_PROTECTED: Final = 64 * 1024  # five certificates of 8 kB
CACHED_PROTECTED: Final = 8 * 1024  # bytes; longer headers are parsed each time, so that strangers cannot fill memory
CACHE_HEADERS: Final = 256
NO_HEADER: Final[Mapping[Any, Any]] = MappingProxyType({})
EMPTY: Final = b""


class Message(Struct, frozen=True):
    """A COSE_Sign1 or COSE_Mac0 as received. `protected` is hashed as it is; `header` is what it says."""

    protected: bytes
    header: Mapping[Any, Any]
    unprotected: Mapping[Any, Any]
    payload: bytes | None
    """None when detached."""
    proof: bytes
    """The signature, or the MAC."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates of `x5chain`, leaf first, from either header. Raises Malformed."""
        return _parse_chain(self.header.get(X5CHAIN, self.unprotected.get(X5CHAIN)))

    @property
    def members(self) -> list[object]:
        """To be passed on as received."""
        return [self.protected, dict(self.unprotected), self.payload, self.proof]

    def with_payload(self, detached: bytes | None) -> bytes:
        """What was signed: the payload inside, or the one the caller knows; exactly one of them. Raises Malformed."""
        if (self.payload is None) == (detached is None):
            raise Malformed(INVALID, "payload missing, or both attached and detached")
        return self.payload if self.payload is not None else detached or b""


M = TypeVar("M", bound=Message)


def parse_message(kind: type[M], value: object, tag: int | None) -> M:
    """Four members as a `kind`, tagged `tag` or, if that is None, not tagged. Raises Malformed."""
    if tag is not None:
        if not isinstance(value, Tagged) or value.number != tag:
            raise Malformed(INVALID, "not the COSE message expected here")
        value = value.value
    if not isinstance(value, list) or len(value) != 4:
        raise Malformed(INVALID, "not a COSE message of four members")
    protected, unprotected, payload, proof = value
    if type(protected) is not bytes or not isinstance(unprotected, dict) or type(proof) is not bytes:
        raise Malformed(INVALID, "a member of the COSE message has another type")
    if payload is not None and type(payload) is not bytes:
        raise Malformed(INVALID, "the payload is neither bytes nor detached")
    header = _known_header(protected) if len(protected) <= CACHED_PROTECTED else _parse_header(protected)
    _check_labels(unprotected)
    if not header.keys().isdisjoint(unprotected):
        raise Malformed(INVALID, "the same label protected and unprotected")
    return kind(protected, header, unprotected, payload, proof)


def chain_value(chain: Sequence[bytes]) -> bytes | list[bytes]:
    """`x5chain` for these certificates, leaf first: one stands alone, several in an array (RFC 9360 §2)."""
    return chain[0] if len(chain) == 1 else list(chain)


def protected_bytes(header: Mapping[int, object], algorithm: int = ES256) -> bytes:
    """The protected header with `alg` first."""
    return dump_cbor({ALG: algorithm, **header})


def _parse_header(protected: bytes) -> Mapping[Any, Any]:
    if protected == EMPTY:
        return NO_HEADER
    header = parse_cbor(protected, limit=MAX_PROTECTED, code=INVALID)
    if not isinstance(header, dict):
        raise Malformed(INVALID, "the protected header is not a map")
    _check_labels(header)
    return MappingProxyType(header)


_known_header = lru_cache(CACHE_HEADERS)(_parse_header)
"""By its bytes: all messages of one signer have the same."""


def _check_labels(header: Mapping[Any, Any]) -> None:
    if not LABELS.issuperset(map(type, header)):
        raise Malformed(INVALID, "a header label that is neither integer nor text")
    if CRIT in header:
        raise Malformed(INVALID, "critical headers are not understood")


def _parse_chain(value: object) -> tuple[bytes, ...]:
    chain = value if isinstance(value, list) else [value]
    if not 0 < len(chain) <= MAX_CERTIFICATES:
        raise Malformed(INVALID, "x5chain is not 1 to 5 certificates")
    if not all(type(one) is bytes and len(one) <= MAX_CERTIFICATE_BYTES for one in chain):
        raise Malformed(INVALID, "x5chain element is not a certificate")
    return tuple(chain)
