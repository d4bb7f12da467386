"""Threads and channels whose messages are as long as Slack lets them be: no answer of Slack's holds the event loop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.core.conversation import ThreadRef, posted_of
from bot.core.errors import PlatformError
from bot.platforms.common.catch_up import CatchUpSettings
from bot.platforms.common.limiter import Limiter
from bot.platforms.slack.calls import sessions
from bot.platforms.slack.calls.api import SlackApi
from bot.platforms.slack.calls.limits import RATES
from tests.hostile import LENGTH
from tests.platforms.slack.conftest import REPLIES, Place, door, running
from tests.platforms.slack.reading.absence import HISTORY, Marks, Office, caught_up
from tests.platforms.slack.reading.absence import marks as marks
from tests.platforms.slack.reading.absence import office as office
from tests.standins.slack import Slack
from tests.standins.slack.workspace import Json
from tests.watchdog import Watchdog, watching

EMOJI = "😀" * LENGTH  # which Slack writes with 12 bytes each
STYLED = [{"type": "text", "text": "a", "style": {"bold": True}}] * (LENGTH // 3)
RICH: list[Json] = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": STYLED}]}]


def fill(slack: Slack, place: ThreadRef, count: int, text: str, blocks: list[Json] | None = None) -> list[str]:
    add, user = slack.workspace.add_message, slack.add_user("lee")
    added = [add(place.channel, user, text, place.thread, blocks=list(blocks or ())) for _ in range(count)]
    return [place.thread, *(message.ts for message in added)]


def limits(slack: Slack, method: str) -> list[int]:
    return [int(call.arguments["limit"]) for call in slack.calls(method)]


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    with watching() as watchdog:
        yield watchdog


@pytest.mark.parametrize(
    ("count", "text", "blocks"),
    [(160, EMOJI, None), (16, "*a*" * (LENGTH // 3), RICH)],
    ids=["emoji", "styled"],
)
async def test_a_thread_of_the_longest_messages_is_read_whole_and_holds_nothing(
    place: Place, watchdog: Watchdog, count: int, text: str, blocks: list[Json] | None
) -> None:
    written = fill(place.slack, place.thread, count, text, blocks)
    async with running(place.slack, ignore, place.door):
        read = await place.door.read_thread(place.thread)
    assert [posted_of(said).id for said in read.messages] == written
    assert {posted_of(said).text for said in read.messages[1:]} == {text}
    assert watchdog.held == []


async def ignore(_said: object) -> None: ...


async def test_pages_become_long_again_after_long_messages(place: Place) -> None:
    fill(place.slack, place.thread, 30, EMOJI)
    written = fill(place.slack, place.thread, 300, "ok")
    async with running(place.slack, ignore, place.door):
        read = await place.door.read_thread(place.thread)
    assert len(read.messages) == 330 + 1
    assert posted_of(read.messages[-1]).id == written[-1]
    assert limits(place.slack, REPLIES) == [200, 50, 12, 3, 6, 12, 3, 6, 12, 3, 6, 12, 24, 48, 96, 192]


async def test_a_message_is_found_though_the_root_fills_a_page(place: Place) -> None:
    slack, thread = place.slack, place.thread
    slack.workspace.channels[thread.channel].messages[thread.thread].text = "x" * (sessions.MOST_BYTES - 1_000)
    [_, early, late] = fill(slack, thread, 2, "y" * 2_000)
    async with sessions.opened() as session:
        api = SlackApi(slack.bot_token, slack.api_url, Limiter(RATES))
        api.use(session)
        assert (await api.reply(thread.channel, thread.thread, late) or {}).get("ts") == late
        slack.delete(thread.channel, early)
        assert await api.reply(thread.channel, thread.thread, early) is None


async def test_a_usual_thread_takes_no_more_calls_than_slack_asks_for(place: Place) -> None:
    fill(place.slack, place.thread, 999, "what people write")
    async with running(place.slack, ignore, place.door):
        await place.door.read_thread(place.thread)
    assert limits(place.slack, REPLIES) == [200, 400, 800]


async def test_one_message_that_is_too_long_for_any_page_is_an_error(place: Place) -> None:
    fill(place.slack, place.thread, 3, "x" * sessions.MOST_BYTES)
    async with running(place.slack, ignore, place.door):
        with pytest.raises(PlatformError, match="answer_too_long") as raised:
            await place.door.read_thread(place.thread)
    assert not raised.value.passing
    assert limits(place.slack, REPLIES) == [200, 50, 12, 3, 1, 2, 1]


async def test_a_channel_of_the_longest_messages_is_caught_up_with_and_holds_nothing(
    slack: Slack, office: Office, marks: Marks, watchdog: Watchdog
) -> None:
    styled = "*a*" * (LENGTH // 3)
    said, before = [office.say(styled, blocks=list(RICH)) for _ in range(16)], marks.whole
    heard: list[str] = []

    async def receive(incoming: object) -> None:
        heard.append(posted_of(incoming).id)  # type: ignore[arg-type] # nothing else was done

    # Pings so far apart that no busy moment takes a connection for lost, which would begin the reading anew.
    away = door(slack, watermarks=marks, catch_up=CatchUpSettings(), ping_seconds=5.0)
    async with running(slack, receive, away):
        await caught_up(slack, marks, since=before)
    assert heard == said
    assert watchdog.held == []
    assert max(limits(slack, HISTORY)) == 100
