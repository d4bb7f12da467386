"""How far each platform's messages are known to be stored: the Watermarks port on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Update,
    bindparam,
    case,
    delete,
    func,
    literal,
    select,
    update,
)

from bot.core.conversation import ThreadRef
from bot.core.ports import WHOLE_WORKSPACE
from bot.store.database.base import Database
from bot.store.database.dialects import upsert
from bot.store.tables import conversations, messages, turns, watermarks

NEWEST_TURNS = 2_000  # of all: turns are numbered in time, so looking at their end needs no index
MOST_DIRECT = 1_000  # channels
MOST_THREADS = 200


class SqlWatermarks:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = upsert(database.dialect)

    async def of_connections(self, platform: str) -> Mapping[str, int]:
        query = select(watermarks.c.workspace, watermarks.c.position).where(
            watermarks.c.platform == platform, watermarks.c.channel == WHOLE_WORKSPACE
        )
        return await self._database.read(
            lambda connection: {row.workspace: row.position for row in connection.execute(query)}
        )

    async def seen_until(self, platform: str, workspace: str | None) -> Mapping[str, int]:
        query = select(watermarks.c.channel, watermarks.c.position).where(
            watermarks.c.platform == platform, watermarks.c.workspace == _kept_under(workspace)
        )
        return await self._database.read(
            lambda connection: {row.channel: row.position for row in connection.execute(query)}
        )

    async def advance(self, platform: str, workspace: str | None, channel: str, position: int) -> None:
        row = {"platform": platform, "workspace": _kept_under(workspace), "channel": channel, "position": position}
        made = self._upsert(watermarks).values(row)
        forward = made.on_conflict_do_update(
            index_elements=["platform", "workspace", "channel"],
            set_={"position": made.excluded.position},
            where=watermarks.c.position < made.excluded.position,
        )

        def write(connection: Connection) -> None:
            connection.execute(forward)
            if channel == WHOLE_WORKSPACE:
                connection.execute(_overtaken(platform, _kept_under(workspace), position))

        await self._database.write(write)

    async def note_gap(self, platform: str, workspace: str | None, channel: str, *, since: int | None = None) -> None:
        gap = _gap(since).where(*_in(platform, workspace))
        if channel != WHOLE_WORKSPACE:
            gap = gap.where(conversations.c.channel == channel)
        await self._database.write(lambda connection: connection.execute(gap))

    async def note_gap_among(self, platform: str, among: Callable[[str], bool], *, since: int | None = None) -> None:
        here = conversations.c.platform == platform
        known = select(conversations.c.workspace).where(here).distinct()

        def write(connection: Connection) -> None:
            meant = [workspace for workspace in connection.scalars(known) if among(workspace)]
            connection.execute(_gap(since).where(here, conversations.c.workspace.in_(meant)))

        await self._database.write(write)

    async def direct_channels(self, platform: str) -> Sequence[str]:
        return await self._database.read(
            lambda connection: list(connection.execute(_DIRECT, {"platform": platform}).scalars())
        )

    async def recent_threads(self, platform: str, workspace: str | None, since: datetime) -> Sequence[ThreadRef]:
        return await self._recent(platform, workspace, lambda _workspace: True, since)

    async def recent_among(self, platform: str, among: Callable[[str], bool], since: datetime) -> Sequence[ThreadRef]:
        return await self._recent(platform, None, among, since)

    async def _recent(
        self, platform: str, workspace: str | None, among: Callable[[str], bool], since: datetime
    ) -> Sequence[ThreadRef]:
        query = _recent(platform, workspace, since)

        def read(connection: Connection) -> Sequence[ThreadRef]:
            found = [row for row in connection.execute(query) if among(row.workspace)]
            return [ThreadRef(platform, row.workspace, row.channel, row.thread) for row in found[:MOST_THREADS]]

        return await self._database.read(read)


def _kept_under(workspace: str | None) -> str:
    """The table's value for all workspaces is no workspace's id."""
    return workspace or ""


def _in(platform: str, workspace: str | None) -> list[ColumnElement[bool]]:
    """The conversations of one workspace, or of all."""
    here = [] if workspace is None else [conversations.c.workspace == workspace]
    return [conversations.c.platform == platform, *here]


def _gap(since: int | None) -> Update:
    return update(conversations).values(
        unread_since=_unread(_newest() if since is None else literal(since, BigInteger))
    )


def _newest() -> ColumnElement[int]:
    newest = select(func.max(messages.c.position)).where(messages.c.conversation_id == conversations.c.id)
    return func.coalesce(newest.scalar_subquery(), 0)


def _unread(since: ColumnElement[int]) -> ColumnElement[int]:
    """Always another value than before, so that a reading that is under way is not taken for one of this gap."""
    before = conversations.c.unread_since - 1
    return case((before < since, before), else_=since)  # a null is not less


def _overtaken(platform: str, workspace: str | None, position: int) -> Any:
    """StandingReactions of single channels that say nothing more once the whole workspace's is as far."""
    return delete(watermarks).where(
        watermarks.c.platform == platform,
        watermarks.c.workspace == workspace,
        watermarks.c.channel != WHOLE_WORKSPACE,
        watermarks.c.position <= position,
    )


def _recent(platform: str, workspace: str | None, since: datetime) -> Any:
    newest = select(turns.c.conversation_id, turns.c.id, turns.c.created_at)
    end = newest.order_by(turns.c.id.desc()).limit(NEWEST_TURNS).subquery()
    return (
        select(conversations.c.workspace, conversations.c.channel, conversations.c.thread)
        .select_from(conversations.join(end, end.c.conversation_id == conversations.c.id))
        .where(*_in(platform, workspace), end.c.created_at >= since)
        .group_by(conversations.c.id, conversations.c.workspace, conversations.c.channel, conversations.c.thread)
        .order_by(func.max(end.c.id).desc())
    )


_DIRECT = (
    select(conversations.c.channel)
    .where(conversations.c.platform == bindparam("platform"), conversations.c.direct)
    .group_by(conversations.c.channel)
    .order_by(func.max(conversations.c.id).desc())
    .limit(MOST_DIRECT)
)
