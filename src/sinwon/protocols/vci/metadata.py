"""The issuer's metadata (OpenID4VCI 1.0 §12.2): message, place, and reading it as a wallet.

Owns the shape of the parts we write or use; unknown members are ignored. The signed form is vci.signed_metadata.
"""

from typing import Final

import msgspec

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import parse_as
from sinwon.formats.mdoc.names import MDOC
from sinwon.protocols.attestation.key_assurance import UNKNOWN, KeyAssurance
from sinwon.protocols.vci.encryption import RequestEncryption, ResponseEncryption

WELL_KNOWN: Final = "openid-credential-issuer"
MAX_METADATA: Final = 256 * 1024
INVALID_METADATA: Final = "invalid_metadata"


class Display(msgspec.Struct, frozen=True, omit_defaults=True):
    """One object per locale (BCP 47)."""

    name: str
    locale: str | None = None
    description: str | None = None
    background_color: str | None = None
    text_color: str | None = None


class ClaimDescription(msgspec.Struct, frozen=True, omit_defaults=True):
    """One claim by its path (Appendix C)."""

    path: tuple[str | int | None, ...]
    mandatory: bool = False
    display: tuple[Display, ...] = ()


class CredentialMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    display: tuple[Display, ...] = ()
    claims: tuple[ClaimDescription, ...] = ()


class ProofType(msgspec.Struct, frozen=True, omit_defaults=True):
    proof_signing_alg_values_supported: tuple[str, ...]
    key_attestations_required: KeyAssurance | None = None
    """What of the keys must be attested; None where nothing must."""


class Configuration(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of `credential_configurations_supported`."""

    format: str
    vct: str = ""
    """Of a `dc+sd-jwt`."""
    doctype: str = ""
    """Of an `mso_mdoc`."""
    scope: str | None = None
    """What an authorization request asks for to get it."""
    credential_signing_alg_values_supported: tuple[str | int, ...] = ()
    cryptographic_binding_methods_supported: tuple[str, ...] = ()
    proof_types_supported: dict[str, ProofType] = msgspec.field(default_factory=dict)
    credential_metadata: CredentialMetadata | None = None

    @property
    def type(self) -> str:
        """The name of the type in this format."""
        return self.doctype if self.format == MDOC else self.vct

    @property
    def needs_attestation(self) -> bool:
        """Whether nothing is given without attested keys."""
        types = self.proof_types_supported.values()
        return bool(types) and all(one.key_attestations_required is not None for one in types)

    @property
    def required_assurance(self) -> KeyAssurance:
        """What must be attested of the keys."""
        required = (one.key_attestations_required for one in self.proof_types_supported.values())
        return next(filter(None, required), UNKNOWN)


class BatchIssuance(msgspec.Struct, frozen=True):
    batch_size: int


class IssuerMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    credential_issuer: str
    credential_endpoint: str
    credential_configurations_supported: dict[str, Configuration]
    nonce_endpoint: str | None = None
    deferred_credential_endpoint: str | None = None
    notification_endpoint: str | None = None
    authorization_servers: tuple[str, ...] = ()
    batch_credential_issuance: BatchIssuance | None = None
    credential_request_encryption: RequestEncryption | None = None
    credential_response_encryption: ResponseEncryption | None = None
    display: tuple[Display, ...] = ()
    sinwon_certificate_endpoint: str | None = None
    """Ours, and ignored by other wallets [OID4VCI 12.2.4]: where a holder looks after the certificate."""


def parse_issuer_metadata(data: bytes, *, issuer: str) -> IssuerMetadata:
    """A fetched document. Raises Malformed, and Unmet when it speaks for another issuer [OID4VCI 12.2.4]."""
    try:
        metadata = parse_as(data, IssuerMetadata, limit=MAX_METADATA)
    except Refusal as refusal:
        raise Malformed(INVALID_METADATA, refusal.why) from None
    if metadata.credential_issuer != issuer:
        raise Unmet(INVALID_METADATA, "credential_issuer is not the one asked for")
    return metadata
