"""Columns go that nothing reads."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PARTS = sa.table("reply_parts", *(sa.column(name) for name in ("id", "turn_id", "variant", "number")))


def upgrade() -> None:
    # SQLite drops these where they are (3.35, which RETURNING needs anyway). A copy of conversations or participants
    # would break the foreign keys of other tables: they cannot be switched off within a transaction.
    op.drop_column("conversations", "state")
    op.drop_column("participants", "given_name")
    op.drop_column("message_versions", "encoding")
    _give_each_part_its_number()
    with op.batch_alter_table(
        "reply_parts"
    ) as batch:  # a copy on SQLite, since a constraint changes; nothing refers to it
        batch.drop_constraint("uq_reply_parts_turn_id_variant_number", type_="unique")
        for column in ("variant", "text_start", "text_end"):
            batch.drop_column(column)
        batch.create_unique_constraint(op.f("uq_reply_parts_turn_id_number"), ["turn_id", "number"])


def _give_each_part_its_number() -> None:
    """
    Where parts of several variants share a number within a turn, the newest variant's keeps it.

    The others are numbered behind the turn's last part. None is deleted: each may be a message that stands on the
    platform, and is found by its row when people delete it or when the reply is taken away.
    """
    connection = op.get_bind()
    numbers: dict[Any, set[int]] = {}  # by turn
    behind = []
    for part in connection.execute(_OF_TURNS_WITH_DOUBLES).all():
        taken = numbers.setdefault(part.turn_id, set())
        if part.number in taken:
            behind.append(part)
        taken.add(part.number)
    for part in behind:
        number = max(numbers[part.turn_id]) + 1
        numbers[part.turn_id].add(number)
        connection.execute(sa.update(PARTS).where(PARTS.c.id == part.id).values(number=number))


_DOUBLES = sa.select(PARTS.c.turn_id).group_by(PARTS.c.turn_id, PARTS.c.number).having(sa.func.count() > 1)
_OF_TURNS_WITH_DOUBLES = (
    sa.select(PARTS)
    .where(PARTS.c.turn_id.in_(_DOUBLES))
    .order_by(PARTS.c.turn_id, PARTS.c.variant.desc(), PARTS.c.number)
)
