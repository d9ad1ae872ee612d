"""The 23 reasons why a certificate is not issued (yet), in table order, with class, texts and next step.

Codes are stored; texts are rendered from here. `{date}` and `{mission}` are filled from the finding. Three reasons have a
neutral text and a neutral code for the applicant and a plain text for the officer.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NEUTRAL_CODE: Final = "SEE_OFFICER"
"""What an applicant sees instead of a code that would tell more than the neutral text."""


class Kind(StrEnum):
    STOP = "H"
    OFFICER = "O"
    """An officer may resolve it with a recorded reason."""
    RETRY = "R"


@dataclass(frozen=True, slots=True)
class Text:
    ko: str
    en: str

    def filled(self, ko: dict[str, str], en: dict[str, str]) -> "Text":
        return Text(self.ko.format(**ko), self.en.format(**en))


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    kind: Kind
    text: Text
    next_step: Text
    for_officer: Text | None = None
    """Set where the applicant's text is neutral by rule."""

    @property
    def applicant_code(self) -> str:
        return self.code if self.for_officer is None else NEUTRAL_CODE


def _reason(code: str, kind: Kind, text: tuple[str, str], next_step: tuple[str, str], officer: Text | None = None) -> Reason:
    return Reason(code, kind, Text(*text), Text(*next_step), officer)


