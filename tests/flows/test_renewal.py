"""A certificate that renews itself: the wallet spends its copies, fetches more without the person, and stops when it must."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from sinwon.core.clock import DAY, HOUR, seoul_date, start_of_day_in_seoul
from sinwon.core.fetch import Answer, Unreachable
from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump, parse_object
from sinwon.holder.present import Choice, only_required
from sinwon.holder.renewal import FEW
from sinwon.holder.storage import Kept
from sinwon.holder.wallet import Holder
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.protocols.credential_types import IDENTITY, IDENTITY_TYPE
from sinwon.protocols.oauth.dpop import thumbprint_of
from sinwon.store.issuer.tables import CERTIFICATES, DEVICES, REFRESHES, TOKENS
from tests import world
from tests.issuing import PERSON, PIN, client_of, rows
from tests.network import with_body
from tests.wallet_world import FOR_ANY_KEY, WalletWorld, powers, wallet_world

ALL_NEW = dict.fromkeys(FOR_ANY_KEY, 10)
SERVER = "/.well-known/oauth-authorization-server"


class Drawer:
    def __init__(self) -> None:
        self.data: bytes | None = None

    def load(self) -> bytes | None:
        return self.data

    def save(self, data: bytes) -> None:
        self.data = data

    @property
    def kept(self) -> Kept:
        return msgspec.json.decode(self.data or b"{}", type=Kept)


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def here(tmp_path: Path, drawer: Drawer) -> Iterator[WalletWorld]:
    """The issuer's clock is the wallet's."""
    with wallet_world(tmp_path, drawer) as made:
        made.issuing.clock = made.clock
        serve(made)
        yield made


def serve(here: WalletWorld, **settings: Any) -> None:
    """The issuer under these settings and the common clock."""
    issuer = here.issuing.issuer
    changed = replace(issuer, clock=here.clock, settings=replace(issuer.settings, **settings))
    here.issuing.issuer, here.issuing.client = changed, client_of(changed)
    here.network.apps[world.ISSUER] = here.issuing.client.app
    here.network.clients.pop(world.ISSUER, None)


def put(here: WalletWorld, state: str) -> None:
    with here.issuing.issuer.engine.begin() as connection:
        connection.execute(update(CERTIFICATES).values(state=state))


def refused(holder: Holder, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        holder.refresh()
    assert refusal.value.code == code
    assert holder.history.events[-1].outcome == code


def test_the_server_says_what_it_offers(here: WalletWorld) -> None:
    metadata = here.issuing.client.get(SERVER).json()
    assert metadata["dpop_signing_alg_values_supported"] == ["ES256"]
    assert metadata["grant_types_supported"] == [
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:pre-authorized_code",
        "refresh_token",
    ]


def test_a_wallet_spends_its_copies_and_fetches_more(here: WalletWorld, drawer: Drawer) -> None:
    here.receive()
    first = drawer.kept.renewals[0]
    for _ in range(10 - FEW + 1):
        here.holder.present(here.ask(), only_required)
    assert here.holder.left() == {**ALL_NEW, IDENTITY: FEW - 1}
    assert here.holder.refresh() == {IDENTITY: 10}
    assert here.holder.left() == {**ALL_NEW, IDENTITY: 10 + FEW - 1}
    here.holder.present(here.ask(), only_required)
    second = drawer.kept.renewals[0]
    assert second.refresh_token != first.refresh_token
    assert second == first.with_token(second.refresh_token)
    assert [event.outcome for event in here.holder.history.events[-2:]] == ["received", "sent"]


def test_each_format_runs_out_by_itself(here: WalletWorld) -> None:
    here.receive()
    for _ in range(10 - FEW + 1):
        here.holder.present(here.ask(), lambda _consent: Choice(True, format="mso_mdoc"))
    assert here.holder.left() == {**ALL_NEW, IDENTITY_TYPE.doctype: FEW - 1}
    assert here.holder.refresh() == {IDENTITY_TYPE.doctype: 10}


def test_on_a_birthday_the_wallet_fetches_the_new_truth(here: WalletWorld) -> None:
    """Copies end at that midnight. The day before it none would be any longer, so the wallet asks once and not again."""
    day = seoul_date(here.clock.now + 3 * DAY)
    midnight = start_of_day_in_seoul(day)
    person = msgspec.structs.replace(PERSON, birthdate=day.replace(year=day.year - 19).isoformat())
    here.holder.receive(here.issuing.make_offer(person=person).uri, tx_code=PIN, copies=4)
    flagged = dict.fromkeys(FOR_ANY_KEY, 4)
    assert here.holder.refresh(copies=4) == {}
    here.clock.now = midnight - DAY
    assert here.holder.refresh(copies=4) == flagged
    here.clock.move(HOUR)
    assert here.holder.refresh(copies=4) == {}
    assert over_19(here.holder, here.clock.now) == {False}
    here.clock.now = midnight
    assert here.holder.refresh(copies=4) == flagged
    assert over_19(here.holder, here.clock.now) == {True}
    assert {copy.type for copy in here.holder.copies.unused() if copy.expires_at < midnight + DAY} == set(flagged)


def over_19(holder: Holder, now: int) -> set[bool]:
    """What the copies to be shown next say."""
    held = [one.held for one in holder.copies.offered(now)]
    sets = [one.claims.get(next(iter(one.types)), one.claims) for one in held]
    return {claims["age_over_19"] for claims in sets if "age_over_19" in claims}


def test_the_token_is_bound_to_a_key_that_is_no_copy_s(here: WalletWorld, drawer: Drawer) -> None:
    here.receive()
    renewal = drawer.kept.renewals[0]
    thumbprint = thumbprint_of(parse_public_jwk(here.holder.powers.keys.open(renewal.key).public_jwk))
    with here.issuing.issuer.engine.connect() as connection:
        tables = (TOKENS.c.key, DEVICES.c.key, REFRESHES.c.key)
        assert [connection.execute(select(column)).scalar_one() for column in tables] == [thumbprint] * 3
    assert renewal.key not in {copy.key for copy in drawer.kept.copies}


def test_while_there_are_enough_nobody_is_spoken_to(here: WalletWorld) -> None:
    here.receive()
    before = list(here.network.log)
    assert here.holder.refresh() == {}
    assert here.network.log == before


def test_copies_that_run_out_are_followed_by_new_ones(here: WalletWorld) -> None:
    """For most of a year, by one refresh token after another; the copies that are over do not count as had."""
    serve(here, copies=120)
    here.receive()
    for _ in range(4):
        here.clock.move(13 * DAY + DAY // 2)
        assert here.holder.refresh() == ALL_NEW
        here.clock.move(60 * DAY)
    assert here.holder.refresh() == ALL_NEW


def test_more_living_copies_than_allowed_are_not_given(here: WalletWorld) -> None:
    serve(here, copies=40)
    here.receive()
    with pytest.raises(Refusal, match="credential_request_denied"):
        here.holder.refresh(few=11)
    assert here.holder.left() == ALL_NEW
    here.clock.move(14 * DAY)
    assert here.holder.refresh() == ALL_NEW


def test_the_wallet_comes_back_after_a_restart(here: WalletWorld, drawer: Drawer) -> None:
    here.receive()
    here.clock.move(14 * DAY)
    again = Holder(replace(powers(here.network, here.clock), random=world.SeededRandomness(22)), drawer)
    assert again.left() == {}
    assert again.refresh() == ALL_NEW
    again.delete_everything()
    assert drawer.kept == Kept()
    assert Holder(powers(here.network, here.clock), drawer).refresh() == {}


def test_a_lost_answer_is_fetched_again(here: WalletWorld) -> None:
    def lose(_answer: Answer) -> Answer:
        raise Unreachable("the tunnel")

    here.receive()
    here.clock.move(14 * DAY)
    here.network.tampering["/token"] = lose
    with pytest.raises(Unreachable):
        here.holder.refresh()
    assert here.holder.history.events[-1].outcome == "unreachable"
    del here.network.tampering["/token"]
    here.clock.move(30)
    assert here.holder.refresh() == ALL_NEW


def test_a_stolen_refresh_token_without_its_key_is_worth_nothing(here: WalletWorld, drawer: Drawer) -> None:
    here.receive()
    renewal = drawer.kept.renewals[0]
    reference, _ = here.holder.powers.keys.create()
    thief = Drawer()
    thief.save(msgspec.json.encode(Kept(renewals=(msgspec.structs.replace(renewal, key=reference),))))
    refused(Holder(powers(here.network, here.clock), thief), "invalid_grant")
    here.clock.move(14 * DAY)
    assert here.holder.refresh() == ALL_NEW


def test_a_revoked_certificate_gets_no_more(here: WalletWorld) -> None:
    here.receive()
    here.clock.move(14 * DAY)
    assert here.issuing.revoke().status_code == 200
    refused(here.holder, "invalid_grant")
    assert here.holder.left() == {}
    assert rows(here.issuing, DEVICES) == rows(here.issuing, REFRESHES) == 0


def test_a_suspended_certificate_gets_more_once_it_is_released(here: WalletWorld) -> None:
    here.receive()
    here.clock.move(14 * DAY)
    put(here, "suspended")
    refused(here.holder, "invalid_grant")
    put(here, "active")
    assert here.holder.refresh() == ALL_NEW


def test_the_wallet_answers_the_issuer_s_nonces(here: WalletWorld) -> None:
    serve(here, dpop_nonces=True)
    before = len(here.network.log)
    here.receive()
    asked = [line for line in here.network.log[before:] if line.endswith("/token")]
    assert len(asked) == 2  # without the nonce, then with it; from there on each answer brings the next one
    assert [line.rpartition("/")[2] for line in here.network.log].count("credential") == len(FOR_ANY_KEY)
    here.clock.move(14 * DAY)
    assert here.holder.refresh() == ALL_NEW


def test_an_issuer_that_never_stops_asking_for_nonces_is_given_up(here: WalletWorld) -> None:
    def ask(_answer: Answer) -> Answer:
        return Answer(400, {"content-type": "application/json", "dpop-nonce": "again"}, b'{"error":"use_dpop_nonce"}')

    here.network.tampering["/token"] = ask
    with pytest.raises(Refusal, match="use_dpop_nonce"):
        here.receive()
    assert sum(line.endswith("/token") for line in here.network.log) == 2


def without_dpop(answer: Answer) -> Answer:
    members = parse_object(answer.body)
    members.pop("dpop_signing_alg_values_supported")
    return with_body(answer, dump(members))


def test_with_an_issuer_that_binds_nothing_all_goes_on_as_before(here: WalletWorld, drawer: Drawer) -> None:
    here.network.tampering[SERVER] = without_dpop
    here.receive()
    assert here.holder.left() == ALL_NEW
    with here.issuing.issuer.engine.connect() as connection:
        assert connection.execute(select(TOKENS.c.key)).scalar_one() is None
    assert (drawer.kept.renewals, rows(here.issuing, DEVICES)) == ((), 0)
    assert here.holder.refresh() == {}


def test_a_bearer_token_where_a_bound_one_was_asked_for_is_not_used(here: WalletWorld) -> None:
    def weaken(answer: Answer) -> Answer:
        return with_body(answer, answer.body.replace(b'"DPoP"', b'"Bearer"'))

    here.network.tampering["/token"] = weaken
    with pytest.raises(Refusal, match="issuer_refused"):
        here.receive()
    assert not any(line.endswith("/credential") for line in here.network.log)


def test_an_issuer_that_left_the_trust_list_is_not_spoken_to(here: WalletWorld, drawer: Drawer) -> None:
    here.receive()
    here.clock.move(14 * DAY)
    others = TrustAnchors(tuple(one for one in world.trust_anchors().anchors if one.purpose is not Purpose.ISSUANCE))
    before = list(here.network.log)
    refused(Holder(replace(powers(here.network, here.clock), anchors=lambda: others), drawer), "untrusted_issuer")
    assert here.network.log == before


def test_one_certificate_that_is_over_does_not_stop_the_other(here: WalletWorld) -> None:
    here.receive()
    here.receive()
    here.clock.move(14 * DAY)
    assert here.issuing.revoke("application-1").status_code == 200
    with pytest.raises(Refusal, match="invalid_grant"):
        here.holder.refresh()
    assert here.holder.left() == ALL_NEW


def test_an_offer_that_was_declined_at_the_pin_leaves_nothing(here: WalletWorld, drawer: Drawer) -> None:
    uri = here.issuing.make_offer().uri
    with pytest.raises(Refusal, match="invalid_grant"):
        here.holder.receive(uri, tx_code="999999")
    assert drawer.kept.renewals == ()
    assert here.holder.receive(uri, tx_code=PIN) == ALL_NEW
