"""The browser is back from the wallet: response code and cookie together, once, become the code for the service.

Either one alone is worth nothing (OpenID4VP 1.0 §13.3): the code came through the wallet, the cookie never left the browser.
"""

from dataclasses import dataclass
from typing import Final

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.grants.authorization_code import CODE_SECONDS
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.sign_in.answer import answer_with_code
from sinwon.services.sign_in.browser import OVER, check_browser
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import Progress, finish_presentation
from sinwon.store.gateway.sign_ins import authorize, sign_in_of_presentation

AUTHORIZED: Final = "sign_in.authorized"


@dataclass(frozen=True, slots=True)
class Declined:
    """The wallet said no; the sign-in's page tells."""

    sign_in: str


def finish_sign_in(gateway: Gateway, presentation_id: str, response_code: str | None, browser: str | None) -> str | Declined:
    """The way back to the service. Raises Unmet(OVER | OTHER_BROWSER)."""
    now, code = gateway.clock(), new_secret(gateway.random)
    with writing(gateway.engine) as connection:
        found = sign_in_of_presentation(connection, presentation_id)
        if found is None:
            raise Unmet(OVER, "no sign-in with this presentation")
        sign_in, presentation = found
        # 1 the browser that began
        check_browser(presentation, browser)
        if presentation.progress is Progress.DECLINED:
            return Declined(sign_in.id)
        # 2 the code its wallet got, once
        received = digest(response_code or "")
        if not finish_presentation(connection, presentation.id, browser=presentation.session, code=received, now=now):
            raise Unmet(OVER, "response code wrong, used or expired")
        # 3 one code for the service
        if not authorize(connection, sign_in.id, code=digest(code), until=now + CODE_SECONDS, now=now):
            raise Unmet(OVER, "sign-in ended meanwhile")
        AUDIT.write(connection, Entry(now, "person", AUTHORIZED, sign_in.id))
    return answer_with_code(gateway, sign_in.redirect_uri, state=sign_in.state, code=code)
