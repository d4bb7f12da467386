"""Which method is left alone, for how long, and who waits for it."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import PlatformError
from bot.platforms.slack.calls.limits import (
    APPEND,
    DEFAULT_PAUSE,
    POST,
    START,
    STOP,
    UPDATE,
    Limiter,
    Quota,
)


class Clock:
    """Time passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> Limiter:
    return Limiter(clock, clock.sleep)


async def call(limiter: Limiter, method: str, *, final: bool = True, channel: str = "C1") -> None:
    async with limiter.admitted(method, final=final, channel=channel):
        pass


async def test_a_method_nobody_complained_about_is_admitted_at_once(limiter: Limiter, clock: Clock) -> None:
    await call(limiter, "chat.update", final=False)
    assert clock.slept == []


async def test_a_final_call_waits_out_a_pause_and_an_intermediate_one_does_not(limiter: Limiter, clock: Clock) -> None:
    limiter.note("chat.update", 12)
    with pytest.raises(PlatformError) as error:
        await call(limiter, "chat.update", final=False)
    assert error.value.retry_after == 12
    await call(limiter, "chat.postMessage", final=False)
    await call(limiter, "chat.update")
    assert clock.slept == [12]
    assert limiter.remaining("chat.update") == 0


async def test_nobody_waits_for_a_pause_that_is_long(limiter: Limiter, clock: Clock) -> None:
    limiter.note("chat.update", 61)
    with pytest.raises(PlatformError):
        await call(limiter, "chat.update")
    assert clock.slept == []


def test_a_pause_is_never_shortened_by_a_later_answer(limiter: Limiter) -> None:
    limiter.note("chat.update", 30)
    limiter.note("chat.update", 1)
    assert limiter.remaining("chat.update") == 30


def test_a_429_that_names_no_time_counts_as_a_long_one(limiter: Limiter) -> None:
    limiter.note("chat.update", None)
    assert limiter.remaining("chat.update") == DEFAULT_PAUSE


async def test_a_pause_however_long_can_be_sat_out(limiter: Limiter, clock: Clock) -> None:
    limiter.note("conversations.history", 600)
    await limiter.sit_out("conversations.history")
    await limiter.sit_out("conversations.replies")
    assert clock.slept == [600]


async def test_in_no_minute_there_are_more_calls_than_the_quota(clock: Clock) -> None:
    quota = Quota(40, clock, clock.sleep)
    calls: list[float] = []
    for number in range(200):
        await quota.take()
        calls.append(clock.now)
        clock.now += 0.1 * (number % 7)
    assert all(later - earlier > 59.999 for earlier, later in zip(calls, calls[40:], strict=False))
    assert calls[39] - calls[0] < 20


async def test_what_can_be_skipped_leaves_a_share_of_a_minute_to_what_cannot(limiter: Limiter, clock: Clock) -> None:
    for _ in range(45):
        await call(limiter, UPDATE, final=False)
    with pytest.raises(PlatformError):
        await call(limiter, UPDATE, final=False)
    for _ in range(5):
        await call(limiter, UPDATE)
    assert clock.slept == []
    clock.now += 62.0
    await call(limiter, UPDATE, final=False)


async def test_finals_keep_to_the_rate_once_slack_has_refused_one(limiter: Limiter, clock: Clock) -> None:
    for _ in range(60):
        await call(limiter, UPDATE)
    assert clock.slept == [], "Slack may take more than it promises"
    limiter.note(UPDATE, 1)
    await call(limiter, UPDATE)
    assert sum(clock.slept) == pytest.approx(62.0)


async def test_beyond_a_rate_only_one_call_is_under_way(limiter: Limiter) -> None:
    for _ in range(50):
        await call(limiter, UPDATE)
    under_way: list[str] = []
    gate = asyncio.Event()

    async def final(name: str) -> None:
        async with limiter.admitted(UPDATE, final=True):
            under_way.append(name)
            await gate.wait()

    tasks = [asyncio.create_task(final(name)) for name in "ab"]
    for _ in range(10):
        await asyncio.sleep(0)
    assert under_way == ["a"]
    gate.set()
    await asyncio.gather(*tasks)
    assert under_way == ["a", "b"]


