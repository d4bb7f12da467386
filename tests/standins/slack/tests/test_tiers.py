"""The Slack stand-in limits calls by the rules that it states."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError

from tests.standins.asking import client
from tests.standins.slack import Slack
from tests.standins.slack.api.tiers import Tiers
from tests.standins.slack.workspace import Clock

SOMEWHERE = {"channel": "C0HERE"}


def limits() -> tuple[Tiers, Clock]:
    clock = Clock(lambda: 1_000.0)
    tiers = Tiers(clock)
    tiers.enforced = True
    return tiers, clock


@pytest.mark.parametrize(
    ("method", "limit"), [("chat.startStream", 20), ("chat.update", 50), ("chat.appendStream", 100)]
)
def test_a_method_admits_as_many_calls_as_its_tier_in_any_minute(method: str, limit: int) -> None:
    tiers, clock = limits()
    clock.advance(10)
    assert [tiers.retry_after(method, {}) for _ in range(limit - 1)] == [None] * (limit - 1)
    clock.advance(30)
    assert tiers.retry_after(method, {}) is None
    assert tiers.retry_after(method, {}) == 30
    clock.advance(29.5)
    assert tiers.retry_after(method, {}) == 1
    clock.advance(0.5)
    assert [tiers.retry_after(method, {}) for _ in range(limit)] == [None] * (limit - 1) + [30]
    assert (tiers.calls[method], tiers.refused[method]) == (2 * limit + 2, 3)


def test_a_channel_takes_five_posts_at_once_and_one_a_second_then() -> None:
    tiers, clock = limits()
    post = "chat.postMessage"
    assert [tiers.retry_after(post, SOMEWHERE) for _ in range(6)] == [None] * 5 + [1]
    assert tiers.retry_after(post, {"channel": "C0ELSEWHERE"}) is None
    clock.advance(1)
    assert [tiers.retry_after(post, SOMEWHERE) for _ in range(2)] == [None, 1]
    clock.advance(60)
    assert [tiers.retry_after(post, SOMEWHERE) for _ in range(6)] == [None] * 5 + [1]
    assert tiers.share_refused(post) == tiers.share_refused() == 3 / 15


def test_methods_without_a_tier_and_workspaces_without_limits_admit_everything() -> None:
    tiers, _ = limits()
    assert {tiers.retry_after("auth.test", {}) for _ in range(1_000)} == {None}
    tiers.enforced = False
    assert {tiers.retry_after("chat.startStream", {}) for _ in range(1_000)} == {None}
    assert tiers.share_refused("chat.startStream") == 0


async def test_a_call_beyond_the_limit_is_answered_429_and_not_performed() -> None:
    async with Slack(clock=Clock(lambda: 1_000.0)) as slack:
        channel = slack.add_channel("general")
        slack.tiers.enforced = True
        for _ in range(5):
            await client(slack).chat_postMessage(channel=channel, text="hello")
        with pytest.raises(SlackApiError) as error:
            await client(slack).chat_postMessage(channel=channel, text="hello")
        answer = error.value.response
        assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "1")
        assert len(slack.workspace.channels[channel].messages) == 5
        slack.clock.advance(1)
        await client(slack).chat_postMessage(channel=channel, text="hello")
