"""The two ways back to a service: with a code, or with an error. Always with `iss` (RFC 9207)."""

from sinwon.protocols.oauth.authorization_request import answer_uri
from sinwon.protocols.oidc.errors import DESCRIPTIONS
from sinwon.services.presentation.gateway import Gateway


def answer_with_code(gateway: Gateway, redirect_uri: str, *, state: str | None, code: str) -> str:
    return answer_uri(redirect_uri, {"code": code, "state": state, "iss": gateway.origin})


def answer_with_error(gateway: Gateway, redirect_uri: str, *, state: str | None, error: str) -> str:
    parameters = {"error": error, "error_description": DESCRIPTIONS.get(error), "state": state, "iss": gateway.origin}
    return answer_uri(redirect_uri, parameters)
