"""The audit trail: one entry per state change, written in the transaction that makes the change.

An entry names who did what to which record, and a code; never a person's data, a token or a PIN. Every role's database has
its own trail: `audit_table(metadata)` adds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import JSON, BigInteger, Column, Connection, Insert, Integer, MetaData, String, Table, bindparam, insert, select

from sinwon.core.strict_json import dump
from sinwon.store.kept import Kept

Details = dict[str, str | int | list[str]]
"""Codes, names and counts that say more of an entry."""


def audit_table(metadata: MetaData) -> Table:
    return Table(
        "audit",
        metadata,
        Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("at", BigInteger, nullable=False),
        Column("actor", String(128), nullable=False),
        Column("action", String(64), nullable=False),
        Column("subject", String(128), nullable=False, index=True),
        Column("details", JSON, nullable=False),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """`actor` is a role, an officer's id or "applicant"; `action` like "application.approved"; `subject` a record's id."""

    at: int
    actor: str
    action: str
    subject: str
    details: Details = field(default_factory=dict)


class AuditTrail:
    """The statements over one role's audit table, built once."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._insert = Kept(_insert_of(table))
        self._of = select(table.c.at, table.c.actor, table.c.action, table.c.subject, table.c.details).order_by(table.c.number)

    def write(self, connection: Connection, entry: Entry) -> None:
        details = dump(entry.details).decode()
        row = {"at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject, "details": details}
        self._insert.run(connection, row)

    def latest(self, connection: Connection, subject: str, actions: Sequence[str], *, most: int) -> tuple[Entry, ...]:
        """The newest entries of these actions about one record, oldest first."""
        table = self.table
        newest = self._of.order_by(None).order_by(table.c.number.desc()).limit(most)
        rows = connection.execute(newest.where(table.c.subject == subject, table.c.action.in_(actions))).fetchall()
        return tuple(Entry(at, actor, action, about, details) for at, actor, action, about, details in reversed(rows))

    def of(self, connection: Connection, subject: str) -> tuple[Entry, ...]:
        """The entries about one record, oldest first."""
        rows = connection.execute(self._of.where(self.table.c.subject == subject))
        return tuple(Entry(at, actor, action, about, details) for at, actor, action, about, details in rows)


def _insert_of(table: Table) -> Insert:
    """All columns but the number, which the database counts."""
    names = ("at", "actor", "action", "subject", "details")
    return insert(table).values({name: bindparam(name) for name in names})
