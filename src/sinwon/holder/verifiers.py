"""Who asks (OpenID4VP 1.0 §5.9.3, §12): a verifier is what its client identifier's prefix says, once that is proven.

Owns the proof for each prefix, the addresses a client may be answered at, and whom a wallet answers beside the services of the
catalogue. What the verifier may ask is judged in ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Untrusted
from sinwon.core.strict_json import convert
from sinwon.formats.jose.jws import Jws, parse_jws, verify_jws
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.x509 import VerifiedChain, dns_names, parse_x5c, verify_chain
from sinwon.protocols.vp.client_identifier import VERIFIER_ATTESTATION, X509_SAN_DNS, split_client_id, x509_hash
from sinwon.protocols.vp.request_object import TYP

INVALID: Final = "invalid_request"
INVALID_CLIENT: Final = "invalid_client"
ATTESTATION_TYP: Final = "verifier-attestation+jwt"
ACCESS_USES: Final = frozenset(
    {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ObjectIdentifier("1.0.18013.5.1.6"),  # reader authentication [ISO/IEC 18013-5 B.1.7]
    }
)


@dataclass(frozen=True, slots=True)
class Verifiers:
    """Whom a wallet answers beside the services of the catalogue: by default nobody, and never but encrypted."""

    certified: bool = False
    """Whoever has an access certificate of a listed authority, for whatever the person agrees to."""
    unsigned: bool = False
    """Whoever asks to be answered at an address of theirs; nothing else is known of them (`redirect_uri:`)."""
    plain: bool = False
    """Answers in the clear may be asked for (`direct_post`), which HAIP forbids."""
    attesters: Mapping[str, PublicKey] = field(default_factory=dict)
    """Who attests verifiers (`iss`), and by which key."""


CATALOGUE_ONLY: Final = Verifiers()


@dataclass(frozen=True, slots=True)
class Client:
    """A verifier that is who it says."""

    id: str
    name: str
    """What was proven of it, for people: a name in its certificate, a host, the subject of an attestation."""
    key: PublicKey | None
    """Of its signature; None where it cannot sign."""
    chain: VerifiedChain | None = None
    hosts: frozenset[str] = frozenset()
    """Hosts that are proven to be its own."""
    only_hosts: bool = False
    """It is answered there and nowhere else."""
    addresses: frozenset[str] = frozenset()
    """If any, it is answered at exactly these."""


class Attestation(msgspec.Struct, frozen=True):
    """What an attester says of a verifier (OpenID4VP 1.0 §12)."""

    iss: str
    sub: str
    exp: int
    cnf: dict[str, Any]
    iat: int | None = None
    nbf: int | None = None
    redirect_uris: tuple[str, ...] | None = None


def unsigned_client(client_id: str, verifiers: Verifiers) -> Client:
    """A client of which only the address is known. Raises Untrusted."""
    if not verifiers.unsigned:
        raise Untrusted(INVALID_CLIENT, "unsigned requests are not answered")
    address = split_client_id(client_id)[1]
    return Client(client_id, urlsplit(address).hostname or "", None, addresses=frozenset({address}))


def verify_client(jws: Jws, client_id: str, *, anchors: frozenset[bytes], verifiers: Verifiers, now: int) -> Client:
    """The client that signed, which must be `client_id`. Raises Malformed, Untrusted."""
    prefix, name = split_client_id(client_id)
    if prefix == VERIFIER_ATTESTATION:
        client = _attested(jws, client_id, name, verifiers, now)
    else:
        client = _certified(jws, client_id, prefix, name, anchors, now)
    # 4 explicitly typed, signed by the client's key [OID4VP 5; RFC 9101 10.8]
    if client.key is None:
        raise Untrusted(INVALID, "a client without a key")
    verify_jws(jws, client.key, typ=TYP)
    return client


def check_response_uri(client: Client, uri: str, *, origin: str, fetched_from: str | None) -> None:
    """That an answer to `uri`, which is at `origin`, goes to the client (OpenID4VP 1.0 §5.9.3, §8.2). Raises Untrusted."""
    host = urlsplit(uri).hostname
    if client.addresses:
        fits = uri in client.addresses
    elif client.only_hosts or (fetched_from is None and client.hosts):
        fits = host in client.hosts
    else:
        fits = fetched_from is None or origin == fetched_from
    if not fits:
        raise Untrusted(INVALID, "the answer would go elsewhere than to the client that asks")


def _certified(jws: Jws, client_id: str, prefix: str, name: str, anchors: frozenset[bytes], now: int) -> Client:
    # 1 certificate chain to a listed access authority [HAIP 5.2; RFC 5280 6.1]
    chain = verify_chain(parse_x5c(jws.header.get("x5c")), anchors, now)
    _check_uses(chain.leaf)
    hosts = _hosts(chain.leaf_der)
    # 2 the leaf is the client that the link names [OID4VP 5.9.3]
    if prefix == X509_SAN_DNS:
        if name not in hosts:
            raise Untrusted(INVALID, "the certificate is not for that host")
        return Client(client_id, name, chain.key, chain, frozenset({name}), only_hosts=True)
    if client_id != x509_hash(chain.leaf_der):
        raise Untrusted(INVALID, "link and certificate do not name one client")
    return Client(client_id, _name(chain.leaf), chain.key, chain, hosts)


def _attested(jws: Jws, client_id: str, name: str, verifiers: Verifiers, now: int) -> Client:
    token = jws.header.get("jwt")
    if not isinstance(token, str):
        raise Untrusted(INVALID_CLIENT, "no attestation")
    attestation = parse_jws(token)
    said = convert(attestation.claims(), Attestation)
    attester = verifiers.attesters.get(said.iss)
    # 1 by an attester we trust, of this client, in time [OID4VP 12]
    if attester is None:
        raise Untrusted(INVALID_CLIENT, "an attester we do not know")
    verify_jws(attestation, attester, typ=ATTESTATION_TYP)
    if said.sub != name:
        raise Untrusted(INVALID_CLIENT, "another client's attestation")
    if said.exp <= now or (said.nbf or said.iat or 0) > now + CLOCK_SKEW:
        raise Untrusted(INVALID_CLIENT, "the attestation is over, or not yet valid")
    # 2 the key that is to sign [OID4VP 12]
    jwk = said.cnf.get("jwk")
    if not isinstance(jwk, dict):
        raise Untrusted(INVALID_CLIENT, "no key is attested")
    # 3 answered where the attester says, if it does [OID4VP 12]
    return Client(client_id, name, parse_public_jwk(jwk), addresses=_attested_addresses(said))


def _attested_addresses(said: Attestation) -> frozenset[str]:
    if said.redirect_uris is not None and not said.redirect_uris:
        raise Untrusted(INVALID_CLIENT, "attested for no address")
    return frozenset(said.redirect_uris or ())


def _check_uses(leaf: x509.Certificate) -> None:
    """A certificate made for something else, a web server's say, is no access certificate [RFC 5280 4.2.1.12]."""
    try:
        uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not ACCESS_USES & set(uses):
        raise Untrusted(INVALID, "a certificate for another use")


def _hosts(leaf: bytes) -> frozenset[str]:
    """The plain host names of a certificate: no wildcard, nothing that is only drawn like another name."""
    return frozenset(host for host in dns_names(leaf) if _is_plain(host))


def _is_plain(host: str) -> bool:
    return host.isascii() and host.islower() and all(sign.isalnum() or sign in "-." for sign in host)


def _name(leaf: x509.Certificate) -> str:
    names = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    names = names or leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
