"""Questions of the gateway, hostile answers to them, and what must hold after each."""

from typing import Any

from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.sdjwt.key_binding import sd_hash
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import Progress, find_presentation, reference_of
from tests.gateway_world import GatewayWorld, Wallet, asked, plain

Request = dict[str, Any]


UNIFORM = {"error": "invalid_request", "error_description": "The request is malformed or lacks a parameter."}


def question(here: GatewayWorld, **changes: str | None) -> Request:
    return asked(here.client(), Wallet(here.clock), here.client(), **changes)


def refused(here: GatewayWorld, request: Request, body: str, step: str, *, wallet: Wallet | None = None) -> None:
    """The body is refused without a trace of it; then the person answers and it counts."""
    http, mine = here.client(), wallet or Wallet(here.clock)
    answer = mine.post(http, request, body)
    assert answer.status_code == 400, answer.text
    assert plain(answer.text) == UNIFORM
    assert answer.headers["cache-control"] == "no-store"
    with here.gateway.engine.connect() as connection:
        kept = find_presentation(connection, request["state"])
        trail = AUDIT.of(connection, reference_of(request["state"]))
    assert kept is not None
    assert (kept.progress, kept.result, kept.failed_step) == (Progress.OPEN, None, step)
    assert [(entry.action, entry.details) for entry in trail] == [("presentation.failed", {"step": step})]
    assert accepted(here, request)


def accepted(here: GatewayWorld, request: Request, wallet: Wallet | None = None) -> bool:
    http, mine = here.client(), wallet or Wallet(here.clock)
    answer = mine.post(http, request)
    return answer.status_code == 200 and plain(answer.text).keys() == {"redirect_uri"}


def key_bound(request: Request, shown: str, wallet: Wallet, *, typ: str = "kb+jwt", **changes: Any) -> str:
    """`shown` with a hand-made KB-JWT."""
    claims = {"iat": wallet.clock(), "aud": request["client_id"], "nonce": request["nonce"], "sd_hash": sd_hash(shown)}
    claims |= changes
    return shown + sign_jws({"typ": typ}, {name: value for name, value in claims.items() if value is not None}, wallet.holder)


def flipped(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
