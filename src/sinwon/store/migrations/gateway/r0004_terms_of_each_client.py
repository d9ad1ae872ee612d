"""Terms of each client: ID token algorithm, authentication, PKCE."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("id_token_alg", sa.String(length=5), nullable=False, server_default="ES256"))
    op.add_column("clients", sa.Column("auth_method", sa.String(length=32), nullable=True))
    op.add_column("clients", sa.Column("pkce", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.alter_column("code_challenge", existing_type=sa.String(length=43), nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.alter_column("code_challenge", existing_type=sa.String(length=43), nullable=False)
    for name in ("pkce", "auth_method", "id_token_alg"):
        op.drop_column("clients", name)
