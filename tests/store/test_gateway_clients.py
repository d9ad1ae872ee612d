"""Clients come back as they were registered, and an id is taken once."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from sinwon.store.gateway.clients import Client, find_client, insert_client
from sinwon.store.gateway.metadata import METADATA
from tests.store.conftest import EngineFactory

CLIENT = Client("gov24-client", "gov24", "gov24.example", "d" * 43, ("https://gov24.example/callback?a=1&b=2",), 1_790_000_000)


def test_a_client_comes_back_as_registered(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_client(connection, CLIENT)
    with engine.connect() as connection:
        assert find_client(connection, CLIENT.id) == CLIENT
        assert find_client(connection, "GOV24-CLIENT") is None


def test_an_id_is_taken_once(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_client(connection, CLIENT)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        insert_client(connection, CLIENT)


def test_the_terms_of_a_client_come_back(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    own = replace(CLIENT, id="other", id_token_alg="RS256", auth_method="client_secret_post", pkce=False)
    with engine.begin() as connection:
        insert_client(connection, own)
    with engine.connect() as connection:
        assert find_client(connection, own.id) == own
