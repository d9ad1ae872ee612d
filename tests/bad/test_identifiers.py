"""T12: identifiers that look like ours, normalise to ours, or carry control characters are other identifiers, at every door."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import normalize
from urllib.parse import urlencode

import pytest

from sinwon.core.refusal import Refusal
from sinwon.formats.sdjwt.issuer_metadata import JwkSet, choose_key
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE
from sinwon.protocols.roles.messages import ASK_ACTIVE, AskActive
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from sinwon.store.gateway.sign_ins import SIGN_INS
from sinwon.store.issuer.tables import COPIES, TOKENS
from tests import world
from tests.bad.answers import question, refused
from tests.gateway_world import (
    SECRET,
    GatewayWorld,
    Wallet,
    authorize_parameters,
    gateway_world,
    parameters_of,
    redeem,
    signed_in,
)
from tests.issuing import PIN, RRN, Issuing, rows
from tests.issuing import refused as denied

VARIANTS: dict[str, Callable[[str], str]] = {
    "full_width": lambda name: chr(ord(name[0]) + 0xFEE0) + name[1:],
    "full_width_throughout": lambda name: "".join(chr(ord(sign) + 0xFEE0) for sign in name),
    "mathematical": lambda name: "".join(chr(0x1D4B6 + 26 * 4 + ord(s) - 97) if s.islower() else s for s in name),
    "zero_width_joiner": lambda name: name[:1] + "\u200d" + name[1:],
    "soft_hyphen": lambda name: name[:1] + "\u00ad" + name[1:],
    "cyrillic": lambda name: name.translate(str.maketrans("aceopxy", "асеорху")) + ("" if set(name) & set("aceopxy") else "а"),
    "combining_mark": lambda name: name + "\u0307",
    "capitals": lambda name: name.swapcase(),
    "nul_behind": lambda name: name + "\x00",
    "nul_within": lambda name: name[:2] + "\x00" + name[2:],
    "crlf_behind": lambda name: name + "\r\n",
    "header_behind": lambda name: name + "\r\nSet-Cookie: a=b",
    "line_feed_before": lambda name: "\n" + name,
    "tab_behind": lambda name: name + "\t",
    "blank_behind": lambda name: name + " ",
    "no_break_space_behind": lambda name: name + "\u00a0",
    "line_separator_behind": lambda name: name + "\u2028",
    "next_line_behind": lambda name: name + "\u0085",
    "byte_order_mark_before": lambda name: "\ufeff" + name,
}
COLLIDING = ("full_width", "full_width_throughout", "mathematical")


def variants(*, without: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("variant", [name for name in VARIANTS if name not in without])


def of(variant: str, name: str) -> str:
    other = VARIANTS[variant](name)
    assert other != name
    return other


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize("variant", COLLIDING)
@pytest.mark.parametrize("name", ["gov24-client", "gov-minwon", "consulate"])
def test_T12_control_these_collide_when_normalised(variant: str, name: str) -> None:
    assert normalize("NFKC", of(variant, name)) == name


# --- client_id ---


@variants()
def test_T12_client_id_at_the_authorization_endpoint(here: GatewayWorld, variant: str) -> None:
    parameters = authorize_parameters(client_id=of(variant, "gov24-client"))
    answer = here.client().get("/authorize", params=parameters)
    assert (answer.status_code, "location" in answer.headers, "set-cookie" in answer.headers) == (400, False, False)
    assert started(here) == 0


@variants()
@pytest.mark.parametrize("method", ["post", "basic"])
def test_T12_client_id_at_the_token_endpoint(here: GatewayWorld, variant: str, method: str) -> None:
    http, other = here.client(), of(variant, "gov24-client")
    code = signed_in(here, here.client(), Wallet(here.clock))["code"]
    if method == "post":
        answer = redeem(http, code, client_id=other)
    else:
        http.auth = (other.encode(), SECRET.encode())
        answer = redeem(http, code, client_id=None, client_secret=None)
    denied(answer, 401, "invalid_client")
    assert redeem(here.client(), code).status_code == 200  # and nothing was used up


def test_T12_control_client_id(here: GatewayWorld) -> None:
    code = signed_in(here, here.client(), Wallet(here.clock))["code"]
    assert redeem(here.client(), code).status_code == 200


def started(here: GatewayWorld) -> int:
    with here.gateway.engine.connect() as connection:
        return len(connection.execute(SIGN_INS.select()).all())


# --- scope ---


@variants(without=("blank_behind",))  # a blank separates names
@pytest.mark.parametrize("name", ["openid", "gov-minwon"])
def test_T12_scope(here: GatewayWorld, variant: str, name: str) -> None:
    scope = " ".join(of(variant, one) if one == name else one for one in ("openid", "gov-minwon"))
    answer = here.client().get("/authorize", params=authorize_parameters(scope=scope))
    if answer.status_code == 303:
        assert parameters_of(answer.headers["location"])["error"] in {"invalid_scope", "access_denied"}
    else:
        assert answer.status_code == 400  # control characters: on a page of our own
    assert started(here) == 0


@pytest.mark.parametrize("blank", ["\u00a0", "\u2003", "\u3000", "\u0085", "\u2028", "\x1f", "\t", "\n"])
def test_T12_scope_names_are_separated_by_blanks_alone(here: GatewayWorld, blank: str) -> None:
    answer = here.client().get("/authorize", params=authorize_parameters(scope=f"openid{blank}gov-minwon"))
    assert answer.status_code == 400 or parameters_of(answer.headers["location"])["error"] == "invalid_scope"
    assert started(here) == 0


@pytest.mark.parametrize("scope", ["openid gov-minwon", "gov-minwon openid", "openid  gov-minwon "])
def test_T12_control_scope(here: GatewayWorld, scope: str) -> None:
    answer = here.client().get("/authorize", params=authorize_parameters(scope=scope))
    assert answer.headers["location"].startswith(f"{world.GATEWAY}/sign-in/")
    assert started(here) == 1


# --- kid ---


@variants()
def test_T12_kid_of_the_response_key(here: GatewayWorld, variant: str) -> None:
    wallet, request = Wallet(here.clock), question(here)
    right = request["client_metadata"]["jwks"]["keys"][0]["kid"]
    body = sealed_under(wallet, request, of(variant, right))
    refused(here, request, body, "decryption", wallet=wallet)


def test_T12_control_kid_of_the_response_key(here: GatewayWorld) -> None:
    wallet, request = Wallet(here.clock), question(here)
    body = sealed_under(wallet, request, request["client_metadata"]["jwks"]["keys"][0]["kid"])
    assert wallet.post(here.client(), request, body).status_code == 200


def sealed_under(wallet: Wallet, request: dict[str, object], kid: str) -> str:
    token = {"identity": [wallet.present(request)]}
    return urlencode({"response": wallet.sealed(request, {"vp_token": token, "state": request["state"]}, kid=kid)})


@variants()
def test_T12_kid_in_an_issuer_s_key_set(variant: str) -> None:
    keys = JwkSet(({**world.key("one").public_jwk, "kid": "one"}, {**world.key("two").public_jwk, "kid": "two"}))
    with pytest.raises(Refusal):
        choose_key(keys, of(variant, "one"))


def test_T12_control_kid_in_an_issuer_s_key_set() -> None:
    keys = JwkSet(({**world.key("one").public_jwk, "kid": "one"}, {**world.key("two").public_jwk, "kid": "two"}))
    assert choose_key(keys, "two").jwk == dict(world.key("two").public_jwk)


# --- names between our roles, and of what is asked for ---


@variants()
def test_T12_sender_of_a_role_request(issuing: Issuing, variant: str) -> None:
    denied(issuing.ask(ASK_ACTIVE, AskActive(RRN), sender=of(variant, "consulate")), 401, "unauthorized")


@variants()
def test_T12_audience_of_a_role_request(issuing: Issuing, variant: str) -> None:
    denied(issuing.ask(ASK_ACTIVE, AskActive(RRN), audience=of(variant, world.ISSUER)), 401, "unauthorized")


def test_T12_control_role_request(issuing: Issuing) -> None:
    assert issuing.ask(ASK_ACTIVE, AskActive(RRN)).json() == {"active": False}


@variants()
def test_T12_credential_configuration(issuing: Issuing, variant: str) -> None:
    answer = issuing.request(issuing.new_token(), issuing.proofs(), of(variant, IDENTITY_SD_JWT))
    denied(answer, 400, "unknown_credential_configuration")
    assert rows(issuing, COPIES) == 0


@variants()
def test_T12_grant_type(issuing: Issuing, variant: str) -> None:
    form = {"grant_type": of(variant, GRANT_TYPE), "pre-authorized_code": issuing.new_code(), "tx_code": PIN}
    denied(issuing.client.post("/token", data=form), 400, "unsupported_grant_type")
    assert rows(issuing, TOKENS) == 0


@variants()
def test_T12_code(issuing: Issuing, variant: str) -> None:
    code = issuing.new_code()
    denied(issuing.redeem(of(variant, code)), 400, "invalid_grant")
    assert issuing.redeem(code).status_code == 200


def test_T12_control_configuration_and_grant_type(issuing: Issuing) -> None:
    assert issuing.request(issuing.new_token(), issuing.proofs(), IDENTITY_SD_JWT).status_code == 200
