"""The question whether to send is asked only where something can be sent."""

import pytest

from sinwon.demo.desk.app import HERE
from sinwon.web.shared.pages import Pages

ASKED = {"ko": "서비스에 이 정보를 보낼까요?", "en": "Send this to 서비스?"}
LACKING = {"ko": "지금은 서비스에 보낼 수 없어요", "en": "Nothing can be sent to 서비스 now"}


def consent(language: str, *, available: bool) -> str:
    pages = Pages(HERE / "templates", HERE / "locale")
    values = dict.fromkeys(("operator", "purpose", "key", "retention", "legal_basis", "name", "here"), "")
    more = {"available": available, "lacking": "ended-no_certificate", "anonymous": True, "claims": [], "service": "서비스"}
    shared = {"_": pages.texts[language], "lang": language, "other_lang": "en"}
    return pages.environment.get_template("consent.html").render({**values, **more, **shared})


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_can_be_sent_is_asked_for(language: str) -> None:
    page = consent(language, available=True)
    assert f"<h1>{ASKED[language]}</h1>" in page
    assert 'value="send"' in page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_where_nothing_can_be_sent_the_page_says_so(language: str) -> None:
    page = consent(language, available=False)
    assert page.count(LACKING[language]) == 2  # title and heading
    assert ASKED[language] not in page
    assert 'value="send"' not in page
