"""The headless wallet with the real issuer and the real gateway: receive, sign in, run out, stop, remember."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinwon.core.refusal import Refusal, Unmet
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.holder.ask import ConsentRequest
from sinwon.holder.present import NO, Choice, Declined, everything, only_required
from sinwon.holder.wallet import Holder
from sinwon.protocols.credential_types import IDENTITY, IDENTITY_TYPE
from tests import world
from tests.gateway_world import parameters_of, redeem, token_claims
from tests.issuing import PIN
from tests.wallet_world import FOR_ANY_KEY, WalletWorld, powers, wallet_world


@pytest.fixture
def here(tmp_path: Path) -> Iterator[WalletWorld]:
    with wallet_world(tmp_path) as made:
        yield made


def test_from_the_offer_to_a_sign_in(here: WalletWorld) -> None:
    offer = here.holder.read_offer(here.issuing.make_offer().uri)
    assert offer.issuer == world.ISSUER
    assert offer.tx_code is not None
    assert here.holder.accept_offer(offer, tx_code=PIN) == dict.fromkeys(FOR_ANY_KEY, 10)

    browser = here.browser()
    ask = here.holder.read_request(here.ask(browser))
    assert ask.consent.service.id == "gov24"
    assert ask.consent.preset.name == "gov-minwon"
    shown = {claim.name: (claim.required, claim.value) for claim in ask.consent.claims}
    assert shown["name_ko"] == (True, "홍길동")
    assert shown["birthdate"] == (True, "1990-01-01")
    assert shown["contact.email"] == (False, "hong@mail.example")
    assert "person_id" not in shown

    sent = here.holder.send(ask, everything(ask.consent))
    assert sent.redirect_uri is not None
    back = browser.get(sent.redirect_uri)
    code = parameters_of(back.headers["location"])["code"]
    claims = token_claims(redeem(here.browser(), code).json()["id_token"])
    assert claims["iss"] == world.GATEWAY
    assert here.holder.left() == {**dict.fromkeys(FOR_ANY_KEY, 10), IDENTITY: 9}
    assert [(event.party, event.outcome) for event in here.holder.history.events] == [
        *[(world.ISSUER, "received")] * len(FOR_ANY_KEY),
        ("gov24", "sent"),
    ]


def test_offers_by_value_are_read_too(here: WalletWorld) -> None:
    uri = here.issuing.make_offer(by="value").uri
    assert "credential_offer=" in uri
    assert here.holder.receive(uri, tx_code=PIN, copies=2) == dict.fromkeys(FOR_ANY_KEY, 2)


def test_a_wrong_pin_is_the_issuer_s_refusal(here: WalletWorld) -> None:
    uri = here.issuing.make_offer().uri
    with pytest.raises(Unmet) as refusal:
        here.holder.receive(uri, tx_code="999999")
    assert refusal.value.code == "invalid_grant"
    with pytest.raises(Unmet, match="tx_code_required"):
        here.holder.receive(uri)
    assert here.holder.left() == {}


def test_optional_claims_stay_at_home_unless_chosen(here: WalletWorld) -> None:
    here.receive()
    ask = here.holder.read_request(here.ask())
    assert set(here.holder.send(ask, only_required(ask.consent)).claims) == {"person_id", "name_ko", "birthdate"}
    ask = here.holder.read_request(here.ask())
    chosen = Choice(True, frozenset({("contact", "email")}))
    assert set(here.holder.send(ask, chosen).claims) == {"person_id", "name_ko", "birthdate", "contact.email"}


def test_a_no_is_told_to_the_verifier(here: WalletWorld) -> None:
    here.receive()
    with pytest.raises(Declined) as declined:
        here.holder.present(here.ask(), lambda _consent: NO)
    assert (declined.value.code, declined.value.reason) == ("access_denied", "declined")
    assert here.holder.left()[IDENTITY] == 10
    assert here.holder.history.events[-1].outcome == "declined"


def test_copies_run_out_and_then_it_looks_like_a_no(here: WalletWorld) -> None:
    here.receive(copies=2)
    for _ in range(4):
        here.holder.present(here.ask(), only_required)
    identity = {IDENTITY, IDENTITY_TYPE.doctype}
    assert here.holder.left() == {name: 2 for name in FOR_ANY_KEY if name not in identity}
    asked: list[ConsentRequest] = []

    def watch(consent: ConsentRequest) -> Choice:
        asked.append(consent)
        return everything(consent)

    with pytest.raises(Declined) as declined:
        here.holder.present(here.ask(), watch)
    assert (declined.value.code, declined.value.reason) == ("access_denied", "no_certificate")
    assert [consent.available for consent in asked] == [False]


def test_two_presentations_share_nothing(here: WalletWorld) -> None:
    """No copy, no key, no salt, no status entry is seen twice."""
    here.receive()
    copies = here.holder.copies.unused()
    parsed = [parse_sd_jwt(copy.credential) for copy in copies if copy.format == "dc+sd-jwt"]
    assert len(parsed) == len(copies) // 2
    assert len({one.issuer_signed.signature for one in parsed}) == len(parsed)
    assert len({disclosure.text for one in parsed for disclosure in one.disclosures}) == sum(
        len(one.disclosures) for one in parsed
    )
    assert len({copy.key for copy in copies}) == len(copies)


def test_a_request_is_answered_once(here: WalletWorld) -> None:
    here.receive()
    link = here.ask()
    ask = here.holder.read_request(link)
    here.holder.send(ask, only_required(ask.consent))
    with pytest.raises(Refusal):
        here.holder.send(ask, only_required(ask.consent))
    with pytest.raises(Refusal):
        here.holder.read_request(link)
    assert here.holder.left()[IDENTITY] == 9


def test_a_revoked_certificate_is_refused_by_the_verifier(here: WalletWorld) -> None:
    here.receive()
    assert here.issuing.revoke().status_code == 200
    with pytest.raises(Unmet) as refusal:
        here.holder.present(here.ask(), only_required)
    assert refusal.value.code == "invalid_request"
    assert here.holder.history.events[-1].outcome == "invalid_request"


def test_expired_copies_are_not_shown(here: WalletWorld) -> None:
    here.receive()
    here.clock.move(15 * 86_400)
    assert here.holder.left() == {}


class Drawer:
    def __init__(self) -> None:
        self.data: bytes | None = None

    def load(self) -> bytes | None:
        return self.data

    def save(self, data: bytes) -> None:
        self.data = data


def test_the_wallet_survives_a_restart(tmp_path: Path) -> None:
    drawer = Drawer()
    with wallet_world(tmp_path, drawer) as here:
        here.receive(copies=3)
        link = here.ask()
        here.hold_request(link)
        here.holder.present(link, only_required)
        again = Holder(powers(here.network, here.clock), drawer)
        assert again.left() == {**dict.fromkeys(FOR_ANY_KEY, 3), IDENTITY: 2}
        assert again.history.events == here.holder.history.events
        with pytest.raises(Refusal, match="answered before"):
            again.read_request(link)
        again.present(here.ask(), only_required)
        again.delete_everything()
        assert Holder(powers(here.network, here.clock), drawer).left() == {}


def test_the_history_holds_no_values(here: WalletWorld) -> None:
    here.receive()
    here.holder.present(here.ask(), everything)
    text = repr(here.holder.history.events)
    for value in ("홍길동", "1990-01-01", "hong@mail.example", "+4915100000001"):
        assert value not in text
