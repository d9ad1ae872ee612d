"""One text for each byte string."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinwon.core import base64url
from sinwon.core.refusal import Malformed

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
        (b"\xfb\xff\xfe", "-__-"),
    ],
)
def test_vectors_of_rfc_4648(plain: bytes, text: str) -> None:
    assert base64url.encode(plain) == text
    assert base64url.decode(text) == plain


@given(st.lists(st.binary().map(lambda data: data.replace(b"\n", b"")), min_size=1))
def test_lines_are_encoded_each_by_itself(lines: list[bytes]) -> None:
    assert base64url.encode_lines(b"\n".join(lines)) == [base64url.encode_bytes(line) for line in lines]


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AAAAA",
        "Zg==",
        "Zg=",
        "=",
        "Zm9v=",
        "Zm9v====",
        "+__-",
        "/w",
        "Zm 9v",
        "Zm9v\n",
        "\nZm9v",
        "Zm\x009",
        "Zm9é",
        "Zm9\u3000",
        "ＡＡ",
    ],
)
def test_foreign_characters_padding_and_lengths(text: str) -> None:
    with pytest.raises(Malformed):
        base64url.decode(text)


@pytest.mark.parametrize(("text", "canonical"), [("Zh", "Zg"), ("Zv", "Zg"), ("Zm9", "Zm8"), ("Zm-", "Zm8"), ("Z_", "Zw")])
def test_spare_bits_must_be_zero(text: str, canonical: str) -> None:
    assert base64url.decode(canonical)
    with pytest.raises(Malformed):
        base64url.decode(text)


@given(st.binary(max_size=100))
def test_round_trip(data: bytes) -> None:
    text = base64url.encode(data)
    assert text == urlsafe_b64encode(data).rstrip(b"=").decode()
    assert base64url.decode(text) == data


@given(st.text(alphabet=SIGNS, max_size=20))
def test_what_decodes_is_the_one_text_of_its_bytes(text: str) -> None:
    try:
        data = base64url.decode(text)
    except Malformed:
        return
    assert base64url.encode(data) == text
