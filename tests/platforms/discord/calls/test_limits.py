"""Limits are read from Discord's answers, and kept."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from bot.core.errors import PlatformError
from bot.platforms.common.call_rates import Rate
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import (
    EDIT,
    EDIT_RESPONSE,
    INVALID,
    MARGIN_SECONDS,
    MESSAGES,
    OVERALL,
    POST,
    START_THREAD,
    TYPE,
    DiscordLimiter,
)
from tests.standins.discord import Discord
from tests.standins.discord.faults import Lost, RateLimited, Refused, Stranger


class Clock:
    """Time passes while somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def headers(limit: int, remaining: int, reset_after: float, bucket: str = "b") -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset-After": str(reset_after),
        "X-RateLimit-Bucket": bucket,
    }


def test_a_rate_is_what_the_headers_tell_and_none_before() -> None:
    limiter = DiscordLimiter()
    assert limiter.rates == {}
    limiter.tell(POST, headers(5, 3, 4.2))
    assert limiter.rates[POST] == Rate(5, 4.2 + MARGIN_SECONDS, per_channel=True)
    limiter.tell(POST, headers(5, 4, 5.0))
    assert limiter.rates[POST] == Rate(5, 5.0 + MARGIN_SECONDS, per_channel=True), (
        "who comes first sees the whole window"
    )
    limiter.tell(POST, headers(5, 1, 0.1))
    assert limiter.rates[POST] == Rate(5, 5.0 + MARGIN_SECONDS, per_channel=True)
    limiter.tell(POST, headers(10, 8, 1.0))
    assert limiter.rates[POST].calls == 10, "Discord may change its mind"


def test_a_limit_may_be_written_with_a_point() -> None:
    limits = DiscordLimiter()
    limits.tell(POST, {**headers(5, 4, 2.0), "X-RateLimit-Limit": "5.0", "X-RateLimit-Remaining": "4.0"})
    assert limits.rates[POST].calls == 5


def test_of_a_bucket_with_one_place_nothing_is_kept() -> None:
    limiter = DiscordLimiter(clock := Clock())
    limiter.tell(TYPE, headers(1, 0, 0.25), "1")
    clock.now += 1.0
    assert limiter.wait(TYPE, "1") == 0.0


@pytest.mark.parametrize("broken", [{}, headers(0, 0, 1.0), headers(5, 4, float("nan")), headers(5, 4, -1.0)])
def test_headers_that_tell_nothing_are_left(broken: dict[str, str]) -> None:
    limiter = DiscordLimiter()
    limiter.tell(POST, broken)
    assert limiter.rates == {}


def test_an_empty_bucket_is_left_until_it_fills_again() -> None:
    limiter = DiscordLimiter(clock := Clock())
    limiter.tell(POST, headers(5, 4, 5.0), "1")
    limiter.tell(POST, headers(5, 0, 2.5), "1")  # somebody else writes with our token
    assert limiter.wait(POST, "1") == 2.5
    assert limiter.wait(POST, "2") == 0.0, "each channel has its own"
    clock.now += 2.5
    assert limiter.wait(POST, "1") == 0.0


def test_methods_that_share_a_bucket_empty_it_together() -> None:
    limiter = DiscordLimiter(Clock())
    limiter.tell(TYPE, headers(5, 4, 5.0, "shared"), "1")
    limiter.tell(POST, headers(5, 0, 3.0, "shared"), "1")
    assert limiter.wait(TYPE, "1") == 3.0


async def test_no_call_is_refused_where_many_write_in_one_channel(discord: Discord, api: DiscordApi) -> None:
    channel = discord.add_channel("general")
    discord.limits.set("create message", 3, 0.3)

    async def post(number: int) -> None:
        await api.limits.call(
            POST, lambda: api.create_message(channel.id, {"content": str(number)}), final=True, channel=channel.id
        )

    await asyncio.gather(*map(post, range(10)))
    assert len(discord.replies(channel)) == 10
    assert not discord.limits.refused


