"""Which method is left alone, for how long, and who waits for it."""

from __future__ import annotations

import pytest

from bot.core.errors import PlatformError
from bot.platforms.slack.limits import DEFAULT_PAUSE, Pauses, Quota, start_wait


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
def pauses(clock: Clock) -> Pauses:
    return Pauses(clock, clock.sleep)


async def test_a_method_nobody_complained_about_is_admitted_at_once(pauses: Pauses, clock: Clock) -> None:
    await pauses.admit("chat.update", final=False)
    assert clock.slept == []


async def test_a_final_call_waits_out_a_pause_and_an_intermediate_one_does_not(pauses: Pauses, clock: Clock) -> None:
    pauses.note("chat.update", 12)
    with pytest.raises(PlatformError) as error:
        await pauses.admit("chat.update", final=False)
    assert error.value.retry_after == 12
    await pauses.admit("chat.postMessage", final=False)
    await pauses.admit("chat.update", final=True)
    assert clock.slept == [12]
    assert pauses.remaining("chat.update") == 0


async def test_nobody_waits_for_a_pause_that_is_long(pauses: Pauses, clock: Clock) -> None:
    pauses.note("chat.update", 61)
    with pytest.raises(PlatformError):
        await pauses.admit("chat.update", final=True)
    assert clock.slept == []


def test_a_pause_is_never_shortened_by_a_later_answer(pauses: Pauses) -> None:
    pauses.note("chat.update", 30)
    pauses.note("chat.update", 1)
    assert pauses.remaining("chat.update") == 30


def test_a_429_that_names_no_time_counts_as_a_long_one(pauses: Pauses) -> None:
    pauses.note("chat.update", None)
    assert pauses.remaining("chat.update") == DEFAULT_PAUSE


def test_the_wait_at_the_start_grows_to_a_ceiling_and_honours_what_slack_asks() -> None:
    assert [start_wait(failures, None) for failures in (1, 2, 3, 50)] == [0.25, 0.5, 1.0, 5.0]
    assert start_wait(1, 30.0) == 30.0


async def test_a_pause_however_long_can_be_sat_out(pauses: Pauses, clock: Clock) -> None:
    pauses.note("conversations.history", 600)
    await pauses.sit_out("conversations.history")
    await pauses.sit_out("conversations.replies")
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
