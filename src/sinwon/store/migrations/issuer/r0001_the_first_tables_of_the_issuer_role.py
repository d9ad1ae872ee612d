"""The first tables of the issuer role."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
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
        "persons",
        sa.Column("rrn_index", sa.String(length=43), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rrn_index"),
        sa.UniqueConstraint("person_id"),
    )
    op.create_table(
        "status_lists",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "used_once",
        sa.Column("value", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("value"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "certificates",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("application", sa.String(length=128), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("mission", sa.String(length=64), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.person_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application"),
    )
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificates_person_id"), ["person_id"], unique=False)

    op.create_table(
        "copies",
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("configuration", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("batch", sa.String(length=43), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["certificates.id"],
        ),
        sa.ForeignKeyConstraint(
            ["list"],
            ["status_lists.number"],
        ),
        sa.PrimaryKeyConstraint("list", "place"),
        sa.UniqueConstraint("key"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("copies", schema=None) as batch_op:
        batch_op.create_index(
            "copies_not_valid",
            ["list"],
            unique=False,
            sqlite_where=sa.text("status <> 0"),
            postgresql_where=sa.text("status <> 0"),
        )
        batch_op.create_index(batch_op.f("ix_copies_certificate"), ["certificate"], unique=False)

    op.create_table(
        "offers",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("link", sa.String(length=43), nullable=True),
        sa.Column("tx_code", sa.String(length=43), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("mintings", sa.Integer(), nullable=False),
        sa.Column("configurations", sa.String(length=512), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["certificates.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("certificate"),
        sa.UniqueConstraint("link"),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("certificate", sa.String(length=22), nullable=False),
        sa.Column("configurations", sa.String(length=512), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["certificates.id"],
        ),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "codes",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("offer", sa.String(length=22), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer"],
            ["offers.id"],
        ),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("codes")
    op.drop_table("tokens")
    op.drop_table("offers")
    with op.batch_alter_table("copies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_copies_certificate"))
        batch_op.drop_index("copies_not_valid", sqlite_where=sa.text("status <> 0"), postgresql_where=sa.text("status <> 0"))

    op.drop_table("copies")
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificates_person_id"))

    op.drop_table("certificates")
    op.drop_table("used_once")
    op.drop_table("status_lists")
    op.drop_table("persons")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_subject"))

    op.drop_table("audit")
