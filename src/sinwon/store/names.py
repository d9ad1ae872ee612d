"""Which texts of strangers may be looked up at all: a NUL, for one, is an error to PostgreSQL, not a name it does not know."""

from re import compile as pattern
from typing import Final

KEY: Final = pattern(r"[\x21-\x7e]{1,128}\Z")


def is_key(text: str) -> bool:
    """Whether a stranger's text can be the name of a record."""
    return KEY.match(text) is not None
