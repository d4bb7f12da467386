"""Which method is left alone, for how long, and who waits for it."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import PlatformError
from bot.platforms.common.call_rates import Rate
from bot.platforms.common.limiter import DEFAULT_PAUSE, PATIENCE, RATE_LIMITED, Limiter, Promise, Quota

POST, EDIT, START, APPEND, STOP = "post", "edit", "start", "append", "stop"
RATES = {
    POST: Rate(4, 4.2, per_channel=True, kept=0.0),
    EDIT: Rate(50, 62.0),
    APPEND: Rate(100, 62.0),
    START: Rate(20, 62.0, kept=0.0),
    STOP: Rate(20, 62.0, kept=0.0),
}


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
    return Limiter(RATES, clock, clock.sleep)


async def call(limiter: Limiter, method: str, *, final: bool = True, channel: str = "C1") -> None:
    async with limiter.admitted(method, final=final, channel=channel):
        pass


def open_stream(limiter: Limiter) -> Promise | None:
    return limiter.promise(STOP, 300.0, opening=START)


async def test_a_method_nobody_complained_about_is_admitted_at_once(limiter: Limiter, clock: Clock) -> None:
    await call(limiter, EDIT, final=False)
    assert clock.slept == []


async def test_a_final_call_waits_out_a_pause_and_an_intermediate_one_does_not(limiter: Limiter, clock: Clock) -> None:
    limiter.note(EDIT, 12)
    with pytest.raises(PlatformError) as error:
        await call(limiter, EDIT, final=False)
    assert error.value.retry_after == 12
    await call(limiter, POST, final=False)
    await call(limiter, EDIT)
    assert clock.slept == [12]
    assert limiter.remaining(EDIT) == 0


async def test_nobody_waits_for_a_pause_that_is_long(limiter: Limiter, clock: Clock) -> None:
    limiter.note(EDIT, 61)
    with pytest.raises(PlatformError):
        await call(limiter, EDIT)
    assert clock.slept == []


def test_a_pause_is_never_shortened_by_a_later_answer(limiter: Limiter) -> None:
    limiter.note(EDIT, 30)
    limiter.note(EDIT, 1)
    assert limiter.remaining(EDIT) == 30


def test_a_429_that_names_no_time_counts_as_a_long_one(limiter: Limiter) -> None:
    limiter.note(EDIT, None)
    assert limiter.remaining(EDIT) == DEFAULT_PAUSE


async def test_a_pause_however_long_can_be_sat_out(limiter: Limiter, clock: Clock) -> None:
    limiter.note("read", 600)
    await limiter.sit_out("read")
    await limiter.sit_out("read more")
    assert clock.slept == [600]


async def test_in_no_minute_there_are_more_calls_than_the_quota(clock: Clock) -> None:
    quota = Quota(Rate(40, 60.0), clock, clock.sleep)
    calls: list[float] = []
    for number in range(200):
        await quota.take()
        calls.append(clock.now)
        clock.now += 0.1 * (number % 7)
    assert all(later - earlier > 59.999 for earlier, later in zip(calls, calls[40:], strict=False))
    assert calls[39] - calls[0] < 20


async def test_what_can_be_skipped_leaves_a_share_of_a_minute_to_what_cannot(limiter: Limiter, clock: Clock) -> None:
    for _ in range(45):
        await call(limiter, EDIT, final=False)
    with pytest.raises(PlatformError):
        await call(limiter, EDIT, final=False)
    for _ in range(5):
        await call(limiter, EDIT)
    assert clock.slept == []
    clock.now += 62.0
    await call(limiter, EDIT, final=False)


async def test_finals_keep_to_the_rate_once_one_was_refused(limiter: Limiter, clock: Clock) -> None:
    for _ in range(60):
        await call(limiter, EDIT)
    assert clock.slept == [], "a platform may take more than it promises"
    limiter.note(EDIT, 1)
    await call(limiter, EDIT)
    assert sum(clock.slept) == pytest.approx(62.0)


async def test_beyond_a_rate_only_one_call_is_under_way(limiter: Limiter) -> None:
    for _ in range(50):
        await call(limiter, EDIT)
    under_way: list[str] = []
    gate = asyncio.Event()

    async def final(name: str) -> None:
        async with limiter.admitted(EDIT, final=True):
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
        crowded.note(EDIT, refusals.pop(0))

    crowded = Limiter(RATES, clock, sleep)
    for _ in range(50):
        await call(crowded, EDIT)
    crowded.note(EDIT, 0)
    with pytest.raises(PlatformError) as error:
        await call(crowded, EDIT)
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
    promises = [open_stream(limiter) for _ in range(21)]
    assert promises[19] is not None
    assert promises[20] is None
    for promise in promises:
        limiter.close(promise)
    assert open_stream(limiter) is None
    clock.now += 62
    assert open_stream(limiter) is not None


async def test_a_stream_begins_only_where_its_stop_is_sure(limiter: Limiter, clock: Clock) -> None:
    promises = [open_stream(limiter) for _ in range(20)]
    clock.now += 62
    assert open_stream(limiter) is None, "twenty are open, and may all end in the same minute"
    await call(limiter, STOP)
    limiter.close(promises[0])
    assert open_stream(limiter) is None
    clock.now += 62
    assert open_stream(limiter) is not None
    clock.now += 300
    assert open_stream(limiter) is not None, "the platform has ended those that nobody did"


def test_no_stream_begins_during_a_pause(limiter: Limiter) -> None:
    limiter.note(STOP, 10)
    assert open_stream(limiter) is None
    limiter.note(START, 10)
    assert open_stream(limiter) is None


async def test_an_answer_is_shown_early_only_where_its_last_edit_is_sure(limiter: Limiter) -> None:
    opened = [limiter.promise(EDIT, 900.0) for _ in range(46)]
    assert opened[44] is not None
    assert opened[45] is None
    assert limiter.wait(EDIT) == float("inf"), "all there is has been promised"
    limiter.close(opened[0])
    assert limiter.promise(EDIT, 900.0) is not None


def test_many_answers_take_turns(limiter: Limiter) -> None:
    open_stream(limiter)
    assert limiter.spacing(APPEND, ends_with=STOP) == 0
    for _ in range(19):
        open_stream(limiter)
    assert limiter.spacing(APPEND, ends_with=STOP) == pytest.approx(20 * 62 / 70, rel=0.3)


async def test_a_final_call_that_is_refused_waits_and_is_made_again(limiter: Limiter, clock: Clock) -> None:
    refusals = [3.0, 4.0]

    async def edit() -> str:
        if not refusals:
            return "edited"
        limiter.note(EDIT, refusals[0])
        raise PlatformError(RATE_LIMITED, passing=True, retry_after=refusals.pop(0))

    assert await limiter.call(EDIT, edit, final=True) == "edited"
    assert clock.slept == [3.0, 4.0]


@pytest.mark.parametrize(
    ("code", "final", "calls"), [(RATE_LIMITED, True, PATIENCE), (RATE_LIMITED, False, 1), ("not_found", True, 1)]
)
async def test_what_is_refused_for_long_or_otherwise_is_left_to_the_caller(
    limiter: Limiter, code: str, *, final: bool, calls: int
) -> None:
    made = 0

    async def edit() -> None:
        nonlocal made
        made += 1
        raise PlatformError(code, passing=True)

    with pytest.raises(PlatformError):
        await limiter.call(EDIT, edit, final=final)
    assert made == calls


async def test_a_method_without_a_rate_is_called_until_it_is_refused(limiter: Limiter, clock: Clock) -> None:
    for _ in range(1_000):
        await call(limiter, "unknown", final=False)
    assert limiter.promise("unknown", 900.0) is not None
    assert limiter.spacing("unknown", ends_with="unknown") == 0.0
    limiter.note("unknown", 7)
    assert (limiter.wait("unknown"), limiter.promise("unknown", 900.0)) == (7, None)
    assert clock.slept == []


async def test_a_promise_that_cannot_be_had_costs_no_opening(limiter: Limiter) -> None:
    limiter.note(STOP, 10)
    for _ in range(30):
        assert open_stream(limiter) is None
    assert taken(limiter, START) == 20


async def test_a_rate_that_is_told_while_it_runs_holds_from_then_on(clock: Clock) -> None:
    rates = {EDIT: Rate(50, 62.0)}
    limiter = Limiter(rates, clock, clock.sleep)
    for _ in range(3):
        await call(limiter, EDIT, final=False)

    rates[EDIT], rates[POST] = Rate(5, 10.0, kept=0.0), Rate(1, 10.0, per_channel=True, kept=0.0)

    assert taken(limiter, EDIT) == 2, "three of the five were made before"
    for channel in ("C1", "C2"):
        await call(limiter, POST, final=False, channel=channel)
        assert limiter.wait(POST, channel) == 10.0
    clock.now += 10.0
    assert taken(limiter, EDIT) == 5
