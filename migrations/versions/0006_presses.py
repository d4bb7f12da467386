"""Which presses of an answer's controls were done already."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turns", sa.Column("pressed_at", sa.DateTime(timezone=True), nullable=True))
