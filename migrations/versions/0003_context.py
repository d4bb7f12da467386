"""What edits, deletions and reactions change, what was read of threads, and what was learned of models."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'pending' AND NOT closed")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def upgrade() -> None:
    _extend_tables()
    # A turn that is asked anew takes no more messages: what is asked meanwhile has a pending turn of its own.
    op.drop_index("uq_turns_pending", "turns")
    op.create_index(
        "uq_turns_pending", "turns", ["conversation_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    for table in ("messages", "turns"):
        op.create_index(
            f"ix_{table}_steered",
            table,
            ["conversation_id"],
            sqlite_where=sa.text("pinned OR cut"),
            postgresql_where=sa.text("pinned OR cut"),
        )
    op.create_index("ix_reply_parts_external_id", "reply_parts", ["external_id"])
    _create_reactions()
    _create_models()
    _create_summaries()


def _extend_tables() -> None:
    added: dict[str, list[sa.Column[Any]]] = {
        "conversations": [
            sa.Column("unread_since", sa.BigInteger(), nullable=True),
            _flag("truncated"),
            sa.Column("told_start", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("told_position", sa.BigInteger(), server_default="0", nullable=False),
        ],
        "turns": [
            sa.Column("variant", sa.Integer(), server_default="1", nullable=False),
            sa.Column("command", sa.JSON(), nullable=True),
            *(_flag(name) for name in ("closed", "changed", "stale", "pinned", "hidden", "cut")),
        ],
        "messages": [_flag("cut")],
        "completions": [
            sa.Column("estimated_prompt_tokens", sa.Integer(), nullable=True),
            sa.Column("window_start", sa.BigInteger(), nullable=True),
            sa.Column("window_position", sa.BigInteger(), nullable=True),
            sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        ],
        "system_prompts": [sa.Column("examples", sa.JSON(), nullable=True)],
        "files": [
            sa.Column("locator", sa.Text(), nullable=True),
            sa.Column("content", sa.LargeBinary(), nullable=True),
            sa.Column("content_type", sa.String(length=255), nullable=True),
            sa.Column("width", sa.Integer(), nullable=True),
            sa.Column("height", sa.Integer(), nullable=True),
            sa.Column("note", sa.JSON(), nullable=True),
            sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        ],
    }
    for table, columns in added.items():
        for column in columns:
            op.add_column(table, column)


def _create_reactions() -> None:
    op.create_table(
        "reactions",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=16), nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_reactions_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reactions")),
        sa.UniqueConstraint(
            "platform",
            "workspace",
            "channel",
            "external_id",
            "operation",
            "participant_id",
            name=op.f("uq_reactions_platform_workspace_channel_external_id_operation_participant_id"),
        ),
    )


def _create_models() -> None:
    op.create_table(
        "models",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("token_factor", sa.Float(), nullable=True),
        sa.Column("window", sa.Integer(), nullable=True),
        sa.Column("sees", sa.Boolean(), nullable=True),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", name=op.f("uq_models_name")),
    )


def _create_summaries() -> None:
    op.create_table(
        "summaries",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("completion_id", ID, nullable=True),
        sa.Column("window_start", sa.BigInteger(), nullable=False),
        sa.Column("window_position", sa.BigInteger(), nullable=False),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("tokens", sa.Integer(), nullable=True),
        sa.Column("stale", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_summaries_conversation_id")),
        sa.ForeignKeyConstraint(["completion_id"], ["completions.id"], name=op.f("fk_summaries_completion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summaries")),
    )
    op.create_index("ix_summaries_conversation_id_id", "summaries", ["conversation_id", "id"])
    op.create_index(
        "uq_summaries_fresh",
        "summaries",
        ["conversation_id", "window_start", "window_position"],
        unique=True,
        sqlite_where=sa.text("NOT stale"),
        postgresql_where=sa.text("NOT stale"),
    )
