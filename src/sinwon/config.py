"""Configuration: one TOML file per deployment, read once by `cli`. Unknown settings are refused.

The `demo` profile alone allows plain http, and only to and on loopback; every other profile wants https origins. What exists
for a foreign test harness, fixed secrets and people who sign in by a button, exists in the `conformance` profile alone.
"""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from sinwon.core.fetch import LOOPBACK
from sinwon.core.refusal import Fault


class Listening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    origin: str
    """The public origin, `https://issuer.example`: every identifier and link is built from it."""
    host: str = "127.0.0.1"
    port: int
    database: str
    """`sqlite:////path` or `postgresql+psycopg://…`; one for each role."""


class TrustSettings(Listening, frozen=True, forbid_unknown_fields=True, kw_only=True):
    signing_key: str
    """The operator's key, by URI. Its public half is what everybody pins."""
    authorities: str
    """Folder with the authorities' certificates, `<use>-authority.pem`: what the first trust list is made from."""


class Following(Listening, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A role that obeys the published trust list and catalogue."""

    documents: str
    """Folder where the last good ones survive a restart."""
    master_key: str
    """32 bytes, by URI: personal data at rest and derived keys."""


class WalletSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wallet that may come by the authorization code flow."""

    redirect_uris: tuple[str, ...]
    """Compared byte for byte, query included."""
    method: Literal["attest_jwt_client_auth", "private_key_jwt"]
    keys: tuple[str, ...] = ()
    """Files with the public JWKs of `private_key_jwt`."""


class IssuerSettings(Following, frozen=True, forbid_unknown_fields=True, kw_only=True):
    signing_key: str
    signing_chain: tuple[str, ...]
    """PEM files, leaf first, anchor left out."""
    document_key: str
    document_chain: tuple[str, ...]
    """Of the document signer: mdocs are signed by a key whose certificate is for nothing else."""
    status_key: str
    status_chain: tuple[str, ...]
    role_keys: dict[str, str]
    """Role name → file with its public JWK: who may ask for offers."""
    encryption_required: bool = False
    """Whether wallets must encrypt their requests, and have their copies encrypted."""
    deferred: tuple[str, ...] = ()
    """Credential configurations that are promised at first and fetched later."""
    anonymous_wallets: bool = True
    """Whether wallets that do not say who they are may redeem pre-authorized codes."""
    dpop_nonces: bool = False
    """Whether proofs of keys that tokens are bound to must carry a nonce of ours."""
    client_challenges: bool = False
    """Whether attested wallets must prove themselves for a challenge of ours."""
    code_offers: bool = False
    """Whether offers name the authorization code flow too."""
    clients: dict[str, WalletSettings] = {}
    """By `client_id`: wallets that may come by the authorization code flow."""
    outbox: str
    """Folder that stands where the SMS route will be; mail goes there too without a mail server."""


class ConsulateSettings(Following, frozen=True, forbid_unknown_fields=True, kw_only=True):
    role_key: str
    outbox: str
    """Folder that stands where the SMS route will be."""
    register_keys: dict[str, str] = {}
    """Register (resident, registration, passport) → file with its public JWK: who may tell us what happened."""


class AccessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    chain: tuple[str, ...]


class AnchorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody else's issuer that this gateway trusts, for types that are not ours."""

    certificate: str
    """PEM file: the root, or with `exact` the signer itself."""
    issuer: str
    """Its identifier: what `iss` says, where there is one."""
    types: tuple[str, ...]
    """`vct`s and document types."""
    purpose: Literal["issuance", "status"] = "issuance"
    status: Literal["required", "optional"] = "required"
    """Whether each credential must have a status. One that it has must be valid in any case."""
    named: bool = True
    """Whether signers' certificates name the issuer."""
    exact: bool = False
    """Whether this one certificate signs, whatever it is made for: in the conformance profile only."""


class GatewaySettings(Following, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id_token_key: str
    id_token_rsa_key: str | None = None
    """For services that read RS256 only."""
    access: dict[str, AccessSettings]
    """Service id → its access key and certificate."""
    wallet_endpoint: str = "openid4vp://"
    anchors: dict[str, AnchorSettings] = {}


class WalletProviderSettings(Listening, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who vouches for the wallets of one type."""

    signing_key: str
    signing_chain: tuple[str, ...]
    """PEM files, leaf first, anchor left out. The leaf names the origin."""
    master_key: str
    """32 bytes, by URI: derived keys."""
    client_id: str
    """Of the wallet type, as issuers know it."""
    key_storage: tuple[str, ...] = ()
    """What the keys of every wallet of this type withstand; nothing is said where it is empty."""
    user_authentication: tuple[str, ...] = ()
    """What each use of such a key takes."""


class MailSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The mail server that takes notices to citizens."""

    host: str
    sender: str
    """The address that mail comes from."""
    port: int = 587
    security: Literal["tls", "starttls", "none"] = "starttls"
    """`none` to loopback only."""
    user: str | None = None
    password_file: str | None = None
    """File whose first line is the password."""


class TlsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For roles that speak TLS themselves instead of a proxy before them."""

    certificates: str
    """PEM file: the chain for the hosts of all origins, leaf first."""
    key: str
    """PEM file."""
    authority: str | None = None
    """PEM file: a private authority that the roles accept of each other, and of nobody they would not accept anyway."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    profile: Literal["demo", "conformance", "production"]
    operator_key: str
    """File with the trust operator's public JWK, pinned."""
    trust: TrustSettings
    issuer: IssuerSettings
    consulate: ConsulateSettings
    gateway: GatewaySettings
    wallet_provider: WalletProviderSettings | None = None
    """Without it wallets are vouched for by others, or by nobody."""
    mail: MailSettings | None = None
    """Without it mail stays in the issuer's outbox."""
    tls: TlsSettings | None = None

    @property
    def is_demo(self) -> bool:
        return self.profile == "demo"

    @property
    def is_for_tests(self) -> bool:
        """Whether everybody in it is invented."""
        return self.profile != "production"

    def check(self) -> None:
        """Raises Fault where an origin does not suit the profile."""
        for role in ("trust", "issuer", "consulate", "gateway", "wallet_provider"):
            settings: Listening | None = getattr(self, role)
            if settings is not None:
                _check_origin(role, settings, demo=self.is_demo)


def read_config(path: Path) -> Config:
    """Raises Fault for a file that is not a valid configuration."""
    try:
        config = msgspec.toml.decode(path.read_bytes(), type=Config)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Fault(f"{path}: {error}") from None
    config.check()
    return config


def _check_origin(role: str, settings: Listening, *, demo: bool) -> None:
    parts = urlsplit(settings.origin)
    plain = demo and parts.scheme == "http" and parts.hostname in LOOPBACK
    if not (parts.scheme == "https" or plain) or parts.path or parts.query or parts.fragment or parts.username:
        raise Fault(f"{role}.origin must be an https origin (http on loopback in the demo profile only)")
    if demo and settings.host not in LOOPBACK:
        raise Fault(f"{role}.host must be loopback in the demo profile")
