"""What Slack's rates come to."""

from __future__ import annotations

from bot.platforms.common.limiter import Limiter
from bot.platforms.slack.calls.limits import EDITS_SECONDS, POST, RATES, START, STOP, STREAM_SECONDS, UPDATE


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_twenty_streams_begin_in_a_minute_and_each_can_be_stopped() -> None:
    clock = Clock()
    limiter = Limiter(RATES, clock)
    streams = [limiter.promise(STOP, STREAM_SECONDS, opening=START) for _ in range(21)]
    assert [stream is not None for stream in streams] == [True] * 20 + [False]
    clock.now += 62.0
    assert limiter.promise(STOP, STREAM_SECONDS, opening=START) is None, "twenty may end in the same minute"


def test_answers_that_are_edited_leave_a_share_of_the_edits_to_others() -> None:
    limiter = Limiter(RATES, Clock())
    edits = [limiter.promise(UPDATE, EDITS_SECONDS) for _ in range(46)]
    assert [edit is not None for edit in edits] == [True] * 45 + [False]


def test_each_channel_has_four_posts_in_four_seconds() -> None:
    limiter = Limiter(RATES, Clock())
    for channel in ("C1", "C2"):
        for _ in range(4):
            limiter.admit(POST, channel)
        assert 4.0 < limiter.wait(POST, channel) < 5.0
