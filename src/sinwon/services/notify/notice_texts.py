"""The texts of notices, Korean and English, as mail and as a short message.

Times stand in the zone of the reader's mission, where it is known, and in Korean time. Nothing of the person is in them, and no
link but to the issuer's own page for lost phones, which everybody who gets a notice may need at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sinwon.core.clock import HOUR, KST, MINUTE
from sinwon.services.notify.notice import Facts, NoticeKind
from sinwon.services.notify.texts import Language

LOST_PATH: Final = "/lost"
SERVICE: Final[Mapping[Language, str]] = {"ko": "모바일 재외국민증", "en": "Mobile overseas national certificate"}
SEOUL: Final[Mapping[Language, str]] = {"ko": "한국 시각", "en": "Korean time"}


@dataclass(frozen=True, slots=True)
class NoticeText:
    subject: str
    body: str
    short: str
    """For a telephone."""


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    says: str
    """One sentence or two, with {reason}, {at}, {until}, {days}, {lifetime} and {secret}; also the short message."""
    then: str
    """What the reader can do."""


REASONS: Final[Mapping[Language, Mapping[str, str]]] = {
    "ko": {
        "LOSS_REPORTED": "분실 신고",
        "PIN_LOCKED": "비밀번호 반복 오류",
        "PHONE_CHANGED": "휴대전화 변경",
        "KEY_LOST": "앱 삭제 또는 휴대전화 분실에 따른 재발급",
        "PASSPORT_EXPIRED": "여권 유효기간 만료",
        "PASSPORT_LOST": "여권 분실 신고",
        "PASSPORT_CANCELLED": "여권 효력 상실",
        "DEREGISTERED": "재외국민등록 말소",
        "MOVED_MISSION": "재외국민 이동신고",
        "RETURN_REPORTED": "재외국민 귀국신고",
        "NAME_CHANGED": "성명 변경",
        "RRN_CHANGED": "주민등록번호 변경",
        "ADDRESS_CHANGED": "주소 또는 연락처 변경",
        "NATIONALITY_LOST": "국적 상실",
        "DECEASED": "사망 신고",
        "ISSUED_IN_ERROR": "발급 오류",
        "KEY_COMPROMISE": "보안상의 이유",
        "HOLDER_REQUEST": "본인 요청",
    },
    "en": {
        "LOSS_REPORTED": "loss reported",
        "PIN_LOCKED": "wrong PIN entered repeatedly",
        "PHONE_CHANGED": "change of phone",
        "KEY_LOST": "reissue after the app was removed or the phone lost",
        "PASSPORT_EXPIRED": "passport expired",
        "PASSPORT_LOST": "passport reported lost",
        "PASSPORT_CANCELLED": "passport cancelled",
        "DEREGISTERED": "overseas registration cancelled",
        "MOVED_MISSION": "overseas registration moved to another mission",
        "RETURN_REPORTED": "return to Korea reported",
        "NAME_CHANGED": "change of name",
        "RRN_CHANGED": "change of resident registration number",
        "ADDRESS_CHANGED": "change of address or contact details",
        "NATIONALITY_LOST": "loss of nationality",
        "DECEASED": "death reported",
        "ISSUED_IN_ERROR": "issued in error",
        "KEY_COMPROMISE": "security",
        "HOLDER_REQUEST": "holder's request",
    },
}
"""Words for a person; the codes are those of services.lifecycle.machine.Reason."""
_NOT_YOU_KO: Final = "본인이 하신 일이 아니면 아래 주소에서 바로 정지하시거나 가까운 재외공관에 알려 주십시오."
_NOT_YOU_EN: Final = "If this was not you, stop the certificate at the address below, or tell a Korean mission."
WORDS: Final[Mapping[Language, Mapping[NoticeKind, _Words]]] = {
    "ko": {
        NoticeKind.SUSPENDED: _Words(
            "정지되었습니다",
            "모바일 재외국민증이 정지되었습니다. 사유: {reason}. 시각: {at}.",
            "정지된 동안에는 제출하실 수 없습니다. 분실 신고나 비밀번호 오류로 정지되었으면"
            " 쓰시던 휴대전화의 앱에서 해제하실 수 있습니다. 그 밖의 사유이면 재외공관에 문의해 주십시오.",
        ),
        NoticeKind.RELEASED: _Words(
            "정지 또는 갱신 사유가 해제되었습니다",
            "모바일 재외국민증의 다음 사유가 해제되었습니다: {reason}. 시각: {at}. 현재 상태: {state}.",
            _NOT_YOU_KO,
        ),
        NoticeKind.NEEDS_RENEWAL: _Words(
            "갱신이 필요합니다",
            "모바일 재외국민증의 정보를 갱신하셔야 합니다. 사유: {reason}. 시각: {at}.",
            "새 정보가 등록되면 앱이 자동으로 갱신합니다. 여권이나 등록 사항이 바뀌었으면 재외공관에 알려 주십시오.",
        ),
        NoticeKind.RENEWED: _Words(
            "새 정보가 등록되었습니다",
            "모바일 재외국민증의 정보가 새로 등록되었습니다. 시각: {at}. 유효기간: {until}.",
            "앱을 여시면 새 정보로 자동 갱신됩니다. " + _NOT_YOU_KO,
        ),
        NoticeKind.MOVED: _Words(
            "다른 휴대전화로 옮겨졌습니다",
            "모바일 재외국민증이 다른 휴대전화로 옮겨졌습니다. 시각: {at}. 이전 휴대전화에서는 더 이상 쓸 수 없습니다.",
            _NOT_YOU_KO,
        ),
        NoticeKind.REVOKED: _Words(
            "폐기되었습니다",
            "모바일 재외국민증이 폐기되었습니다. 사유: {reason}. 시각: {at}.",
            "폐기는 되돌릴 수 없습니다. 다시 필요하시면 재외공관에서 새로 신청해 주십시오.",
        ),
        NoticeKind.EXPIRING: _Words(
            "유효기간이 곧 끝납니다",
            "모바일 재외국민증의 유효기간이 {days}일 이내에 끝납니다. 만료: {until}.",
            "계속 쓰시려면 여권을 확인하시고 재외공관에서 새로 신청해 주십시오.",
        ),
        NoticeKind.EXPIRED: _Words(
            "유효기간이 끝났습니다",
            "모바일 재외국민증의 유효기간이 끝났습니다. 만료: {until}.",
            "다시 필요하시면 재외공관에서 새로 신청해 주십시오.",
        ),
        NoticeKind.LAPSED: _Words(
            "발급 기간이 지났습니다",
            "모바일 재외국민증을 받으실 수 있는 기간이 지나 발급이 취소되었습니다. 시각: {at}.",
            "다시 필요하시면 재외공관에서 새로 신청해 주십시오.",
        ),
        NoticeKind.LINK_ASKED: _Words(
            "정지 링크 요청",
            "모바일 재외국민증을 정지할 수 있는 링크가 요청되었습니다. 시각: {at}. 정지하시려면 {lifetime} 안에: {secret}",
            "요청하지 않으셨으면 아무것도 하지 않으셔도 됩니다. 링크를 다른 사람에게 알려 주지 마십시오.",
        ),
        NoticeKind.RELEASE_ASKED: _Words(
            "정지 해제 요청",
            "모바일 재외국민증의 정지 해제가 요청되었습니다. 시각: {at}."
            " 해제하시려면 휴대전화의 앱에 {lifetime} 안에 다음 코드를 입력해 주십시오: {secret}",
            "요청하지 않으셨으면 이 코드를 아무에게도 알려 주지 마시고 재외공관에 연락해 주십시오.",
        ),
    },
    "en": {
        NoticeKind.SUSPENDED: _Words(
            "suspended",
            "Your mobile overseas national certificate was suspended. Reason: {reason}. Time: {at}.",
            "It cannot be presented while suspended. After a loss report or wrong PINs, you can undo this in the app on your"
            " own phone. For any other reason, ask a Korean mission.",
        ),
        NoticeKind.RELEASED: _Words(
            "a stop or reason for renewal was released",
            "This no longer stands against your mobile overseas national certificate: {reason}. Time: {at}. It is now {state}.",
            _NOT_YOU_EN,
        ),
        NoticeKind.NEEDS_RENEWAL: _Words(
            "needs renewal",
            "Your mobile overseas national certificate needs renewal. Reason: {reason}. Time: {at}.",
            "The app renews it by itself once the new data are on file. If your passport or registration changed, tell a Korean"
            " mission.",
        ),
        NoticeKind.RENEWED: _Words(
            "new data on file",
            "New data of your mobile overseas national certificate are on file. Time: {at}. Valid until: {until}.",
            "Open the app and it renews itself. " + _NOT_YOU_EN,
        ),
        NoticeKind.MOVED: _Words(
            "moved to another phone",
            "Your mobile overseas national certificate was moved to another phone. Time: {at}. It can no longer be used on the"
            " old one.",
            _NOT_YOU_EN,
        ),
        NoticeKind.REVOKED: _Words(
            "revoked",
            "Your mobile overseas national certificate was revoked. Reason: {reason}. Time: {at}.",
            "This cannot be undone. If you need a certificate again, please apply at a Korean mission.",
        ),
        NoticeKind.EXPIRING: _Words(
            "expires soon",
            "Your mobile overseas national certificate expires within {days} day(s), on {until}.",
            "To go on using it, check your passport and apply again at a Korean mission.",
        ),
        NoticeKind.EXPIRED: _Words(
            "expired",
            "Your mobile overseas national certificate expired on {until}.",
            "If you need a certificate again, please apply at a Korean mission.",
        ),
        NoticeKind.LAPSED: _Words(
            "not collected in time",
            "The time to collect your mobile overseas national certificate is over; it was not issued. Time: {at}.",
            "If you need a certificate again, please apply at a Korean mission.",
        ),
        NoticeKind.LINK_ASKED: _Words(
            "link to suspend asked for",
            "Somebody asked for a link to suspend your mobile overseas national certificate. Time: {at}."
            " To suspend it, within {lifetime}: {secret}",
            "If it was not you, you need not do anything. Do not share the link with anyone.",
        ),
        NoticeKind.RELEASE_ASKED: _Words(
            "release of the suspension asked for",
            "Somebody asked to release the suspension of your mobile overseas national certificate. Time: {at}."
            " To release it, enter this code in the app on your phone within {lifetime}: {secret}",
            "If it was not you, do not share this code with anyone, and tell a Korean mission.",
        ),
    },
}
STATES: Final[Mapping[Language, Mapping[str, str]]] = {
    "ko": {"offered": "발급 대기", "active": "사용 가능", "suspended": "정지", "needs_renewal": "갱신필요"},
    "en": {
        "offered": "waiting to be collected",
        "active": "usable",
        "suspended": "suspended",
        "needs_renewal": "in need of renewal",
    },
}
AT_PAGE: Final[Mapping[Language, str]] = {
    "ko": "휴대전화를 잃어버리셨으면 언제든지 여기에서 정지하실 수 있습니다: {page}",
    "en": "If you ever lose your phone, you can suspend the certificate here at any time: {page}",
}


def notice_text(
    kind: NoticeKind, facts: Facts, language: Language, *, zone: str | None, origin: str, secret: str | None = None
) -> NoticeText:
    """`origin` is the issuer's; `secret` is a path of its own page for lost phones, or a code."""
    words = WORDS[language][kind]
    says = words.says.format(
        reason=REASONS[language].get(str(facts.get("reason", "")), ""),
        state=STATES[language].get(str(facts.get("to", "")), ""),
        days=facts.get("days", ""),
        lifetime=_lifetime(facts, language),
        at=_time(facts, "at", language, zone),
        until=_time(facts, "valid_until", language, zone),
        secret=_shown(secret, origin),
    )
    page = AT_PAGE[language].format(page=origin + LOST_PATH)
    return NoticeText(f"[{SERVICE[language]}] {words.subject}", f"{says}\n\n{words.then}\n\n{page}\n", says)


