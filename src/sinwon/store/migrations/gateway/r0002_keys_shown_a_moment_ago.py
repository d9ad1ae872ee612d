"""Keys shown a moment ago."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shown_keys",
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("presentation", sa.String(length=43), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "presentation"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("shown_keys")
