"""Each role's revisions lead to exactly the tables the program uses, on both engines, and old databases are noticed."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from scripts.revision import metadata_of
from sqlalchemy import MetaData

from sinwon.core.refusal import Fault
from sinwon.store.migrate import ROLES, check_current, upgrade
from tests.store.conftest import EngineFactory


@pytest.mark.parametrize("role", ROLES)
def test_revisions_make_the_tables_of_the_program(new_engine: EngineFactory, role: str) -> None:
    engine = new_engine(MetaData())
    upgrade(engine, role)
    check_current(engine, role)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata_of(role)) == []


def test_upgrading_twice_changes_nothing(new_engine: EngineFactory) -> None:
    engine = new_engine(MetaData())
    upgrade(engine, "gateway")
    upgrade(engine, "gateway")
    check_current(engine, "gateway")


def test_a_database_of_another_shape_is_not_served(new_engine: EngineFactory) -> None:
    with pytest.raises(Fault, match="sinwon migrate issuer"):
        check_current(new_engine(MetaData()), "issuer")


def test_an_unknown_role_has_no_database(new_engine: EngineFactory) -> None:
    with pytest.raises(Fault):
        upgrade(new_engine(MetaData()), "wallet")
