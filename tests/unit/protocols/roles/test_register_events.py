"""Events as registers send them: shape at the limit and one past it, and who may speak of what."""

from typing import Any

import pytest

from sinwon.core.refusal import Malformed, Unmet
from sinwon.core.strict_json import convert
from sinwon.protocols.roles.register_events import (
    LATEST,
    MAX_EVENTS,
    SPEAKS_OF,
    EventKind,
    RegisterEvent,
    RegisterName,
    RegisterNews,
    check_event,
)

EVENT: dict[str, Any] = {"id": "e", "register": "passport", "kind": "passport_lost", "occurred_at": 1, "passport_number": "M1"}
AT_THE_LIMIT: list[dict[str, Any]] = [
    {"id": "e" * 64},
    {"occurred_at": 0},
    {"occurred_at": LATEST},
    {"passport_number": "M" * 40},
    {"became": "M" * 40},
]
PAST_IT: list[dict[str, Any]] = [
    {"id": "e" * 65},
    {"id": ""},
    {"id": "a b"},
    {"id": "가"},
    {"occurred_at": -1},
    {"occurred_at": LATEST + 1},
    {"occurred_at": 1.5},
    {"passport_number": "M" * 41},
    {"passport_number": "M\n"},
    {"became": "M" * 41},
    {"rrn": "900101901990"},
    {"rrn": "900101-9019902"},
    {"register": "cadastre"},
    {"kind": "married"},
]


@pytest.mark.parametrize("changes", AT_THE_LIMIT, ids=str)
def test_at_the_limit(changes: dict[str, Any]) -> None:
    check_event(convert({**EVENT, **changes}, RegisterEvent), "passport")


@pytest.mark.parametrize("changes", PAST_IT, ids=str)
def test_past_the_limit(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        convert({**EVENT, **changes}, RegisterEvent)


@pytest.mark.parametrize(("count", "is_news"), [(0, False), (1, True), (MAX_EVENTS, True), (MAX_EVENTS + 1, False)])
def test_events_of_one_message(count: int, is_news: bool) -> None:
    body = {"events": [EVENT] * count}
    if is_news:
        assert len(convert(body, RegisterNews).events) == count
        return
    with pytest.raises(Malformed):
        convert(body, RegisterNews)


@pytest.mark.parametrize("register", RegisterName)
@pytest.mark.parametrize("kind", EventKind)
def test_a_register_speaks_of_its_own_matters(register: RegisterName, kind: EventKind) -> None:
    event = RegisterEvent("e", register, kind, 1, rrn="9001019019902")
    if kind in SPEAKS_OF[register]:
        check_event(event, register)
        return
    with pytest.raises(Unmet, match="unauthorized"):
        check_event(event, register)


def test_a_register_speaks_in_its_own_name() -> None:
    event = convert(EVENT, RegisterEvent)
    with pytest.raises(Unmet, match="unauthorized"):
        check_event(event, "resident")


def test_every_kind_has_somebody_to_tell_it() -> None:
    assert frozenset().union(*SPEAKS_OF.values()) == frozenset(EventKind)


@pytest.mark.parametrize(
    "changes", [{"passport_number": None}, {"rrn": "9001019019902"}, {"registration_number": "r"}], ids=str
)
def test_about_exactly_one_number(changes: dict[str, Any]) -> None:
    event = convert({**EVENT, **changes}, RegisterEvent)
    with pytest.raises(Malformed, match="exactly one"):
        check_event(event, "passport")
