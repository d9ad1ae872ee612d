"""What the gateway's revisions do to a database in use: clients keep the terms they had, sign-ins go on."""

import pytest
from alembic import command
from sqlalchemy import Engine, MetaData, text
from sqlalchemy.exc import IntegrityError

from sinwon.store.gateway.clients import find_client
from sinwon.store.migrate import _config
from tests.store.conftest import EngineFactory

ROWS = (
    """INSERT INTO clients VALUES ('gov24-client', 'gov24', 'gov24.example', 'digest', '["https://gov24.example/"]', 1)""",
    "INSERT INTO sign_ins (id, client, redirect_uri, code_challenge, presentation, progress, expires_at, erase_at)"
    " VALUES ('one', 'gov24-client', 'https://gov24.example/', 'challenge', 'p-1', 'started', 1790000000, 1790000000)",
)
WITHOUT = ROWS[1].replace("'one'", "'two'").replace("'p-1'", "'p-2'").replace("'challenge'", "NULL")


def move(engine: Engine, revision: str, *, down: bool = False) -> None:
    with engine.begin() as connection:
        (command.downgrade if down else command.upgrade)(_config("gateway", connection), revision)


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    """At revision 0003, with a client and a sign-in under way."""
    engine = new_engine(MetaData())
    move(engine, "0003")
    run(engine, *ROWS)
    return engine


def test_clients_keep_their_terms(engine: Engine) -> None:
    move(engine, "0004")
    with engine.connect() as connection:
        client = find_client(connection, "gov24-client")
    assert client is not None
    assert (client.id_token_alg, client.auth_method, client.pkce) == ("ES256", None, True)


def test_sign_ins_go_on_and_new_ones_may_do_without_a_challenge(engine: Engine) -> None:
    with pytest.raises(IntegrityError):
        run(engine, WITHOUT)
    move(engine, "0004")
    run(engine, WITHOUT)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id, code_challenge FROM sign_ins ORDER BY id")).all()
    assert [tuple(row) for row in found] == [("one", "challenge"), ("two", None)]
    with pytest.raises(IntegrityError):
        run(engine, WITHOUT.replace("'two'", "'three'"))


def test_there_is_a_way_back(engine: Engine) -> None:
    move(engine, "0004")
    move(engine, "0003", down=True)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT code_challenge FROM sign_ins")).scalar() == "challenge"
        assert len(connection.execute(text("SELECT * FROM clients")).one()) == 6
