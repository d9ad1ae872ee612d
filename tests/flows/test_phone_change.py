"""From the old phone to a new one: the same certificate, without a visit; what goes wrong on the way, and what thieves try."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest
from sqlalchemy import select

from sinwon.core import base64url
from sinwon.core.clock import DAY, HOUR
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal, Unmet
from sinwon.formats.status.token import INVALID, VALID
from sinwon.holder.wallet import Holder
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE
from sinwon.protocols.roles.messages import CHANGE, Change
from sinwon.services.issuance.clean_up import clean_up
from sinwon.services.lifecycle.transfer import start_transfer_by_chip
from sinwon.store.issuer.tables import CERTIFICATES, DEVICES, OFFERS, REFRESHES
from tests import world
from tests.bound_wallet import BoundWallet
from tests.issuing import PERSON, PIN, code_of, refused, rows
from tests.network import Network
from tests.phones import EMAIL, PHONE, Phones, phones_in, status_in_the_list, web_copy
from tests.wallet_world import powers

MOVE = "248163"


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[Phones]:
    with phones_in(tmp_path) as made:
        made.receive()
        made.clock.move(1)
        yield made


def is_refused(code: str, act: Callable[[], object]) -> None:
    with pytest.raises(Refusal) as refusal:
        act()
    assert refusal.value.code == code


def third(phones: Phones) -> Holder:
    return Holder(replace(powers(phones.network, phones.clock), random=world.SeededRandomness(23)))


def states(phones: Phones) -> list[tuple[str, str]]:
    with phones.issuer.engine.connect() as connection:
        devices = connection.execute(select(DEVICES.c.state).order_by(DEVICES.c.added_at)).scalars().all()
        families = connection.execute(select(REFRESHES.c.state).order_by(REFRESHES.c.rotated_at)).scalars().all()
    return list(zip(devices, families, strict=False))  # a device that was called off leaves its family


def code_at(phones: Phones, link: str) -> str:
    """What a wallet finds behind the link."""
    answer = phones.issuing.get(parse_qs(urlsplit(link).query)["credential_offer_uri"][0])
    assert answer.status_code == 200, answer.text
    return code_of(answer.json())


# --- the usual way ---


def test_the_certificate_moves_to_the_new_phone(phones: Phones) -> None:
    before, old = phones.statuses(), web_copy(phones.old)
    link = phones.old.start_transfer(MOVE)
    assert phones.old.state().state == "active"
    assert status_in_the_list(phones, old) == VALID
    phones.clock.move(1)
    received = phones.new.receive(link, tx_code=MOVE, copies=2)
    assert dict(received) == dict(phones.new.left())
    phones.clock.move(1)
    assert status_in_the_list(phones, old) == INVALID
    assert status_in_the_list(phones, web_copy(phones.new)) == VALID
    assert phones.statuses() == {INVALID: before[VALID], VALID: before[VALID]}
    assert states(phones) == [("replaced", "replaced"), ("current", "living")]
    assert rows(phones.issuing, CERTIFICATES) == 1
    assert [one.what for one in phones.new.state().history] == ["issued", "transfer_offered", "moved"]


def test_the_move_is_told_to_every_contact(phones: Phones) -> None:
    phones.new.receive(phones.old.start_transfer(MOVE), tx_code=MOVE, copies=1)
    phones.keep_house()
    assert [(mail.to, mail.subject) for mail in phones.post.mails] == [
        (EMAIL, "[모바일 재외국민증] 다른 휴대전화로 옮겨졌습니다")
    ]
    assert [message.to for message in phones.post.messages] == [PHONE]


def test_the_old_phone_notices_and_says_so(phones: Phones) -> None:
    phones.new.receive(phones.old.start_transfer(MOVE), tx_code=MOVE, copies=2)
    is_refused("device_replaced", lambda: phones.old.refresh(few=11))
    assert phones.old.left() == {}
    assert phones.old.history.events[-1].outcome == "device_replaced"
    is_refused("no_certificate", phones.old.state)
    assert phones.new.refresh(few=11, copies=1).keys() == phones.new.left().keys()


def test_the_old_phone_notices_when_it_looks(phones: Phones) -> None:
    phones.new.receive(phones.old.start_transfer(MOVE), tx_code=MOVE, copies=1)
    is_refused("device_replaced", phones.old.state)
    assert phones.old.left() == {}


def test_the_new_phone_moves_it_on_and_back(phones: Phones) -> None:
    phones.new.receive(phones.old.start_transfer(MOVE), tx_code=MOVE, copies=1)
    phones.old.receive(phones.new.start_transfer(MOVE), tx_code=MOVE, copies=1)
    is_refused("device_replaced", phones.new.state)
    assert phones.old.state().state == "active"
    assert phones.statuses()[VALID] == sum(phones.old.left().values()) > 0


def test_the_old_phone_is_usable_until_the_new_one_has_copies(phones: Phones) -> None:
    wallet = BoundWallet(phones.issuing)
    redeemed = redeem(wallet, code_at(phones, phones.old.start_transfer(MOVE)))
    assert redeemed.status_code == 200
    assert states(phones) == [("current", "living"), ("coming", "living")]
    assert phones.old.refresh(few=11, copies=1)
    assert phones.statuses()[INVALID] == 0
    first = wallet.request(redeemed.json()["access_token"])
    assert first.status_code == 200, first.text
    assert phones.statuses()[VALID] == 1
    refused(wallet.request(redeemed.json()["access_token"], count=0), 400, "invalid_proof", "invalid_credential_request")
    is_refused("device_replaced", lambda: phones.old.refresh(few=11))


def redeem(wallet: BoundWallet, code: str, pin: str = MOVE, proof: bool = True) -> httpx2.Response:
    form = {"grant_type": GRANT_TYPE, "pre-authorized_code": code, "tx_code": pin}
    return wallet.token(form, [("DPoP", wallet.proof("/token"))] if proof else [])


def test_a_new_phone_that_lost_the_answer_comes_back(phones: Phones) -> None:
    wallet = BoundWallet(phones.issuing)
    tokens = redeem(wallet, code_at(phones, phones.old.start_transfer(MOVE))).json()
    again = wallet.refresh(tokens["refresh_token"]).json()
    assert wallet.request(again["access_token"]).status_code == 200
    assert states(phones)[-1] == ("current", "living")


def test_data_that_are_doubted_stay_so_on_the_new_phone(phones: Phones) -> None:
    phones.issuing.ask(CHANGE, Change("raise", "PASSPORT_EXPIRED", "officer-1", application="application-1"))
    phones.new.receive(phones.old.start_transfer(MOVE), tx_code=MOVE, copies=1)
    assert phones.new.state().state == "needs_renewal"
    assert phones.statuses()[VALID] == 0


def test_a_certificate_nobody_fetched_yet_moves_too(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with phones_in(tmp_path / "other") as phones:
        wallet = BoundWallet(phones.issuing)
        tokens = wallet.start()
        answer = phones.issuing.client.post(
            "/certificate/transfer",
            data={"refresh_token": tokens["refresh_token"], "tx_code": MOVE},
            headers=[("DPoP", wallet.proof("/certificate/transfer"))],
        )
        assert answer.status_code == 201, answer.text
        phones.new.receive(answer.json()["uri"], tx_code=MOVE, copies=1)
        assert phones.new.state().state == "active"


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("pin", "code"),
    [("000000", "pin_too_simple"), ("123456", "pin_too_simple"), ("900101", "pin_too_simple"), ("24816", "invalid_request"),
     ("2481631", "invalid_request"), ("２４８１６３", "invalid_request")],
)  # fmt: skip
def test_a_pin_that_a_thief_tries_first_is_refused(phones: Phones, pin: str, code: str) -> None:
    is_refused(code, lambda: phones.old.start_transfer(pin))
    assert rows(phones.issuing, OFFERS) == 1


def test_wrong_pins_are_counted_and_end_the_transfer(phones: Phones) -> None:
    link = phones.old.start_transfer(MOVE)
    for _ in range(phones.issuer.settings.pin_tries):
        is_refused("invalid_grant", lambda: phones.new.receive(link, tx_code="111111"))
    is_refused("invalid_offer", lambda: phones.new.receive(link, tx_code=MOVE))
    assert states(phones) == [("current", "living")]
    assert phones.old.state().state == "active"
    phones.new.receive(phones.old.start_transfer(MOVE), tx_code=MOVE, copies=1)
    assert phones.new.state().state == "active"


def test_the_pin_of_the_application_does_not_open_a_transfer(phones: Phones) -> None:
    is_refused("invalid_grant", lambda: phones.new.receive(phones.old.start_transfer(MOVE), tx_code=PIN))


def test_a_transfer_is_redeemed_once(phones: Phones) -> None:
    link = phones.old.start_transfer(MOVE)
    code = code_at(phones, link)
    phones.new.receive(link, tx_code=MOVE, copies=1)
    is_refused("invalid_offer", lambda: third(phones).receive(link, tx_code=MOVE))
    refused(redeem(BoundWallet(phones.issuing), code), 400, "invalid_grant")
    assert phones.new.state().state == "active"


def test_a_second_transfer_calls_off_the_first(phones: Phones) -> None:
    first = phones.old.start_transfer(MOVE)
    second = phones.old.start_transfer(MOVE)
    is_refused("invalid_offer", lambda: third(phones).receive(first, tx_code=MOVE))
    phones.new.receive(second, tx_code=MOVE, copies=1)
    assert phones.new.state().state == "active"


def test_a_second_transfer_calls_off_a_phone_that_is_coming(phones: Phones) -> None:
    wallet = BoundWallet(phones.issuing)
    tokens = redeem(wallet, code_at(phones, phones.old.start_transfer(MOVE))).json()
    link = phones.old.start_transfer(MOVE)
    refused(wallet.request(tokens["access_token"]), 401, "invalid_token")
    refused(wallet.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    phones.new.receive(link, tx_code=MOVE, copies=1)
    assert phones.new.state().state == "active"


def test_two_phones_at_once_and_one_gets_it(phones: Phones) -> None:
    codes = [code_at(phones, link) for link in [phones.old.start_transfer(MOVE)] for _ in range(2)]
    wallets = [BoundWallet(phones.issuing) for _ in codes]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pair: redeem(*pair).status_code, zip(wallets, codes, strict=True)))
    assert sorted(answers) == [200, 400]
    assert [device for device, _family in states(phones)] == ["current", "coming"]


def test_a_link_lives_a_quarter_of_an_hour(phones: Phones) -> None:
    link = phones.old.start_transfer(MOVE)
    phones.clock.move(900)
    is_refused("invalid_offer", lambda: phones.new.receive(link, tx_code=MOVE))
    assert phones.old.state().state == "active"


@pytest.mark.parametrize("swept", [False, True])
def test_a_phone_that_does_not_come_within_an_hour_does_not_come_at_all(phones: Phones, swept: bool) -> None:
    wallet = BoundWallet(phones.issuing)
    tokens = redeem(wallet, code_at(phones, phones.old.start_transfer(MOVE))).json()
    phones.clock.move(HOUR + 1)
    if swept:
        clean_up(phones.issuer)
        refused(wallet.refresh(tokens["refresh_token"]), 400, "invalid_grant")
        assert rows(phones.issuing, DEVICES) == 1
    else:
        access = wallet.refresh(tokens["refresh_token"]).json()["access_token"]
        refused(wallet.request(access), 400, "credential_request_denied")
    assert phones.old.state().state == "active"
    assert phones.statuses()[INVALID] == 0


def test_a_certificate_moves_to_a_phone_with_a_key_only(phones: Phones) -> None:
    code = code_at(phones, phones.old.start_transfer(MOVE))
    refused(redeem(BoundWallet(phones.issuing), code, proof=False), 400, "invalid_dpop_proof")
    assert redeem(BoundWallet(phones.issuing), code).status_code == 200


def test_so_many_transfers_a_day(phones: Phones) -> None:
    phones.serve(transfers=2)
    for _ in range(2):
        phones.old.start_transfer(MOVE)
    is_refused("too_many_requests", lambda: phones.old.start_transfer(MOVE))
    phones.clock.move(DAY)
    assert phones.old.start_transfer(MOVE)


# --- what thieves try ---


def test_a_stop_calls_off_what_a_thief_began(phones: Phones) -> None:
    """With the unlocked phone in hand, before and after the other phone has its token; and undoing the stop does not help."""
    first = phones.old.start_transfer(MOVE)
    phones.type_code(phones.receipt)
    is_refused("invalid_offer", lambda: third(phones).receive(first, tx_code=MOVE))
    phones.old.release(phones.receipt)
    wallet = BoundWallet(phones.issuing)
    tokens = redeem(wallet, code_at(phones, phones.old.start_transfer(MOVE))).json()
    phones.type_code(phones.receipt)
    phones.old.release(phones.receipt)
    refused(wallet.request(tokens["access_token"]), 401, "invalid_token")
    refused(wallet.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert states(phones)[0] == ("current", "living")


def test_a_phone_that_is_coming_may_not_look_stop_or_end(phones: Phones) -> None:
    wallet = BoundWallet(phones.issuing)
    tokens = redeem(wallet, code_at(phones, phones.old.start_transfer(MOVE))).json()
    for below in ("", "/suspend", "/end", "/transfer"):
        refused(door(phones, wallet, tokens["refresh_token"], below), 400, "invalid_grant")
    assert phones.old.state().state == "active"


def door(phones: Phones, wallet: BoundWallet, token: str, below: str = "", proof: str | None = None) -> httpx2.Response:
    path = "/certificate" + below
    form = {"refresh_token": token, "reason": "LOSS_REPORTED", "tx_code": MOVE, "code": "0000-0000-0000"}
    headers = [("DPoP", wallet.proof(path) if proof is None else proof)]
    return phones.issuing.client.post(path, data=form, headers=headers)


@pytest.mark.parametrize("below", ["", "/suspend", "/release", "/release-code", "/end", "/transfer"])
def test_the_door_opens_to_a_proven_device_only(phones: Phones, below: str) -> None:
    wallet = BoundWallet(phones.issuing)
    token = wallet.start()["refresh_token"]
    path, stranger = "/certificate" + below, BoundWallet(phones.issuing)
    bare = phones.issuing.client.post(path, data={"refresh_token": token, "reason": "x", "tx_code": MOVE, "code": "x" * 12})
    codes = ("invalid_dpop_proof", "invalid_request", "invalid_code")
    assert bare.json()["error"] in codes
    assert door(phones, stranger, token, below).json()["error"] in {"invalid_grant"}
    assert door(phones, wallet, "x" + token[1:], below).json()["error"] == "invalid_grant"
    assert door(phones, wallet, token, below, proof=wallet.proof("/token")).json()["error"] == "invalid_dpop_proof"
    assert phones.entries("certificate.s", "certificate.r", "transfer", "release") == []


def test_a_proof_counts_once(phones: Phones) -> None:
    wallet = BoundWallet(phones.issuing)
    token, proof = wallet.start()["refresh_token"], wallet.proof("/certificate")
    assert door(phones, wallet, token, proof=proof).status_code == 200
    refused(door(phones, wallet, token, proof=proof), 400, "invalid_dpop_proof")


def test_old_tokens_open_nothing(phones: Phones) -> None:
    """The one before the present one does: its successor may have been lost on the way."""
    wallet = BoundWallet(phones.issuing)
    tokens = [wallet.start()["refresh_token"]]
    for _ in range(2):
        tokens.append(wallet.refresh(tokens[-1]).json()["refresh_token"])
    assert [door(phones, wallet, token).status_code for token in tokens] == [400, 200, 200]


def test_nonces_are_asked_for_where_proofs_need_them(phones: Phones) -> None:
    phones.serve(dpop_nonces=True)
    assert phones.old.state().state == "active"
    phones.new.receive(phones.old.start_transfer(MOVE), tx_code=MOVE, copies=1)
    assert phones.new.state().state == "active"


# --- passports with chips ---


def test_a_chip_is_no_way_yet_and_says_so(phones: Phones) -> None:
    answer = phones.issuing.client.post("/certificate/transfer/chip", data={"evidence": "AA", "tx_code": MOVE})
    refused(answer, 403, "chip_proof_unavailable")


class Reader:
    """A native reader that will be."""

    def __init__(self, certificate: str) -> None:
        self.certificate = certificate

    def certificate_of(self, evidence: bytes, *, now: int) -> str:
        if evidence != b"genuine" or not now:
            raise Unmet("chip_not_genuine", "test")
        return self.certificate


def test_a_reader_that_is_connected_moves_a_certificate_without_the_old_phone(phones: Phones) -> None:
    with phones.issuer.engine.connect() as connection:
        certificate = connection.execute(select(CERTIFICATES.c.id)).scalar_one()
    issuer = replace(phones.issuer, chip=Reader(certificate))
    is_refused("chip_not_genuine", lambda: start_transfer_by_chip(issuer, base64url.encode(b"copied"), MOVE))
    offered = start_transfer_by_chip(issuer, base64url.encode(b"genuine"), MOVE)
    phones.new.receive(offered.uri, tx_code=MOVE, copies=1)
    assert phones.new.state().state == "active"
    is_refused("device_replaced", phones.old.state)


# --- elsewhere ---


def test_an_issuer_that_is_not_ours_offers_none_of_it(phones: Phones) -> None:
    def without(answer: Answer) -> Answer:
        members = msgspec.json.decode(answer.body)
        members.pop("sinwon_certificate_endpoint")
        return replace(answer, body=msgspec.json.encode(members))

    network: Network = phones.network
    network.tampering["/.well-known/openid-credential-issuer"] = without
    is_refused("not_offered", phones.old.state)


def test_an_endpoint_elsewhere_is_not_spoken_to(phones: Phones) -> None:
    def moved(answer: Answer) -> Answer:
        return replace(
            answer, body=answer.body.replace(b"https://issuer.example/certificate", b"https://evil.example/certificate")
        )

    phones.network.tampering["/.well-known/openid-credential-issuer"] = moved
    is_refused("invalid_metadata", phones.old.state)
    assert not any("evil" in address for address in phones.network.log)


def test_a_wallet_without_a_certificate_has_nothing_to_look_after(phones: Phones) -> None:
    is_refused("no_certificate", phones.new.state)


def test_nothing_personal_is_in_an_address_or_the_trail(phones: Phones) -> None:
    phones.new.receive(phones.old.start_transfer(MOVE), tx_code=MOVE, copies=1)
    for mark in (MOVE, PERSON.name_ko, PERSON.passport.number, EMAIL):
        assert not any(mark in address for address in phones.network.log)
        assert mark not in "".join(phones.entries(""))
