"""The person goes back to the service without showing anything; the question is withdrawn, and an answer to it forgotten."""

from typing import Final

from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import ACCESS_DENIED
from sinwon.services.presentation.asked import Step
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.sign_in.answer import answer_with_error
from sinwon.services.sign_in.browser import OVER, own_sign_in
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import withdraw_presentation
from sinwon.store.gateway.sign_ins import Progress, end_sign_in

GIVEN_UP: Final = "sign_in.given_up"
UNMET_LEVEL: Final = "unmet_authentication_requirements"


def give_up(gateway: Gateway, sign_in_id: str, browser: str | None) -> str:
    """The way back to the service, which learns if the level it needs was missing. Raises Unmet(OVER | OTHER_BROWSER)."""
    now = gateway.clock()
    with writing(gateway.engine) as connection:
        sign_in, presentation = own_sign_in(connection, sign_in_id, browser)
        if not end_sign_in(connection, sign_in.id, was=Progress.STARTED):
            raise Unmet(OVER, "nothing to give up")
        withdraw_presentation(connection, presentation.id)
        AUDIT.write(connection, Entry(now, "person", GIVEN_UP, sign_in.id))
    error = UNMET_LEVEL if presentation.failed_step == Step.ASSURANCE else ACCESS_DENIED
    return answer_with_error(gateway, sign_in.redirect_uri, state=sign_in.state, error=error)
