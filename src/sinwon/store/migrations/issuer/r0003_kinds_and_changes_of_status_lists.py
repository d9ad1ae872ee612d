"""Status lists have a kind and count their changes; copies remember their last one; restored databases leave a mark."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
NOT_VALID = sa.text("status <> 0")
CHANGED = sa.text("changed IS NOT NULL")


def upgrade() -> None:
    """Lists until now were JWT lists; what is not valid in them counts as their first change."""
    op.add_column("status_lists", sa.Column("kind", sa.String(length=8), nullable=False, server_default="jwt"))
    op.add_column("status_lists", sa.Column("sequence", sa.BigInteger(), nullable=False, server_default="1"))
    op.add_column("status_lists", sa.Column("closed_at", sa.BigInteger(), nullable=True))
    op.add_column("copies", sa.Column("changed", sa.BigInteger(), nullable=True))
    op.execute("UPDATE copies SET changed = 1 WHERE status <> 0")
    op.drop_index("copies_not_valid", "copies")
    op.create_index("copies_changed", "copies", ["list", "changed"], sqlite_where=CHANGED, postgresql_where=CHANGED)
    op.create_table(
        "restorations",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )


def downgrade() -> None:
    op.drop_table("restorations")
    op.drop_index("copies_changed", "copies")
    op.create_index("copies_not_valid", "copies", ["list"], sqlite_where=NOT_VALID, postgresql_where=NOT_VALID)
    op.drop_column("copies", "changed")
    for column in ("closed_at", "sequence", "kind"):
        op.drop_column("status_lists", column)
