"""Compact JWS with ES256 (RFC 7515, RFC 7518 §3.4, RFC 8725): the only signature we make or accept in JOSE.

Owns: strict parse, signing over a Signer, verification with a key the caller already trusts. The algorithm list is fixed
to ES256; `typ` is compared exactly. Does not choose keys: `jwk`, `jku`, `x5u`, `kid` in a header are the caller's to
ignore or use. Does not check claims.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from sinwon.core import base64url
from sinwon.core.limits import MAX_JWT
from sinwon.core.refusal import Malformed, Refusal, Untrusted
from sinwon.core.strict_json import dump, parse_object
from sinwon.keys.jwk import PublicKey, certificate_text
from sinwon.keys.signer import CertifiedSigner, Signer

MAX_HEADER: Final = 64 * 1024  # five certificates of 8 kB in base64
CACHED_HEADER: Final = 8 * 1024  # characters; longer headers are parsed each time, so that strangers cannot fill memory
CACHE_HEADERS: Final = 256


class Jws(Struct, frozen=True):
    """A compact JWS as received. `signed` is the signing input byte for byte; nothing is ever re-encoded."""

    raw: str
    header: Mapping[str, Any]
    payload: bytes
    signature: bytes

    @property
    def signed(self) -> bytes:
        return self.raw[: self.raw.rindex(".")].encode()

    @property
    def typ(self) -> str | None:
        """`typ` without a leading `application/` (RFC 7515 §4.1.9)."""
        typ = self.header.get("typ")
        if not isinstance(typ, str):
            return None
        return typ[12:] if typ[:12].lower() == "application/" else typ

    def claims(self, *, limit: int = MAX_JWT) -> dict[str, Any]:
        """The payload as a JSON object. Raises Malformed."""
        return parse_object(self.payload, limit=limit)


def parse_jws(token: str, *, limit: int = MAX_JWT, own_header: bool = False) -> Jws:
    """Three canonical base64url parts, a strict JSON header with `alg` ES256 and without `crit`. An `own_header` is met once,
    because a key of its own is in it: it is not remembered. Raises Malformed."""
    if len(token) > limit:
        raise Malformed("invalid_token", f"more than {limit} characters of JWS")
    parts = token.split(".")
    if len(parts) != 3:
        raise Malformed("invalid_token", "not three parts")
    try:
        header = _parse_header(parts[0]) if own_header or len(parts[0]) > CACHED_HEADER else _known_header(parts[0])
        payload, signature = base64url.decode(parts[1]), base64url.decode(parts[2])
    except Malformed as refusal:
        raise Malformed("invalid_token", refusal.why) from None
    if header.get("alg") != "ES256":
        raise Malformed("invalid_token", "alg is not ES256")
    if "crit" in header or "b64" in header:
        raise Malformed("invalid_token", "critical header extensions are not understood")
    return Jws(token, header, payload, signature)


def _parse_header(text: str) -> Mapping[str, Any]:
    return MappingProxyType(parse_object(base64url.decode(text), limit=MAX_HEADER))


_known_header = lru_cache(CACHE_HEADERS)(_parse_header)
"""By its text: all credentials of one issuer and all key bindings have the same header, chain and all."""


def verify_jws(jws: Jws, key: PublicKey, *, typ: str) -> None:
    """Explicitly typed (RFC 8725 §3.11) and signed by `key`. Raises Untrusted."""
    if jws.typ != typ:
        raise Untrusted("invalid_token", "typ is not the one expected here")
    try:
        key.verify(jws.signature, jws.signed)
    except Refusal as refusal:
        raise Untrusted("invalid_token", refusal.why) from None


def sign_jws(header: Mapping[str, object], payload: bytes | Mapping[str, object], signer: Signer) -> str:
    """A compact JWS; `alg` is added. A mapping is written as compact JSON."""
    body = payload if isinstance(payload, bytes) else dump(payload)
    return _sign(base64url.encode(dump({"alg": "ES256", **header})), body, signer)


def sign_with_chain(typ: str, payload: bytes | Mapping[str, object], by: CertifiedSigner) -> str:
    """A compact JWS of this `typ` with the signer's `x5c`, anchor left out (HAIP 1.0 §6.1.1)."""
    return _sign(_chain_header(typ, by.chain), payload if isinstance(payload, bytes) else dump(payload), by.signer)


def sign_encoded_with_chain(typ: str, payload: str, by: CertifiedSigner) -> str:
    """As sign_with_chain, for a payload that is base64url already: a big one whose parts were encoded one by one."""
    return _sign_encoded(_chain_header(typ, by.chain), payload, by.signer)


@lru_cache(CACHE_HEADERS)
def _chain_header(typ: str, chain: tuple[bytes, ...]) -> str:
    return base64url.encode(dump({"alg": "ES256", "typ": typ, "x5c": [certificate_text(der) for der in chain]}))


def _sign(header: str, body: bytes, signer: Signer) -> str:
    return _sign_encoded(header, base64url.encode(body), signer)


def _sign_encoded(header: str, body: str, signer: Signer) -> str:
    signed = f"{header}.{body}"
    return f"{signed}.{base64url.encode(signer.sign(signed.encode()))}"
