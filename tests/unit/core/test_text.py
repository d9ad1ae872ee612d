"""Names compared, shown and masked."""

from unicodedata import normalize

import pytest

from sinwon.core.text import canonical_name, masked_name, masked_rrn, nfc, shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("홍길동", normalize("NFD", "홍길동")),
        ("HONG-GILDONG", "hong gildong"),
        ("O'NEIL", "ONEIL"),
        ("O’NEIL", "O'neil"),
        ("남궁 옥분", "남궁옥분"),
        ("PARK\nLEE", "Park Lee"),
    ],
)
def test_one_name_written_two_ways(one: str, other: str) -> None:
    assert canonical_name(one) == canonical_name(other)


@pytest.mark.parametrize(("one", "other"), [("홍길동", "홍길돈"), ("LEE", "YI"), ("김", "金")])
def test_two_names(one: str, other: str) -> None:
    assert canonical_name(one) != canonical_name(other)


def test_names_are_kept_composed() -> None:
    assert nfc(normalize("NFD", "홍길동")) == "홍길동"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\u202eb", "ab"),
        ("a\u200bb", "ab"),
        ("a\x00\x1b[31mb", "a[31mb"),
        ("a\nb", "a\nb"),
        ("\ue000홍", "홍"),
        ("x" * 300, "x" * 199 + "…"),
        ("x" * 200, "x" * 200),
    ],
)
def test_shown(text: str, clean: str) -> None:
    assert shown(text) == clean


@pytest.mark.parametrize(
    ("name", "masked"), [("홍길동", "홍*동"), ("홍길", "홍*"), ("남궁옥분자", "남***자"), ("홍", "*"), ("", "*")]
)
def test_masked_names(name: str, masked: str) -> None:
    assert masked_name(name) == masked


def test_masked_numbers() -> None:
    assert masked_rrn("9001011234567") == "900101-1******"
