"""The claims of the certificate: the one table of their names in both formats, and of what people are told they are.

A claim has a path in an SD-JWT VC, where claims nest by block, and a name as an element of an mdoc, which is flat. The names at
the top are those of protocols.roles.person and of the derived claims; a test compares them with what is issued.
"""

from enum import Enum
from functools import cached_property
from typing import Final

from msgspec import Struct

PERSON_ID: Final = "person_id"
"""An opaque random name of the person at this issuer, stable over re-issuance, new phones and new names. Only the gateway asks
for it, to derive a different `sub` for each service; it is never passed on."""


class Form(Enum):
    """How a value is written as an element; in JSON it is always as it stands in the claim set."""

    SAME = "same"
    DATE = "date"
    """A full-date."""
    IMAGE = "image"
    """The bytes of a JPEG, where JSON has a `data:` URL."""


class Claim(Struct, frozen=True, dict=True):
    path: str
    """Dotted; a name with names below it is a block."""
    korean: str
    """Empty, as is `english`, for what means nothing to people."""
    english: str
    element: str | None
    """None for a block, whose members have elements, and for a member of what is one element as a whole."""
    optional: bool = False
    form: Form = Form.SAME

    @cached_property
    def steps(self) -> tuple[str, ...]:
        return tuple(self.path.split("."))


NAME_OF_PERSON: Final = Claim(PERSON_ID, "", "", PERSON_ID)
AGE_CLAIMS: Final = (
    Claim("age_over_14", "만 14세 이상", "Aged 14 or over", "age_over_14"),
    Claim("age_over_18", "만 18세 이상", "Aged 18 or over", "age_over_18"),
    Claim("age_over_19", "만 19세 이상", "Aged 19 or over", "age_over_19"),
    Claim("adult_by_year", "연 나이 19세 이상", "Reaches 19 this year or earlier", "adult_by_year"),
)
IDENTITY: Final = (
    NAME_OF_PERSON,
    Claim("name_ko", "성명", "Name in Hangul", "name_ko"),
    Claim("family_name", "영문 성", "Surname", "family_name"),
    Claim("given_name", "영문 이름", "Given names", "given_name", optional=True),
    Claim("birthdate", "생년월일", "Date of birth", "birth_date", form=Form.DATE),
    Claim("sex", "성별", "Sex", "sex"),
    Claim("nationality", "국적", "Nationality", "nationality"),
    Claim("residence_country", "거주 국가", "Country of residence", "residence_country"),
    Claim("registration", "재외국민등록", "Overseas-national registration", None),
    Claim("registration.number", "재외국민번호", "Registration number", "registration_number"),
    Claim("registration.serial", "일련번호", "Serial number", "registration_serial"),
    Claim("registration.mission_name", "관할공관", "Mission", "mission_name"),
    Claim("registration.mission_code", "공관 코드", "Mission code", "mission_code"),
    Claim("passport", "여권", "Passport", None),
    Claim("passport.type", "여권 종류", "Passport type", "passport_type"),
    Claim("passport.issuing_state", "여권 발행국", "Issuing state", "passport_issuing_state"),
    Claim("passport.number", "여권번호", "Passport number", "passport_number"),
    Claim("passport.issue_date", "여권 발급일", "Passport issue date", "passport_issue_date", form=Form.DATE),
    Claim("passport.expiry_date", "여권 만료일", "Passport expiry date", "passport_expiry_date", form=Form.DATE),
    Claim("passport.authority", "여권 발행관청", "Passport authority", "passport_authority"),
    Claim("contact", "연락처", "Contact", None),
    Claim("contact.address", "주소", "Address", "resident_address"),
    Claim("contact.phone_number", "전화번호", "Phone number", "phone_number"),
    Claim("contact.email", "이메일", "E-mail", "email", optional=True),
    Claim("portrait", "사진", "Photo", "portrait", optional=True, form=Form.IMAGE),
    Claim("evidence", "확인 근거", "How the identity was proven", "evidence"),
    Claim("evidence.kind", "확인 방법", "Kind of proof", None),
    Claim("evidence.mission", "확인 공관", "Mission of proof", None),
    Claim("evidence.date", "확인 일자", "Date of proof", None, form=Form.DATE),
    Claim("evidence.subject", "본인 출석 방식", "Presence of the person", None),
    Claim("evidence.document", "문서 제시 방식", "Presence of the document", None),
    Claim("evidence.chip", "여권 칩 확인", "Passport chip check", None),
    *AGE_CLAIMS,
    Claim("is_overseas_national", "재외국민 여부", "Overseas national", "is_overseas_national"),
)
LINKAGE: Final = (
    NAME_OF_PERSON,
    Claim("linkage", "연계 정보", "Linkage", None),
    Claim("linkage.rrn", "주민등록번호", "Resident registration number", "rrn"),
)
_BY_PATH: Final = {claim.path: claim for claim in (*IDENTITY, *LINKAGE)}


def claim_label(path: str, language: str) -> str:
    """What people are told the claim is, in "ko" or English; the path itself of one that the table does not know."""
    claim = _BY_PATH.get(path)
    if claim is None or not claim.korean:
        return path
    return claim.korean if language == "ko" else claim.english
