"""What a request says of its client: from headers and form to who it is, before a handler acts."""

from collections.abc import Mapping

from starlette.requests import Request

from sinwon.services.authorization.authenticate_client import AuthenticatedClient, Presented, authenticate_client
from sinwon.services.issuance.issuer import Issuer


def client_of(issuer: Issuer, _request: Request, form: Mapping[str, str]) -> AuthenticatedClient | None:
    """None where nobody presented anything. Raises Refusal."""
    return authenticate_client(issuer, Presented(form))
