"""What a certificate's life needs: open reasons, events of registers, notices; several offers for one certificate."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
DUE = sa.text("due_at IS NOT NULL")
LONGEST_LIFE = 3 * 366 * 86_400
NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}
"""As PostgreSQL names them; SQLite's have no names."""
COLUMNS = (
    sa.Column("language", sa.String(length=2), nullable=False, server_default="ko"),
    sa.Column("revocation_code", sa.String(length=43), nullable=True),
    sa.Column("registration_index", sa.String(length=43), nullable=True),
    sa.Column("issued_at", sa.BigInteger(), nullable=False, server_default="0"),
    sa.Column("fetched_at", sa.BigInteger(), nullable=True),
    sa.Column("stale", sa.String(length=16), nullable=True),
    sa.Column("changes", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("reminded", sa.Integer(), nullable=True),
)
"""Of certificates."""


def upgrade() -> None:
    _create_tables()
    _widen_certificates()
    op.add_column("offers", sa.Column("kind", sa.String(length=16), nullable=False, server_default="first"))
    with _codes_aside(), op.batch_alter_table("offers", naming_convention=NAMES) as offers:
        offers.drop_constraint("offers_certificate_key", type_="unique")
    op.create_index("ix_offers_certificate", "offers", ["certificate"])


def downgrade() -> None:
    """Open reasons and notices are lost, and so are offers to other devices."""
    op.execute("DELETE FROM codes WHERE offer IN (SELECT id FROM offers WHERE kind <> 'first')")
    op.execute("DELETE FROM offers WHERE kind <> 'first'")
    op.drop_index("ix_offers_certificate", "offers")
    with _codes_aside(), op.batch_alter_table("offers") as offers:
        offers.create_unique_constraint("offers_certificate_key", ["certificate"])
        offers.drop_column("kind")
    for index in ("revocation_code", "registration_index", "valid_until"):
        op.drop_index(f"ix_certificates_{index}", "certificates")
    for column in COLUMNS:
        op.drop_column("certificates", column.name)
    for table in ("notices", "holds", "event_times", "register_events"):
        op.drop_table(table)


@contextmanager
def _codes_aside() -> Iterator[None]:
    """SQLite changes a constraint only by writing the table anew, and drops no table that rows of another point to."""
    if op.get_bind().dialect.name != "sqlite":
        yield
        return
    op.execute("CREATE TABLE codes_aside AS SELECT * FROM codes")
    op.execute("DELETE FROM codes")
    yield
    op.execute("INSERT INTO codes SELECT * FROM codes_aside")
    op.execute("DROP TABLE codes_aside")


def _create_tables() -> None:
    op.create_table(
        "register_events",
        sa.Column("event", sa.String(length=43), nullable=False),
        sa.Column("answer", sa.String(length=1024), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_times",
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("aspect", sa.String(length=16), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"]),
        sa.PrimaryKeyConstraint("certificate", "aspect"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "holds",
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"]),
        sa.PrimaryKeyConstraint("certificate", "reason"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("sealed_to", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notices_certificate", "notices", ["certificate"])
    op.create_index("notices_due", "notices", ["due_at"], sqlite_where=DUE, postgresql_where=DUE)


def _widen_certificates() -> None:
    """When older ones began is not on file: as early as their end allows, so that none lasts longer than it should."""
    for column in COLUMNS:
        op.add_column("certificates", column._copy())
    op.execute(f"UPDATE certificates SET issued_at = valid_until - {LONGEST_LIFE}")  # noqa: S608 (our own number)
    op.execute("UPDATE certificates SET fetched_at = issued_at WHERE state = 'active'")
    op.create_index("ix_certificates_revocation_code", "certificates", ["revocation_code"], unique=True)
    op.create_index("ix_certificates_registration_index", "certificates", ["registration_index"])
    op.create_index("ix_certificates_valid_until", "certificates", ["valid_until"])
