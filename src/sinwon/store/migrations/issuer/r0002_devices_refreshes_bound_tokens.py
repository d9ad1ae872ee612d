"""Devices, refresh tokens, and access tokens bound to a key; living copies are counted from their index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"]),
        sa.PrimaryKeyConstraint("certificate", "key"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "one_device_of_certificate",
        "devices",
        ["certificate"],
        unique=True,
        sqlite_where=sa.text("state = 'current'"),
        postgresql_where=sa.text("state = 'current'"),
    )
    op.create_table(
        "refreshes",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("configurations", sa.String(length=512), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_refreshes_certificate", "refreshes", ["certificate"])
    op.drop_index("ix_copies_certificate", "copies")
    op.create_index("copies_of_certificate", "copies", ["certificate", "expires_at", "status"])
    op.add_column("tokens", sa.Column("key", sa.String(length=43), nullable=True))


def downgrade() -> None:
    op.drop_column("tokens", "key")
    op.drop_index("copies_of_certificate", "copies")
    op.create_index("ix_copies_certificate", "copies", ["certificate"])
    op.drop_table("refreshes")
    op.drop_table("devices")
