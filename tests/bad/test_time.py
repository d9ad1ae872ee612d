"""T13: clocks that are an hour off, moments before 1970, past 2038 and past 2050, leap seconds: at every door a bound, and the
minute that clocks may differ by.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace as changed

from sinwon.core.clock import DAY
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Fault, Refusal, Untrusted
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.formats.status.encode import deflate, pack
from sinwon.formats.status.token_jwt import sign_status_list, verify_status_list
from sinwon.holder.present import only_required
from sinwon.holder.wallet import Holder
from sinwon.keys.authority import Authority, create_authority
from sinwon.keys.x509 import verify_chain
from sinwon.protocols.roles.messages import ASK_ACTIVE, AskActive
from sinwon.protocols.roles.request import LIFETIME as ROLE_SECONDS
from sinwon.protocols.vci.nonce import LIFETIME as NONCE_SECONDS
from sinwon.protocols.vci.nonce import make_nonce
from sinwon.protocols.vci.proof import MAX_PROOF_AGE
from sinwon.store.issuer.tables import COPIES
from tests import world
from tests.bad.answers import key_bound, question, refused
from tests.bad.test_trust_list import resigned, set_scheme
from tests.bound_wallet import BoundWallet
from tests.gateway_world import GatewayWorld, Wallet, gateway_world
from tests.issuing import PERSON, RRN, Issuing, client_of, rows
from tests.issuing import refused as denied
from tests.published import LIST_URL, Site, follower, list_token
from tests.unit.formats.sdjwt.forge import issued
from tests.wallet_world import WalletWorld, powers, wallet_world
from tests.world import NOW, SeededRandomness, StandingClock

HOUR = 3600
URI = f"{world.ISSUER}/status-lists/1"
OFF = {
    "an_hour_behind": NOW - HOUR,
    "an_hour_ahead": NOW + HOUR,
    "epoch": 0,
    "before_1970": -NOW,
    "one_second_before_1970": -1,
    "2038": 2**31,
    "2106": 2**32,
    "most_of_64_bits": 2**63 - 1,
    "least_of_64_bits": -(2**63),
    "milliseconds": NOW * 1000,
    "half_a_second": NOW + 0.5,
    "huge": 1e300,
    "text": str(NOW),
    "true": True,
    "list": [NOW],
}
MOMENTS = {
    "2038-01-19T03:14:07": 2**31 - 1,
    "2038-01-19T03:14:08": 2**31,
    "2038-01-19T03:14:09": 2**31 + 1,
    "2049-12-31T23:59:59": int(datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()),
    "2050-01-01T00:00:00": int(datetime(2050, 1, 1, tzinfo=UTC).timestamp()),
    "2106-02-07T06:28:16": 2**32,
}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


off = pytest.mark.parametrize("at", OFF.values(), ids=OFF)
an_hour = pytest.mark.parametrize("shift", [-HOUR, HOUR], ids=["behind", "ahead"])
within = pytest.mark.parametrize("shift", [-CLOCK_SKEW, -10, 0, 10, CLOCK_SKEW])


# --- proofs of a wallet ---


@off
def test_T13_time_of_a_key_proof(issuing: Issuing, at: object) -> None:
    answer = issuing.request(issuing.new_token(), [issuing.proof(iat=at)])
    denied(answer, 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0


@pytest.mark.parametrize("shift", [-MAX_PROOF_AGE, -CLOCK_SKEW, 0, CLOCK_SKEW, MAX_PROOF_AGE])
def test_T13_control_time_of_a_key_proof(issuing: Issuing, shift: int) -> None:
    assert issuing.request(issuing.new_token(), [issuing.proof(iat=NOW + shift)]).status_code == 200


@off
def test_T13_time_of_a_dpop_proof(issuing: Issuing, at: object) -> None:
    wallet = BoundWallet(issuing)
    token = wallet.start()["access_token"]
    denied(wallet.request(token, wallet.proof("/credential", token, iat=at)), 401, "invalid_dpop_proof")
    denied(wallet.redeem(issuing.new_code(), proof=wallet.proof("/token", iat=at)), 400, "invalid_dpop_proof")


@within
def test_T13_control_time_of_a_dpop_proof(issuing: Issuing, shift: int) -> None:
    wallet = BoundWallet(issuing)
    token = wallet.start()["access_token"]
    assert wallet.request(token, wallet.proof("/credential", token, iat=NOW + shift)).status_code == 200


@pytest.mark.parametrize("at", [NOW - HOUR, NOW - NONCE_SECONDS, NOW + CLOCK_SKEW + 1, NOW + HOUR, 0, 2**32, 2**64 - 1])
def test_T13_time_of_a_nonce(issuing: Issuing, at: int) -> None:
    issuer = issuing.issuer
    nonce = make_nonce(issuer.nonce_key, issuer=issuer.origin, now=at, random=issuer.random)
    denied(issuing.request(issuing.new_token(), [issuing.proof(nonce=nonce)]), 400, "invalid_nonce")


@within
def test_T13_control_time_of_a_nonce(issuing: Issuing, shift: int) -> None:
    issuer = issuing.issuer
    nonce = make_nonce(issuer.nonce_key, issuer=issuer.origin, now=NOW + shift, random=issuer.random)
    assert issuing.request(issuing.new_token(), [issuing.proof(nonce=nonce)]).status_code == 200


@off
def test_T13_time_of_a_key_binding(here: GatewayWorld, at: object) -> None:
    wallet, request = Wallet(here.clock), question(here)
    refused(here, request, wallet.answer(request, key_bound(request, wallet.shown(request), wallet, iat=at)), "holder")


@within
def test_T13_control_time_of_a_key_binding(here: GatewayWorld, shift: int) -> None:
    wallet, request = Wallet(here.clock), question(here)
    body = wallet.answer(request, key_bound(request, wallet.shown(request), wallet, iat=NOW + shift))
    assert wallet.post(here.client(), request, body).status_code == 200


# --- requests of roles ---


@pytest.mark.parametrize("at", [NOW - HOUR, NOW + HOUR, 0, -NOW, 2**31, 2**32, 2**63 - 61])
def test_T13_time_of_a_role_request(issuing: Issuing, at: int) -> None:
    denied(issuing.ask(ASK_ACTIVE, AskActive(RRN), now=at), 401, "unauthorized")


@pytest.mark.parametrize("shift", [-ROLE_SECONDS - CLOCK_SKEW + 1, -CLOCK_SKEW, 0, CLOCK_SKEW])
def test_T13_control_time_of_a_role_request(issuing: Issuing, shift: int) -> None:
    assert issuing.ask(ASK_ACTIVE, AskActive(RRN), now=NOW + shift).status_code == 200


# --- credentials and status lists ---

NOT_NOW: dict[str, dict[str, object]] = {
    "ended_an_hour_ago": {"exp": NOW - HOUR},
    "ends_now": {"exp": NOW},
    "ended_before_1970": {"exp": -1},
    "ends_at_the_epoch": {"exp": 0},
    "ends_at_no_whole_second": {"exp": NOW + 0.5},
    "ends_at_text": {"exp": "9999999999"},
    "ends_at_true": {"exp": True},
    "begins_in_an_hour": {"nbf": NOW + HOUR},
    "begins_a_second_beyond_the_skew": {"nbf": NOW + CLOCK_SKEW + 1},
    "begins_in_milliseconds": {"nbf": NOW * 1000},
    "begins_at_no_whole_second": {"nbf": NOW - 0.5},
    "issued_at_text": {"iat": str(NOW)},
}


@pytest.mark.parametrize("claims", NOT_NOW.values(), ids=NOT_NOW)
def test_T13_validity_of_a_credential(claims: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        verify_sd_jwt_vc(parse_sd_jwt(issued(**claims)), anchors=world.trust_anchors(), now=NOW)


@pytest.mark.parametrize(
    "claims", [{"exp": NOW + 1}, {"nbf": NOW + CLOCK_SKEW}, {"nbf": -1}, {"exp": 2**31}, {"exp": 2**32}, {"exp": 2**63 - 1}]
)
def test_T13_control_validity_of_a_credential(claims: dict[str, object]) -> None:
    assert verify_sd_jwt_vc(parse_sd_jwt(issued(**claims)), anchors=world.trust_anchors(), now=NOW)


def status_list(now: int, lifetime: int) -> bytes:
    lst = deflate(pack({}, size=1024, bits=2))
    return sign_status_list(lst, bits=2, uri=URI, now=now, lifetime=lifetime, ttl=5, by=world.status_signer())


@pytest.mark.parametrize(
    ("at", "lifetime"),
    [(NOW + HOUR, DAY), (NOW + CLOCK_SKEW + 1, DAY), (NOW - HOUR, HOUR), (NOW, -1), (-NOW, DAY), (0, 1), (2**31, DAY)],
)
def test_T13_times_of_a_status_list(at: int, lifetime: int) -> None:
    with pytest.raises(Refusal):
        verify_status_list(status_list(at, lifetime), uri=URI, anchors=world.trust_anchors(), now=NOW)


@pytest.mark.parametrize(("at", "lifetime"), [(NOW + CLOCK_SKEW, DAY), (NOW - HOUR, HOUR + 1), (NOW, 2**33), (-1, NOW + DAY)])
def test_T13_control_times_of_a_status_list(at: int, lifetime: int) -> None:
    assert verify_status_list(status_list(at, lifetime), uri=URI, anchors=world.trust_anchors(), now=NOW)


# --- the trust list ---

MEANINGLESS = {
    "leap_second": "2026-12-31T23:59:60Z",
    "hour_24": "2026-12-31T24:00:00Z",
    "february_30": "2027-02-30T00:00:00Z",
    "two_digit_year": "50-01-01T00:00:00Z",
    "five_digit_year": "10000-01-01T00:00:00Z",
    "seconds_since_1970": 2**31,
    "no_time": "2027-01-01",
}


@pytest.mark.parametrize("moment", MEANINGLESS.values(), ids=MEANINGLESS)
@pytest.mark.parametrize("name", ["ListIssueDateTime", "NextUpdate"])
def test_T13_moment_in_a_trust_list(name: str, moment: object) -> None:
    site, alarms = Site(), list[tuple[str, str]]()
    site.publish(list_token())
    followed = follower(site, StandingClock(), alarms)
    before = followed.anchors()
    site.pages[LIST_URL] = resigned(set_scheme(name, moment)).encode()
    followed.refresh()
    assert (followed.anchors(), len(alarms)) == (before, 1)


@an_hour
def test_T13_a_trust_list_of_another_hour(shift: int) -> None:
    site, alarms = Site(), list[tuple[str, str]]()
    site.publish(list_token(now=NOW + shift, lifetime=HOUR))
    with pytest.raises(Fault):
        follower(site, StandingClock(), alarms).anchors()
    assert alarms


@pytest.mark.parametrize("shift", [-HOUR + 1, 0, CLOCK_SKEW])
def test_T13_control_a_trust_list_of_this_hour(shift: int) -> None:
    site, alarms = Site(), list[tuple[str, str]]()
    site.publish(list_token(now=NOW + shift, lifetime=HOUR))
    assert follower(site, StandingClock(), alarms).anchors() == world.trust_anchors()
    assert not alarms


@pytest.mark.parametrize("moment", ["2038-01-19T03:14:08Z", "2050-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_T13_control_moment_in_a_trust_list(moment: str) -> None:
    site, alarms = Site(), list[tuple[str, str]]()
    site.publish(resigned(set_scheme("NextUpdate", moment)))
    assert follower(site, StandingClock(), alarms).anchors().anchors
    assert not alarms


# --- certificates ---


def root_at(now: int) -> Authority:
    return create_authority(world.key("root"), "Test root", now=now, random=SeededRandomness(1))


def leaf_of(root: Authority, now: int, days: int = 100) -> bytes:
    return root.certify(world.key("leaf"), "leaf", world.ISSUER, now=now, random=SeededRandomness(2), days=days)


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_T13_certificates_around_2038_and_2050(moment: int) -> None:
    """Valid from a day before `moment`, for two days; UTCTime ends with 2049, whose year 50 is 1950."""
    root = root_at(moment - DAY)
    leaf, anchors = leaf_of(root, moment, days=2), frozenset({root.certificate})
    begin, end = moment - DAY, moment + DAY
    for now in (begin, moment - 1, moment, moment + 1, end):
        assert verify_chain([leaf], anchors, now).not_after == end
    for now in (begin - 1, begin - HOUR, end + 1, end + HOUR, 0, -1, moment - 2**32, moment - 100 * 365 * DAY):
        with pytest.raises(Untrusted):
            verify_chain([leaf], anchors, now)


def test_T13_year_50_of_a_utc_time_is_1950() -> None:
    then = datetime(1950, 3, 1, tzinfo=UTC)
    root = root_at(int(datetime(2050, 1, 1, tzinfo=UTC).timestamp()))
    template = x509.load_der_x509_certificate(leaf_of(root, int(datetime(2050, 3, 1, tzinfo=UTC).timestamp())))
    builder = x509.CertificateBuilder(template.issuer, template.subject, template.public_key(), template.serial_number)
    for extension in template.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    builder = builder.not_valid_before(then).not_valid_after(then.replace(month=6))
    leaf = builder.sign(root.key.private, SHA256()).public_bytes(Encoding.DER)
    assert b"500301000000Z" in leaf
    for now in (NOW, int(then.replace(year=2050, month=4).timestamp()), int(then.replace(month=4).timestamp())):
        with pytest.raises(Untrusted):
            verify_chain([leaf], frozenset({root.certificate}), now)


# --- whole ways ---


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_T13_control_a_certificate_is_issued_and_renewed_then(issuing: Issuing, moment: int) -> None:
    issuing.clock.now = moment
    year = datetime.fromtimestamp(moment, UTC).year
    person = changed(PERSON, passport=changed(PERSON.passport, expiry_date=f"{year + 5}-03-04"))
    wallet = BoundWallet(issuing)
    tokens = wallet.redeem(_code(issuing, person)).json()
    answer = wallet.request(tokens["access_token"])
    assert answer.status_code == 200, answer.text
    claims = parse_sd_jwt(answer.json()["credentials"][0]["credential"]).issuer_signed.claims()
    assert claims["nbf"] <= moment < claims["exp"]
    issuing.clock.move(13 * DAY)
    assert wallet.refresh(tokens["refresh_token"]).status_code == 200


def _code(issuing: Issuing, person: object) -> str:
    grants: Any = issuing.open(issuing.make_offer(person=person))["grants"]
    return str(next(iter(grants.values()))["pre-authorized_code"])


@pytest.fixture
def around(tmp_path: Path) -> Iterator[WalletWorld]:
    with wallet_world(tmp_path) as made:
        made.receive()
        yield made


@an_hour
def test_T13_a_wallet_whose_clock_is_an_hour_off(around: WalletWorld, shift: int) -> None:
    """It believes no request, and its own proofs are not believed; its copies stay."""
    wallet = _with_clock(around, shift)
    with pytest.raises(Refusal):
        wallet.present(around.ask(), only_required)
    with pytest.raises(Refusal):
        wallet.receive(around.issuing.make_offer().uri, tx_code="012345")
    assert around.holder.left().total() == 40


@pytest.mark.parametrize("shift", [-CLOCK_SKEW, CLOCK_SKEW])
def test_T13_control_a_wallet_whose_clock_is_a_minute_off(around: WalletWorld, shift: int) -> None:
    wallet = _with_clock(around, shift)
    assert wallet.present(around.ask(), only_required).redirect_uri
    assert wallet.receive(around.issuing.make_offer().uri, tx_code="012345", copies=1).total() == 4


def _with_clock(around: WalletWorld, shift: int) -> Holder:
    """The same wallet by another clock."""
    clock, random = StandingClock(NOW + shift), SeededRandomness(77)
    around.holder.powers = replace(powers(around.network, clock), random=random, keys=around.holder.powers.keys)
    return around.holder


@an_hour
def test_T13_an_issuer_whose_clock_jumps_by_an_hour(issuing: Issuing, shift: int) -> None:
    """What was given before the jump is over or not yet valid; a fresh start by the new clock is not disturbed."""
    wallet = BoundWallet(issuing)
    token = wallet.start()["access_token"]
    body = {"credential_configuration_id": issuing.issuer.settings.configurations[0], "proofs": {"jwt": issuing.proofs()}}
    headers = wallet.headers("/credential", token)
    issuing.clock.move(shift)
    answer = client_of(issuing.issuer).post("/credential", json=body, headers=headers)
    denied(answer, 401 if shift else 400, "invalid_dpop_proof", "invalid_token")
    assert wallet.request(wallet.start()["access_token"]).status_code == 200
