"""Questions that were asked by a command, and how their answers reach whoever gave it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HAS_TOKEN = sa.text("token IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "interactions",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interactions")),
        sa.UniqueConstraint(
            "platform",
            "workspace",
            "channel",
            "external_id",
            name=op.f("uq_interactions_platform_workspace_channel_external_id"),
        ),
    )
    op.create_index(
        "ix_interactions_ends_at",
        "interactions",
        ["ends_at"],
        sqlite_where=HAS_TOKEN,
        postgresql_where=HAS_TOKEN,
    )
