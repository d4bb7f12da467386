"""
A channel has another id: all that is kept under the old one is kept under the new one. Part of the ledger.

Events come in any order, so something may be kept under the new one already: a thread that goes on there is joined with
its beginning, and of what was set twice the later one holds. A turn at work starts over: its platform knows the old id
no more.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, func, select, update

from bot.core.conversation import Moved
from bot.core.turn import TurnState
from bot.store.database.dialects import upsert
from bot.store.statements import AT_WORK
from bot.store.tables import (
    conversations,
    interactions,
    messages,
    moved_channels,
    preferences,
    reactions,
    summaries,
    turns,
    watermarks,
)

log = logging.getLogger(__name__)

_OPEN = (TurnState.PENDING.value, TurnState.RUNNING.value, TurnState.ANSWERED.value)


def move(connection: Connection, moved: Moved) -> None:
    if moved.channel == moved.to:
        return
    _note(connection, moved)
    for kept in (messages, reactions, interactions):
        keys = [each for each in ("external_id", "operation", "participant_id") if each in kept.c]
        connection.execute(_moving(kept, moved, keys))
    _keep_one(connection, preferences, moved, ("thread", "key"), "changed_at")
    _keep_one(connection, watermarks, moved, (), "position", lowest=True)
    _join_threads(connection, moved)
    connection.execute(_moving(conversations, moved, ["thread"]))
    here = select(conversations.c.id).where(*_at(conversations, moved, moved.to))
    connection.execute(
        update(turns).where(turns.c.conversation_id.in_(here), turns.c.state.in_(AT_WORK)).values(changed=True)
    )


def _note(connection: Connection, moved: Moved) -> None:
    """That it has the new id, whatever id it had before; one that comes back is no former one any more."""
    here = (moved_channels.c.platform == moved.platform, moved_channels.c.workspace == moved.workspace)
    connection.execute(delete(moved_channels).where(*here, moved_channels.c.old_channel.in_((moved.channel, moved.to))))
    connection.execute(
        update(moved_channels).where(*here, moved_channels.c.new_channel == moved.channel).values(new_channel=moved.to)
    )
    row = {"platform": moved.platform, "workspace": moved.workspace, "old_channel": moved.channel}
    made = upsert(connection.dialect.name)(moved_channels).values(row | {"new_channel": moved.to})
    connection.execute(
        made.on_conflict_do_update(  # another process is told of it at the same time
            index_elements=["platform", "workspace", "old_channel"], set_={"new_channel": made.excluded.new_channel}
        )
    )


def _at(table: Any, moved: Moved, channel: str) -> Sequence[Any]:
    return (table.c.platform == moved.platform, table.c.workspace == moved.workspace, table.c.channel == channel)


def _moving(table: Table, moved: Moved, keys: Sequence[str]) -> Any:
    """Rows that have no counterpart at the new id."""
    there = table.alias("there")
    taken = exists(select(there.c.id).where(*_at(there, moved, moved.to), *(there.c[k] == table.c[k] for k in keys)))
    return update(table).where(*_at(table, moved, moved.channel), ~taken).values(channel=moved.to)


def _counterparts(table: Table, moved: Moved, keys: Sequence[str]) -> tuple[Any, Any, Any]:
    """The rows of the old id, those of the new one, and the two of them that say the same thing."""
    here, there = table.alias("here"), table.alias("there")
    same = (here.c[name] == there.c[name] for name in ("platform", "workspace", *keys))
    return here, there, here.join(there, and_(*same, *_at(here, moved, moved.channel), *_at(there, moved, moved.to)))


def _keep_one(
    connection: Connection, table: Table, moved: Moved, keys: Sequence[str], by: str, *, lowest: bool = False
) -> None:
    """Of two rows that say the same thing the one with the highest or *lowest* value of *by* stays, and moves."""
    here, there, both = _counterparts(table, moved, keys)
    loses = there.c[by] >= here.c[by] if lowest else there.c[by] <= here.c[by]
    pairs = connection.execute(select(here.c.id, there.c.id.label("other"), loses.label("moves")).select_from(both))
    if gone := [pair.other if pair.moves else pair.id for pair in pairs.all()]:
        connection.execute(delete(table).where(table.c.id.in_(gone)))
    connection.execute(_moving(table, moved, keys))


def _join_threads(connection: Connection, moved: Moved) -> None:
    here, there, both = _counterparts(conversations, moved, ("thread",))
    for old, new in connection.execute(select(here.c.id, there.c.id).select_from(both)).all():
        if _is_open(connection, old) and _is_open(connection, new):
            log.warning("conversation=%d goes on as conversation=%d: both are being answered", old, new)
            continue
        connection.execute(update(summaries).where(summaries.c.conversation_id == new).values(stale=True))
        for table in (messages, turns, summaries):
            connection.execute(update(table).where(table.c.conversation_id == new).values(conversation_id=old))
        connection.execute(delete(conversations).where(conversations.c.id == new))


def _is_open(connection: Connection, conversation: int) -> bool:
    """Whether a turn of it waits or is at work: there is one at most."""
    query = select(func.count()).where(turns.c.conversation_id == conversation, turns.c.state.in_(_OPEN))
    return bool(connection.execute(query).scalar_one())
