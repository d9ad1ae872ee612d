"""The two credential configurations of this issuer: names, what wallets show for them, and their claims in ko and en.

The claim names are those of the claim set in protocols.roles.person; a test compares this table with what is issued.
`person_id` is left out on purpose: it means nothing to people.
"""

from collections.abc import Mapping
from typing import Final

from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.protocols.credential_types import IDENTITY, LINKAGE
from sinwon.protocols.vci.metadata import (
    ClaimDescription,
    Configuration,
    CredentialMetadata,
    Display,
    ProofType,
)

IDENTITY_SD_JWT: Final = "overseas-national-sd-jwt"
LINKAGE_SD_JWT: Final = "overseas-national-linkage-sd-jwt"
TYPE_OF: Final[Mapping[str, str]] = {IDENTITY_SD_JWT: IDENTITY, LINKAGE_SD_JWT: LINKAGE}
ALL: Final = tuple(TYPE_OF)

IDENTITY_CLAIMS: Final = (
    # path, may be absent, 한국어, English
    ("name_ko", False, "성명", "Name in Hangul"),
    ("family_name", False, "영문 성", "Surname"),
    ("given_name", True, "영문 이름", "Given names"),
    ("birthdate", False, "생년월일", "Date of birth"),
    ("sex", False, "성별", "Sex"),
    ("nationality", False, "국적", "Nationality"),
    ("residence_country", False, "거주 국가", "Country of residence"),
    ("registration", False, "재외국민등록", "Overseas-national registration"),
    ("registration.number", False, "재외국민번호", "Registration number"),
    ("registration.serial", False, "일련번호", "Serial number"),
    ("registration.mission_name", False, "관할공관", "Mission"),
    ("registration.mission_code", False, "공관 코드", "Mission code"),
    ("passport", False, "여권", "Passport"),
    ("passport.type", False, "여권 종류", "Passport type"),
    ("passport.issuing_state", False, "여권 발행국", "Issuing state"),
    ("passport.number", False, "여권번호", "Passport number"),
    ("passport.issue_date", False, "여권 발급일", "Passport date of issue"),
    ("passport.expiry_date", False, "여권 기간 만료일", "Passport date of expiry"),
    ("passport.authority", False, "여권 발행관청", "Passport authority"),
    ("contact", False, "연락처", "Contact"),
    ("contact.address", False, "주소", "Address"),
    ("contact.phone_number", False, "전화번호", "Phone number"),
    ("contact.email", True, "이메일", "E-mail"),
    ("portrait", True, "사진", "Photo"),
    ("evidence", False, "확인 근거", "How the identity was proven"),
    ("evidence.kind", False, "확인 방법", "Kind of proof"),
    ("evidence.mission", False, "확인 공관", "Mission of proof"),
    ("evidence.date", False, "확인 일자", "Date of proof"),
    ("evidence.subject", False, "본인 출석 방식", "Presence of the person"),
    ("evidence.document", False, "문서 제시 방식", "Presence of the document"),
    ("evidence.chip", False, "여권 칩 확인", "Passport chip check"),
    ("age_over_14", False, "만 14세 이상", "Aged 14 or over"),
    ("age_over_18", False, "만 18세 이상", "Aged 18 or over"),
    ("age_over_19", False, "만 19세 이상", "Aged 19 or over"),
    ("adult_by_year", False, "연 나이 19세 이상", "Reaches 19 this year or earlier"),
    ("is_overseas_national", False, "재외국민 여부", "Overseas national"),
)
LINKAGE_CLAIMS: Final = (
    ("linkage", False, "연계 정보", "Linkage"),
    ("linkage.rrn", False, "주민등록번호", "Resident registration number"),
)
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


def configurations() -> dict[str, Configuration]:
    """`credential_configurations_supported` [OID4VCI 12.2.4]."""
    return {
        IDENTITY_SD_JWT: _configuration(IDENTITY, IDENTITY_DISPLAY, IDENTITY_CLAIMS),
        LINKAGE_SD_JWT: _configuration(LINKAGE, LINKAGE_DISPLAY, LINKAGE_CLAIMS),
    }


def _configuration(
    credential_type: str, display: tuple[Display, ...], claims: tuple[tuple[str, bool, str, str], ...]
) -> Configuration:
    return Configuration(
        format=SD_JWT_VC,
        vct=credential_type,
        credential_signing_alg_values_supported=("ES256",),
        cryptographic_binding_methods_supported=("jwk",),
        proof_types_supported={"jwt": ProofType(("ES256",))},
        credential_metadata=CredentialMetadata(display, tuple(_claim(*claim) for claim in claims)),
    )


def _claim(path: str, optional: bool, korean: str, english: str) -> ClaimDescription:
    names = (Display(korean, "ko"), Display(english, "en"))
    return ClaimDescription(tuple(path.split(".")), mandatory=not optional, display=names)
