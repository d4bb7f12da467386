"""Of a channel that has another id by now, the new one: events under the old one may come late, or after a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "moved_channels",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("old_channel", sa.String(length=64), nullable=False),
        sa.Column("new_channel", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moved_channels")),
        sa.UniqueConstraint(
            "platform", "workspace", "old_channel", name=op.f("uq_moved_channels_platform_workspace_old_channel")
        ),
    )