async def test_many_threads_are_opened_at_once_without_one_refusal(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    discord.limits.set("start thread from message", 10, 2.0)
    questions = [await discord.post(kim, channel, f"question {number}") for number in range(30)]

    async def start(message: str) -> None:
        await api.limits.call(
            START_THREAD, lambda: api.start_thread(channel.id, message, "a name"), final=True, channel=channel.id
        )

    await asyncio.gather(*(start(question.id) for question in questions))
    assert all(discord.thread_of(question) for question in questions)
    assert not discord.limits.refused


async def test_a_burst_stays_within_what_all_calls_share(discord: Discord, api: DiscordApi) -> None:
    channels = [discord.add_channel(f"c{number}") for number in range(70)]
    discord.limits.global_a_second = 50
    began = time.monotonic()

    async def post(channel: str) -> None:
        await api.limits.call(POST, lambda: api.create_message(channel, {"content": "x"}), final=True, channel=channel)

    async with aiohttp.ClientSession() as session:
        api.use(session)
        await asyncio.gather(*(post(channel.id) for channel in channels))
    assert all(discord.replies(channel) for channel in channels)
    assert not discord.limits.refused
    assert time.monotonic() - began >= 1.0


async def test_finals_go_first_where_all_calls_are_many() -> None:
    limiter = DiscordLimiter(clock := Clock(), clock.sleep)
    for _ in range(30):
        await limiter.turn(POST)
    assert clock.now - 1_000.0 < 1.0
    with pytest.raises(PlatformError):  # an edit that can be skipped
        limiter.admit(EDIT, "1")
    began = clock.now
    reading = asyncio.create_task(limiter.turn(MESSAGES))
    for _ in range(15):
        await limiter.turn(POST)
    assert not reading.done()
    assert clock.now - began < OVERALL.seconds, "what answers people has hardly waited"
    await reading
    assert clock.now - began >= OVERALL.seconds / 2


async def test_a_global_refusal_holds_everything(discord: Discord, api: DiscordApi) -> None:
    channel = discord.add_channel("general")
    discord.fail("create message", RateLimited(0.3, scope="global"))
    began = time.monotonic()
    await api.limits.call(
        POST, lambda: api.create_message(channel.id, {"content": "x"}), final=True, channel=channel.id
    )
    assert time.monotonic() - began >= 0.3
    discord.fail("create message", RateLimited(0.3, scope="global"))
    with pytest.raises(PlatformError, match="ratelimited"):
        await api.create_message(channel.id, {"content": "x"})
    assert api.limits.wait(EDIT, channel.id) > 0.1, "what can be skipped is skipped"
    began = time.monotonic()
    await api.me()
    assert time.monotonic() - began >= 0.25


@pytest.mark.parametrize("scope", ["user", "shared"])
async def test_a_refusal_of_one_method_holds_that_one(discord: Discord, api: DiscordApi, scope: str) -> None:
    channel, other = discord.add_channel("general"), discord.add_channel("other")
    await api.create_message(other.id, {"content": "x"})
    discord.fail("create message", RateLimited(20.0, scope=scope))  # type: ignore[arg-type]
    with pytest.raises(PlatformError, match="ratelimited") as refusal:
        await api.create_message(channel.id, {"content": "x"})
    assert refusal.value.retry_after == 20.0
    assert api.limits.wait(POST, channel.id) > 19.0
    assert api.limits.wait(EDIT, channel.id) == api.limits.wait(POST, other.id) == 0.0


async def test_the_wall_before_discord_holds_everything(discord: Discord, api: DiscordApi) -> None:
    await api.me()
    discord.fail("get current user", Stranger(429, body="<h1>Error 1015</h1>"))
    with pytest.raises(PlatformError, match="ratelimited"):
        await api.me()
    assert api.limits.wait(POST, "1") > 0.0


async def test_a_long_pause_is_left_to_the_core() -> None:
    limiter = DiscordLimiter(clock := Clock(), clock.sleep)
    limiter.refused(POST, 600.0, everything=True)
    with pytest.raises(PlatformError, match="ratelimited") as refusal:
        await limiter.turn(POST)
    assert refusal.value.retry_after == 600.0


async def test_the_first_call_of_a_method_is_made_alone(discord: Discord, api: DiscordApi) -> None:
    channels = [discord.add_channel(f"c{number}") for number in range(4)]
    gate = discord.hold("create message")

    async def post(channel: str) -> None:
        await api.limits.call(POST, lambda: api.create_message(channel, {"content": "x"}), final=True, channel=channel)

    posts = [asyncio.create_task(post(channel.id)) for channel in channels]
    await gate.reached.wait()
    await asyncio.sleep(0.05)
    assert len(discord.calls("create message")) == 1
    gate.open()
    discord.release("create message")
    await asyncio.gather(*posts)
    assert len(discord.calls("create message")) == 4


async def test_a_first_call_that_is_lost_leaves_the_place_to_the_next_one(discord: Discord, api: DiscordApi) -> None:
    channel = discord.add_channel("general")
    discord.fail("create message", Lost())

    async def post() -> bool:
        try:
            await api.limits.call(
                POST, lambda: api.create_message(channel.id, {"content": "x"}), final=True, channel=channel.id
            )
        except PlatformError:
            return False
        return True

    assert sorted(await asyncio.gather(post(), post(), post())) == [False, True, True]


def one_refusal_left(discord: Discord) -> tuple[DiscordApi, Clock]:
    clock = Clock()
    limits = DiscordLimiter(clock, clock.sleep)
    for _ in range(INVALID.calls - 1):
        limits.invalid()
    return DiscordApi(discord.token, discord.api_url, limits), clock


async def test_before_an_address_is_shut_out_for_its_refusals_all_calls_wait(discord: Discord) -> None:
    api, clock = one_refusal_left(discord)
    await api.me()
    discord.fail("get current user", Refused(403, 50001))
    with pytest.raises(PlatformError):
        await api.me()
    for _ in range(2):
        with pytest.raises(PlatformError) as waits:
            await api.me()
        assert waits.value.passing
        assert waits.value.retry_after == pytest.approx(INVALID.seconds, abs=5.0)
    assert len(discord.calls("get current user")) == 2
    clock.now += INVALID.seconds
    await api.me()


async def test_what_others_have_used_up_is_no_refusal_that_counts(discord: Discord) -> None:
    api, _ = one_refusal_left(discord)
    discord.fail("get current user", RateLimited(0.1, scope="shared"))
    with pytest.raises(PlatformError):
        await api.me()
    await api.me()


def test_the_responses_to_two_interactions_do_not_wait_for_each_other() -> None:
    limiter = DiscordLimiter(clock := Clock(), clock.sleep)
    for left in (1, 0):
        limiter.tell(EDIT_RESPONSE, headers(2, left, 5.0), "a token")
    assert limiter.wait(EDIT_RESPONSE, "a token") > 0.0
    assert limiter.wait(EDIT_RESPONSE, "another token") == 0.0
