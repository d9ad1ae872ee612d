"""Pages for people: templates, texts in Korean and English, and the policy that lets them load nothing from elsewhere.

Texts live in gettext catalogues (`locale/ko.po`, `locale/en.po`) beside the templates and are read once at start; a missing
text is an error at start-up of the page, never an English word on a Korean screen. The language is `?lang=`, else the
cookie, else Accept-Language, else Korean.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from babel import Locale, dates
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sinwon.core.clock import KST
from sinwon.core.refusal import Fault
from sinwon.web.shared.answers import NO_STORE, public_answer

HERE: Final = Path(__file__).parent
LANGUAGES: Final = ("ko", "en")
COOKIE: Final = "sinwon_lang"
STYLE: Final = (HERE / "static" / "sinwon.css").read_bytes()
STYLE_PATH: Final = "/static/sinwon.css"


class Texts:
    """The texts of one role in one language: its own catalogue over the shared one."""

    def __init__(self, language: str, folders: Sequence[Path]) -> None:
        self.language = language
        self._texts: dict[str, str] = {}
        for folder in folders:
            with (folder / f"{language}.po").open("rb") as file:
                self._texts |= {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id and m.string}

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with `{names}` filled in. Raises Fault for a text that is missing."""
        text = self._texts.get(key)
        if text is None:
            raise Fault(f"no text {key!r} in {self.language}")
        return text.format(**values) if values else text


class Pages:
    """Renders a role's templates. `folder` holds its templates, `locale_folder` its catalogues."""

    def __init__(self, folder: Path, locale_folder: Path) -> None:
        loader = FileSystemLoader([folder, HERE / "templates"])
        self.environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, auto_reload=False
        )
        self.texts = {language: Texts(language, [HERE / "locale", locale_folder]) for language in LANGUAGES}
        if self.texts["ko"].keys != self.texts["en"].keys:
            raise Fault(f"texts differ between ko and en: {sorted(self.texts['ko'].keys ^ self.texts['en'].keys)}")

    def render(
        self,
        request: Request,
        template: str,
        values: Mapping[str, object],
        *,
        status: int = 200,
        form_action: Sequence[str] = (),
    ) -> HTMLResponse:
        """A page. `form_action` names the other origins its forms and their redirects may lead to."""
        language = language_of(request)
        texts = self.texts[language]
        shared = {"_": texts, "lang": language, "other_lang": _other(language), "moment": moment_in(language), "lines": lines}
        # Not `request.url`, which fails on raw bytes in the query. One slash: two, or a backslash, would name another host.
        here = "/" + quote(request.scope["path"].lstrip("/"), errors="replace")
        body = self.environment.get_template(template).render({**shared, "here": here, **values})
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
            f"form-action {' '.join(chr(39) + 'self' + chr(39) if a == 'self' else a for a in ('self', *form_action))}; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        answer = HTMLResponse(body, status, {**NO_STORE, "Content-Security-Policy": policy, "Content-Language": language})
        if request.query_params.get("lang") in LANGUAGES:
            answer.set_cookie(COOKIE, language, max_age=31_536_000, samesite="lax", secure=request.scope["scheme"] == "https")
        return answer


def language_of(request: Request) -> str:
    """`ko` or `en` for this request."""
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.partition(";")[0].strip()[:2].lower()
        if tag in LANGUAGES:
            return tag
    return "ko"


def moment_in(language: str) -> Callable[[int], str]:
    """A function that writes a moment (seconds) as Korean time in the page's language."""
    locale = Locale(language)

    def moment(seconds: int) -> str:
        when = datetime.fromtimestamp(seconds, KST)
        return (
            f"{dates.format_datetime(when, 'yyyy. M. d. HH:mm' if language == 'ko' else 'd MMM yyyy HH:mm', locale=locale)} KST"
        )

    return moment


def lines(text: str) -> Markup:
    """Escaped text whose line feeds become line breaks."""
    return Markup("<br>").join(text.split("\n"))


def style_route() -> Route:
    """The one style sheet, from the role's own origin."""

    def style(request: Request) -> Response:
        return public_answer(STYLE, "text/css", request, max_age=3600)

    return Route(STYLE_PATH, style)


def _other(language: str) -> str:
    return "en" if language == "ko" else "ko"
