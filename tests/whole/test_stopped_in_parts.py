"""After a stop nothing is posted but the rest of the message that is on screen, and the answer is what people saw."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.core.retry import Backoff, Patience, RetryPolicy
from bot.core.texts import LANGUAGES
from tests.standins.model.script import Answer
from tests.standins.slack.faults import Gate, ServerError
from tests.whole.conftest import Office

LONG = "".join(f"Paragraph {n} goes on and on about the same thing.\n\n" for n in range(1_500)).strip()
WHOLE = 40_000  # tokens: it is not cut
STOPPED = LANGUAGES["en"]["stopped"]
POSTS = ("chat.postMessage", "chat.startStream")

Stop = Callable[[Office, str], Awaitable[None]]


async def by_reaction(office: Office, root: str) -> None:
    await office.slack.react(office.lee, office.general, root, "octagonal_sign")


async def by_slacks_button(office: Office, root: str) -> None:
    event = {"type": "agent_session_stopped", "channel": office.general, "thread_ts": root, "user": office.kim}
    await office.slack.emit(event | {"streaming_message_ts": [], "event_ts": office.slack.workspace.ts()})


STOPS = [by_reaction, by_slacks_button]


def hold_posts(office: Office) -> list[Gate]:
    return [office.slack.hold(method) for method in POSTS]


async def reached(gates: list[Gate]) -> None:
    """A post is under way."""
    waiting = [asyncio.create_task(gate.reached.wait()) for gate in gates]
    async with asyncio.timeout(60):
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def let_through(office: Office, gates: list[Gate]) -> None:
    for method, gate in zip(POSTS, gates, strict=True):
        office.slack.release(method)
        gate.open()


async def left(office: Office) -> None:
    async with asyncio.timeout(60):
        await office.model.requests[0].finished.wait()
    assert office.model.requests[0].disconnected


async def told(office: Office) -> None:
    """Whoever works on the turn has heard what has become of it: it is told at each renewal of its lease."""
    for _ in range(2):
        before = office.rows("SELECT lease_until FROM turns")
        await office.slack.wait_for(lambda before=before: office.rows("SELECT lease_until FROM turns") != before)  # type: ignore[misc]


def words(text: str) -> str:
    """Without the blank space between and within messages."""
    return "".join(text.replace(STOPPED, "").split())


async def kept(office: Office, root: str, messages: int) -> str:
    """What the answer is after the stop: what *messages* messages show, no less and no more."""
    await office.slack.wait_for(office.settled)
    said = office.slack.replies(office.general, root)
    assert len(said) == messages
    assert said[-1].endswith(STOPPED)
    ((state, text, outcome),) = office.rows(
        "SELECT state, text, outcome FROM turns JOIN completions ON turn_id = turns.id AND chosen"
    )
    assert (state, outcome) == ("stopped", "stopped")
    assert words(text) == words("".join(said))
    assert LONG.startswith(text)
    return str(text)


@pytest.mark.parametrize("kinds", [("channel",), ()], ids=["streams", "edits"])
@pytest.mark.parametrize("stop", STOPS)
async def test_what_was_received_and_not_shown_is_not_posted(
    office: Office, stop: Stop, kinds: tuple[str, ...]
) -> None:
    office.slack.workspace.stream_kinds = kinds
    office.model.answers.append(Answer(LONG, chunk_size=2_000, stall_at=30))
    gates = hold_posts(office)
    async with office.bot(openai_max_tokens=WHOLE):
        root = await office.ask("hello")
        await reached(gates)
        await stop(office, root)
        await left(office)
        let_through(office, gates)
        text = await kept(office, root, 1)
        assert len(text) > 8_000, "the message that is on screen is filled"
        await office.ask("and now?", thread=root)
        await office.slack.wait_for(lambda: len(office.model.requests) == 2 and office.settled())
    assert office.prompts()[1][1] == ("assistant", text)
    ((cost,),) = office.rows("SELECT cost_nanodollars FROM completions WHERE outcome = 'stopped'")
    assert cost > 0


@pytest.mark.parametrize("stop", STOPS)
async def test_an_answer_that_is_whole_is_not_posted_to_its_end(office: Office, stop: Stop) -> None:
    office.slack.workspace.stream_kinds = ()
    office.model.answers.append(Answer(LONG, chunk_size=100_000))
    gates = hold_posts(office)
    async with office.bot(openai_max_tokens=WHOLE):
        root = await office.ask("hello")
        await reached(gates)
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("answered",)])
        await stop(office, root)
        await told(office)
        let_through(office, gates)
        await kept(office, root, 1)


async def test_an_answer_of_which_all_is_posted_stays_whole(office: Office) -> None:
    office.slack.workspace.stream_kinds = ()
    office.model.answers.append(Answer("one two three"))
    gates = hold_posts(office)
    async with office.bot():
        root = await office.ask("hello")
        await reached(gates)
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("answered",)])
        await by_reaction(office, root)
        await told(office)
        let_through(office, gates)
        await office.slack.wait_for(office.settled)
        assert office.slack.replies(office.general, root) == ["one two three"]
    assert office.rows("SELECT state FROM turns") == [("shown",)]


async def test_an_answer_that_was_stopped_while_nobody_showed_it_is_not_posted_to_its_end(office: Office) -> None:
    office.slack.workspace.stream_kinds = ()
    office.model.answers.append(Answer(LONG, chunk_size=100_000))
    office.slack.fail("chat.postMessage", ServerError(), times=1_000)
    async with office.bot(openai_max_tokens=WHOLE, stop_grace=0):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("answered",)])
    office.slack.faults.forget("chat.postMessage")
    office.execute("UPDATE turns SET stop_requested = 1")
    async with office.bot(openai_max_tokens=WHOLE):
        await office.slack.wait_for(office.settled)
        assert office.slack.replies(office.general, root) == [LANGUAGES["en"]["stopped_unanswered"]]
    assert office.rows("SELECT count(*) FROM completions WHERE chosen") == [(0,)]


async def test_of_an_answer_that_nobody_has_seen_nothing_is_kept(office: Office) -> None:
    office.model.answers.append(Answer(LONG, chunk_size=2_000, stall_at=30))
    for method in POSTS:
        office.slack.fail(method, ServerError(), times=1_000)
    async with office.bot(openai_max_tokens=WHOLE):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.slack.calls("chat.postMessage"))
        await by_reaction(office, root)
        await left(office)
        for method in POSTS:
            office.slack.faults.forget(method)
        await office.slack.wait_for(office.settled)
        assert office.slack.replies(office.general, root) == [LANGUAGES["en"]["stopped_unanswered"]]
    assert office.rows("SELECT count(*) FROM completions WHERE chosen") == [(0,)]


async def test_a_file_is_not_shared_after_a_stop(office: Office) -> None:
    office.model.default = Answer(LONG, chunk_size=100_000)
    async with office.bot(openai_max_tokens=WHOLE):
        told_so = await office.ask("long answers as a file in this channel")
        await office.answers(told_so)
        gate = office.slack.hold("files.getUploadURLExternal")
        root = await office.ask("hello")
        await reached([gate])
        posted = office.slack.replies(office.general, root)
        await by_reaction(office, root)
        await told(office)
        office.slack.release("files.getUploadURLExternal")
        gate.open()
        await office.slack.wait_for(office.settled)
        said = office.slack.replies(office.general, root)
        assert len(said) == max(len(posted), 1)
        assert not any(message.files for message in office.slack.thread(office.general, root))
    assert office.slack.files.stored == {}


async def test_when_the_question_is_deleted_its_answer_is_not_posted_to_its_end(office: Office) -> None:
    office.slack.workspace.stream_kinds = ()
    gate = asyncio.Event()
    office.model.answers.append(Answer(LONG, chunk_size=1_000, gate=gate, gate_at=1))
    async with office.bot(openai_max_tokens=WHOLE):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root))
        gates = hold_posts(office)
        gate.set()
        await reached(gates)
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("answered",)])
        await office.slack.remove(office.general, root)
        await told(office)
        let_through(office, gates)
        await office.slack.wait_for(office.settled)
        assert office.slack.replies(office.general, root) == []
    assert len([call for call in office.slack.calls("chat.postMessage") if call.ok]) == 2


async def test_what_broke_off_and_is_stopped_before_it_is_asked_for_again_stays_as_it_was_seen(office: Office) -> None:
    gate = asyncio.Event()
    half = LONG[: LONG.index("Paragraph 3")]
    office.model.answers.append(Answer(LONG, chunk_size=len(half), gate=gate, gate_at=1, cut_at=1))
    patience = Patience(asking=RetryPolicy(backoff=Backoff(first=3_600, longest=3_600), within=timedelta(days=1)))
    async with office.bot(patience, openai_max_tokens=WHOLE):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: any("Paragraph 2" in said for said in replies(office, root)))
        gate.set()
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("pending",)])
        await by_reaction(office, root)
        assert words(await kept(office, root, 1)) == words(half)
    assert len(office.model.requests) == 1


def replies(office: Office, root: str) -> list[str]:
    return office.slack.replies(office.general, root)


async def test_an_answer_that_is_shown_after_a_restart_can_be_stopped_too(office: Office) -> None:
    office.slack.workspace.stream_kinds = ()
    office.model.answers.append(Answer(LONG, chunk_size=100_000))
    office.slack.fail("chat.postMessage", ServerError(), times=1_000)
    async with office.bot(openai_max_tokens=WHOLE, stop_grace=0):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("answered",)])
    office.slack.faults.forget("chat.postMessage")
    gates = hold_posts(office)
    async with office.bot(openai_max_tokens=WHOLE):
        await reached(gates)
        await by_reaction(office, root)
        await told(office)
        let_through(office, gates)
        await kept(office, root, 1)
