"""Kept statements: a Core statement compiled once for each kind of database, then run on the driver itself.

SQLAlchemy stays the one language for tables and statements; what is left out on the hot paths is its execution machinery,
which costs several times what the driver does. Nothing converts values here: callers give and get str, int, bytes and None.
The transaction is the connection's own, begun and ended by SQLAlchemy as everywhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement


class Conflict(Exception):
    """A key would be broken: somebody was there first. The transaction must be rolled back. Holds no values."""


class Kept:
    """One statement. `run` gives the driver's cursor: `fetchone`, `fetchall`, `rowcount`."""

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Raises Conflict."""
        compiled = self._for(connection)
        try:
            cursor = _driver(connection).cursor()
            cursor.execute(compiled.text, compiled.parameters(values))
        except connection.dialect.loaded_dbapi.IntegrityError:
            raise Conflict from None
        return cursor

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Raises Conflict."""
        compiled = self._for(connection)
        try:
            _driver(connection).cursor().executemany(compiled.text, [compiled.parameters(row) for row in rows])
        except connection.dialect.loaded_dbapi.IntegrityError:
            raise Conflict from None

    def _for(self, connection: Connection) -> "_Compiled":
        found = self._compiled.get(connection.dialect.name)
        if found is None:
            found = self._compiled[connection.dialect.name] = _Compiled(self._statement, connection.dialect)
        return found


class _Compiled:
    """The text and how its parameters are laid out."""

    __slots__ = ("_fixed", "_order", "text")

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        if not isinstance(statement, ClauseElement):
            raise TypeError("only Core statements are kept")
        compiled: Any = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._order: tuple[str, ...] | None = tuple(compiled.positiontup) if compiled.positional else None
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def parameters(self, values: Mapping[str, Any]) -> Any:
        named = {**self._fixed, **values} if self._fixed else values
        return named if self._order is None else [named[name] for name in self._order]


def _driver(connection: Connection) -> Any:
    """The driver's connection, inside a transaction that SQLAlchemy knows of."""
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.dbapi_connection
