"""Revocation codes: sixty bits, readable aloud, and typed as people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinwon.core.ids import Randomness
from sinwon.core.refusal import Malformed
from sinwon.services.lifecycle.revocation_code import (
    ALPHABET,
    LONGEST_TYPED,
    new_revocation_code,
    parse_revocation_code,
)

BYTES = st.binary(min_size=8, max_size=8)


@given(BYTES)
def test_a_code_is_twelve_signs_in_three_groups(data: bytes) -> None:
    code = new_revocation_code(always(data))
    groups = code.split("-")
    assert [len(group) for group in groups] == [4, 4, 4]
    assert set("".join(groups)) <= set(ALPHABET)
    assert parse_revocation_code(code) == code


def always(data: bytes) -> Randomness:
    return lambda _count: data


@given(BYTES, BYTES)
def test_sixty_bits_count(one: bytes, other: bytes) -> None:
    codes = [new_revocation_code(always(data)) for data in (one, other)]
    assert (codes[0] == codes[1]) == (int.from_bytes(one) % 2**60 == int.from_bytes(other) % 2**60)


@pytest.mark.parametrize(
    "typed",
    [
        "0123-4567-89AB",
        "0123456789ab",
        " o123 4567 89ab ",
        "OI23.4567.89AB",
        "0123–4567—89AB",
        "0 1 2 3 4 5 6 7 8 9 a b",
    ],
)
def test_it_may_be_typed_as_it_is_read(typed: str) -> None:
    assert parse_revocation_code(typed) == "0123-4567-89AB"


def test_look_alikes_are_what_they_look_like() -> None:
    assert parse_revocation_code("oIL1-iloO-89AB") == "0111-1100-89AB"


@pytest.mark.parametrize(
    "typed", ["", "0123-4567-89A", "0123-4567-89ABC", "0123-4567-89AU", "가나다라-4567-89AB", "x" * 10_000]
)
def test_anything_else_is_no_code(typed: str) -> None:
    with pytest.raises(Malformed, match="invalid_code"):
        parse_revocation_code(typed)


def test_the_longest_that_is_read_and_one_sign_more() -> None:
    code = "0123-4567-89AB"
    assert parse_revocation_code(code + " " * (LONGEST_TYPED - len(code))) == code
    with pytest.raises(Malformed):
        parse_revocation_code(code + " " * (LONGEST_TYPED + 1 - len(code)))
