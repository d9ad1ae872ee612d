"""The texts of messages: short, in both languages, with nothing to click and nobody named."""

import pytest

from sinwon.services.notify.texts import PHONE_CODE, Language, phone_code_text


@pytest.mark.parametrize(("language", "limit"), [("ko", 70), ("en", 160)])
def test_a_code_fits_one_message(language: Language, limit: int) -> None:
    text = phone_code_text(language, "012345", 10)
    assert "012345" in text
    assert len(text) <= limit
    assert "http" not in text
    assert text.isprintable()


def test_korean_and_english_are_both_there() -> None:
    assert set(PHONE_CODE) == {"ko", "en"}
