"""Rate limits, who is let in at all, and what goes wrong on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.standins.discord import (
    Delayed,
    Discord,
    Hung,
    Lost,
    RateLimited,
    Refused,
    ServerError,
    Stranger,
)
from tests.standins.discord.state.objects import Channel
from tests.standins.discord.tests.asking import USER_AGENT, Client, client
from tests.standins.slack.workspace import Clock


@pytest.fixture
async def limited() -> AsyncIterator[Discord]:
    """With a clock that stands, so that no window ends while the machine is busy."""
    async with Discord(clock=Clock(lambda: 1_800_000_000.25)) as standin:
        yield standin


async def test_a_bucket_is_told_of_and_ends(limited: Discord) -> None:
    one, other = limited.add_channel("one"), limited.add_channel("other")
    async with client(limited) as ask:
        told = [await ask.create(one.id) for _ in range(6)]
        assert [each.status for each in told] == [200] * 5 + [429]
        assert [each.headers["X-RateLimit-Remaining"] for each in told[:5]] == ["4", "3", "2", "1", "0"]
        assert told[0].headers["X-RateLimit-Limit"] == "5"
        assert told[0].headers["X-RateLimit-Reset-After"] == "5.000"
        assert told[0].headers["X-RateLimit-Reset"] == "1800000005.250"
        assert told[5].body == {"message": "You are being rate limited.", "retry_after": 5.0, "global": False}
        assert (told[5].headers["Retry-After"], told[5].headers["X-RateLimit-Scope"]) == ("5", "user")
        assert told[5].headers["Via"]
        elsewhere = await ask.create(other.id)
        assert elsewhere.status == 200
        assert elsewhere.headers["X-RateLimit-Bucket"] == told[0].headers["X-RateLimit-Bucket"]
        limited.clock.advance(5)
        assert (await ask.create(one.id)).status == 200
    assert limited.limits.refused == {"create message": 1}


async def test_reactions_share_a_bucket_and_limits_can_be_set(limited: Discord) -> None:
    channel = limited.add_channel("one")
    message = await limited.post(limited.owner, channel, "hello")
    async with client(limited) as ask:
        assert (await ask.react(channel.id, message.id, "👍")).status == 204
        assert (await ask.react(channel.id, message.id, "👎")).body["retry_after"] == 0.25
        limited.limits.set("reactions", 2, 1.0)
        assert [(await ask.react(channel.id, message.id, "👎")).status for _ in range(3)] == [204, 204, 429]


async def test_fifty_requests_a_second_are_all(limited: Discord) -> None:
    async with client(limited) as ask:
        limited.limits.set("get current user", 1000, 1.0)
        told = [await ask("GET", "/users/@me") for _ in range(51)]
        assert [each.status for each in told] == [200] * 50 + [429]
        assert told[50].body["global"] is True
        assert told[50].headers["X-RateLimit-Global"] == "true"
        assert told[50].headers["X-RateLimit-Scope"] == "global"
        assert "X-RateLimit-Limit" not in told[50].headers
        assert (await ask("GET", "/gateway", headers={"Authorization": ""})).status == 200
        limited.clock.advance(1)
        assert (await ask("GET", "/users/@me")).status == 200


async def test_too_many_invalid_requests_are_turned_away_by_cloudflare(limited: Discord) -> None:
    limited.limits.invalid_allowed = 3
    limited.fail("get current user", RateLimited(0.1, "shared"), 5)
    async with client(limited) as ask:
        told = [(await ask("GET", "/users/@me")).headers["X-RateLimit-Scope"] for _ in range(5)]
        assert told == ["shared"] * 5
        wrong = {"Authorization": "Bot wrong"}
        assert [(await ask("GET", "/users/@me", headers=wrong)).status for _ in range(3)] == [401] * 3
        banned = await ask("GET", "/users/@me")
        assert (banned.status, banned.headers["Content-Type"]) == (429, "text/html")
        assert "Via" not in banned.headers
        limited.clock.advance(601)
        assert (await ask("GET", "/users/@me")).status == 200


async def test_ordered_429s_have_the_headers_of_their_scope(limited: Discord) -> None:
    limited.fail("get current user", RateLimited(1.5))
    limited.fail("get current user", RateLimited(1.5, "shared"))
    limited.fail("get current user", RateLimited(1.5, "global"))
    async with client(limited) as ask:
        own, shared, of_all = [await ask("GET", "/users/@me") for _ in range(3)]
    assert (own.headers["X-RateLimit-Remaining"], own.headers["X-RateLimit-Reset-After"]) == ("0", "1.500")
    assert own.headers["Retry-After"] == "2"
    assert shared.body["message"] == "The resource is being rate limited."
    assert shared.headers["X-RateLimit-Remaining"] == "10"
    assert (of_all.body["global"], of_all.headers["X-RateLimit-Scope"]) == (True, "global")


async def test_who_does_not_say_who_it_is_stays_outside(discord: Discord, ask: Client) -> None:
    assert (await ask("GET", "/users/@me", headers={"User-Agent": "curl/8"})).code == 40333
    assert (await ask("GET", "/users/@me", headers={"Authorization": discord.token})).body == {
        "message": "401: Unauthorized",
        "code": 0,
    }
    assert (await ask("GET", "/nothing")).body == {"message": "404: Not Found", "code": 0}
    assert (await ask("PUT", "/users/@me")).status == 405
    old = discord.api_url.replace("v10", "v6")
    assert (await ask("GET", f"{old}/users/@me")).code == 50041
    assert len(discord.violations) == 5
    assert (await ask("GET", "/users/@me", headers={"User-Agent": f"{USER_AGENT} Python/3.11"})).status == 200


async def test_an_answer_can_be_lost_after_the_message_was_made(
    discord: Discord, ask: Client, channel: Channel
) -> None:
    discord.fail("create message", Lost())
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask.create(channel.id, nonce="n", enforce_nonce=True)
    again = await ask.create(channel.id, nonce="n", enforce_nonce=True)
    assert [each.id for each in channel.shown] == [again.body["id"]]
    discord.fail("create message", Lost(performed=False))
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask.create(channel.id)
    assert len(channel.shown) == 1
    assert [each.status for each in discord.calls("create message")] == [0, 200, 0]


async def test_errors_come_in_their_order(discord: Discord, ask: Client, channel: Channel) -> None:
    discord.fail("*", ServerError(502, html=True))
    discord.fail("create message", ServerError(500, performed=True))
    discord.fail("create message", Refused(400, 200000, "Message was blocked by automatic moderation"))
    discord.fail("create message", RateLimited(30, code=30046, via=False))
    discord.fail("create message", Stranger())
    told = [await ask.create(channel.id) for _ in range(6)]
    assert [each.status for each in told] == [500, 400, 429, 200, 502, 200]
    assert (told[1].code, told[2].code) == (200000, 30046)
    assert "Via" not in told[2].headers
    assert b"It works" in told[3].body
    assert b"502 Bad Gateway" in told[4].body
    assert len(channel.shown) == 2


async def test_requests_hang_wait_and_come_late(discord: Discord, ask: Client, channel: Channel) -> None:
    discord.fail("create message", Hung(performed=True))
    hanging = asyncio.create_task(ask.create(channel.id))
    await discord.wait_for(lambda: channel.shown)
    assert await asyncio.wait({hanging}, timeout=0.01) == (set(), {hanging})
    hanging.cancel()
    discord.fail("create message", Delayed(0.01))
    assert (await ask.create(channel.id)).status == 200
    gate = discord.hold("create message")
    waiting = asyncio.create_task(ask.create(channel.id))
    await gate.reached.wait()
    assert (gate.waiting, len(channel.shown)) == (1, 2)
    discord.release("create message")
    gate.open()
    assert (await waiting).status == 200


def test_only_known_requests_fail(discord: Discord) -> None:
    with pytest.raises(LookupError):
        discord.fail("chat.postMessage", Lost())


async def test_it_listens_on_the_same_ports_after_a_stop(discord: Discord, ask: Client) -> None:
    before = discord.port, discord.cdn_port
    await discord.stop()
    await discord.start()
    assert (discord.port, discord.cdn_port) == before
    assert (await ask("GET", "/users/@me")).status == 200
