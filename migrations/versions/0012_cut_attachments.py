"""Of a message whose attachments were cut, how much of them is in its text."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message_versions", sa.Column("cut", sa.JSON(), nullable=True))
