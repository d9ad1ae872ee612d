"""Texts of notices: complete in both languages, in both times, without a person and without a foreign link."""

from re import findall

import pytest

from sinwon.services.lifecycle.machine import Reason
from sinwon.services.notify.message import LONGEST_TEXT
from sinwon.services.notify.notice import URGENT, Facts, NoticeKind
from sinwon.services.notify.notice_texts import REASONS, STATES, WORDS, both_times, duration, notice_text
from sinwon.services.notify.texts import Language
from sinwon.store.issuer.certificates import NOT_OVER
from tests.world import ISSUER, NOW

LANGUAGES: tuple[Language, ...] = ("ko", "en")
FACTS: Facts = {
    "reason": "PASSPORT_LOST",
    "to": "suspended",
    "at": NOW,
    "valid_until": NOW + 86_400,
    "days": 30,
    "lifetime": 3600,
}


def test_every_kind_reason_and_state_has_words_in_both_languages() -> None:
    for language in LANGUAGES:
        assert set(WORDS[language]) == set(NoticeKind)
        assert set(REASONS[language]) == {reason.value for reason in Reason}
        assert set(STATES[language]) == {state.value for state in NOT_OVER}
    assert set(NoticeKind) >= URGENT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_text_is_whole_and_leads_to_our_own_page_alone(kind: NoticeKind, language: Language) -> None:
    text = notice_text(kind, FACTS, language, zone="America/New_York", origin=ISSUER, secret="/lost/" + "s" * 43)
    for part in (text.subject, text.body, text.short):
        assert "{" not in part
        assert "  " not in part
    assert set(findall(r"https?://\S+", text.body)) <= {f"{ISSUER}/lost", f"{ISSUER}/lost/" + "s" * 43}
    assert len(text.short) < LONGEST_TEXT
    assert ("/lost/" in text.body) == (kind in (NoticeKind.LINK_ASKED, NoticeKind.RELEASE_ASKED))


def test_a_code_is_shown_as_it_is() -> None:
    text = notice_text(NoticeKind.RELEASE_ASKED, FACTS, "en", zone=None, origin=ISSUER, secret="123456")
    assert "within 1 hour: 123456" in text.body


@pytest.mark.parametrize(
    ("seconds", "korean", "english"),
    [(86_400, "24시간", "24 hours"), (3600, "1시간", "1 hour"), (5400, "90분", "90 minutes"), (60, "1분", "1 minute")],
)
def test_how_long_in_words(seconds: int, korean: str, english: str) -> None:
    assert (duration(seconds, "ko"), duration(seconds, "en")) == (korean, english)


@pytest.mark.parametrize(
    ("zone", "language", "shown"),
    [
        ("America/New_York", "en", "21 Sep 2026 10:13 (America/New_York), 21 Sep 2026 23:13 (Korean time)"),
        ("America/New_York", "ko", "2026년 9월 21일 10:13 (America/New_York), 2026년 9월 21일 23:13 (한국 시각)"),
        ("Asia/Kathmandu", "en", "21 Sep 2026 19:58 (Asia/Kathmandu), 21 Sep 2026 23:13 (Korean time)"),
        ("Pacific/Auckland", "ko", "2026년 9월 22일 02:13 (Pacific/Auckland), 2026년 9월 21일 23:13 (한국 시각)"),
        ("Asia/Tokyo", "en", "21 Sep 2026 23:13 (Korean time)"),
        (None, "ko", "2026년 9월 21일 23:13 (한국 시각)"),
    ],
)
def test_times_here_and_in_korea(zone: str | None, language: Language, shown: str) -> None:
    assert both_times(NOW, language, zone) == shown
