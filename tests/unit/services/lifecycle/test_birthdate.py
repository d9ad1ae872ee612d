"""Birth dates as people write them on the page for lost phones."""

import pytest

from sinwon.core.refusal import Malformed
from sinwon.services.lifecycle.ask_link import LONGEST_BIRTHDATE, parse_birthdate


@pytest.mark.parametrize("typed", ["1990-01-31", "1990. 1. 31.", "1990년 1월 31일", "19900131", " 1990/1/31 ", "1990 1 31"])
def test_whatever_people_write_in_that_order(typed: str) -> None:
    assert parse_birthdate(typed) == "1990-01-31"


@pytest.mark.parametrize(
    "typed", ["", "31-01-1990", "1990-02-30", "1990-13-01", "900131", "1990", "1990-01-31x", "１９９０-01-31"]
)
def test_what_is_no_date(typed: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_birthdate(typed)
    assert refused.value.code == "invalid_birthdate"


def test_the_longest_and_one_sign_more() -> None:
    longest = "1990" + " " * (LONGEST_BIRTHDATE - 8) + "1-31"
    assert len(longest) == LONGEST_BIRTHDATE
    assert parse_birthdate(longest) == "1990-01-31"
    with pytest.raises(Malformed):
        parse_birthdate(longest + " ")
