"""What the consulate forgets, on each engine: what led to nothing goes whole; what led to a certificate stays."""

from sqlalchemy import Engine, Table, func, select, update

from sinwon.core.clock import DAY
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.decide import approve_application, refuse_application
from sinwon.services.enrolment.forget import Forgotten, forget
from sinwon.services.enrolment.offer import obtain_offer
from sinwon.services.enrolment.withdraw import withdraw_application
from sinwon.store.consulate.tables import APPLICATIONS, AUDIT, DECISIONS, METADATA, PHONE_PROOFS, SEND_LIMITS, SESSIONS
from tests.counter import Counter, counter, people
from tests.store.conftest import EngineFactory

KEPT_FOR = 30 * DAY


def states(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {str(key): str(state) for key, state in connection.execute(select(APPLICATIONS.c.id, APPLICATIONS.c.state))}


def rows(engine: Engine, *tables: Table) -> int:
    with engine.connect() as connection:
        counts = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
    return sum(counts)


def three(here: Counter) -> tuple[str, str, str]:
    """One refused with a decision, one withdrawn, one that led to an offer."""
    officer = here.officer()
    first, second, third = [person for person in people() if person.is_eligible][:3]
    refused = here.ready(first, officer)
    refuse_application(here.consulate, officer, refused.application, reason="시험")
    withdrawn = here.apply(second)
    withdraw_application(here.consulate, withdrawn.application, withdrawn.secret)
    offered = here.ready(third, officer)
    approve_application(here.consulate, officer, offered.application, {})
    obtain_offer(here.consulate, officer, offered.application)
    return refused.application, withdrawn.application, offered.application


def test_what_led_to_nothing_is_deleted_after_its_time(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    here = counter(engine)
    refused, withdrawn, offered = three(here)
    here.clock.move(KEPT_FOR)
    assert forget(here.consulate).applications == 0
    here.clock.move(1)
    assert forget(here.consulate) == Forgotten(2, 0)
    assert states(engine) == {offered: State.OFFERED}
    assert rows(engine, DECISIONS) == 1
    with engine.connect() as connection:
        for gone in (refused, withdrawn):
            assert AUDIT.of(connection, gone)[-1].action == "application.forgotten"


def test_an_open_application_nobody_goes_on_with_is_deleted(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    here = counter(engine)
    made = here.apply(people()[0])
    here.clock.move(90 * DAY)
    assert forget(here.consulate).applications == 0
    here.clock.move(1)
    assert forget(here.consulate).applications == 1
    assert made.application not in states(engine)


def test_codes_counts_and_sessions_are_deleted_when_they_are_over(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    here = counter(engine)
    three(here)
    assert rows(engine, PHONE_PROOFS, SEND_LIMITS) > 0
    here.clock.move(DAY + 3600)
    assert forget(here.consulate).codes > 0
    assert rows(engine, PHONE_PROOFS, SEND_LIMITS, SESSIONS) == 0


def test_an_approval_that_waits_for_its_offer_is_never_deleted(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    here = counter(engine)
    _, _, offered = three(here)
    with engine.begin() as connection:
        connection.execute(update(APPLICATIONS).where(APPLICATIONS.c.id == offered).values(state=State.APPROVED))
    here.clock.move(400 * DAY)
    forget(here.consulate)
    assert states(engine) == {offered: State.APPROVED}