TABLE: Final = (
    _reason(
        "NOT_REGISTERED",
        Kind.STOP,
        ("재외국민등록이 확인되지 않습니다.", "No overseas-national registration was found."),
        (
            "재외동포365민원포털이나 관할 공관에서 먼저 재외국민등록을 해 주십시오.",
            "Register on the 재외동포365 portal or at your mission first.",
        ),
    ),
    _reason(
        "DEREGISTERED",
        Kind.STOP,
        ("재외국민등록이 말소되어 있습니다.", "Your registration has been cancelled."),
        ("서류를 갖추어 다시 등록한 뒤 신청해 주십시오.", "Register again with full papers, then apply."),
    ),
    _reason(
        "RRN_MISSING",
        Kind.STOP,
        ("등록 정보에 주민등록번호가 없습니다.", "The registry holds no resident number for you."),
        ("등록 내용을 변경신고한 뒤 다시 신청해 주십시오.", "Correct your registration, then apply again."),
    ),
    _reason(
        "RRN_X000000",
        Kind.STOP,
        (
            "주민등록번호 뒷자리가 부여되지 않아 지금은 발급할 수 없습니다.",
            "No resident number has been assigned to you, so issuance is not possible yet.",
        ),
        (
            "번호 부여 절차를 공관에 문의하시고, 대상 확대 알림을 신청하실 수 있습니다.",
            "Ask the mission how to obtain one, or subscribe to news of wider eligibility.",
        ),
    ),
    _reason(
        "RRN_INVALID",
        Kind.OFFICER,
        ("등록 정보의 주민등록번호 형식을 확인해야 합니다.", "The resident number on file needs checking."),
        ("담당자가 원장을 확인하고 있습니다.", "The officer is checking the register."),
    ),
    _reason(
        "PASSPORT_MISSING",
        Kind.OFFICER,
        ("여권이 확인되지 않습니다.", "No passport was presented or found."),
        ("여권을 지참해 주십시오.", "Bring your passport."),
    ),
    _reason(
        "PASSPORT_NOT_EPASSPORT",
        Kind.STOP,
        ("전자여권이 아닙니다.", "This is not an e-passport."),
        ("전자여권을 발급받은 뒤 신청해 주십시오.", "Obtain an e-passport first."),
    ),
    _reason(
        "PASSPORT_EXPIRED",
        Kind.STOP,
        ("여권의 유효기간이 지났습니다.", "The passport has expired."),
        ("여권을 재발급받은 뒤 신청해 주십시오.", "Renew the passport first."),
    ),
    _reason(
        "PASSPORT_LOST_OR_CANCELLED",
        Kind.STOP,
        ("이 여권으로는 신청할 수 없습니다.", "This passport cannot be used for an application."),
        ("담당자에게 문의해 주십시오.", "Speak to the officer."),
        Text(
            "분실 신고되었거나 효력을 잃은 여권입니다. 여권 담당자에게 확인하십시오.",
            "The passport is reported lost or cancelled. Check with the passport desk.",
        ),
    ),
    _reason(
        "PASSPORT_CHIP_UNREADABLE",
        Kind.OFFICER,
        ("여권 칩을 읽을 수 없습니다.", "The passport chip could not be read."),
        ("담당자가 다른 방법으로 확인합니다.", "The officer will check in another way."),
    ),
    _reason(
        "PASSPORT_CHIP_REJECTED",
        Kind.STOP,
        ("여권의 진위를 확인할 수 없습니다.", "The passport could not be authenticated."),
        ("담당자의 안내를 받아 주십시오.", "Follow the officer's directions."),
        Text(
            "여권 칩의 전자서명이 맞지 않습니다. 위조나 변조가 의심되므로 절차에 따라 처리하십시오.",
            "The signature of the passport chip does not hold. Treat the book as suspect and follow procedure.",
        ),
    ),
    _reason(
        "IDENTITY_MISMATCH",
        Kind.OFFICER,
        ("등록 정보와 여권 정보가 서로 다릅니다.", "Registry and passport data differ."),
        ("서로 다른 항목을 확인하고 정정해 주십시오.", "Check and correct the field shown."),
    ),
    _reason(
        "FACE_MISMATCH",
        Kind.OFFICER,
        ("사진과 본인을 확인해야 합니다.", "Your face must be checked again."),
        ("다시 촬영하거나 담당자 확인을 받아 주십시오.", "Retake the photo or be checked by the officer."),
    ),
    _reason(
        "UNDER_14",
        Kind.STOP,
        ("만 14세부터 발급할 수 있습니다.", "You must be 14 or older."),
        ("{date}부터 신청할 수 있습니다.", "You can apply from {date}."),
    ),
    _reason(
        "PROXY_NOT_ALLOWED",
        Kind.STOP,
        ("본인만 신청할 수 있습니다.", "Only the person concerned may apply."),
        ("본인이 직접 방문해 주십시오.", "Please come in person."),
    ),
    _reason(
        "WRONG_JURISDICTION",
        Kind.OFFICER,
        ("거주지를 관할하는 공관이 아닙니다.", "This mission does not cover your residence."),
        ("관할 공관은 {mission}입니다.", "Your mission is {mission}."),
    ),
    _reason(
        "MISSION_NOT_OPEN",
        Kind.STOP,
        ("이 공관은 아직 발급을 시작하지 않았습니다.", "This mission does not issue yet."),
        (
            "시작 예정: {date}. 알림을 신청하실 수 있습니다.",
            "Planned start: {date}. You may subscribe to a notice.",
        ),
    ),
    _reason(
        "DUPLICATE_ACTIVE",
        Kind.OFFICER,
        ("이미 발급된 증명서가 있습니다.", "You already hold an active certificate."),
        ("휴대전화를 바꾸셨다면 재발급을 선택해 주십시오.", "Choose reissue if you changed phones."),
    ),
    _reason(
        "PHONE_NOT_PROVEN",
        Kind.OFFICER,
        ("휴대전화 확인이 끝나지 않았습니다.", "Your phone is not confirmed yet."),
        (
            "문자, 음성, 이메일, 창구 QR 중에서 선택해 주십시오.",
            "Choose SMS, voice call, e-mail or the counter QR.",
        ),
    ),
    _reason(
        "CONSENT_MISSING",
        Kind.OFFICER,
        ("필수 동의가 필요합니다.", "A required consent is missing."),
        ("동의 내용을 확인해 주십시오.", "Review the consent text."),
    ),
    _reason(
        "NATIONALITY_LOST",
        Kind.STOP,
        ("대한민국 국적을 확인할 수 없습니다.", "Korean nationality could not be confirmed."),
        ("국적 담당자에게 문의해 주십시오.", "Contact the nationality desk."),
    ),
    _reason(
        "DECEASED",
        Kind.STOP,
        ("신청을 처리할 수 없습니다.", "The application cannot be processed."),
        ("담당자에게 문의해 주십시오.", "Speak to the officer."),
        Text(
            "주민등록에 사망자로 기록되어 있습니다. 본인이 앞에 있다면 기록 오류를 의심하십시오.",
            "The resident register records a death. If the person stands before you, suspect an error in the record.",
        ),
    ),
    _reason(
        "REGISTRY_UNAVAILABLE",
        Kind.RETRY,
        ("등록 정보를 지금 조회할 수 없습니다.", "The registry cannot be reached at the moment."),
        ("접수는 보관되며, 복구되면 알려 드립니다.", "Your application is kept; we will notify you."),
    ),
)
REASONS: Final = {reason.code: reason for reason in TABLE}
ORDER: Final = {reason.code: number for number, reason in enumerate(TABLE)}
