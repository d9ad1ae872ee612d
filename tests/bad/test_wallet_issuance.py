"""What a wallet must not swallow while it receives: I06–I11 and I34."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from sinwon.adapters.fetch import Fetcher
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal, Unmet
from sinwon.formats.jose.jws import parse_jws
from sinwon.formats.sdjwt.issue import issue_sd_jwt
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key
from sinwon.holder.wallet import Holder
from sinwon.protocols.credential_types import IDENTITY, LINKAGE
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from tests import world
from tests.issuing import PIN
from tests.network import Network, json_page, with_body
from tests.wallet_world import WalletWorld, powers, wallet_world

METADATA = "/.well-known/openid-credential-issuer"
Claims = dict[str, Any]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[WalletWorld]:
    with wallet_world(tmp_path) as made:
        yield made


def offer_json(issuer: str = world.ISSUER, **changes: Any) -> dict[str, Any]:
    grant = {"pre-authorized_code": "c" * 43, "tx_code": {"length": 6}}
    offer = {"credential_issuer": issuer, "credential_configuration_ids": [IDENTITY_SD_JWT], "grants": {GRANT_TYPE: grant}}
    return {**offer, **changes}


def by_value(offer: object) -> str:
    text = offer if isinstance(offer, str) else json.dumps(offer)
    return f"openid-credential-offer://?credential_offer={quote(text, safe='')}"


def by_reference(url: str) -> str:
    return "openid-credential-offer://?" + urlencode({"credential_offer_uri": url})


def stops(here: WalletWorld, link: str, code: str | None = None) -> None:
    """The wallet refuses the offer and has spoken to nobody."""
    before = list(here.network.log)
    with pytest.raises(Refusal) as refusal:
        here.holder.receive(link, tx_code=PIN)
    assert code in {None, refusal.value.code}
    assert here.network.log == before
    assert not here.holder.copies.unused()


@pytest.mark.parametrize(
    "issuer",
    [
        "https://attacker.example",
        "http://issuer.example",
        "https://user@issuer.example",
        "https://issuer.example/",
        "https://issuer.example:443",
        "https://ISSUER.example",
        "https://issuer.example?x=1",
        "https://issuer.example#x",
        "https://xn--ssuer-1ta.example",
        "https://іssuer.example",  # the first letter is Cyrillic
        "https://issuer.example.attacker.example",
        "https://issuer.example\\@attacker.example",
        "https://issuer.example\u200b",
        "",
    ],
)
def test_I06_offers_of_other_issuers_stop_the_wallet(here: WalletWorld, issuer: str) -> None:
    stops(here, by_value(offer_json(issuer)))


def test_I06_control_an_offer_of_a_listed_issuer_is_shown_with_its_exact_origin(here: WalletWorld) -> None:
    assert here.holder.read_offer(by_value(offer_json())).issuer == world.ISSUER


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest/meta-data",
        "http://169.254.169.254/latest/meta-data",
        "https://localhost/offer",
        "http://127.0.0.1/offer",
        "file:///etc/passwd",
        "data:application/json,{}",
        "https://attacker.example/offer",
        "https://issuer.example@attacker.example/offer",
        "https://issuer.example:8443/offer",
    ],
)
def test_I07_an_offer_kept_elsewhere_is_not_fetched(here: WalletWorld, url: str) -> None:
    stops(here, by_reference(url))


@pytest.mark.parametrize("inside", ["https://169.254.169.254", "https://[::1]", "https://10.0.0.1"])
def test_I07_a_listed_issuer_that_resolves_inward_is_refused_at_connect(inside: str) -> None:
    fetcher = Fetcher()
    anchors = world.trust_anchors().anchors
    listed = replace(world.trust_anchors(), anchors=tuple(replace(a, uri=inside) for a in anchors))
    there = replace(powers(Network(), world.StandingClock()), fetch=fetcher, anchors=lambda: listed)
    with pytest.raises(Refusal, match="cannot be had"):
        Holder(there).read_offer(by_reference(f"{inside}/offers/x"))
    fetcher.close()


def test_I07_a_redirect_is_no_offer(here: WalletWorld) -> None:
    url = f"{world.ISSUER}/offers/x"
    here.network.pages[url] = Answer(302, {"location": "http://169.254.169.254/", "content-type": "application/json"}, b"{}")
    with pytest.raises(Refusal) as refusal:
        here.holder.read_offer(by_reference(url))
    assert "169.254" not in str(refusal.value)
    assert here.network.log == [f"GET {url}"]


def test_I07_control_an_offer_kept_by_a_listed_issuer_is_fetched(here: WalletWorld) -> None:
    url = f"{world.ISSUER}/offers/x"
    here.network.pages[url] = json_page(json.dumps(offer_json()).encode())
    assert here.holder.read_offer(by_reference(url)).issuer == world.ISSUER


I08 = {
    "by_value_and_by_reference": by_value(offer_json()) + "&credential_offer_uri=https%3A%2F%2Fissuer.example%2Fx",
    "by_value_twice": by_value(offer_json()) + "&" + by_value(offer_json()).partition("?")[2],
    "neither": "openid-credential-offer://?x=1",
    "duplicate_names": by_value(json.dumps(offer_json())[:-1] + ', "credential_issuer": "https://issuer.example"}'),
    "unknown_grant_only": by_value(offer_json(grants={"urn:example:grant": {"code": "x"}})),
    "no_grant": by_value(offer_json(grants={})),
    "empty_code": by_value(offer_json(grants={GRANT_TYPE: {"pre-authorized_code": ""}})),
    "no_configuration": by_value(offer_json(credential_configuration_ids=[])),
    "one_configuration_twice": by_value(offer_json(credential_configuration_ids=[IDENTITY_SD_JWT] * 2)),
    "a_megabyte": by_value(offer_json(more="x" * 1_000_000)),
    "other_scheme": by_value(offer_json()).replace("openid-credential-offer", "javascript"),
    "not_json": by_value("{"),
    "deep": by_value("[" * 5000),
}


@pytest.mark.parametrize("fault", I08)
def test_I08_offers_out_of_shape_stop_the_wallet(here: WalletWorld, fault: str) -> None:
    stops(here, I08[fault], "invalid_offer")


def test_I08_a_megabyte_by_reference_is_cut_off(here: WalletWorld) -> None:
    url = f"{world.ISSUER}/offers/x"
    here.network.pages[url] = json_page(json.dumps(offer_json(more="x" * 1_000_000)).encode())
    with pytest.raises(Refusal, match="invalid_offer"):
        here.holder.read_offer(by_reference(url))


def test_I08_control_unknown_members_are_ignored(here: WalletWorld) -> None:
    assert here.holder.read_offer(by_value(offer_json(more="x"))).configuration_ids == (IDENTITY_SD_JWT,)


def test_I09_a_drive_by_offer_makes_the_wallet_speak_to_nobody(here: WalletWorld) -> None:
    stolen = {"authorization_code": {"issuer_state": "of-the-attacker"}}
    stops(here, by_value(offer_json(grants=stolen)))
    view = here.holder.read_offer(by_value(offer_json(grants={**offer_json()["grants"], **stolen})))
    assert view.tx_code is not None
    assert here.network.log == []


def test_I09_control_the_network_is_used_once_the_person_accepts(here: WalletWorld) -> None:
    view = here.holder.read_offer(by_value(offer_json()))
    with pytest.raises(Unmet, match="invalid_grant"):
        here.holder.accept_offer(view, tx_code=PIN)
    assert here.network.log


def changed_metadata(here: WalletWorld, **changes: Any) -> None:
    def tamper(answer: Answer) -> Answer:
        return with_body(answer, json.dumps({**json.loads(answer.body), **changes}).encode())

    here.network.tampering[METADATA] = tamper


def refused_before_the_token(here: WalletWorld) -> None:
    link = here.issuing.make_offer().uri
    with pytest.raises(Refusal) as refusal:
        here.holder.receive(link, tx_code=PIN)
    assert refusal.value.code == "invalid_metadata"
    assert not any("POST" in line for line in here.network.log)
    assert not here.holder.copies.unused()


@pytest.mark.parametrize(
    "issuer", ["https://ISSUER.example", "https://issuer.example:443", "https://issuer.example/", "https://other.example"]
)
def test_I10_metadata_that_speaks_for_another_issuer_is_refused(here: WalletWorld, issuer: str) -> None:
    changed_metadata(here, credential_issuer=issuer)
    refused_before_the_token(here)


@pytest.mark.parametrize("endpoint", ["credential_endpoint", "nonce_endpoint", "notification_endpoint"])
@pytest.mark.parametrize("where", ["https://attacker.example/x", "http://issuer.example/x"])
def test_I10_endpoints_elsewhere_are_refused(here: WalletWorld, endpoint: str, where: str) -> None:
    changed_metadata(here, **{endpoint: where})
    refused_before_the_token(here)


def test_I10_another_authorization_server_is_refused(here: WalletWorld) -> None:
    changed_metadata(here, authorization_servers=["https://attacker.example"])
    refused_before_the_token(here)


def test_I10_control_metadata_as_served_is_accepted(here: WalletWorld) -> None:
    changed_metadata(here, unknown_member=1)
    here.receive(copies=1)
    assert here.holder.left()[IDENTITY] == 1


@pytest.mark.parametrize("media_type", ["application/jwt", "text/html", ""])
def test_I11_metadata_in_another_form_is_refused(here: WalletWorld, media_type: str) -> None:
    """We ask for plain metadata and trust the issuer by list and TLS: a signed form, whoever signed it, is not read."""
    here.network.tampering[METADATA] = lambda answer: replace(answer, headers={"content-type": media_type})
    refused_before_the_token(here)


def test_I11_control_plain_metadata_is_read(here: WalletWorld) -> None:
    here.receive(copies=1)
    assert here.holder.left()[IDENTITY] == 1


def reissued(answer: Answer, change: Callable[[Claims], None], authority: str = "issuing authority") -> Answer:
    """Every credential of the answer signed again with one change."""
    message = json.loads(answer.body)
    by = world.certified(authority, "issuer", world.ISSUER)
    for number, item in enumerate(message["credentials"]):
        parsed = parse_sd_jwt(item["credential"])
        payload = parse_jws(parsed.issuer_signed.raw, limit=1 << 20).claims(limit=1 << 20)
        payload = {name: value for name, value in payload.items() if name not in {"_sd", "_sd_alg"}}
        change(payload)
        random = world.SeededRandomness(90 + number)
        item["credential"] = issue_sd_jwt(payload, {"name_ko": "홍길동"}, typ="dc+sd-jwt", by=by, random=random)
    return with_body(answer, json.dumps(message).encode())


def presented(answer: Answer) -> Answer:
    message = json.loads(answer.body)
    for item in message["credentials"]:
        item["credential"] = bind_key(item["credential"], audience="x", nonce="y", now=world.NOW, signer=world.key("attacker"))
    return with_body(answer, json.dumps(message).encode())


def one_too_many(answer: Answer) -> Answer:
    message = json.loads(answer.body)
    return with_body(answer, json.dumps({**message, "credentials": message["credentials"] * 2}).encode())


def signed_by_another(answer: Answer) -> Answer:
    return reissued(answer, lambda _: None, "status authority")


def set_claim(name: str, value: object) -> Callable[[Answer], Answer]:
    return lambda answer: reissued(answer, lambda claims: claims.update({name: value}))


def without(name: str) -> Callable[[Answer], Answer]:
    return lambda answer: reissued(answer, lambda claims: claims.pop(name))


I34: dict[str, Callable[[Answer], Answer]] = {
    "another_type": set_claim("vct", LINKAGE),
    "an_unknown_type": set_claim("vct", "urn:example:other"),
    "another_key": set_claim("cnf", {"jwk": dict(world.key("attacker").public_jwk)}),
    "no_key": without("cnf"),
    "another_issuer": set_claim("iss", "https://attacker.example"),
    "signed_by_another": signed_by_another,
    "a_presentation": presented,
    "expired": set_claim("exp", world.NOW - 1),
    "no_expiry": without("exp"),
    "no_status": without("status"),
    "not_yet": set_claim("nbf", world.NOW + 86_400),
    "one_key_twice": one_too_many,
    "none": lambda answer: with_body(answer, b'{"credentials": []}'),
    "not_a_credential": lambda answer: with_body(answer, b'{"credentials": [{"credential": "x"}], "notification_id": "n"}'),
}


@pytest.mark.parametrize("fault", I34)
def test_I34_what_was_not_asked_for_is_not_stored(here: WalletWorld, fault: str) -> None:
    here.network.tampering["/credential"] = I34[fault]
    with pytest.raises(Refusal):
        here.receive(copies=2)
    assert not here.holder.copies.unused()
    if fault != "none":
        assert here.network.log[-1].endswith("/notification")
        assert json.loads(here.network.bodies[-1])["event"] == "credential_failure"


def test_I34_control_the_same_reissued_without_fault_is_stored(here: WalletWorld) -> None:
    here.issuing = here.issuing.with_settings(configurations=(IDENTITY_SD_JWT,))
    here.network.tampering["/credential"] = lambda answer: reissued(answer, lambda _: None)
    here.receive(copies=2)
    assert here.holder.left() == {IDENTITY: 2}
    assert json.loads(here.network.bodies[-1])["event"] == "credential_accepted"
