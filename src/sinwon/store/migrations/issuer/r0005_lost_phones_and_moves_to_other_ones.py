"""What the page for lost phones and the holder's own acts need: ceilings, questions for links, secrets that were mailed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ceilings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "loss_asks",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("of", sa.String(length=43), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mailed_secrets",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"]),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("mailed_of_certificate", "mailed_secrets", ["certificate", "purpose", "made_at"])


def downgrade() -> None:
    """A device that was to take over a certificate no longer is."""
    op.execute("DELETE FROM devices WHERE state = 'coming'")
    for table in ("mailed_secrets", "loss_asks", "ceilings"):
        op.drop_table(table)
