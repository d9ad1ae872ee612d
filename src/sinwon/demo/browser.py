"""A person's browser, as far as the journey needs one: cookies, redirects, forms and links. It believes what pages say."""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

import httpx2

MAX_REDIRECTS: Final = 10
TLS: Final = httpx2.create_ssl_context(trust_env=False)
"""Made once: reading the trust store takes longer than a whole sign-in."""


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    status: int
    text: str

    @property
    def words(self) -> str:
        """What a reader sees: the text without markup."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>", " ", self.text, flags=re.DOTALL)))

    def link(self, starting: str) -> str:
        """The first link that starts so. Raises LookupError."""
        for href in _Targets(self.text).links:
            if href.startswith(starting):
                return href
        raise LookupError(f"no link starting with {starting} on {self.url.partition('?')[0]}")

    def form(self, ending: str) -> str | None:
        """Where the first form whose action ends so leads."""
        return next((urljoin(self.url, action) for action in _Targets(self.text).forms if action.endswith(ending)), None)


class Browser:
    """Follows redirects within a bound, keeps cookies for the whole session."""

    def __init__(self, language: str = "ko") -> None:
        headers = {"Accept-Language": language}
        self.client = httpx2.Client(verify=TLS, trust_env=False, follow_redirects=False, timeout=10, headers=headers)

    def get(self, url: str) -> Page:
        return self._follow(self.client.get(url))

    def post(self, url: str, fields: dict[str, str] | None = None) -> Page:
        return self._follow(self.client.post(url, data=fields or {}))

    def close(self) -> None:
        self.client.close()

    def _follow(self, answer: httpx2.Response) -> Page:
        for _ in range(MAX_REDIRECTS):
            if answer.status_code not in {301, 302, 303, 307, 308}:
                return Page(str(answer.url), answer.status_code, answer.text)
            answer = self.client.get(urljoin(str(answer.url), answer.headers["location"]))
        raise LookupError("too many redirects")


class _Targets(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a":
            self.links.append(found.get("href") or "")
        elif tag == "form":
            self.forms.append(found.get("action") or "")
