"""The first tables of the consulate role."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("mission", sa.String(length=64), nullable=False),
        sa.Column("secret_digest", sa.String(length=43), nullable=False),
        sa.Column("person_index", sa.String(length=43), nullable=False),
        sa.Column("place", sa.String(length=43), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.LargeBinary(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("differences", sa.LargeBinary(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("phone_proven_at", sa.BigInteger(), nullable=True),
        sa.Column("witness", sa.LargeBinary(), nullable=True),
        sa.Column("pin", sa.LargeBinary(), nullable=True),
        sa.Column("visit", sa.LargeBinary(), nullable=True),
        sa.Column("visited_at", sa.BigInteger(), nullable=True),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("offer", sa.LargeBinary(), nullable=True),
        sa.Column("offered_as", sa.String(length=64), nullable=True),
        sa.Column("asked_until", sa.BigInteger(), nullable=False),
        sa.Column("offer_expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("place"),
    )
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index("applications_by_mission", ["mission", "state", "submitted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_applications_person_index"), ["person_index"], unique=False)

    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_subject"), ["subject"], unique=False)

    op.create_table(
        "enrolled_passports",
        sa.Column("passport_index", sa.String(length=43), nullable=False),
        sa.Column("person_index", sa.String(length=43), nullable=False),
        sa.PrimaryKeyConstraint("passport_index"),
    )
    op.create_table(
        "officers",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("login_index", sa.String(length=43), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("mission", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login_index"),
    )
    op.create_table(
        "send_limits",
        sa.Column("scope", sa.String(length=43), nullable=False),
        sa.Column("sent_1", sa.BigInteger(), nullable=False),
        sa.Column("sent_2", sa.BigInteger(), nullable=False),
        sa.Column("sent_3", sa.BigInteger(), nullable=False),
        sa.Column("sent_4", sa.BigInteger(), nullable=False),
        sa.Column("sent_5", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope"),
    )
    op.create_table(
        "decisions",
        sa.Column("application", sa.String(length=22), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("officer", sa.String(length=22), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("overridden", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("policy", sa.String(length=16), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application"],
            ["applications.id"],
        ),
        sa.PrimaryKeyConstraint("application"),
    )
    op.create_table(
        "phone_proofs",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("application", sa.String(length=22), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.String(length=43), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application"],
            ["applications.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("phone_proofs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_proofs_application"), ["application"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("officer", sa.String(length=22), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer"],
            ["officers.id"],
        ),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_officer"), ["officer"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_officer"))

    op.drop_table("sessions")
    with op.batch_alter_table("phone_proofs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phone_proofs_application"))

    op.drop_table("phone_proofs")
    op.drop_table("decisions")
    op.drop_table("send_limits")
    op.drop_table("officers")
    op.drop_table("enrolled_passports")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_subject"))

    op.drop_table("audit")
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_applications_person_index"))
        batch_op.drop_index("applications_by_mission")

    op.drop_table("applications")
