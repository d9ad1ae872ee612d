"""What the authorization code flow needs: pushed requests and their codes, offers that name a flow, tokens with identifiers."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authorizations",
        sa.Column("request", sa.String(length=43), nullable=False),
        sa.Column("client", sa.String(length=256), nullable=False),
        sa.Column("instance", sa.String(length=43), nullable=True),
        sa.Column("redirect_uri", sa.String(length=2048), nullable=False),
        sa.Column("state", sa.String(length=2048), nullable=True),
        sa.Column("configurations", sa.String(length=512), nullable=False),
        sa.Column("by_details", sa.Integer(), nullable=False),
        sa.Column("code_challenge", sa.String(length=43), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=True),
        sa.Column("wanted", sa.String(length=22), nullable=True),
        sa.Column("pushed_until", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("progress", sa.String(length=16), nullable=False),
        sa.Column("browser", sa.String(length=43), nullable=True),
        sa.Column("certificate", sa.String(length=22), nullable=True),
        sa.Column("offer", sa.String(length=22), nullable=True),
        sa.Column("code", sa.String(length=43), nullable=True),
        sa.Column("code_ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificates.id"]),
        sa.ForeignKeyConstraint(["offer"], ["offers.id"]),
        sa.PrimaryKeyConstraint("request"),
        sa.UniqueConstraint("code"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_authorizations_certificate", "authorizations", ["certificate"])
    op.add_column("tokens", sa.Column("by_identifier", sa.Integer(), server_default="0", nullable=False))
    op.add_column("refreshes", sa.Column("by_identifier", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("refreshes", "by_identifier")
    op.drop_column("tokens", "by_identifier")
    op.drop_table("authorizations")
