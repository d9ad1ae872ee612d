"""The consulate asks whether a person holds an active certificate. Yes or no; asked by the resident number, kept by nobody."""

from sinwon.protocols.roles.messages import ASK_ACTIVE, ActiveAnswer, AskActive
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.role_request import consume_request, verify_request
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates


def ask_active(issuer: Issuer, token: str) -> ActiveAnswer:
    """Raises Refusal("unauthorized" | "invalid_request")."""
    request, message = verify_request(issuer, token, ASK_ACTIVE, AskActive)
    with writing(issuer.engine) as connection:
        consume_request(connection, request)
        rrn_index = issuer.rrn_index(message.rrn)
        return ActiveAnswer(certificates.has_active(connection, rrn_index, now=issuer.clock()))
