"""What every aggregate relies on: no lost updates, one winner, times and text as they were given."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import BigInteger, Column, MetaData, String, Table, insert, select, update

from sinwon.store.audit import AuditTrail, Entry, audit_table
from tests.store.conftest import EngineFactory

METADATA = MetaData()
COUNTERS = Table(
    "counters", METADATA, Column("name", String(20), primary_key=True), Column("value", BigInteger, nullable=False)
)
AUDIT = AuditTrail(audit_table(METADATA))


def test_a_read_followed_by_a_write_loses_nothing_when_conditional(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        connection.execute(insert(COUNTERS).values(name="taken", value=0))

    def take(_number: int) -> int:
        with engine.begin() as connection:
            return connection.execute(update(COUNTERS).where(COUNTERS.c.value == 0).values(value=1)).rowcount

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(take, range(50))) == 1
    with engine.connect() as connection:
        assert connection.execute(select(COUNTERS.c.value)).scalar_one() == 1


def test_an_audit_entry_comes_back_as_written(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    entry = Entry(
        4_102_444_800, "officer-1", "application.approved", "A" * 22, {"codes": ["WRONG_JURISDICTION"], "reason": "이사 중"}
    )
    with engine.begin() as connection:
        AUDIT.write(connection, entry)
        assert AUDIT.of(connection, entry.subject) == (entry,)
        assert AUDIT.of(connection, "nobody") == ()