async def test_finals_that_wait_are_served_in_their_order(limiter: Limiter, clock: Clock) -> None:
    for _ in range(5):
        await call(limiter, POST)
    limiter.note(POST, 0, "C1")
    for _ in range(5):
        await call(limiter, POST)
    assert clock.now == pytest.approx(1_000 + 2 * 4.2)


async def test_who_waited_in_vain_for_longer_than_a_minute_hears_why(clock: Clock) -> None:
    refusals = [60.0, 60.0, 61.0]

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        crowded.note(UPDATE, refusals.pop(0))

    crowded = Limiter(clock, sleep)
    for _ in range(50):
        await call(crowded, UPDATE)
    crowded.note(UPDATE, 0)
    with pytest.raises(PlatformError) as error:
        await call(crowded, UPDATE)
    assert error.value.retry_after == 61


async def test_each_channel_has_its_own_rate_of_posts(limiter: Limiter) -> None:
    for _ in range(4):
        await call(limiter, POST, final=False)
    with pytest.raises(PlatformError):
        await call(limiter, POST, final=False)
    await call(limiter, POST, final=False, channel="C2")


async def test_first_words_need_no_more_room_than_a_final_post(limiter: Limiter, clock: Clock) -> None:
    for _ in range(3):
        await call(limiter, POST)
    await call(limiter, POST, final=False)
    with pytest.raises(PlatformError):
        await call(limiter, POST, final=False)
    assert clock.slept == []


def test_a_pause_for_posts_is_one_channels(limiter: Limiter) -> None:
    limiter.note(POST, 5, "C1")
    assert (limiter.remaining(POST, "C1"), limiter.remaining(POST, "C2")) == (5, 0)


def test_a_429_that_our_own_calls_do_not_explain_halves_the_rate_for_a_while(limiter: Limiter, clock: Clock) -> None:
    limiter.note(APPEND, 0)
    assert taken(limiter, APPEND) == 54, "90 % of 60 % of 100"
    clock.now += 300
    assert taken(limiter, APPEND) == 90


def taken(limiter: Limiter, method: str) -> int:
    count = 0
    while limiter.take(method):
        count += 1
    return count


def test_twenty_streams_begin_in_a_minute(limiter: Limiter, clock: Clock) -> None:
    promises = [limiter.open_stream() for _ in range(21)]
    assert promises[19] is not None
    assert promises[20] is None
    for promise in promises:
        limiter.close(promise)
    assert limiter.open_stream() is None
    clock.now += 62
    assert limiter.open_stream() is not None


async def test_a_stream_begins_only_where_its_stop_is_sure(limiter: Limiter, clock: Clock) -> None:
    promises = [limiter.open_stream() for _ in range(20)]
    clock.now += 62
    assert limiter.open_stream() is None, "twenty are open, and may all end in the same minute"
    await call(limiter, STOP)
    limiter.close(promises[0])
    assert limiter.open_stream() is None
    clock.now += 62
    assert limiter.open_stream() is not None
    clock.now += 300
    assert limiter.open_stream() is not None, "Slack has ended those that nobody did"


def test_no_stream_begins_during_a_pause(limiter: Limiter) -> None:
    limiter.note(STOP, 10)
    assert limiter.open_stream() is None
    limiter.note(START, 10)
    assert limiter.open_stream() is None


async def test_an_answer_is_shown_early_only_where_its_last_edit_is_sure(limiter: Limiter) -> None:
    opened = [limiter.open_edits() for _ in range(46)]
    assert opened[44] is not None
    assert opened[45] is None
    assert limiter.wait(UPDATE) == float("inf"), "all there is has been promised"
    limiter.close(opened[0])
    assert limiter.open_edits() is not None


def test_many_answers_take_turns(limiter: Limiter) -> None:
    limiter.open_stream()
    assert limiter.spacing(APPEND) == 0
    for _ in range(19):
        limiter.open_stream()
    assert limiter.spacing(APPEND) == pytest.approx(20 * 62 / 70, rel=0.3)
