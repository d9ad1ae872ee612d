"""Asking once more: after a refusal, a failure or when time ran out. The old question is withdrawn: no wallet can
answer it any more, and an answer that nobody came back for is forgotten."""

from typing import Final

from sinwon.core.refusal import Unmet
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.presentation.start import new_presentation
from sinwon.services.sign_in.browser import OVER, own_sign_in
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import insert_presentation, withdraw_presentation
from sinwon.store.gateway.sign_ins import ask_again

ASKED_AGAIN: Final = "sign_in.asked_again"


def ask_once_more(gateway: Gateway, sign_in_id: str, browser: str | None) -> None:
    """Raises Unmet(OVER | OTHER_BROWSER)."""
    now = gateway.clock()
    with writing(gateway.engine) as connection:
        sign_in, old = own_sign_in(connection, sign_in_id, browser)
        new = new_presentation(gateway, service=old.service, preset=old.preset, browser=browser or "", now=now)
        insert_presentation(connection, new)
        if not ask_again(connection, sign_in.id, old=old.id, new=new.id, now=now):
            raise Unmet(OVER, "nothing to ask again")
        withdraw_presentation(connection, old.id)
        AUDIT.write(connection, Entry(now, "person", ASKED_AGAIN, sign_in.id, {"presentation": new.reference}))
