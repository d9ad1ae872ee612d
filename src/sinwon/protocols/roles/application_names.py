"""What an application is called at the issuer: by its own id, or by a numbered one where the answer to an offer was lost."""

from typing import Final

NAMES: Final = 5
"""Lost answers we recover from; more means that something else is wrong."""


def application_names(application: str) -> tuple[str, ...]:
    """In the order they are given."""
    return (application, *(f"{application}.{number}" for number in range(2, NAMES + 1)))
