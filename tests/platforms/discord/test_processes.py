"""Several doors on one PostgreSQL: one holds the gateway, or they share its shards, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.core.ports import WHOLE_WORKSPACE
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.incoming.events import PLATFORM
from bot.store.database.base import Database
from bot.store.leases import SqlLeases
from bot.store.watermarks import SqlWatermarks
from tests.platforms.discord.gateway.listening import HASTY
from tests.platforms.discord.test_adapter import Heard, an_hour_away, door, running
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, Guild, User
from tests.standins.postgres import Postgres

BRIEF = replace(HASTY, lease=1.0, renew=0.2)


pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Fleet:
    """Doors on one database, and what they hear together."""

    def __init__(self, discord: Discord, database: Database) -> None:
        self.discord, self._database, self.heard = discord, database, Heard()
        self._tasks: dict[DiscordPlatform, asyncio.Task[None]] = {}

    def start(self, **more: object) -> DiscordPlatform:
        settings = {"patience": BRIEF, "leases": SqlLeases(self._database)} | more
        made = door(self.discord, self._database, **settings)
        self._tasks[made] = asyncio.create_task(made.run(self.heard.receive))
        return made

    async def stop(self, platform: DiscordPlatform) -> None:
        task = self._tasks.pop(platform)
        task.cancel()
        await asyncio.wait([task])

    async def stop_all(self) -> None:
        for platform in list(self._tasks):
            await self.stop(platform)

    async def all_connected(self) -> None:
        await self.discord.wait_for(lambda: all(platform.connected for platform in self._tasks))

    @property
    def shards(self) -> list[int]:
        """Those that are connected."""
        carried = [each.session.shard for each in self.discord.gateway.connections if each.session]
        return sorted(shard[0] if shard else 0 for shard in carried)


@pytest.fixture
async def fleet(discord: Discord, database: Database) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        made = Fleet(discord, database)
        stack.push_async_callback(made.stop_all)
        yield made


def guild_of(discord: Discord, shard: int, count: int) -> tuple[Guild, User, Channel]:
    """A guild that this shard serves, with somebody in it and a channel."""
    while (guild := discord.add_guild("another one")).shard(count) != shard:
        pass
    return guild, discord.add_user("lee", guild=guild), discord.add_channel("elsewhere", guild=guild)


async def test_one_of_several_holds_the_gateway_and_the_others_stand_by(
    discord: Discord, fleet: Fleet, kim: User, channel: Channel
) -> None:
    for _ in range(3):
        fleet.start()
    await fleet.all_connected()
    await asyncio.sleep(3 * BRIEF.renew)
    assert fleet.shards == [0]
    assert len(discord.gateway.identified) == 1
    await discord.post(kim, channel, f"{discord.mention} hello")
    await discord.wait_for(lambda: fleet.heard)
    assert fleet.heard.texts == ["hello"]


async def test_who_stops_lets_go_of_it_and_what_was_said_meanwhile_is_heard(
    discord: Discord, database: Database, fleet: Fleet, kim: User, channel: Channel
) -> None:
    await an_hour_away(database)
    first = fleet.start()
    await discord.wait_connected()
    fleet.start()
    await fleet.all_connected()
    await fleet.stop(first)
    await discord.post(kim, channel, f"{discord.mention} is anybody there?")
    began = time.monotonic()
    await discord.wait_for(lambda: "is anybody there?" in fleet.heard.texts)
    assert time.monotonic() - began < BRIEF.lease + 4.0
    assert fleet.shards == [0]
    assert not discord.violations


async def test_who_cannot_renew_it_closes_the_connection_before_it_ends(
    discord: Discord,
    postgres: Postgres,
    database_url: str,
    fleet: Fleet,
    kim: User,
    channel: Channel,
    caplog: pytest.LogCaptureFixture,
) -> None:
    platform = fleet.start()
    await fleet.all_connected()
    async with postgres.away(database_url):
        began = time.monotonic()
        await discord.wait_for(lambda: not discord.gateway.connections)
        assert time.monotonic() - began <= BRIEF.lease + 0.2
        assert not platform.connected
        await discord.post(kim, channel, f"{discord.mention} meanwhile")
    await discord.wait_connected()
    await discord.wait_for(lambda: platform.connected)
    await discord.post(kim, channel, f"{discord.mention} since")
    await discord.wait_for(lambda: set(fleet.heard.texts) == {"meanwhile", "since"})  # what is read back may come twice
    assert "cannot be used to hold the connection" in caplog.text


async def test_who_gets_no_connection_for_long_lets_others_try(
    discord: Discord, fleet: Fleet, kim: User, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    patience = replace(BRIEF, give_up=0.8)
    fleet.start(patience=patience)
    await fleet.all_connected()
    fleet.start(patience=patience)
    await fleet.all_connected()
    discord.gateway.refuses = True
    discord.gateway.forget_sessions()
    discord.gateway.drop()
    with caplog.at_level(logging.WARNING):
        await discord.wait_for(lambda: caplog.text.count("other processes may try") > 1)  # the other one has tried
    discord.gateway.refuses = False
    await discord.wait_for(lambda: fleet.shards == [0])
    await discord.post(kim, channel, f"{discord.mention} hello")
    await discord.wait_for(lambda: fleet.heard)


async def test_the_recommended_shards_are_shared_evenly_and_each_hears_its_guilds(
    discord: Discord, database: Database, fleet: Fleet, kim: User
) -> None:
    discord.gateway.limit.shards, discord.gateway.limit.max_concurrency = 4, 4
    places = [guild_of(discord, shard, 4) for shard in range(4)]
    for _ in range(2):
        fleet.start(shards=None)
    await discord.wait_for(lambda: fleet.shards == [0, 1, 2, 3])
    await fleet.all_connected()
    assert all(identify["shard"][1] == 4 for identify in discord.gateway.identified)
    for number, (_, lee, elsewhere) in enumerate(places):
        await discord.post(lee, elsewhere, f"{discord.mention} {number}")
    await discord.post(kim, discord.direct(kim), "directly")
    # What was said as a session began may be told and read back.
    await discord.wait_for(lambda: set(fleet.heard.texts) == {"0", "1", "2", "3", "directly"})
    assert not discord.violations


async def test_one_that_comes_later_gets_its_share(discord: Discord, fleet: Fleet) -> None:
    discord.gateway.limit.shards, discord.gateway.limit.max_concurrency = 4, 4
    first = fleet.start(shards=None)
    await discord.wait_for(lambda: fleet.shards == [0, 1, 2, 3])
    second = fleet.start(shards=None)
    await discord.wait_for(lambda: len(discord.gateway.identified) >= 6)
    await discord.wait_for(lambda: fleet.shards == [0, 1, 2, 3])
    await fleet.stop(first)
    await discord.wait_for(lambda: fleet.shards == [0, 1, 2, 3])
    await discord.wait_for(lambda: second.connected)
    assert not discord.violations


async def test_no_more_sessions_start_at_a_time_than_may(discord: Discord, fleet: Fleet) -> None:
    discord.gateway.limit.max_concurrency = 2
    patience = replace(BRIEF, between=5.0, lease=15.0)
    for _ in range(2):
        fleet.start(shards=4, patience=patience)
    discord.gateway.limit.enforced = True
    await discord.wait_for(lambda: fleet.shards == [0, 1, 2, 3])
    assert not discord.violations


async def test_free_shards_are_taken_as_soon_as_sessions_may_start(discord: Discord, fleet: Fleet) -> None:
    discord.gateway.limit.shards = 4
    patience = replace(BRIEF, lease=15.0, renew=4.0)
    began = time.monotonic()
    fleet.start(shards=None, patience=patience)
    await discord.wait_for(lambda: fleet.shards == [0, 1, 2, 3])
    assert time.monotonic() - began < 3 * patience.renew, "nobody waits for the next time that leases are renewed"


async def test_sessions_start_as_fast_as_they_may(discord: Discord, fleet: Fleet) -> None:
    patience = replace(BRIEF, between=1.5, lease=15.0, renew=5.0)
    fleet.start(shards=3, patience=patience)
    await discord.wait_connected()
    began = time.monotonic()
    await discord.wait_for(lambda: fleet.shards == [0, 1, 2])
    assert 2 * patience.between <= time.monotonic() - began < 2 * patience.between + 0.9


async def test_what_a_dead_process_had_is_taken_as_soon_as_it_is_free(
    discord: Discord, database: Database, fleet: Fleet
) -> None:
    leases = SqlLeases(database)
    await leases.hold(PLATFORM, "dead", 2.0, lambda _held: ["process dead 1", "shard 0/1"])
    fleet.start(patience=replace(BRIEF, lease=60.0, renew=20.0))
    await discord.wait_for(lambda: fleet.shards == [0])  # in 10 seconds


async def test_no_more_sessions_start_a_day_than_may(
    discord: Discord, fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    limit = discord.gateway.limit
    limit.shards, limit.max_concurrency, limit.total, limit.used = 8, 2, 10, 4
    limit.began = discord.clock()
    for _ in range(2):
        fleet.start(shards=None)
    await discord.wait_for(lambda: "too_many_sessions" in caplog.text)
    await asyncio.sleep(1.0)
    assert 0 < limit.used <= limit.total
    assert not discord.violations


async def test_what_one_shard_missed_is_read_though_others_went_on(
    discord: Discord, database: Database, fleet: Fleet
) -> None:
    """Also where the number of shards is another one now."""
    _, lee, elsewhere = guild_of(discord, 1, 2)
    marks, hour = SqlWatermarks(database), await _an_hour_ago(database)
    await discord.post(lee, elsewhere, f"{discord.mention} missed")
    await marks.advance(PLATFORM, "shard 0/2", WHOLE_WORKSPACE, hour + (3599_000 << 22))
    await marks.advance(PLATFORM, "shard 1/2", WHOLE_WORKSPACE, hour)
    discord.gateway.limit.max_concurrency = 4
    for shards in (2, 3):
        platform = fleet.start(shards=shards)
        await discord.wait_for(lambda: "missed" in fleet.heard.texts)
        assert fleet.heard[0].recovered
        fleet.heard.clear()
        await fleet.stop(platform)


async def _an_hour_ago(database: Database) -> int:
    await an_hour_away(database)
    [position] = (await SqlWatermarks(database).of_connections(PLATFORM)).values()
    return position


async def test_of_two_numbers_of_shards_the_larger_one_holds(discord: Discord, fleet: Fleet) -> None:
    discord.gateway.limit.max_concurrency = 4
    fleet.start()
    await discord.wait_for(lambda: fleet.shards == [0])
    fleet.start(shards=2)
    await discord.wait_for(lambda: fleet.shards == [0, 1])
    await fleet.all_connected()


async def test_what_discord_recommends_is_asked_for_again_where_it_wants_more(discord: Discord, fleet: Fleet) -> None:
    limit = discord.gateway.limit
    limit.max_concurrency = 4
    fleet.start(shards=None)
    await discord.wait_for(lambda: fleet.shards == [0])
    for shard in (0, 1):
        guild_of(discord, shard, 2)
    limit.shards, limit.guilds_a_shard = 2, len(discord.world.guilds) - 1
    discord.gateway.invalidate()
    await discord.wait_for(lambda: fleet.shards == [0, 1])
    await fleet.all_connected()


async def test_a_door_that_is_alone_has_all_shards(discord: Discord, database: Database) -> None:
    discord.gateway.limit.max_concurrency = 4
    heard = Heard()
    _, lee, elsewhere = guild_of(discord, 2, 3)
    async with running(discord, door(discord, database, shards=3), heard.receive):
        assert discord.gateway.connected == 3
        await discord.post(lee, elsewhere, f"{discord.mention} hello")
        await discord.wait_for(lambda: heard)
    assert heard.texts == ["hello"]
