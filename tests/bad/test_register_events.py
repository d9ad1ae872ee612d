"""The registers' door, shut to everybody else (threat catalogue: forged, replayed and oversized messages)."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
import structlog
from sqlalchemy import func, select
from starlette.testclient import TestClient

from sinwon.adapters.registers.happenings import (
    AddressChanged,
    Happening,
    NameChanged,
    PassportIssued,
    PassportLost,
    RRNChanged,
)
from sinwon.protocols.roles.register_events import MAX_EVENTS, EventKind, RegisterEvent, RegisterName
from sinwon.store.consulate.tables import REGISTER_EVENTS
from sinwon.web.consulate.app import consulate_app
from sinwon.web.consulate.handlers import MAX_BODY
from tests.counter import people
from tests.flows.test_register_events import Life, life, town
from tests.town import PERSON, Town, news, tell
from tests.world import CONSULATE, GATEWAY, NOW, key

__all__ = ["life", "town"]


def lost(number: int = 1, **changes: Any) -> RegisterEvent:
    given: dict[str, Any] = {"passport_number": PERSON.form.passport_number, "occurred_at": NOW, **changes}
    return RegisterEvent(f"event-{number}", RegisterName.PASSPORT, EventKind.PASSPORT_LOST, **given)


def longest(number: int) -> RegisterEvent:
    return RegisterEvent(
        f"{number:064}",
        RegisterName.REGISTRATION,
        EventKind.RETURN_REPORTED,
        253_402_300_799,
        registration_number="r" * 40,
        became="n" * 40,
    )


def plain(event: RegisterEvent, **changes: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(event), **changes}


def waiting(town: Town) -> int:
    with town.desk.consulate.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(REGISTER_EVENTS)).scalar_one()


def refused(town: Town, answer: httpx2.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert waiting(town) == 0


FORGERIES: dict[str, tuple[Callable[[Town], str], int, str]] = {
    "unsigned": (lambda t: news(t, lost()).rpartition(".")[0] + ".", 401, "unauthorized"),
    "another_key": (lambda t: news(t, lost(), signer=key("stranger")), 401, "unauthorized"),
    "key_of_another_register": (lambda t: news(t, lost(), signer=key("register resident")), 401, "unauthorized"),
    "unknown_sender": (lambda t: news(t, lost(), sender="gateway"), 401, "unauthorized"),
    "issuers_consulate_key": (lambda t: news(t, lost(), sender="consulate", signer=key("consulate")), 401, "unauthorized"),
    "made_for_another_role": (lambda t: news(t, lost(), audience=GATEWAY), 401, "unauthorized"),
    "another_action": (lambda t: news(t, lost(), action="revoke"), 401, "unauthorized"),
    "yesterdays": (lambda t: news(t, lost(), now=t.issuing.clock.now - 86_400), 401, "unauthorized"),
    "tomorrows": (lambda t: news(t, lost(), now=t.issuing.clock.now + 86_400), 401, "unauthorized"),
    "payload_changed": (lambda t: news(t, lost()).replace(".eyJ", ".eyJ9", 1), 401, "unauthorized"),
    "nothing": (lambda _t: "", 401, "unauthorized"),
    "another_registers_matter": (
        lambda t: news(t, RegisterEvent("e", RegisterName.PASSPORT, EventKind.DECEASED, NOW, rrn=PERSON.form.rrn)),
        401,
        "unauthorized",
    ),
    "in_another_registers_name": (
        lambda t: news(t, lost(), body={"events": [plain(lost(), register="resident", kind="deceased")]}),
        401,
        "unauthorized",
    ),
    "one_of_many_is_not_theirs": (
        lambda t: news(t, lost(), body={"events": [plain(lost()), plain(lost(2), kind="deceased")]}),
        401,
        "unauthorized",
    ),
    "about_two_people": (lambda t: news(t, lost(rrn=PERSON.form.rrn)), 400, "invalid_request"),
    "about_nobody": (lambda t: news(t, lost(passport_number=None)), 400, "invalid_request"),
    "no_events": (lambda t: news(t, lost(), body={"events": []}), 400, "invalid_request"),
    "one_event_too_many": (lambda t: news(t, *(lost(n) for n in range(MAX_EVENTS + 1))), 400, "invalid_request"),
    "unknown_kind": (lambda t: news(t, lost(), body={"events": [plain(lost(), kind="married")]}), 400, "invalid_request"),
    "id_too_long": (lambda t: news(t, lost(), body={"events": [plain(lost(), id="e" * 65)]}), 400, "invalid_request"),
    "id_with_nul": (lambda t: news(t, lost(), body={"events": [plain(lost(), id="e\0")]}), 400, "invalid_request"),
    "number_too_long": (
        lambda t: news(t, lost(), body={"events": [plain(lost(), passport_number="M" * 41)]}),
        400,
        "invalid_request",
    ),
    "time_beyond_time": (
        lambda t: news(t, lost(), body={"events": [plain(lost(), occurred_at=253_402_300_800)]}),
        400,
        "invalid_request",
    ),
    "time_before_time": (lambda t: news(t, lost(), body={"events": [plain(lost(), occurred_at=-1)]}), 400, "invalid_request"),
    "time_of_many_digits": (
        lambda t: news(t, lost(), body={"events": [plain(lost(), occurred_at=10**30)]}),
        400,
        "invalid_request",
    ),
    "too_large": (lambda t: news(t, lost(), body={"events": [plain(lost())], "more": "x" * MAX_BODY}), 413, "too_large"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_message_is_not_even_kept(town: Town, forgery: str) -> None:
    make, status, code = FORGERIES[forgery]
    refused(town, tell(town, make(town)), status, code)


def test_another_media_type(town: Town) -> None:
    refused(town, tell(town, news(town, lost()), "application/json"), 415, "unsupported_media_type")
    refused(town, town.client.get("/register-events"), 405, "method_not_allowed")


def test_a_replayed_message_is_refused(town: Town) -> None:
    token = news(town, lost())
    assert tell(town, token).status_code == 202
    again = tell(town, token)
    assert (again.status_code, again.json()["error"]) == (401, "unauthorized")
    assert tell(town, news(town, lost())).json() == {"taken": 0, "known": 1}


def test_control_the_registers_own_message_is_kept(town: Town) -> None:
    assert tell(town, news(town, lost())).json() == {"taken": 1, "known": 0}
    assert waiting(town) == 1


def test_control_the_largest_message_is_kept(town: Town) -> None:
    token = news(town, *(longest(number) for number in range(MAX_EVENTS)))
    assert len(token) <= MAX_BODY
    assert tell(town, token).json() == {"taken": MAX_EVENTS, "known": 0}


def test_nobody_is_a_register_where_none_is_configured(town: Town) -> None:
    without = replace(town.desk.consulate, register_keys={})
    town.client = TestClient(consulate_app(without), base_url=CONSULATE)
    refused(town, tell(town, news(town, lost())), 401, "unauthorized")


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Everything any logger writes, at every level."""
    stream, root = StringIO(), logging.getLogger()
    handler, level, kept = logging.StreamHandler(stream), logging.getLogger().level, structlog.get_config()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory(stream))
    yield stream.getvalue
    structlog.configure(**kept)
    root.removeHandler(handler)
    root.setLevel(level)


