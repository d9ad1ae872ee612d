"""The credential configurations of this issuer: each type in both formats, and what wallets show for it in ko and en. Identity
is there twice: *strong* copies are the same certificate, bound to keys that more is known of.

The claims are those of the one table; what means nothing to people, `person_id`, is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sinwon.formats.cose.names import ES256
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.protocols.attestation.key_assurance import TWO_FACTORS, KeyAssurance
from sinwon.protocols.credential_claims import Claim
from sinwon.protocols.credential_types import AGE_TYPE, IDENTITY_TYPE, LINKAGE_TYPE, CredentialType
from sinwon.protocols.vci.credential_request import ATTESTATION, JWT
from sinwon.protocols.vci.metadata import (
    ClaimDescription,
    Configuration,
    CredentialMetadata,
    Display,
    ProofType,
)

IDENTITY_SD_JWT: Final = "overseas-national-sd-jwt"
IDENTITY_MDOC: Final = "overseas-national-mdoc"
STRONG_SD_JWT: Final = "overseas-national-strong-sd-jwt"
STRONG_MDOC: Final = "overseas-national-strong-mdoc"
LINKAGE_SD_JWT: Final = "overseas-national-linkage-sd-jwt"
LINKAGE_MDOC: Final = "overseas-national-linkage-mdoc"
AGE_SD_JWT: Final = "overseas-national-age-sd-jwt"
AGE_MDOC: Final = "overseas-national-age-mdoc"


@dataclass(frozen=True, slots=True)
class Issued:
    """What one configuration gives."""

    type: CredentialType
    format: str
    attested: bool = False
    """Only for keys that a wallet provider vouches for: what level L3 rests on (decision 17)."""


ISSUED: Final[Mapping[str, Issued]] = {
    IDENTITY_SD_JWT: Issued(IDENTITY_TYPE, SD_JWT_VC),
    IDENTITY_MDOC: Issued(IDENTITY_TYPE, MDOC),
    STRONG_SD_JWT: Issued(IDENTITY_TYPE, SD_JWT_VC, attested=True),
    STRONG_MDOC: Issued(IDENTITY_TYPE, MDOC, attested=True),
    LINKAGE_SD_JWT: Issued(LINKAGE_TYPE, SD_JWT_VC, attested=True),
    LINKAGE_MDOC: Issued(LINKAGE_TYPE, MDOC, attested=True),
    AGE_SD_JWT: Issued(AGE_TYPE, SD_JWT_VC),
    AGE_MDOC: Issued(AGE_TYPE, MDOC),
}
ALL: Final = tuple(ISSUED)
FOR_ANY_KEY: Final = tuple(name for name, issued in ISSUED.items() if not issued.attested)

ISSUER_DISPLAY: Final = (
    Display("신원 모바일 재외국민증 발급", "ko"),
    Display("Sinwon overseas-national certificates", "en"),
)
IDENTITY_DISPLAY: Final = (
    Display("모바일 재외국민 신원확인증", "ko", "재외국민임과 신원을 확인하는 증명서", "#063a74", "#ffffff"),
    Display("Mobile overseas-national certificate", "en", "Proves identity and overseas-national status", "#063a74", "#ffffff"),
)
LINKAGE_DISPLAY: Final = (
    Display(
        "모바일 재외국민 신원확인증 주민등록번호", "ko", "법령에 근거가 있을 때만 제출하는 주민등록번호", "#464c53", "#ffffff"
    ),
    Display(
        "Resident number of the overseas-national certificate", "en", "Only where a statute asks for it", "#464c53", "#ffffff"
    ),
)

AGE_DISPLAY: Final = (
    Display("모바일 재외국민 신원확인증 나이 확인", "ko", "누구인지 밝히지 않고 나이 조건만 증명", "#1d5c3c", "#ffffff"),
    Display(
        "Age from the overseas-national certificate", "en", "Proves being of age, and not who one is", "#1d5c3c", "#ffffff"
    ),
)
DISPLAYS: Final = {IDENTITY_TYPE.vct: IDENTITY_DISPLAY, LINKAGE_TYPE.vct: LINKAGE_DISPLAY, AGE_TYPE.vct: AGE_DISPLAY}


def configurations(required: KeyAssurance = TWO_FACTORS) -> dict[str, Configuration]:
    """`credential_configurations_supported` [OID4VCI 12.2.4, A.2, A.3]; `required` of the keys that must be attested. A scope
    has the name of its configuration [HAIP 4.1]."""
    forms = {SD_JWT_VC: _sd_jwt, MDOC: _mdoc}
    proofs = {attested: _proof_types(required if attested else None) for attested in (False, True)}
    return {name: forms[issued.format](name, issued.type, proofs[issued.attested]) for name, issued in ISSUED.items()}


def _proof_types(required: KeyAssurance | None) -> dict[str, ProofType]:
    return {JWT: ProofType(("ES256",), required), ATTESTATION: ProofType(("ES256",), required)}


def _sd_jwt(name: str, kind: CredentialType, proofs: dict[str, ProofType]) -> Configuration:
    described = tuple(_described(claim.steps, claim) for claim in kind.claims if claim.english)
    return Configuration(
        format=SD_JWT_VC,
        scope=name,
        vct=kind.vct,
        credential_signing_alg_values_supported=("ES256",),
        cryptographic_binding_methods_supported=("jwk",),
        proof_types_supported=proofs,
        credential_metadata=CredentialMetadata(DISPLAYS[kind.vct], described),
    )


def _mdoc(name: str, kind: CredentialType, proofs: dict[str, ProofType]) -> Configuration:
    elements = kind.by_element.items()
    described = tuple(_described((kind.doctype, element), claim) for element, claim in elements if claim.english)
    return Configuration(
        format=MDOC,
        scope=name,
        doctype=kind.doctype,
        credential_signing_alg_values_supported=(ES256,),
        cryptographic_binding_methods_supported=("cose_key",),
        proof_types_supported=proofs,
        credential_metadata=CredentialMetadata(DISPLAYS[kind.vct], described),
    )


def _described(path: tuple[str, ...], claim: Claim) -> ClaimDescription:
    names = (Display(claim.korean, "ko"), Display(claim.english, "en"))
    return ClaimDescription(path, mandatory=not claim.optional, display=names)
