"""python -m scripts.revision ROLE MESSAGE: writes a role's next migration from the difference between tables and revisions.

Read what it writes before committing it: what a machine sees as drop and add may be a rename that must keep data.
"""

import sys
import tempfile
from importlib import import_module

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData

from sinwon.store.engine import open_engine
from sinwon.store.migrate import MIGRATIONS, upgrade

METADATA = {"trust": "tables", "issuer": "tables", "consulate": "tables", "gateway": "metadata", "wallet_provider": "tables"}


def metadata_of(role: str) -> MetaData:
    """All tables of a role: every module of its folder is imported first, since each adds its own."""
    for module in (MIGRATIONS.parent / role).glob("[a-z]*.py"):
        import_module(f"sinwon.store.{role}.{module.stem}")
    found = import_module(f"sinwon.store.{role}.{METADATA[role]}").METADATA
    assert isinstance(found, MetaData)
    return found


def main(role: str, message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/now.sqlite")
        upgrade(engine, role)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("version_locations", str(MIGRATIONS / role))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
        number = f"{len(list((MIGRATIONS / role).glob('r[0-9]*.py'))) + 1:04d}"
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            config.attributes["metadata"] = metadata_of(role)
            command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
