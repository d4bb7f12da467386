"""How an answer grows in a message that Slack streams, and what it does when the stream ends otherwise than planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.core.controls import Control, Controls
from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.core.ports import ReplyRequest
from bot.core.reply.pace import Pace
from bot.platforms.common.limiter import Limiter
from bot.platforms.slack.calls.api import SESSION, SlackApi
from bot.platforms.slack.calls.limits import APPEND, RATES, START, STOP
from bot.platforms.slack.incoming.events import Identity
from bot.platforms.slack.reply.answer_file import FileSettings
from bot.platforms.slack.reply.fallbacks import MessageFeatures
from bot.platforms.slack.reply.pace import PACE
from bot.platforms.slack.reply.reply import SlackReply
from bot.platforms.slack.reply.services import ReplyServices
from bot.platforms.slack.reply.streams import Streams
from bot.platforms.slack.status.status import SlackStatus
from tests.contract.world import Log
from tests.platforms.slack.conftest import DELETE, POST, REPLIES, UPDATE
from tests.standins.slack import Slack
from tests.standins.slack.faults import Lost, RateLimited, Refused
from tests.standins.slack.workspace import BOT, BOT_USER

STREAM_LIFE = 301.0  # seconds
BUTTON_TIME = 4.1


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Door:
    """What all replies of one process share."""

    def __init__(self, slack: Slack, clock: Callable[[], float]) -> None:
        api = SlackApi(slack.bot_token, slack.api_url, Limiter(RATES, clock))
        self.status = SlackStatus(api)
        streams = Streams(api, self.status, clock)
        self.shared = ReplyServices(api, streams, MessageFeatures(), FileSettings(), self.status)


@dataclass
class Place:
    slack: Slack
    clock: Clock
    door: Door
    thread: ThreadRef
    kim: str
    log: Log

    async def reply(self, door: Door | None = None) -> SlackReply:
        request = ReplyRequest(self.thread, 7, self.log.parts(), self.log, self.kim)
        reply = SlackReply((door or self.door).shared, Identity(self.slack.team, BOT_USER, BOT, "threadbot"), request)
        await reply.locate()
        return reply

    def another_process(self) -> Door:
        return Door(self.slack, self.clock)

    @property
    def shown(self) -> list[str]:
        return self.slack.replies(self.thread.channel, self.thread.thread)

    def calls(self) -> list[str]:
        return [call.method for call in self.slack.faults.calls]

    def marks(self) -> list[object]:
        found = self.slack.thread(self.thread.channel, self.thread.thread)[1:]
        return [message.metadata and message.metadata["event_payload"] for message in found]

    def buttons(self) -> list[str]:
        """The action ids below the last message."""
        [*_, last] = self.slack.thread(self.thread.channel, self.thread.thread)
        return [
            element["action_id"]
            for block in last.blocks
            for element in block.get("elements", ())
            if "action_id" in element
        ]


async def show(reply: SlackReply, text: str) -> None:
    """Show an answer of which *text* has come, and the beginning of another word, which a stream holds back."""
    await reply.show(f"{text} t")


@pytest.fixture
async def place(slack: Slack) -> Place:
    clock = Clock()
    return await placed(slack, clock, Door(slack, clock))


async def placed(slack: Slack, clock: Clock, door: Door, kind: str = "channel") -> Place:
    channel, kim = slack.add_channel("general", kind), slack.add_user("kim")
    ts = await slack.post(kim, channel, f"{slack.mention} 질문")
    return Place(slack, clock, door, ThreadRef("slack", slack.team, channel, ts), kim, Log())


async def test_a_short_answer_takes_a_start_and_a_stop(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "짧은")
    await reply.finish("짧은 **답**.", ["A note."])
    assert place.calls() == [START, STOP]
    assert place.shown == ["짧은 **답**.\n\nA note."]
    assert place.marks() == [{"turn": "7", "part": "1", "notes": "0"}]
    begun = place.slack.calls(START)[0].arguments
    assert (begun["recipient_user_id"], begun["recipient_team_id"]) == (place.kim, place.slack.team)
    assert begun["thread_ts"] == place.thread.thread


async def test_an_answer_that_is_whole_before_it_was_shown_takes_one_post(place: Place) -> None:
    await (await place.reply()).finish("짧은 답.")
    assert place.calls() == [POST]


async def test_only_what_is_new_is_appended(place: Place) -> None:
    reply = await place.reply()
    for text in ("one tw", "one two <!ch", "one two <!ch", "one two <!chan", "one two <!channel> th"):
        await reply.show(text)
    await reply.finish("one two <!channel> three")
    added = [call.arguments["markdown_text"] for call in place.slack.calls(APPEND)]
    assert [text.replace("\u200b", "·") for text in added] == [" two <·!channel>"]
    assert "<!channel>" not in place.shown[0]
    assert place.calls() == [START, APPEND, STOP]


async def test_the_id_is_noted_while_the_message_grows(place: Place) -> None:
    await show(await place.reply(), "one")
    assert place.log.ids[1] is not None


NOWHERE = ["unknown_method", "feature_disabled", "missing_scope", "not_allowed_token_type"]


@pytest.mark.parametrize("code", NOWHERE)
async def test_a_workspace_without_streams_is_asked_once(place: Place, code: str) -> None:
    place.slack.switch_off(START, code)
    for _ in range(2):
        place.log = Log()
        reply = await place.reply()
        await show(reply, "one")
        await reply.finish("one two")
    assert place.shown == ["one two", "one two"]
    assert place.calls() == [START, POST, UPDATE, POST, UPDATE]


async def test_a_server_that_takes_our_arguments_for_wrong_is_asked_three_times(place: Place) -> None:
    place.slack.switch_off(START, "invalid_arguments")
    for _ in range(5):
        place.log = Log()
        await show(await place.reply(), "one")
        place.clock.now += 60
    assert place.calls().count(START) == 3
    assert place.shown == ["one t"] * 5


async def test_a_channel_without_streams_is_remembered_and_others_are_not(slack: Slack) -> None:
    clock = Clock()
    door = Door(slack, clock)
    slack.workspace.stream_kinds = ("im",)
    group = await placed(slack, clock, door, "mpim")
    for _ in range(2):
        group.log = Log()
        await show(await group.reply(), "one")
    assert group.calls() == [START, POST, POST]
    await show(await (await placed(slack, clock, door, "im")).reply(), "one")
    assert group.calls() == [START, POST, POST, START]


async def test_what_one_channel_is_refused_for_ends_no_streams_elsewhere(slack: Slack) -> None:
    clock = Clock()
    door = Door(slack, clock)
    odd, usual = await placed(slack, clock, door), await placed(slack, clock, door, "im")
    for _ in range(3):
        slack.fail(START, Refused("user_not_found"))
        odd.log = Log()
        await show(await odd.reply(), "one")
        clock.now += 60
    await show(await usual.reply(), "one")
    odd.log = Log()
    await show(await odd.reply(), "one")
    assert odd.calls() == [*(START, POST) * 3, START, POST]


async def test_a_server_that_takes_no_stream_anywhere_is_not_asked_in_every_channel(slack: Slack) -> None:
    clock = Clock()
    door = Door(slack, clock)
    slack.switch_off(START, "invalid_arguments")
    for _ in range(4):
        place = await placed(slack, clock, door)
        for _ in range(3):
            place.log = Log()
            await show(await place.reply(), "one")
            clock.now += 60
    assert len(slack.calls(START)) == 9


async def test_a_text_that_became_another_one_is_brought_right_by_an_edit(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "one")
    await reply.finish("eins zwei")
    assert place.calls() == [START, STOP, UPDATE]
    assert place.shown == ["eins zwei"]


async def test_a_stream_that_would_be_too_full_goes_on_by_edits_in_the_same_message(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "가" * 2_900)
    await show(reply, "가" * 3_100)
    await show(reply, "가" * 3_200)
    await reply.finish("가" * 3_300)
    assert place.calls() == [START, STOP, UPDATE, UPDATE, UPDATE]
    assert place.shown == ["가" * 3_300]


async def test_a_stream_is_ended_before_slack_ends_it(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "one")
    place.clock.now += 215
    await show(reply, "one two")
    await reply.finish("one two three")
    assert place.calls() == [START, STOP, UPDATE]
    assert place.shown == ["one two three"]


async def test_one_that_slack_has_ended_goes_on_by_edits(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "one")
    place.slack.clock.advance(STREAM_LIFE)
    await show(reply, "one two")
    assert place.shown == ["one two t"]
    await reply.finish("one two three")
    assert place.shown == ["one two three"]
    assert place.marks() == [{"turn": "7", "part": "1", "notes": "0"}]


async def test_one_that_slack_has_ended_is_finished_by_an_edit(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "one")
    place.slack.clock.advance(STREAM_LIFE)
    await reply.finish("one two")
    assert place.shown == ["one two"]


async def test_one_that_a_reader_has_stopped_is_finished_by_an_edit(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "one")
    await place.slack.stop_stream(place.kim, place.thread.channel, str(place.log.ids[1]))
    await reply.finish("one two", ["Stopped."])
    assert place.shown == ["one two\n\nStopped."]


async def test_after_a_crash_what_still_grows_is_stopped_and_then_edited(place: Place) -> None:
    await show(await place.reply(), "one")
    await (await place.reply(place.another_process())).finish("eins")
    assert place.shown == ["eins"]
    assert place.calls() == [START, UPDATE, STOP, UPDATE]
    assert place.marks() == [{"turn": "7", "part": "1", "notes": "0"}]


@pytest.mark.parametrize("refused", [False, True])
async def test_after_a_crash_slacks_own_button_stays_while_another_process_goes_on(
    place: Place, *, refused: bool
) -> None:
    """Where Slack does not take the status, what grew is ended all the same."""
    place.slack.workspace.has_sessions = True
    await show(await place.reply(), "one")
    another = place.another_process()
    await another.status.show_status(place.thread, place.thread.thread, "is writing…")
    reply = await place.reply(another)
    if refused:
        place.slack.fail(STOP, Refused("invalid_arguments"))
    await show(reply, "one two")
    told = [call.arguments.get("session_status") for call in place.slack.calls(STOP)]
    assert told == (["processing", None] if refused else ["processing"])
    assert place.shown == ["one two t"]
    session = place.slack.agents.session(place.thread.channel, place.thread.thread)
    assert session == ("active" if refused else "processing")
    await reply.finish("one two three")
    await another.status.clear_status(place.thread, place.thread.thread)
    assert place.slack.agents.session(place.thread.channel, place.thread.thread) == "active"


async def test_one_that_ends_while_it_is_edited_is_edited_once_more(place: Place) -> None:
    await show(await place.reply(), "one")
    place.slack.clock.advance(STREAM_LIFE)
    place.slack.fail(UPDATE, Refused("streaming_state_conflict"))
    await (await place.reply(place.another_process())).finish("one two")
    assert place.calls() == [START, UPDATE, STOP, UPDATE]
    assert place.shown == ["one two"]


async def test_a_reply_that_is_opened_anew_goes_on_with_its_stream(place: Place) -> None:
    await show(await place.reply(), "one")
    await (await place.reply()).finish("one two")
    assert place.calls() == [START, STOP]
    assert place.shown == ["one two"]


@pytest.mark.parametrize("crashed", [False, True])
async def test_what_grows_can_be_taken_away(place: Place, *, crashed: bool) -> None:
    reply = await place.reply()
    await show(reply, "one")
    await (await place.reply(place.another_process()) if crashed else reply).remove()
    assert place.shown == []


@pytest.mark.parametrize("performed", [True, False])
async def test_an_append_that_is_lost_is_made_neither_twice_nor_never(place: Place, *, performed: bool) -> None:
    reply = await place.reply()
    await show(reply, "one")
    place.slack.fail(APPEND, Lost(performed=performed))
    with pytest.raises(PlatformError):
        await show(reply, "one two")
    await show(reply, "one two three")
    assert place.shown == ["one two three t"]
    await reply.finish("one two three four")
    assert place.shown == ["one two three four"]


@pytest.mark.parametrize("performed", [True, False])
async def test_a_stop_that_is_lost_is_made_up_for(place: Place, *, performed: bool) -> None:
    reply = await place.reply()
    await show(reply, "one")
    place.slack.fail(STOP, Lost(performed=performed))
    with pytest.raises(PlatformError) as error:
        await reply.finish("one two")
    assert error.value.passing
    await reply.finish("one two")
    assert place.shown == ["one two"]


async def test_a_start_that_is_lost_is_looked_for(place: Place) -> None:
    reply = await place.reply()
    place.slack.fail(START, Lost())
    with pytest.raises(PlatformError):
        await show(reply, "one")
    await reply.finish("one two")
    assert place.shown == ["one two"]
    assert place.calls() == [START, REPLIES, UPDATE, STOP, UPDATE]


async def test_a_429_for_a_start_leads_to_a_post(place: Place) -> None:
    place.slack.fail(START, RateLimited(30))
    reply = await place.reply()
    await show(reply, "one")
    assert place.calls() == [START, POST]


async def test_blocks_that_slack_does_not_take_below_a_stream_are_tried_by_edits(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "one")
    place.slack.fail(STOP, Refused("invalid_blocks"))
    await reply.finish("one two", ["A note."])
    assert place.calls() == [START, STOP, STOP, UPDATE]
    assert place.shown == ["one two\n\nA note."]


async def test_a_message_that_somebody_deletes_while_it_grows_is_not_written_again(place: Place) -> None:
    reply = await place.reply()
    await show(reply, "one")
    place.slack.delete(place.thread.channel, str(place.log.ids[1]))
    with pytest.raises(PlatformError) as error:
        await reply.finish("one two")
    assert (error.value.code, error.value.passing) == ("message_not_found", False)
    assert place.shown == []


async def test_after_four_seconds_there_is_a_stop_button_where_slack_has_none(slack: Slack) -> None:
    clock = Clock()
    place = await placed(slack, clock, Door(slack, clock))
    reply = await place.reply()
    await show(reply, "one")
    assert reply.pause <= BUTTON_TIME
    clock.now += BUTTON_TIME
    await show(reply, "one two")
    assert place.buttons() == ["threadbot_stop"]
    await show(reply, "one two three")
    assert place.buttons() == ["threadbot_stop"]
    await reply.finish("one two three four", (), Controls((Control.REPEAT,), 3))
    assert place.buttons() == ["threadbot_repeat"]
    assert place.shown == ["one two three four"]
    assert place.calls() == [START, STOP, UPDATE, UPDATE]


@pytest.mark.parametrize(("seconds", "more"), [(215, " two"), (0, "가" * 3_100)])
async def test_slacks_own_button_stays_when_a_stream_ends_before_its_answer(
    place: Place, seconds: int, more: str
) -> None:
    place.slack.workspace.has_sessions = True

    def session() -> str | None:
        return place.slack.agents.session(place.thread.channel, place.thread.thread)

    await place.door.status.show_status(place.thread, place.thread.thread, "is writing…")
    reply = await place.reply()
    await show(reply, "one")
    place.clock.now += seconds
    await show(reply, f"one{more}")
    assert place.calls()[:3] == [SESSION, START, STOP]
    assert session() == "processing"
    await place.door.status.clear_status(place.thread, place.thread.thread)
    await place.door.status.last_try()
    await reply.finish(f"one{more} three")
    assert session() == "active"


async def test_slacks_own_button_needs_none_of_ours(place: Place) -> None:
    place.slack.workspace.has_sessions = True
    status = place.door.status
    await status.show_status(place.thread, place.thread.thread, "is writing…")
    reply = await place.reply()
    await show(reply, "one")
    place.clock.now += BUTTON_TIME
    await show(reply, "one two")
    await status.clear_status(place.thread, place.thread.thread)
    await reply.finish("one two three", (), Controls((Control.REPEAT,), 3))
    assert place.calls() == [SESSION, START, APPEND, STOP]
    assert place.slack.calls(STOP)[0].arguments["session_status"] == "active"
    assert place.buttons() == ["threadbot_repeat"]


async def test_beyond_twenty_streams_a_minute_answers_are_posted_and_edited(slack: Slack) -> None:
    clock = Clock()
    door = Door(slack, clock)
    slack.tiers.enforced = True
    places = [await placed(slack, clock, door) for _ in range(60)]
    replies = [await place.reply() for place in places]
    for reply in replies:
        await show(reply, "one")
    calls = places[0].calls()
    assert (calls.count(START), calls.count(POST)) == (20, 40)
    for reply in replies:
        await reply.finish("one two")
    assert [place.shown for place in places] == [["one two"]] * 60
    assert slack.tiers.refused.total() == 0


async def test_what_cannot_be_edited_in_time_is_posted_whole(slack: Slack) -> None:
    clock = Clock()
    door = Door(slack, clock)
    places = [await placed(slack, clock, door) for _ in range(66)]
    replies = [await place.reply() for place in places]
    for reply in replies:
        await show(reply, "one")
    assert [len(place.shown) for place in places] == [1] * 65 + [0]
    await replies[-1].finish("one two")
    assert places[-1].shown == ["one two"]


async def written(place: Place, speed: int, text: str) -> float:
    """Show *text*, *speed* characters a second. The longest time without anything new to read, in seconds."""
    reply = await place.reply()
    began = changed = place.clock.now
    longest, seen, pace = 0.0, list[str](), Pace(PACE, began)
    while (come := int((place.clock.now - began) * speed)) < len(text):
        await show(reply, text[:come])
        if place.shown != seen:
            longest, changed, seen = max(longest, place.clock.now - changed), place.clock.now, place.shown
        pace.shown(place.clock.now)
        wait = pace.wait(place.clock.now, reply.pause)
        place.clock.now += wait
        place.slack.clock.advance(wait)
    assert not any(call.answer.get("error") for call in place.slack.calls(APPEND) + place.slack.calls(STOP))
    return max(longest, place.clock.now - changed)


@pytest.mark.parametrize("sessions", [True, False])
@pytest.mark.parametrize("speed", [5, 20])
async def test_a_model_that_writes_slowly_is_followed_for_minutes(place: Place, speed: int, *, sessions: bool) -> None:
    place.slack.workspace.has_sessions = sessions
    await place.door.status.show_status(place.thread, place.thread.thread, "is writing…")
    assert await written(place, speed, "word " * (400 * speed // 5)) <= 31


async def test_a_stream_that_may_cost_no_more_is_ended_before_slack_ends_it(place: Place) -> None:
    place.slack.workspace.has_sessions = True
    await place.door.status.show_status(place.thread, place.thread.thread, "is writing…")
    reply = await place.reply()
    for count in range(40):
        await show(reply, "one" + " two" * count)
    shows = len(place.calls()) - 1
    assert place.calls() == [SESSION, START, *[APPEND] * (shows - 1)]
    assert shows < 40
    place.clock.now += 211
    await show(reply, "one" + " two" * 41)
    assert place.calls()[-1] == STOP
    assert place.shown == ["one" + " two" * 41 + " t"]


@pytest.mark.parametrize("size", [8_998, 8_999, 9_000, 9_001, 9_002, 9_100])
@pytest.mark.parametrize("letters", ["a", "가"])
async def test_at_the_bounds_of_a_stream_each_text_that_is_shown_can_be_read_at_once(
    place: Place, letters: str, size: int
) -> None:
    """*size* in bytes. A word is held back while it grows: each text ends with a space."""
    text = (letters * 9 + " ") * 4_000
    cut = len(text.encode()[: size - 3].decode(errors="ignore"))
    reply = await place.reply()
    for end in (9, cut, cut + 1, cut + 2, cut + 30):
        await reply.show(f"{text[:end]}- and")
        place.clock.now += 1
        squashed = "".join("".join(place.shown).split())
        assert squashed == "".join(f"{text[:end]}-{'and' * (place.calls()[-1] == UPDATE)}".split())
    await reply.finish(text[:cut])
    assert "".join(place.shown).split() == text[:cut].split()


@pytest.mark.parametrize("seconds", [209.9, 210.0, 239.9, 299.9, 300.0, 301.0])
async def test_at_the_bounds_of_its_time_a_stream_is_followed_by_edits_of_the_whole(
    place: Place, seconds: float
) -> None:
    place.slack.workspace.has_sessions = True  # else there would be a button below it after some seconds
    await place.door.status.show_status(place.thread, place.thread.thread, "is writing…")
    reply = await place.reply()
    await show(reply, "one")
    place.clock.now += seconds
    place.slack.clock.advance(seconds)
    for text in ("one two", "one two three"):
        await show(reply, text)
        assert place.shown[0].removesuffix(" t") == text
    await reply.finish("one two three four")
    assert place.shown == ["one two three four"]
    assert (APPEND in place.calls()) is (seconds < 210)


@pytest.mark.parametrize("streams", [True, False], ids=["streams", "edits"])
@pytest.mark.parametrize("pace", [8, 30, 200, 3_000, 30_000], ids=lambda pace: f"{pace} a second")
@pytest.mark.parametrize("word", ["번째", "th"], ids=["Korean", "English"])
async def test_a_long_answer_is_whole_in_order_and_once_in_at_most_sixty_calls(
    place: Place, word: str, pace: int, *, streams: bool
) -> None:
    """*pace* in characters."""
    if not streams:
        place.slack.switch_off(START, "feature_disabled")
    words = [f"{number}{word}" if number % 40 else f"{number}{word}\n\n" for number in range(12_000)]
    text = " ".join(words)[:60_000]
    reply = await place.reply()
    step = max(pace, 300)  # it is shown as often as that: more often than it would be
    for end in range(step, len(text), step):
        place.clock.now += step / pace
        await show(reply, text[:end])
    await reply.finish(text, ["A note."])
    assert " ".join(place.shown).split() == [*text.split(), "A", "note."]
    assert len(place.calls()) <= 57, "a status takes three more"
    assert DELETE not in place.calls()
