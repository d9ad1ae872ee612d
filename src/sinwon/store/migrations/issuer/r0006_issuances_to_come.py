"""What deferred issuance needs: which copies were asked for and are to be fetched later."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pendings",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("configuration", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pendings_certificate", "pendings", ["certificate"])


def downgrade() -> None:
    op.drop_table("pendings")
