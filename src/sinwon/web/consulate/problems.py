"""Errors of the consulate as people read them: for each code a status, a text and a next step, Korean and English."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from sinwon.core.clock import MINUTE
from sinwon.core.refusal import Refusal
from sinwon.services.accounts.sign_in import LOCKED_FOR
from sinwon.services.enrolment.phone import RESEND_PAUSE
from sinwon.web.shared.answers import json_answer


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    ko: str
    en: str
    next_ko: str
    next_en: str


RETRY: Final = ("잠시 후 다시 해 주십시오.", "Try again shortly.")
LOOK: Final = ("신청 상태를 다시 확인해 주십시오.", "Look at the application's state again.")
OFFICER: Final = ("담당자에게 문의해 주십시오.", "Speak to the officer.")
PROBLEMS: Final[dict[str, Problem]] = {
    "invalid_request": Problem(
        400,
        "입력 내용을 읽을 수 없습니다.",
        "The request is malformed or lacks something.",
        "빠지거나 잘못 적은 항목을 고쳐 주십시오.",
        "Correct the missing or mistyped field.",
    ),
    "invalid_phone": Problem(
        400,
        "사용할 수 없는 전화번호입니다.",
        "This telephone number cannot be used.",
        "국가번호를 붙인 본인 휴대전화 번호를 적어 주십시오.",
        "Give your own mobile number with its country code.",
    ),
    "unknown_mission": Problem(
        400,
        "목록에 없는 공관입니다.",
        "There is no such mission.",
        "공관 목록에서 선택해 주십시오.",
        "Choose a mission from the list.",
    ),
    "pin_too_simple": Problem(
        400,
        "짐작하기 쉬운 비밀번호입니다.",
        "This PIN is too easy to guess.",
        "반복되거나 이어지는 숫자와 생년월일을 피해 주십시오.",
        "Avoid repeated or consecutive digits and your birth date.",
    ),
    "reason_missing": Problem(
        400, "사유가 필요합니다.", "A reason is required.", "사유를 적어 주십시오.", "Write down the reason."
    ),
    "invalid_token": Problem(
        401,
        "신청 내역을 확인할 수 없습니다.",
        "The application and its key do not match.",
        "접수할 때 받은 링크로 다시 들어와 주십시오.",
        "Use the link you received when you applied.",
    ),
    "unauthorized": Problem(401, "로그인이 필요합니다.", "You are not signed in.", "다시 로그인해 주십시오.", "Sign in again."),
    "sign_in_refused": Problem(
        401,
        "로그인할 수 없습니다.",
        "Signing in was refused.",
        f"아이디와 비밀번호를 확인하고, 계속되면 {LOCKED_FOR // MINUTE}분 뒤에 다시 해 주십시오.",
        f"Check login and secret; if it goes on, try again in {LOCKED_FOR // MINUTE} minutes.",
    ),
    "not_found": Problem(
        404, "찾을 수 없습니다.", "There is nothing here.", "주소나 접수번호를 확인해 주십시오.", "Check the reference."
    ),
    "invalid_code": Problem(
        400,
        "인증번호를 확인할 수 없습니다.",
        "The code was not accepted.",
        "번호를 다시 확인하거나 새 번호를 받아 주십시오.",
        "Check the digits, or ask for a new code.",
    ),
    "wrong_state": Problem(409, "지금 단계에서는 할 수 없습니다.", "This is not possible at this stage.", *LOOK),
    "changed_meanwhile": Problem(409, "그사이 신청이 변경되었습니다.", "The application was changed in the meantime.", *LOOK),
    "visit_missing": Problem(
        409,
        "방문 확인이 기록되지 않았습니다.",
        "The visit is not recorded yet.",
        "여권과 본인을 확인하고 기록해 주십시오.",
        "Check passport and person, then record the visit.",
    ),
    "place_taken": Problem(
        409,
        "같은 사람의 다른 신청이 진행 중입니다.",
        "Another application of this person is being processed.",
        "다른 신청을 먼저 마치거나 철회해 주십시오.",
        "Finish or withdraw the other one first.",
    ),
    "not_eligible": Problem(
        409,
        "승인할 수 없는 사유가 있습니다.",
        "There are reasons against approval.",
        "신청의 사유와 다음 단계를 확인해 주십시오.",
        "See the reasons and next steps of the application.",
    ),
    "record_missing": Problem(
        409,
        "등록 정보나 여권 정보가 없어 발급할 수 없습니다.",
        "A register lacks the record that would be certified.",
        "해당 등록부를 먼저 정정해 주십시오.",
        "Have the register corrected first.",
    ),
    "passport_enrolled": Problem(
        409, "다른 사람이 이미 사용한 여권입니다.", "This passport was enrolled by another person.", *OFFICER
    ),
    "registers_differ": Problem(
        409,
        "등록 정보와 여권 정보가 서로 달라 갱신할 수 없습니다.",
        "Register and passport data differ, so nothing can be renewed.",
        "서로 다른 항목을 먼저 정정해 주십시오.",
        "Have the differing fields corrected first.",
    ),
    "passport_unusable": Problem(
        409,
        "이 여권으로는 갱신할 수 없습니다.",
        "This passport cannot be used for a renewal.",
        "유효한 전자여권인지 확인해 주십시오.",
        "Check that it is a valid e-passport.",
    ),
    "certificate_ended": Problem(
        409,
        "이미 폐기되었거나 만료된 증명서입니다.",
        "The certificate is revoked or has expired.",
        "필요하면 새로 신청하도록 안내해 주십시오.",
        "If one is needed, the person applies again.",
    ),
    "not_allowed": Problem(
        403,
        "담당자가 처리할 수 없는 사유입니다.",
        "An officer cannot do this for that reason.",
        "다른 사유를 선택해 주십시오.",
        "Choose another reason.",
    ),
    "issuer_refused": Problem(
        409,
        "발급기관이 요청을 받아들이지 않았습니다.",
        "The issuer did not accept the request.",
        "운영자에게 문의해 주십시오.",
        "Contact the operator.",
    ),
    "too_large": Problem(413, "보낸 내용이 너무 큽니다.", "The request is too large.", "내용을 줄여 주십시오.", "Send less."),
    "unsupported_media_type": Problem(
        415,
        "지원하지 않는 형식입니다.",
        "The content type is not supported.",
        "JSON 형식으로 보내 주십시오.",
        "Send application/json.",
    ),
    "too_many_requests": Problem(
        429,
        "요청이 너무 잦습니다.",
        "Too many requests.",
        f"{RESEND_PAUSE}초 뒤에 다시 하거나 창구에서 확인받아 주십시오.",
        f"Wait {RESEND_PAUSE} seconds, or be confirmed at the counter.",
    ),
    "message_not_sent": Problem(
        503,
        "인증번호를 보내지 못했습니다.",
        "The code could not be sent.",
        "다른 번호를 쓰거나 창구 QR로 확인받아 주십시오.",
        "Use another number, or the QR at the counter.",
    ),
    "registry_unavailable": Problem(
        503,
        "등록 정보를 지금 조회할 수 없습니다.",
        "The registry cannot be reached at the moment.",
        "접수는 보관됩니다. 잠시 후 다시 해 주십시오.",
        "The application is kept. Try again shortly.",
    ),
    "issuer_unavailable": Problem(
        503,
        "발급기관이 응답하지 않습니다.",
        "The issuer does not answer.",
        "지금까지의 처리는 보관됩니다. 잠시 후 다시 요청해 주십시오.",
        "What was done so far is kept. Ask again shortly.",
    ),
}
OTHER: Final = Problem(400, "요청이 받아들여지지 않았습니다.", "The request was refused.", *RETRY)


def problem_answer(refusal: Refusal) -> Response:
    """`{"error", "error_description", "text": {ko, en}, "next": {ko, en}}`; nothing of the input, nothing of `why`."""
    problem = PROBLEMS.get(refusal.code, OTHER)
    body = {
        "error": refusal.code,
        "error_description": problem.en,
        "text": {"ko": problem.ko, "en": problem.en},
        "next": {"ko": problem.next_ko, "en": problem.next_en},
    }
    return json_answer(body, problem.status)
