"""What people think of answers, and answers that are gone on with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("turns", sa.Column("continues", sa.BigInteger(), nullable=True))
    op.create_table(
        "feedback",
        sa.Column("id", ID, nullable=False),
        sa.Column("completion_id", ID, nullable=False),
        sa.Column("participant_id", ID, nullable=False),
        sa.Column("value", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["completion_id"], ["completions.id"], name=op.f("fk_feedback_completion_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_feedback_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("completion_id", "participant_id", name=op.f("uq_feedback_completion_id_participant_id")),
    )
