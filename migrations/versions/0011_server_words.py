"""What servers say: how long an answer they let a model write, whether it knows a system message, why a call failed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("models", sa.Column("max_tokens", sa.Integer(), nullable=True))
    op.add_column("models", sa.Column("knows_system", sa.Boolean(), nullable=True))
    op.add_column("completions", sa.Column("error_detail", sa.Text(), nullable=True))
