"""Opening an officer's account. For operators and for seeding; there is no way in over HTTP."""

from typing import Final

from sinwon.core.ids import new_id
from sinwon.core.refusal import Unmet
from sinwon.services.accounts.officer import Officer
from sinwon.services.accounts.password import hash_secret
from sinwon.services.enrolment.consulate import Consulate
from sinwon.store.audit import Entry
from sinwon.store.consulate.officers import OfficerRow, insert_officer
from sinwon.store.consulate.tables import AUDIT
from sinwon.store.engine import writing

SHORTEST_SECRET: Final = 12


def login_index(consulate: Consulate, login: str) -> str:
    """Logins are compared without regard to case and are not kept in the clear."""
    return consulate.seal.index(login.casefold(), "officers.login")


def register_officer(consulate: Consulate, *, login: str, secret: str, name: str, mission: str) -> Officer:
    """A new account at `mission`, whether or not it is open yet. Raises Refusal."""
    if len(secret) < SHORTEST_SECRET:
        raise Unmet("secret_too_short", f"fewer than {SHORTEST_SECRET} characters")
    if consulate.catalogue().mission(mission) is None:
        raise Unmet("not_found", "no such mission")
    officer = Officer(new_id(consulate.random), mission, name)
    row = OfficerRow(
        id=officer.id,
        login_index=login_index(consulate, login),
        name=consulate.sealed(name, "officers.name", officer.id),
        mission=mission,
        secret=hash_secret(secret, consulate.settings.cost, consulate.random),
    )
    with writing(consulate.engine) as connection:
        if not insert_officer(connection, row):
            raise Unmet("login_taken", "the login is in use")
        AUDIT.write(connection, Entry(consulate.clock(), "operator", "officer.registered", officer.id, {"mission": mission}))
    return officer
