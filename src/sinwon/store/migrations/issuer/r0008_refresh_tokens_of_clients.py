"""Which client, and which instance of it, a family of refresh tokens was given to."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refreshes", sa.Column("client", sa.String(length=256), nullable=True))
    op.add_column("refreshes", sa.Column("instance", sa.String(length=43), nullable=True))


def downgrade() -> None:
    op.drop_column("refreshes", "instance")
    op.drop_column("refreshes", "client")
