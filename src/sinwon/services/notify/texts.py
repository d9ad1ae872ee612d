"""The texts of messages, Korean and English: short, without links, with nothing of the person in them."""

from typing import Final, Literal

Language = Literal["ko", "en"]
PHONE_CODE: Final[dict[Language, str]] = {
    "ko": "[모바일 재외국민증] 인증번호 {code}. {minutes}분 안에 입력해 주십시오. 다른 사람에게 알려 주지 마십시오.",
    "en": "[Overseas national certificate] Code {code}. Enter it within {minutes} minutes. Do not share it with anyone.",
}


def phone_code_text(language: Language, code: str, minutes: int) -> str:
    return PHONE_CODE[language].format(code=code, minutes=minutes)
