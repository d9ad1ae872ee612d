"""Presets may ask for one of several claims, ask nobody's name, and say whether what is shown is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Presets until now had none of this. What they say of keeping stands in their texts only, so they count as keeping."""
    op.add_column("presets", sa.Column("one_of", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("presets", sa.Column("anonymous", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("presets", sa.Column("retains", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    for column in ("retains", "anonymous", "one_of"):
        op.drop_column("presets", column)
