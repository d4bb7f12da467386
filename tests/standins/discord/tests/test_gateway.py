"""The gateway: its addresses, the handshake, heartbeats, compression, and with which codes it closes."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import CONTENT, Client, socket


async def test_its_address_comes_from_the_api(discord: Discord, ask: Client) -> None:
    discord.gateway.limit.shards, discord.gateway.limit.max_concurrency = 3, 16
    anybody = await ask("GET", "/gateway", headers={"Authorization": ""})
    assert anybody.body == {"url": discord.gateway.url}
    told = (await ask("GET", "/gateway/bot")).body
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 16}
    assert told == {"url": discord.gateway.url, "shards": 3, "session_start_limit": limit}
    async with socket(discord) as connected:
        await connected.ready()
    assert (await ask("GET", "/gateway/bot")).body["session_start_limit"]["remaining"] == 999


async def test_a_session_begins_with_ready_and_its_guilds(discord: Discord, kim: User, channel: Channel) -> None:
    message = await discord.post(kim, channel, "begin")
    thread = await discord.start_thread(kim, message, "a thread")
    async with socket(discord) as connected:
        assert connected.hello["d"] == {"heartbeat_interval": 41_250}
        ready = await connected.ready(shard=[0, 1])
        assert ready["guilds"] == [{"id": discord.guild.id, "unavailable": True}]
        assert ready["user"]["id"] == discord.bot
        assert ready["resume_gateway_url"] == discord.gateway.url
        assert ready["shard"] == [0, 1]
        guild = connected.events[-1]["d"]
    assert [each["id"] for each in guild["channels"]] == [channel.id]
    assert [each["id"] for each in guild["threads"]] == [thread.id]
    assert [each["user"]["id"] for each in guild["members"]] == [discord.bot]
    assert [each["s"] for each in connected.events] == [1, 2]


async def test_heartbeats_are_acknowledged_and_asked_for(discord: Discord) -> None:
    async with socket(discord) as connected:
        await connected.send(1, None)
        await connected.op(11)
        discord.gateway.request_heartbeat()
        await connected.op(1)
        discord.gateway.acknowledges = False
        await connected.send(1, None)
        discord.gateway.request_heartbeat()
        assert (await connected.next())["op"] == 1
    assert not discord.violations


async def test_a_connection_without_heartbeats_is_closed_and_can_resume(discord: Discord) -> None:
    discord.gateway.heartbeat_seconds = 0.05
    async with socket(discord) as silent:
        ready = await silent.ready()
        assert await silent.closed() == 4000
    discord.gateway.heartbeat_seconds = 40
    assert discord.violations == ["no heartbeat in time"]
    async with socket(discord) as again:
        await again.resume(ready["session_id"], silent.seq)
        await again.until("RESUMED")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("no json", 4002),
        ('"text"', 4002),
        ('{"op": 1, "d": "' + "x" * 4096 + '"}', 4002),
        ('{"op": 99, "d": null}', 4003),
        ('{"op": 3, "d": {}}', 4003),
        ('{"op": 2, "d": {}}', 4001),
        ('{"op": 1, "d": "text"}', 4001),
        ('{"op": 6, "d": {}}', 4001),
    ],
)
async def test_a_payload_that_breaks_the_rules_ends_the_connection(discord: Discord, sent: str, code: int) -> None:
    async with socket(discord) as connected:
        await connected.raw.send_str(sent)
        assert await connected.closed() == code
    assert discord.violations


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"intents": 1 << 40}, 4013),
        ({"intents": 1 << 1}, 4014),
        ({"intents": 1 << 8}, 4014),
        ({"shard": [2, 2]}, 4010),
        ({"shard": "0"}, 4010),
        ({"properties": {}}, 4001),
        ({"intents": None}, 4001),
    ],
)
async def test_an_identify_is_refused_with_the_code_of_its_fault(
    discord: Discord, said: dict[str, Any], code: int
) -> None:
    async with socket(discord) as connected:
        properties = {"os": "linux", "browser": "test", "device": "test"}
        await connected.send(2, {"token": discord.token, "intents": 1, "properties": properties} | said)
        assert await connected.closed() == code


async def test_the_content_intent_must_be_switched_on() -> None:
    async with Discord(content=False) as discord, socket(discord) as connected:
        await connected.identify(CONTENT)
        assert await connected.closed() == 4014


async def test_more_guilds_than_a_shard_takes_need_shards(discord: Discord) -> None:
    discord.gateway.limit.guilds_a_shard = 1
    discord.add_guild("another")
    async with socket(discord) as connected:
        await connected.identify()
        assert await connected.closed() == 4011


async def test_an_unknown_opcode_and_a_second_identify_end_a_session(discord: Discord) -> None:
    for op, code in ((2, 4005), (6, 4005), (99, 4001)):
        async with socket(discord) as connected:
            await connected.ready()
            await connected.send(op, {})
            assert await connected.closed() == code


async def test_a_client_that_sends_too_much_is_disconnected(discord: Discord) -> None:
    async with socket(discord) as connected:
        for _ in range(121):
            await connected.send(1, None)
        assert await connected.closed() == 4008


@pytest.mark.parametrize(("query", "code"), [("v=6&encoding=json", 4012), ("v=10&encoding=etf", 4002), ("", 4012)])
async def test_an_address_without_a_known_version_and_encoding_is_refused(
    discord: Discord, query: str, code: int
) -> None:
    with pytest.raises(ConnectionError) as ended:
        async with socket(discord, query):
            pass
    assert ended.value.args == (code,)


async def test_identifies_are_limited_by_the_shards_key(discord: Discord) -> None:
    discord.gateway.limit.enforced, discord.gateway.limit.max_concurrency = True, 2
    async with socket(discord) as first, socket(discord) as second, socket(discord) as third:
        await first.identify(shard=[0, 4])
        await first.until("READY")
        await second.identify(shard=[1, 4])
        await second.until("READY")
        await third.identify(shard=[2, 4])  # has the key of shard 0
        assert (await third.op(9))["d"] is False
        discord.clock.advance(5)
        await third.identify(shard=[2, 4])
        await third.until("READY")
    assert len(discord.violations) == 1


async def test_a_day_has_so_many_identifies(discord: Discord) -> None:
    discord.gateway.limit.total = 1
    async with socket(discord) as first, socket(discord) as second:
        await first.ready()
        await second.identify()
        assert await second.closed() == 4004
        assert await first.closed() == 4004
    assert discord.token.endswith("-reset")


async def test_events_go_to_the_shard_of_their_guild(discord: Discord, kim: User, channel: Channel) -> None:
    home = discord.guild.shard(2)
    async with socket(discord) as own, socket(discord) as other:
        await own.ready(shard=[home, 2])
        await other.ready(shard=[1 - home, 2])
        await discord.post(kim, channel, "for one shard")
        await discord.post(kim, discord.direct(kim), "for shard 0")
        seen = {home: await own.seen(), 1 - home: await other.seen()}
    assert seen[home].count("MESSAGE_CREATE") == 1 + (home == 0)
    assert seen[1 - home].count("MESSAGE_CREATE") == (home == 1)


def test_guilds_made_at_once_are_spread_over_the_shards(discord: Discord) -> None:
    guilds = [discord.guild, discord.add_guild("second"), discord.add_guild("third")]
    assert len({guild.shard(3) for guild in guilds}) == 3


async def test_zlib_stream_compresses_with_one_context(discord: Discord, kim: User, channel: Channel) -> None:
    context = zlib.decompressobj()
    async with socket(discord, "v=10&encoding=json&compress=zlib-stream", context.decompress) as connected:
        await connected.ready(compress=True)
        await discord.post(kim, channel, "한국어 " * 500)
        assert (await connected.until("MESSAGE_CREATE"))["content"].startswith("한국어")


async def test_zstd_stream_is_one_frame_that_never_ends(discord: Discord, kim: User, channel: Channel) -> None:
    zstandard = pytest.importorskip("zstandard")
    context = zstandard.ZstdDecompressor().decompressobj()
    async with socket(discord, "v=10&encoding=json&compress=zstd-stream", context.decompress) as connected:
        await connected.ready()
        await discord.post(kim, channel, "한국어 " * 50_000)
        assert (await connected.until("MESSAGE_CREATE"))["content"].endswith("한국어")


async def test_payloads_are_compressed_where_identify_asks(discord: Discord) -> None:
    async with socket(discord) as connected:
        assert (await connected.ready(compress=True))["session_id"]


async def test_members_can_be_asked_for(discord: Discord, kim: User) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        wanted = {"guild_id": discord.guild.id, "user_ids": [kim.id, "1"], "nonce": "n"}
        await connected.send(8, wanted)
        chunk = await connected.until("GUILD_MEMBERS_CHUNK")
        assert [each["user"]["id"] for each in chunk["members"]] == [kim.id]
        assert (chunk["not_found"], chunk["nonce"]) == (["1"], "n")
        await connected.send(8, {"guild_id": discord.guild.id, "query": "", "limit": 0})
        await connected.seen()
    assert discord.violations == ["all members of a guild are asked for without the intent GUILD_MEMBERS"]
