"""What the issuer's revisions do to a database in use: nothing that lives is lost."""

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.exc import IntegrityError

from sinwon.store.issuer import certificates, lives
from sinwon.store.migrate import _config
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
END = 1_884_000_000


def move(engine: Engine, revision: str, *, down: bool = False) -> None:
    with engine.begin() as connection:
        (command.downgrade if down else command.upgrade)(_config("issuer", connection), revision)


def offers_of(connection: Connection) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in connection.execute(text("SELECT id, kind FROM offers ORDER BY id"))]


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    """At revision 0003, with two certificates and an offer that somebody is at."""
    engine = new_engine(MetaData())
    move(engine, "0003")
    rows = (
        "INSERT INTO persons VALUES ('number', 'person-1', 1790000000)",
        "INSERT INTO certificates VALUES ('cert-1', 'application-1', 'person-1', 'mission', NULL, 'offered', NULL, 1884000000)",
        "INSERT INTO certificates VALUES ('cert-2', 'application-2', 'person-1', 'mission', NULL, 'active', NULL, 1884000000)",
        "INSERT INTO offers VALUES ('offer-1', 'cert-1', NULL, NULL, 2, 3, 'one', 'open', 1790000000)",
        "INSERT INTO codes VALUES ('code', 'offer-1', 1790000000)",
    )
    with engine.begin() as connection:
        for row in rows:
            connection.execute(text(row))
    return engine


def test_lives_begin_where_certificates_stand(engine: Engine) -> None:
    move(engine, "0004")
    with engine.begin() as connection:
        offered, active = lives.lock(connection, "cert-1"), lives.lock(connection, "cert-2")
        assert offered is not None
        assert active is not None
        assert (offered.state, offered.fetched_at, offered.language, offered.changes) == ("offered", None, "ko", 0)
        assert active.fetched_at == active.issued_at < NOW
        assert active.issued_at == END - 3 * 366 * 86_400
        assert certificates.activate(connection, "cert-1", 0, now=NOW)


def test_codes_survive_and_a_certificate_may_have_more_offers(engine: Engine) -> None:
    move(engine, "0004")
    another = "INSERT INTO offers VALUES ('offer-2', 'cert-1', NULL, NULL, 0, 0, 'one', 'open', 1790000000, 'transfer')"
    with engine.begin() as connection:
        assert connection.execute(text("SELECT digest, offer FROM codes")).one() == ("code", "offer-1")
        assert connection.execute(text("SELECT tries, mintings FROM offers")).one() == (2, 3)
        connection.execute(text(another))
        assert offers_of(connection) == [("offer-1", "first"), ("offer-2", "transfer")]
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("INSERT INTO codes VALUES ('other', 'no-offer', 1790000000)"))


def test_the_way_back_keeps_first_offers(engine: Engine) -> None:
    move(engine, "0004")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO offers VALUES ('offer-2', 'cert-1', NULL, NULL, 0, 0, 'one', 'open', 1790000000, 'transfer')")
        )
        connection.execute(text("INSERT INTO codes VALUES ('other', 'offer-2', 1790000000)"))
    move(engine, "0003", down=True)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT id FROM offers")).all() == [("offer-1",)]
        assert connection.execute(text("SELECT offer FROM codes")).all() == [("offer-1",)]
    move(engine, "0004")
