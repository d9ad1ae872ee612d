"""Revoking a certificate that was issued for an application here: final, and done by the issuer first."""

from typing import Literal

from sinwon.core.refusal import Unmet
from sinwon.protocols.roles.messages import Revoke
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import at_mission_of
from sinwon.services.enrolment.application import Move, State, advance
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.issuer import IssuerUnavailable
from sinwon.services.enrolment.progress import move_application
from sinwon.store.engine import reading, writing

OfficersReason = Literal["ISSUED_IN_ERROR", "KEY_COMPROMISE", "KEY_LOST", "HOLDER_REQUEST", "NATIONALITY_LOST", "DECEASED"]
"""What an officer revokes a certificate for; to stop one for a while there are others (services.enrolment.certificate)."""


def revoke_certificate(consulate: Consulate, officer: Officer, application: str, *, reason: OfficersReason) -> State:
    """Raises Unmet("issuer_unavailable"): nothing is revoked until the issuer says so."""
    with reading(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application, lock=False)
    advance(State(row.state), Move.REVOKE)
    try:
        consulate.issuer.revoke(Revoke(application=row.offered_as or row.id, officer=officer.id, reason=reason))
    except IssuerUnavailable:
        raise Unmet("issuer_unavailable", "no answer from the issuer; nothing is revoked yet") from None
    with writing(consulate.engine) as connection:
        current = at_mission_of(connection, officer, application)
        return move_application(
            connection, current, Move.REVOKE, by=officer.id, now=consulate.clock(), details={"reason": reason}
        )
