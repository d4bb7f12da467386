"""Preferences that people set for a place: their table, and the record of who set what, when. Part of the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, insert, select

from bot.core.conversation import ThreadRef
from bot.core.preferences.setting import Preference, Preferences, Scope
from bot.store.database.dialects import by_dialect
from bot.store.tables import audit, preferences

ANYWHERE = ""  # in the place of a channel or a thread


def read(connection: Connection, thread: ThreadRef) -> Preferences:
    """All that is set for *thread*, its channel or its workspace."""
    which = {"on_platform": thread.platform, "in_workspace": thread.workspace}
    rows = connection.execute(_HOLDING, which | {"in_channel": thread.channel, "in_thread": thread.thread})
    return Preferences(
        tuple(Preference(_scope(row.channel, row.thread), row.key, row.value, row.changed_at) for row in rows)
    )


def write(
    connection: Connection, thread: ThreadRef, preference: Preference, participant: int | None, now: datetime
) -> bool:
    """
    Set *preference* for *thread*, its channel or its workspace, as its scope says; *participant* None: an operator.

    False when something that was said later has been set already: events arrive in any order.
    """
    channel = thread.channel if preference.scope >= Scope.CHANNEL else ANYWHERE
    place = thread.thread if preference.scope >= Scope.THREAD else ANYWHERE
    row = {
        "platform": thread.platform,
        "workspace": thread.workspace,
        "channel": channel,
        "thread": place,
        "key": preference.key,
        "value": preference.value,
        "changed_by": participant,
        "changed_at": preference.since or now,
    }
    if connection.execute(_SET[connection.dialect.name], row).first() is None:
        return False
    subject = " ".join(part for part in (thread.platform, thread.workspace, channel, place) if part)
    details = {"key": preference.key, "value": preference.value}
    noted = {"at": now, "participant_id": participant, "action": "set preference", "subject": subject}
    connection.execute(_NOTED, noted | {"details": details})
    return True


def _scope(channel: str, thread: str) -> Scope:
    if thread != ANYWHERE:
        return Scope.THREAD
    return Scope.CHANNEL if channel != ANYWHERE else Scope.WORKSPACE


def _set(upsert: Any) -> Executable:
    made = upsert(preferences)
    newer: Executable = made.on_conflict_do_update(
        index_elements=["platform", "workspace", "channel", "thread", "key"],
        set_={name: made.excluded[name] for name in ("value", "changed_by", "changed_at")},
        where=preferences.c.changed_at <= made.excluded.changed_at,
    ).returning(preferences.c.id)
    return newer


# Built once; see statements.py.
_HOLDING = select(
    preferences.c.channel, preferences.c.thread, preferences.c.key, preferences.c.value, preferences.c.changed_at
).where(
    preferences.c.platform == bindparam("on_platform"),
    preferences.c.workspace == bindparam("in_workspace"),
    preferences.c.channel.in_((bindparam("in_channel"), ANYWHERE)),
    preferences.c.thread.in_((bindparam("in_thread"), ANYWHERE)),
)
_SET = by_dialect(_set)
_NOTED = insert(audit)
