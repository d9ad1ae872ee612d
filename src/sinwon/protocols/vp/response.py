"""What a wallet posts back (OpenID4VP 1.0 §8): an answer or an error, encrypted or plain.

Owns the shapes, outside and inside the encryption. Decrypting is formats.jose.jwe; what the presentation inside is worth
is decided by services.presentation.receive, and so is whether a plain answer may be given to this request.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core.ids import same
from sinwon.core.limits import MAX_FORM
from sinwon.core.refusal import Malformed, Unmet
from sinwon.core.strict_json import parse_object
from sinwon.formats.jose.jwe import Jwe, parse_jwe

WALLET_ERRORS: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "access_denied",
        "vp_formats_not_supported",
        "invalid_request_uri_method",
        "invalid_transaction_data",
        "wallet_unavailable",
    }
)
OTHER_ERROR: Final = "other"
KINDS: Final = frozenset({"response", "error", "vp_token"})
"""Parameters of which exactly one says what was posted."""
FOREIGN: Final = frozenset({"id_token", "presentation_submission", "code"})
"""Parameters of answers that nobody asked for."""


@dataclass(frozen=True, slots=True)
class WalletError:
    """The wallet, or its person, said no (OpenID4VP 1.0 §8.5)."""

    code: str
    """One of WALLET_ERRORS or OTHER_ERROR."""
    state: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The parameters of a response, decrypted where it was encrypted."""

    state: str | None
    vp_token: Any


def parse_response(form: Mapping[str, str]) -> Jwe | WalletError | Answer:
    """The posted form: exactly one of `response`, `error` and, in the clear, `vp_token`. Raises Malformed."""
    if FOREIGN & form.keys() or len(KINDS & form.keys()) != 1:
        raise Malformed("invalid_request", "neither one answer nor one error")
    if "response" in form:
        return parse_jwe(form["response"])
    if "error" in form:
        return WalletError(_error(form["error"]), form.get("state"))
    return Answer(form.get("state"), parse_object(form["vp_token"], limit=MAX_FORM))


def parse_answer(plain: bytes) -> Answer | WalletError:
    """The decrypted bytes. Raises Malformed."""
    members = parse_object(plain, limit=MAX_FORM)
    state = members.get("state")
    if state is not None and not isinstance(state, str):
        raise Malformed("invalid_request", "state is not a string")
    if "error" in members:
        if "vp_token" in members:
            raise Malformed("invalid_request", "an answer and an error at once")
        return WalletError(_error(members["error"]), state)
    return Answer(state, members.get("vp_token"))


def check_state(state: str | None, expected: str) -> None:
    """Whoever answers knows the request (OpenID4VP 1.0 §8.2). Raises Unmet."""
    if state is None or not same(state, expected):
        raise Unmet("invalid_request", "state missing or of another request")


def parse_vp_token(vp_token: object, parts: Sequence[Container[str]]) -> dict[str, str]:
    """The one presentation of each credential query that is answered, by its id (OpenID4VP 1.0 §8.1). `parts` holds the ids of
    the queries between which a wallet chooses, for each part of what was asked: of each at most one. Whether all that is needed
    is there, check_answer says. Raises Malformed."""
    if not isinstance(vp_token, dict) or not 0 < len(vp_token) <= len(parts):
        raise Malformed("invalid_request", "vp_token is not an object with one query's id for each part")
    for part in parts:
        if sum(name in part for name in vp_token) > 1:
            raise Malformed("invalid_request", "one part answered twice")
    return {name: _only(presentations, name, parts) for name, presentations in vp_token.items()}


def _only(presentations: object, name: str, parts: Sequence[Container[str]]) -> str:
    if not any(name in part for part in parts):
        raise Malformed("invalid_request", "a presentation nobody asked for")
    if not isinstance(presentations, list) or len(presentations) != 1 or not isinstance(presentations[0], str):
        raise Malformed("invalid_request", "not exactly one presentation")
    return presentations[0]


def _error(code: object) -> str:
    return code if isinstance(code, str) and code in WALLET_ERRORS else OTHER_ERROR
