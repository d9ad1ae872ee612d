"""The wallet at the real issuer by the authorization code flow: by itself, by offer, later, encrypted, by signed metadata."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sinwon.core.refusal import Refusal
from sinwon.holder.wallet import Holder
from sinwon.protocols.vci.configurations import IDENTITY_MDOC, IDENTITY_SD_JWT, ISSUED
from tests import world
from tests.code_client import REDIRECT_URI, code_powers
from tests.code_world import CodeWorld, code_offer, code_world
from tests.issuing import PIN

BOTH = (IDENTITY_SD_JWT, IDENTITY_MDOC)
TYPES = tuple(ISSUED[name].type.named(ISSUED[name].format) for name in BOTH)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[CodeWorld]:
    with code_world(tmp_path) as made:
        yield made


def test_both_formats_from_the_wallet_s_own_start(here: CodeWorld) -> None:
    wallet = here.wallet()
    assert wallet.ask_issuer(world.ISSUER, BOTH) == dict.fromkeys(TYPES, 10)
    assert urlsplit(here.opened[0])[:3] == urlsplit(f"{world.ISSUER}/authorize")[:3]
    assert wallet.powers.client is not None
    assert REDIRECT_URI not in here.opened[0]
    assert [event.outcome for event in wallet.history.events] == ["received"] * 2


def test_an_offer_that_sends_the_person_to_the_issuer(here: CodeWorld) -> None:
    link, wallet = code_offer(here, BOTH), here.wallet()
    view = wallet.read_offer(link)
    assert (view.tx_code, view.code) == (None, None)
    assert view.issuer_state
    assert here.network.log == []
    assert wallet.accept_offer(view, copies=2) == dict.fromkeys(TYPES, 2)


def test_nonces_are_demanded_at_both_servers(here: CodeWorld) -> None:
    here.serve(dpop_nonces=True)
    assert here.wallet().ask_issuer(world.ISSUER, BOTH, copies=1) == dict.fromkeys(TYPES, 1)
    assert (here.sent("/par"), here.sent("/token"), here.sent("/credential")) == (2, 1, 2)


@pytest.mark.parametrize("required", [True, False])
def test_encrypted_both_ways(here: CodeWorld, required: bool) -> None:
    here.serve(encryption_required=required)
    assert here.wallet(encrypts=not required).ask_issuer(world.ISSUER, BOTH, copies=2) == dict.fromkeys(TYPES, 2)
    sealed = [body for body in here.network.bodies if body.count(b".") == 4]
    assert len(sealed) == 2


def test_in_the_open_where_it_is_left_to_us(here: CodeWorld) -> None:
    here.wallet().ask_issuer(world.ISSUER, BOTH, copies=1)
    assert not [body for body in here.network.bodies if body.count(b".") == 4 and body.startswith(b"ey")]


@pytest.mark.parametrize("encrypted", [True, False])
def test_promised_and_fetched_by_the_wallet_opened_again(here: CodeWorld, encrypted: bool) -> None:
    here.serve(deferred=BOTH, encryption_required=encrypted)
    wallet = here.wallet()
    assert wallet.ask_issuer(world.ISSUER, BOTH, copies=2) == {}
    assert len(wallet.waiting) == 2
    assert wallet.resume() == {}
    assert here.sent("/deferred-credential") == 0
    here.clock.move(6)
    assert here.wallet().resume() == dict.fromkeys(TYPES, 2)
    assert here.wallet().waiting == ()


def test_a_promise_outlives_its_token(here: CodeWorld) -> None:
    here.serve(deferred=(IDENTITY_SD_JWT,))
    wallet = here.wallet()
    wallet.ask_issuer(world.ISSUER, (IDENTITY_SD_JWT,), copies=2)
    here.clock.move(3600)
    assert wallet.resume() == {TYPES[0]: 2}


def test_fresh_copies_without_the_person(here: CodeWorld) -> None:
    wallet = here.wallet()
    wallet.ask_issuer(world.ISSUER, BOTH, copies=1)
    assert wallet.refresh(copies=2) == dict.fromkeys(TYPES, 2)
    assert len(here.opened) == 1


def test_signed_metadata_where_policy_wants_them(here: CodeWorld) -> None:
    assert here.wallet(signed_metadata=True).ask_issuer(world.ISSUER, BOTH, copies=1) == dict.fromkeys(TYPES, 1)


def test_the_issuer_hears_that_all_was_deleted(here: CodeWorld) -> None:
    wallet = here.wallet()
    wallet.ask_issuer(world.ISSUER, BOTH, copies=2)
    here.network.bodies.clear()
    wallet.delete_everything()
    events = [json.loads(body)["event"] for body in here.network.bodies if b"notification_id" in body]
    assert events == ["credential_deleted"] * 2
    assert wallet.left() == {}


def test_a_no_at_the_issuer_is_a_no(here: CodeWorld) -> None:
    here.back = lambda url: f"{REDIRECT_URI}?error=access_denied&{url.partition('?')[2].partition('&')[2]}"
    with pytest.raises(Refusal) as refusal:
        here.wallet().ask_issuer(world.ISSUER, BOTH)
    assert refusal.value.code == "access_denied"
    assert here.sent("/token") == 0


def test_the_wallet_looks_after_a_certificate_it_came_for_itself(here: CodeWorld) -> None:
    wallet = here.wallet()
    wallet.ask_issuer(world.ISSUER, BOTH, copies=1)
    assert wallet.state().state == "active"
    assert wallet.suspend().state == "suspended"
    wallet.end()
    assert wallet.left() == {}


def test_a_strict_issuer_knows_every_wallet(here: CodeWorld) -> None:
    """With a code of the offer, too."""
    here.serve(anonymous_wallets=False)
    wallet = here.wallet()
    assert sum(wallet.receive(here.issuing.make_offer().uri, tx_code=PIN, copies=1).values())
    assert here.sent("/par") == 0
    assert {proof["aud"] for proof in here.network.proofs} == {world.ISSUER}
    assert sum(wallet.refresh(copies=2).values())


def test_a_wallet_that_nobody_vouches_for_asks_a_strict_issuer_for_nothing(here: CodeWorld) -> None:
    here.serve(anonymous_wallets=False)
    wallet = Holder(code_powers(here.network, here.clock, None))
    with pytest.raises(Refusal) as refusal:
        wallet.receive(here.issuing.make_offer().uri, tx_code=PIN)
    assert refusal.value.code == "invalid_metadata"
    assert here.sent("/token") == 0
    with pytest.raises(Refusal, match="no_browser"):
        wallet.ask_issuer(world.ISSUER, BOTH)
