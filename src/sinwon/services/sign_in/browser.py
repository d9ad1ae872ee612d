"""Whose browser is this? A sign-in belongs to the browser that began it, and no other (OpenID4VP 1.0 §13.3, RFC 9700 §4.7)."""

from typing import Final

from sqlalchemy import Connection

from sinwon.core.ids import digest, same
from sinwon.core.refusal import Unmet
from sinwon.store.gateway.presentations import Presentation
from sinwon.store.gateway.sign_ins import SignIn, find_sign_in

OVER: Final = "sign_in_over"
"""Finished, expired, used before or never there: not told apart."""
OTHER_BROWSER: Final = "other_browser"


def check_browser(presentation: Presentation, browser: str | None) -> None:
    """`browser` is the secret from the cookie. Raises Unmet."""
    if browser is None or not same(digest(browser), presentation.session):
        raise Unmet(OTHER_BROWSER, "not the browser that began")


def own_sign_in(connection: Connection, sign_in_id: str, browser: str | None) -> tuple[SignIn, Presentation]:
    """The sign-in, for the browser that began it. Raises Unmet."""
    found = find_sign_in(connection, sign_in_id)
    if found is None:
        raise Unmet(OVER, "no such sign-in")
    check_browser(found[1], browser)
    return found
