"""Channels that have another id by now, and those under whose ids something is kept: the ChannelIds port. Read only."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, select, union

from bot.store.database.base import Database
from bot.store.tables import conversations, moved_channels, preferences


class SqlChannelIds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def moved(self, platform: str, workspace: str) -> Mapping[str, str]:
        where = {"on_platform": platform, "in_workspace": workspace}
        return await self._database.read(
            lambda connection: {row.old_channel: row.new_channel for row in connection.execute(_MOVED, where)}
        )

    async def kept_under(self, platform: str, workspace: str, beginning: str) -> Collection[str]:
        where = {"on_platform": platform, "in_workspace": workspace, "beginning": beginning}
        return await self._database.read(lambda connection: set(connection.execute(_KEPT, where).scalars()))


# Built once; see statements.py.
_MOVED = select(moved_channels.c.old_channel, moved_channels.c.new_channel).where(
    moved_channels.c.platform == bindparam("on_platform"), moved_channels.c.workspace == bindparam("in_workspace")
)
_KEPT = union(
    *(
        select(table.c.channel).where(
            table.c.platform == bindparam("on_platform"),
            table.c.workspace == bindparam("in_workspace"),
            table.c.channel.startswith(bindparam("beginning"), autoescape=False),
        )
        for table in (conversations, preferences)
    )
)