CHANGES: dict[str, Happening] = {
    "name": NameChanged("카나리아새"),
    "address": AddressChanged("77 Canary Street\nNowhere", "+15550100777", "canary@example.org"),
    "number": RRNChanged("9001019979777"),
}


def test_T10_no_event_leaves_personal_data_in_a_log_an_address_or_an_open_column(
    life: Life, tmp_path: Path, logged: Callable[[], str]
) -> None:
    town, clock = life.town, life.town.issuing.clock
    for happening in (*CHANGES.values(), PassportIssued("M777C7777", PERSON.form.birthdate, PERSON.form.passport_expiry)):
        clock.move(1)
        life.told(life.happens(happening))
    tell(town, news(town, lost(passport_number="M999X9999"), signer=key("stranger")))
    tell(town, news(town, lost(), body={"events": [plain(lost(), rrn="9001019979777")]}))
    life.told(life.happens(PassportLost()))
    town.wire.cut = "before"
    life.told(RegisterEvent("canary", RegisterName.RESIDENT, EventKind.DECEASED, clock.now, rrn="9001019979777"))
    form = PERSON.form
    personal = [form.name_ko, form.rrn or "", form.passport_number, form.phone, "카나리아새", "Canary Street", "+15550100777"]
    personal += ["canary@example.org", "9001019979777", "M777C7777", "M999X9999", form.family_name]
    written = logged() + "".join(str(route) for route in town.desk.consulate.registers.feeds)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("*.sqlite*"))
    assert "event waits" in written
    assert [word for word in personal if word in written or word.encode() in stored] == []


def test_T10_control_the_canaries_were_there(life: Life) -> None:
    for happening in CHANGES.values():
        life.told(life.happens(happening))
    person = life.town.desk.state.people[PERSON.id]
    assert person.registration is not None
    assert (person.registration.name_ko, person.registration.rrn) == ("카나리아새", "9001019979777")
    assert len(people()) > 1