def both_times(at: int, language: Language, zone: str | None) -> str:
    """A moment in the reader's zone and in Korea; in Korea alone where the zone is not known or the same."""
    seoul = f"{_moment(datetime.fromtimestamp(at, KST), language)} ({SEOUL[language]})"
    if zone is None:
        return seoul
    local = datetime.fromtimestamp(at, ZoneInfo(zone))
    if local.utcoffset() == KST.utcoffset(None):
        return seoul
    return f"{_moment(local, language)} ({zone}), {seoul}"


def duration(seconds: int, language: Language) -> str:
    """In words, in whole hours or else in whole minutes."""
    count, korean, english = (seconds // MINUTE, "분", "minute") if seconds % HOUR else (seconds // HOUR, "시간", "hour")
    return f"{count}{korean}" if language == "ko" else f"{count} {english}{'' if count == 1 else 's'}"


def _lifetime(facts: Facts, language: Language) -> str:
    lifetime = facts.get("lifetime")
    return duration(lifetime, language) if isinstance(lifetime, int) else ""


def _time(facts: Facts, name: str, language: Language, zone: str | None) -> str:
    at = facts.get(name)
    return both_times(at, language, zone) if isinstance(at, int) else ""


def _moment(moment: datetime, language: Language) -> str:
    if language == "ko":
        return f"{moment.year}년 {moment.month}월 {moment.day}일 {moment:%H:%M}"
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year} {moment:%H:%M}"


def _shown(secret: str | None, origin: str) -> str:
    if secret is None:
        return ""
    return origin + secret if secret.startswith(LOST_PATH + "/") else secret


MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
