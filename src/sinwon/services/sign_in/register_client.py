"""Registering a service's client: where it may be sent, how it proves itself, which sector its people are known in."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sinwon.core.fetch import LOOPBACK
from sinwon.core.ids import digest
from sinwon.core.refusal import Unmet
from sinwon.formats.jose.rs256 import RS256
from sinwon.protocols.oauth.client_authentication.secret import METHODS
from sinwon.protocols.oidc.id_token import ES256
from sinwon.services.presentation.gateway import Gateway
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.gateway.clients import Client, find_client, insert_client
from sinwon.store.gateway.metadata import AUDIT

REGISTERED: Final = "client.registered"
INVALID: Final = "invalid_client_metadata"
INVALID_URI: Final = "invalid_redirect_uri"
MIN_SECRET: Final = 43  # 256 bits in base64url: the digest that is kept is not salted


@dataclass(frozen=True, slots=True)
class Registration:
    client_id: str
    service: str
    """Its id in the catalogue."""
    redirect_uris: tuple[str, ...]
    """Compared byte for byte, query included."""
    secret: str
    sector: str
    """Clients of one sector know a person by the same `sub`: the host of the service, or a name for its family of hosts."""
    id_token_alg: str = ES256
    """ES256 or RS256."""
    auth_method: str | None = None
    """`client_secret_basic` or `client_secret_post`; None: either."""
    pkce: bool = True
    """Whether it must send a code challenge; what it sends counts in any case."""


def algorithms(gateway: Gateway) -> tuple[str, ...]:
    """Those ID tokens can be signed with."""
    return (ES256,) if gateway.rsa_signer is None else (ES256, RS256)


def register_client(gateway: Gateway, registration: Registration) -> None:
    """Once; the same registration again changes nothing, another one under this id is refused. Raises Unmet."""
    _check(registration, plain=gateway.origin.startswith("http:"))
    _check_terms(gateway, registration)
    if gateway.catalogue().service(registration.service) is None:
        raise Unmet(INVALID, "no such service in the catalogue")
    now = gateway.clock()
    wanted = Client(
        registration.client_id,
        registration.service,
        registration.sector,
        digest(registration.secret),
        registration.redirect_uris,
        now,
        registration.id_token_alg,
        registration.auth_method,
        registration.pkce,
    )
    with writing(gateway.engine) as connection:
        existing = find_client(connection, wanted.id)
        if existing is None:
            insert_client(connection, wanted)
            AUDIT.write(connection, Entry(now, "operator", REGISTERED, wanted.id, {"service": wanted.service}))
        elif _terms(existing) != _terms(wanted):
            raise Unmet(INVALID, "another registration has this client id")


def _terms(client: Client) -> tuple[object, ...]:
    asked = client.id_token_alg, client.auth_method, client.pkce
    return client.service, client.sector, client.secret_digest, client.redirect_uris, *asked


def _check_terms(gateway: Gateway, registration: Registration) -> None:
    if registration.id_token_alg not in algorithms(gateway):
        raise Unmet(INVALID, "no key here for this algorithm of ID tokens")
    if registration.auth_method not in {None, *METHODS}:
        raise Unmet(INVALID, "no such method of client authentication")
    if not registration.pkce and not gateway.settings.clients_without_pkce:
        raise Unmet(INVALID, "every client sends a code challenge here")


def _check(registration: Registration, *, plain: bool) -> None:
    """`plain`: the gateway itself is a demonstration on this machine, and so may its services be."""
    if not registration.client_id or not registration.service or not registration.sector:
        raise Unmet(INVALID, "client id, service and sector are needed")
    if len(registration.secret) < MIN_SECRET:
        raise Unmet(INVALID, f"the secret needs {MIN_SECRET} characters")
    if not registration.redirect_uris:
        raise Unmet(INVALID_URI, "no redirect URI")
    for uri in registration.redirect_uris:
        parts = urlsplit(uri)
        secure = parts.scheme == "https" or (plain and parts.scheme == "http" and parts.hostname in LOOPBACK)
        if not secure or not parts.hostname or "#" in uri or parts.username is not None:
            raise Unmet(INVALID_URI, "not an https address without fragment and user")
