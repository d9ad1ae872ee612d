"""A new deployment in a folder: keys, authorities, certificates and the configuration that names them.

It makes what a deployment needs that has no certificates of its own: four authorities (issuing, status, access, wallet), their
leaves, the operator's key that everybody pins, one master key per role that keeps personal data. Existing files are
never replaced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sinwon.config import TlsSettings
from sinwon.core.ids import Randomness
from sinwon.core.strict_json import dump
from sinwon.formats.mdoc.names import DOCUMENT_SIGNER
from sinwon.keys.authority import Authority, create_authority
from sinwon.keys.rsa import generate_rsa_key
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.keys.uri import write_key

ROLES: Final = ("trust", "issuer", "consulate", "gateway", "wallet_provider")
FOLLOWING: Final = ("issuer", "consulate", "gateway")
AUTHORITIES: Final = ("issuing", "status", "access", "wallet")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the deployment will look like: where it lives, who listens where, which services have access certificates."""

    folder: Path
    profile: str
    origins: Mapping[str, str]
    """Role → public origin."""
    ports: Mapping[str, int]
    services: tuple[str, ...]
    wallet_endpoint: str = "openid4vp://"
    databases: Mapping[str, str] | None = None
    """Role → database URL; SQLite files in the folder where None."""
    user_authentication: tuple[str, ...] = ("iso_18045_basic",)
    """What a use of a key takes in the wallets that the wallet provider vouches for."""
    tls: TlsSettings | None = None
    """Where the roles speak TLS themselves."""

    def database(self, role: str) -> str:
        return self.databases[role] if self.databases else f"sqlite:///{self.folder / role}.sqlite"


def set_up(plan: Plan, *, now: int, random: Randomness) -> Path:
    """Writes keys, certificates and `sinwon.toml`; gives the path of the latter. Raises FileExistsError where one is there."""
    folder = plan.folder
    folder.mkdir(parents=True, exist_ok=True)
    authorities = {name: _authority(folder, name, now, random) for name in AUTHORITIES}
    for role in ROLES[1:]:
        write_key(_uri(folder, f"{role}-master"), random(32))
    operator = _key(folder, "operator")
    (folder / "operator.jwk").write_bytes(dump(dict(operator.public_jwk)))
    role_key = _key(folder, "consulate-role")
    (folder / "consulate-role.jwk").write_bytes(dump(dict(role_key.public_jwk)))
    issuer = plan.origins["issuer"]
    _leaf(folder, "issuer", authorities["issuing"], "Sinwon issuer", issuer, now, random)
    documents = tuple(sorted(DOCUMENT_SIGNER))
    _leaf(folder, "documents", authorities["issuing"], "Sinwon documents", issuer, now, random, documents)
    _leaf(folder, "status", authorities["status"], "Sinwon status", issuer, now, random)
    provider = plan.origins["wallet_provider"]
    _leaf(folder, "wallet-provider", authorities["wallet"], "Sinwon wallet provider", provider, now, random)
    _key(folder, "id-token")
    write_key(_uri(folder, "id-token-rsa"), generate_rsa_key().to_der())
    for service in plan.services:
        uri, hosts = f"urn:sinwon:service:{service}", (urlsplit(plan.origins["gateway"]).hostname or "",)
        _leaf(folder, f"access-{service}", authorities["access"], service, uri, now, random, hosts=hosts)
    target = folder / "sinwon.toml"
    with target.open("x", encoding="utf-8") as file:
        file.write(_toml(plan))
    return target


def _authority(folder: Path, name: str, now: int, random: Randomness) -> Authority:
    authority = create_authority(_key(folder, f"{name}-authority"), f"Sinwon {name} authority", now=now, random=random)
    write_pem(folder / f"{name}-authority.pem", authority.certificate)
    return authority


def _leaf(
    folder: Path,
    name: str,
    authority: Authority,
    common: str,
    uri: str,
    now: int,
    random: Randomness,
    uses: tuple[str, ...] = (),
    hosts: tuple[str, ...] = (),
) -> None:
    certificate = authority.certify(_key(folder, name), common, uri, now=now, random=random, uses=uses, hosts=hosts)
    write_pem(folder / f"{name}.pem", certificate)


def _key(folder: Path, name: str) -> SoftwareKey:
    key = generate_key()
    write_key(_uri(folder, name), key.to_der())
    return key


def _uri(folder: Path, name: str) -> str:
    return f"file:{folder.resolve() / name}.key"


def write_pem(path: Path, der: bytes) -> None:
    """One DER certificate as a PEM file."""
    path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))


def _toml(plan: Plan) -> str:
    folder = plan.folder.resolve()
    parts = {
        "trust": [f'signing_key = "{_uri(folder, "operator")}"', f'authorities = "{folder}"'],
        "issuer": [
            *_signer_lines(folder, "signing", "issuer"),
            *_signer_lines(folder, "document", "documents"),
            *_signer_lines(folder, "status", "status"),
            f'role_keys = {{ consulate = "{folder / "consulate-role.jwk"}" }}',
            f'outbox = "{folder / "issuer-outbox"}"',
        ],
        "consulate": [
            f'role_key = "{_uri(folder, "consulate-role")}"',
            f'outbox = "{folder / "outbox"}"',
        ],
        "gateway": [
            f'id_token_key = "{_uri(folder, "id-token")}"',
            f'id_token_rsa_key = "{_uri(folder, "id-token-rsa")}"',
            f'wallet_endpoint = "{plan.wallet_endpoint}"',
        ],
        "wallet_provider": [
            *_signer_lines(folder, "signing", "wallet-provider"),
            f'client_id = "{plan.origins["wallet_provider"]}/wallet"',
            'key_storage = ["iso_18045_basic"]',
            f"user_authentication = {list(plan.user_authentication)}",
        ],
    }
    head = [f'profile = "{plan.profile}"', f'operator_key = "{folder / "operator.jwk"}"']
    for role in FOLLOWING:
        parts[role].append(f'documents = "{folder / f"{role}-documents"}"')
    for role in ROLES[1:]:
        parts[role].append(f'master_key = "{_uri(folder, f"{role}-master")}"')
    sections = [_section(plan, role, lines) for role, lines in parts.items()]
    access = [
        f'[gateway.access.{service}]\nkey = "{_uri(folder, f"access-{service}")}"\n'
        f'chain = ["{folder / f"access-{service}.pem"}"]\n'
        for service in plan.services
    ]
    return "\n".join(["\n".join(head) + "\n", *sections, *access, *_tls_lines(plan.tls)])


def _tls_lines(tls: TlsSettings | None) -> list[str]:
    if tls is None:
        return []
    lines = [
        f'certificates = "{tls.certificates}"',
        f'key = "{tls.key}"',
        *([f'authority = "{tls.authority}"'] if tls.authority else []),
    ]
    return ["\n".join(["[tls]", *lines, ""])]


def _section(plan: Plan, role: str, lines: Iterable[str]) -> str:
    common = [f'origin = "{plan.origins[role]}"', f"port = {plan.ports[role]}", f'database = "{plan.database(role)}"']
    return "\n".join([f"[{role}]", *common, *lines, ""])


def _signer_lines(folder: Path, prefix: str, name: str) -> list[str]:
    return [f'{prefix}_key = "{_uri(folder, name)}"', f'{prefix}_chain = ["{folder / f"{name}.pem"}"]']
