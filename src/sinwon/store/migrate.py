"""Bringing a role's database to the present shape, and checking that it is there. One history of revisions per role."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from sinwon.core.refusal import Fault

MIGRATIONS: Final = Path(__file__).parent / "migrations"
ROLES: Final = ("trust", "issuer", "consulate", "gateway", "wallet_provider")


def upgrade(engine: Engine, role: str) -> None:
    """Applies every revision the database lacks, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(_config(role, connection), "head")


def check_current(engine: Engine, role: str) -> None:
    """Raises Fault when the database is not at the newest revision: serve nothing on an old shape."""
    newest = ScriptDirectory.from_config(_config(role)).get_current_head()
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present != newest:
        raise Fault(f"the {role} database is at revision {present}, the program wants {newest}: run `sinwon migrate {role}`")


def _config(role: str, connection: Connection | None = None) -> Config:
    if role not in ROLES:
        raise Fault(f"no such role: {role}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / role))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
