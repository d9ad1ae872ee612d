"""The consulate asks how a certificate stands, for the officer who has the person at the counter. Changes nothing."""

from sinwon.core.refusal import Unmet
from sinwon.protocols.roles.messages import ASK_STATE, AskState, OpenReason, Standing
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.role_request import consume_request, verify_request
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, lives


def ask_state(issuer: Issuer, token: str) -> Standing:
    """Raises Refusal("unauthorized" | "invalid_request" | "unknown_application")."""
    request, message = verify_request(issuer, token, ASK_STATE, AskState)
    with writing(issuer.engine) as connection:
        consume_request(connection, request)
        found = certificates.of_application(connection, message.application)
        row = lives.find(connection, found.id) if found else None
    if row is None:
        raise Unmet("unknown_application", "no certificate for this application")
    holds = tuple(OpenReason(hold.reason, hold.since, hold.by) for hold in row.holds)
    return Standing(row.id, row.state.value, row.valid_until, holds, row.stale is not None)
