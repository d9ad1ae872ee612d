"""JWT VC Issuer Metadata (draft-ietf-oauth-sd-jwt-vc-13 §5): the keys of an issuer that has no certificate chain.

Owns the address, the document's shape and rules, and the choice of one key. Used only for issuers whose entry in the trust
policy says so: our own and those of HAIP sign with `x5c`, and no credential can choose between the two ways. What is fetched
goes through the fetch port; keeping it for a while is the caller's.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from sinwon.core.fetch import Answer, Fetch
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import parse_as
from sinwon.keys.jwk import PublicKey, parse_public_jwk

WELL_KNOWN: Final = "/.well-known/jwt-vc-issuer"
MAX_DOCUMENT: Final = 64 * 1024  # MAX_KEYS keys with a certificate each have 25 kB
MAX_KEYS: Final = 32  # an issuer with a key per region and their successors has a dozen
MEDIA_TYPES: Final = frozenset({"application/json", "application/jwk-set+json"})
INVALID_ISSUER: Final = "invalid_issuer_metadata"
T = TypeVar("T")


class JwkSet(Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


class IssuerMetadata(Struct, frozen=True):
    """Exactly one of `jwks` and `jwks_uri` is there."""

    issuer: str
    jwks: JwkSet | None = None
    jwks_uri: str | None = None


def metadata_url(issuer: str) -> str:
    """Where the document of `issuer` is: the well-known name before its path, a last slash dropped. Raises Unmet."""
    parts = urlsplit(issuer)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise Unmet(INVALID_ISSUER, "the issuer is no https address without query or fragment")
    return f"https://{parts.netloc}{WELL_KNOWN}{parts.path.removesuffix('/')}"


def parse_issuer_metadata(data: bytes, *, issuer: str) -> IssuerMetadata:
    """The document of `issuer`. Raises Malformed, and Unmet when it is another's."""
    metadata = _parsed(data, IssuerMetadata)
    # 1 it speaks for the issuer asked for [SD-JWT VC 5.3]
    if metadata.issuer != issuer:
        raise Unmet(INVALID_ISSUER, "issuer is not the one asked for")
    # 2 one place for keys [SD-JWT VC 5.2]
    if (metadata.jwks is None) == (metadata.jwks_uri is None):
        raise Malformed(INVALID_ISSUER, "not exactly one of jwks and jwks_uri")
    if metadata.jwks_uri is not None and not metadata.jwks_uri.startswith("https://"):
        raise Unmet(INVALID_ISSUER, "jwks_uri is not https")
    return metadata


def issuer_key(issuer: object, header: Mapping[str, Any], *, by_metadata: frozenset[str], fetch: Fetch) -> PublicKey:
    """The key that signed a credential of `issuer` with this `header`. Only issuers in `by_metadata` have their keys fetched.
    Raises Refusal, and Unreachable from the fetch."""
    # 1 policy first: nothing is fetched for anybody else [SD-JWT VC 3.5]
    if not isinstance(issuer, str) or issuer not in by_metadata:
        raise Untrusted(INVALID_ISSUER, "not an issuer whose keys are fetched")
    # 2 and a chain beside it does not change that
    if "x5c" in header:
        raise Untrusted(INVALID_ISSUER, "a chain from an issuer that has none")
    # 3 its metadata, its keys
    metadata = parse_issuer_metadata(_fetched(fetch, metadata_url(issuer)).body, issuer=issuer)
    keys = metadata.jwks or _parsed(_fetched(fetch, metadata.jwks_uri or "").body, JwkSet)
    # 4 the one named [RFC 7515 4.1.4]
    return choose_key(keys, header.get("kid"))


def choose_key(keys: JwkSet, kid: object) -> PublicKey:
    """The key named `kid`, or the only one when none is named. Raises Malformed, Untrusted."""
    if len(keys.keys) > MAX_KEYS:
        raise Malformed(INVALID_ISSUER, f"more than {MAX_KEYS} keys")
    if kid is not None and not isinstance(kid, str):
        raise Malformed(INVALID_ISSUER, "kid is not a string")
    meant = [key for key in keys.keys if kid is None or key.get("kid") == kid]
    if len(meant) != 1:
        raise Untrusted(INVALID_ISSUER, "no key of that name, or several")
    if not _signs(meant[0]):
        raise Untrusted(INVALID_ISSUER, "a key for something else")
    try:
        return parse_public_jwk(meant[0])
    except Malformed as refusal:
        raise refusal.coded(INVALID_ISSUER) from None


def _signs(key: Mapping[str, Any]) -> bool:
    """Nothing in the key says it is for something else [RFC 7517 4.2-4.4]."""
    operations = key.get("key_ops", ["verify"])
    signs = isinstance(operations, list) and "verify" in operations
    return signs and key.get("use", "sig") == "sig" and key.get("alg", "ES256") == "ES256"


def _fetched(fetch: Fetch, url: str) -> Answer:
    answer = fetch.get(url, accept="application/json", limit=MAX_DOCUMENT)
    if answer.status != 200 or answer.media_type not in MEDIA_TYPES:
        raise Unmet(INVALID_ISSUER, "no JSON document at the issuer's address")
    return answer


def _parsed(data: bytes, shape: type[T]) -> T:
    try:
        return parse_as(data, shape, limit=MAX_DOCUMENT)
    except Refusal as refusal:
        raise refusal.coded(INVALID_ISSUER) from None
