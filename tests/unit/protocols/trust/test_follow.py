"""Following published documents: how often, what survives a restart, what happens when the publisher is silent."""

from collections.abc import Callable

import msgspec
import pytest

from sinwon.core.refusal import Fault, Malformed, Refusal
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.trust.catalogue_document import TYP, verify_catalogue
from sinwon.protocols.trust.follow import GRACE, Follower
from tests.published import (
    CATALOGUE_URL,
    DAY,
    LIST_URL,
    OPERATOR,
    Remembered,
    Site,
    catalogue,
    catalogue_token,
    follower,
    list_token,
    service,
)
from tests.world import NOW, TRUST, StandingClock, trust_anchors

Alarms = list[tuple[str, str]]


def test_both_documents_come_through_whole() -> None:
    site = Site()
    site.publish()
    followed = follower(site, StandingClock(), [])
    assert followed.anchors() == trust_anchors()
    assert followed.catalogue() == catalogue()


def test_it_refreshes_at_most_every_so_many_seconds() -> None:
    site, clock = Site(), StandingClock()
    site.publish()
    followed = follower(site, clock, [])
    for _ in range(5):
        followed.anchors()
        followed.catalogue()
    assert site.asked == [LIST_URL, CATALOGUE_URL]
    clock.move(299)
    followed.anchors()
    assert len(site.asked) == 2
    clock.move(1)
    followed.anchors()
    assert len(site.asked) == 4


def test_a_first_fetch_that_fails_is_not_repeated_at_once() -> None:
    site, clock, alarms = Site(), StandingClock(), Alarms()
    followed = follower(site, clock, alarms)
    for _ in range(3):
        with pytest.raises(Fault, match="no trust list is known"):
            followed.anchors()
    assert len(site.asked) == 2
    site.publish()
    clock.move(300)
    assert followed.anchors() == trust_anchors()


def test_the_sequence_floor_survives_a_restart() -> None:
    site, clock, alarms, memory = Site(), StandingClock(), Alarms(), Remembered()
    site.publish(list_token(7), catalogue_token(7))
    follower(site, clock, alarms, memory).anchors()
    site.publish(list_token(6), catalogue_token(6))
    restarted = follower(site, clock, alarms, memory)
    restarted.refresh()
    assert [name for name, _ in alarms] == ["trust list", "catalogue"]
    assert restarted.catalogue().sequence == 7


def test_a_restart_without_network_goes_on_with_what_is_remembered() -> None:
    site, clock, memory = Site(), StandingClock(), Remembered()
    site.publish()
    follower(site, clock, [], memory).anchors()
    assert follower(Site(), clock, [], memory).anchors() == trust_anchors()


def test_a_spoiled_memory_is_passed_over_with_an_alarm() -> None:
    site, alarms = Site(), Alarms()
    site.publish()
    memory = Remembered({"trust list": "spoiled"})
    assert follower(site, StandingClock(), alarms, memory).anchors() == trust_anchors()
    assert [name for name, _ in alarms] == ["trust list"]


def test_a_silent_publisher_is_borne_for_the_grace_and_no_longer() -> None:
    site, clock, alarms = Site(), StandingClock(), Alarms()
    site.publish()
    followed = follower(site, clock, alarms)
    followed.anchors()
    site.pages.clear()
    clock.move(DAY + GRACE - 1)
    assert followed.anchors() == trust_anchors()
    assert alarms
    clock.move(1)
    with pytest.raises(Fault, match="out of date"):
        followed.anchors()


def test_a_frozen_document_raises_the_alarm() -> None:
    site, clock, alarms = Site(), StandingClock(), Alarms()
    site.publish()
    followed = follower(site, clock, alarms)
    followed.anchors()
    clock.move(DAY)
    followed.refresh()
    assert {why for _, why in alarms} == {"past its next update"}


def test_a_due_refresh_can_run_in_the_background() -> None:
    site, clock = Site(), StandingClock()
    later: list[Callable[[], None]] = []
    site.publish()
    followed = Follower(
        site,
        clock,
        parse_public_jwk(OPERATOR.public_jwk),
        origin=TRUST,
        alarm=lambda _name, _why: None,
        background=later.append,
    )
    followed.anchors()
    clock.move(300)
    followed.anchors()
    followed.catalogue()
    assert len(site.asked) == 2
    assert len(later) == 1
    later[0]()
    assert len(site.asked) == 4


def spoiled(**changes: object) -> str:
    return sign_jws({"typ": TYP}, dump(msgspec.structs.replace(catalogue(), **changes)), OPERATOR)


@pytest.mark.parametrize(
    "changes",
    [
        {"missions": catalogue().missions * 2},
        {"presets": catalogue().presets * 2},
        {"services": (service("alpha"), service("alpha"))},
        {"services": (service("alpha", presets=("no-such-preset",)),)},
        {"covered": {"ZY": "nowhere"}},
        {"missions": (msgspec.structs.replace(catalogue().missions[0], time_zone="Mars/Olympus"),)},
    ],
)
def test_an_incoherent_catalogue_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        verify_catalogue(spoiled(**changes), operator=parse_public_jwk(OPERATOR.public_jwk))


def test_a_trust_list_is_no_catalogue() -> None:
    with pytest.raises(Refusal, match="typ"):
        verify_catalogue(list_token(), operator=parse_public_jwk(OPERATOR.public_jwk))


def test_catalogue_questions() -> None:
    found = catalogue()
    assert found.service("alpha") is not None
    later = found.service("later")
    assert later is not None
    assert not later.is_live(NOW)
    assert found.mission("zz01") is not None
    assert found.preset("nothing") is None
