"""Events of registers, how far their feeds were read, used requests, and whose certificates applications led to.

Applications that were approved before are not followed: whom they were about is sealed, and a revision has no key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
DUE = sa.text("due_at IS NOT NULL")
INDICES = ("rrn_index", "passport_index", "registration_index")


def upgrade() -> None:
    op.create_table(
        "register_cursors",
        sa.Column("register", sa.String(length=16), nullable=False),
        sa.Column("cursor", sa.String(length=256), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("register"),
    )
    op.create_table(
        "register_events",
        sa.Column("event", sa.String(length=43), nullable=False),
        sa.Column("register", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("event"),
    )
    op.create_index("register_events_due", "register_events", ["due_at"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_table(
        "used_requests",
        sa.Column("request", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("request"),
    )
    op.create_table(
        "certified",
        sa.Column("application", sa.String(length=22), nullable=False),
        *(sa.Column(name, sa.String(length=43), nullable=False) for name in INDICES),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.Column("known", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["application"], ["applications.id"]),
        sa.PrimaryKeyConstraint("application"),
    )
    for name in INDICES:
        op.create_index(f"ix_certified_{name}", "certified", [name])


def downgrade() -> None:
    for table in ("certified", "used_requests", "register_events", "register_cursors"):
        op.drop_table(table)
