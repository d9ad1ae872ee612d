"""Hostile portraits: no image of a stranger is ever decoded by the program, and what is shown is a moderate JPEG or nothing."""

import ast
from base64 import b64decode, b64encode
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

import sinwon
from sinwon.adapters.registers.portraits import draw_portrait
from sinwon.core.text import SHOWN_LENGTH
from sinwon.demo.desk.app import HERE, _shown
from sinwon.demo.desk.picture import MAX_SIDE, MAX_TEXT, shown_picture
from sinwon.holder.ask import AskedClaim
from sinwon.protocols.credential_types import IDENTITY_TYPE
from sinwon.protocols.elements import JPEG, from_elements
from sinwon.web.shared.pages import Pages

SOURCE = Path(sinwon.__file__).parent
GOOD = b64decode(draw_portrait("someone").removeprefix(JPEG))
FRAME = GOOD.index(b"\xff\xc0")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
PNG = b"\x89PNG\r\n\x1a\n"


def url(data: bytes, kind: str = "image/jpeg") -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"


def sized(height: int, width: int) -> bytes:
    """The good one, said to be of another size."""
    return GOOD[: FRAME + 5] + height.to_bytes(2) + width.to_bytes(2) + GOOD[FRAME + 9 :]


def with_segment(marker: int, body: bytes) -> bytes:
    return GOOD[:2] + bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body + GOOD[2:]


HOSTILE: dict[str, object] = {
    "bomb_of_65535_squared": url(sized(65_535, 65_535)),
    "one_pixel_too_many": url(sized(MAX_SIDE + 1, 100)),
    "no_pixels": url(sized(0, 0)),
    "two_frames": url(with_segment(0xC0, GOOD[FRAME + 4 : FRAME + 19])),
    "lossless_frame": url(GOOD.replace(b"\xff\xc0", b"\xff\xc3", 1)),
    "jpeg_2000": url(b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(100)),
    "jpeg_2000_by_name": url(GOOD, "image/jp2"),
    "polyglot_with_html_behind": url(GOOD + b"<script>alert(1)</script>"),
    "polyglot_with_a_comment": url(with_segment(0xFE, b"<?php ?>")),
    "exif": url(with_segment(0xE1, b"Exif\x00\x00" + bytes(20))),
    "icc": url(with_segment(0xE2, b"ICC_PROFILE\x00" + bytes(20))),
    "svg": url(SVG, "image/svg+xml"),
    "svg_that_says_jpeg": url(SVG),
    "apng": url(PNG + bytes(50), "image/png"),
    "png_that_says_jpeg": url(PNG + bytes(50)),
    "gif_that_says_jpeg": url(GIF),
    "html": "data:text/html;base64,PHNjcmlwdD4=",
    "script": "javascript:alert(1)",
    "an_address": "https://tracker.example/p.jpg",
    "not_base64": JPEG + "!" * 20,
    "cut_off": url(GOOD[:40]),
    "segment_of_length_0": url(b"\xff\xd8\xff\xdb\x00\x00\xff\xd9"),
    "empty": JPEG,
    "too_long": JPEG + "A" * MAX_TEXT,
    "another_type": b"\xff\xd8",
    "nothing": None,
}


def test_O09_no_image_is_decoded_anywhere() -> None:
    """One module draws pictures. None reads any: there is no other user of the library, and this one opens nothing."""
    users = []
    for file in SOURCE.rglob("*.py"):
        tree = ast.parse(file.read_text())
        froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        if any((name or "").split(".")[0] == "PIL" for name in froms | names):
            users.append(file)
            called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            assert called.isdisjoint({"open", "frombytes", "frombuffer", "thumbnail"})
    assert [user.relative_to(SOURCE).as_posix() for user in users] == ["adapters/registers/portraits.py"]


@pytest.mark.parametrize("fault", [name for name, value in HOSTILE.items() if isinstance(value, str) and value[:5] == "data:"])
def test_O09_bytes_in_a_document_are_never_anything_but_a_jpeg(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passed on as they are, under the one name that makes no browser run them."""
    monkeypatch.delattr(Image, "open")
    data = str(HOSTILE[fault]).encode()
    assert from_elements(IDENTITY_TYPE, {"portrait": data}) == {"portrait": JPEG + b64encode(data).decode()}


@pytest.mark.parametrize("fault", HOSTILE)
def test_O09_a_hostile_portrait_is_not_shown(fault: str) -> None:
    assert shown_picture(HOSTILE[fault]) is None
    page = consent(AskedClaim(("portrait",), True, HOSTILE[fault]))
    assert "<img" not in page
    assert "data:" not in page


def test_O09_a_text_is_text_and_short() -> None:
    page = consent(AskedClaim(("name_ko",), True, "<img src=x onerror=alert(1)>" + "가" * 10_000))
    assert "&lt;img" in page
    assert page.count("가") < SHOWN_LENGTH + 100


def test_O09_control_an_honest_portrait_is_shown() -> None:
    picture = draw_portrait("someone")
    assert shown_picture(picture) == picture
    assert shown_picture(url(sized(MAX_SIDE, MAX_SIDE))) is not None
    assert f'<img src="{picture}"' in unescape(consent(AskedClaim(("portrait",), True, picture)))
    assert from_elements(IDENTITY_TYPE, {"portrait": GOOD}) == {"portrait": picture}


def consent(claim: AskedClaim) -> str:
    """The page that asks whether to send it."""
    pages = Pages(HERE / "templates", HERE / "locale")
    texts = pages.texts["ko"]
    values = dict.fromkeys(("service", "operator", "purpose", "key", "retention", "legal_basis", "name", "lang", "here"), "")
    page = pages.environment.get_template("consent.html")
    more = {"_": texts, "other_lang": "en", "available": True, "anonymous": False, "claims": [_shown(claim, texts)]}
    text = page.render({**values, **more, "lang": "ko"})
    return text[text.index('<ul class="claims">') : text.index("</ul>")]
