"""
What every platform must pass. A platform joins through its world: see world.py.

Only what all platforms share is here; what is one platform's own is tested beside that platform.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.core.conversation import Incoming, ParticipantKind, Posted, posted_of
from bot.core.errors import LedgerError, PlatformError
from bot.core.ports import Platform, Reply, ReplyRequest, ThreadReader
from tests.contract.world import PINGING, WORLDS, Asked, Log, World, left_behind, open_world


@pytest.fixture(params=sorted(WORLDS))
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with open_world(request.param) as opened:
        yield opened


@asynccontextmanager
async def running(world: World, receive: Callable[[Posted], Awaitable[None]]) -> AsyncIterator[Platform]:
    async def receive_posted(incoming: Incoming) -> None:
        assert isinstance(incoming, Posted)
        await receive(incoming)

    platform = world.platform()
    task = asyncio.create_task(platform.run(receive_posted))
    try:
        await world.connected(platform)
        yield platform
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def ignore(_said: Posted) -> None:
    """Receive nothing in particular."""


async def opened(platform: Platform, asked: Asked, log: Log, turn: int = 7) -> Reply:
    return await platform.open_reply(ReplyRequest(asked.thread, turn, log.parts(), log))


def paragraphs(count: int) -> str:
    """A text that no platform shows in one message: numbered paragraphs of about 200 characters."""
    return "\n\n".join(f"단락 {number}: {'긴 대답입니다, with words. ' * 8}끝." for number in range(1, count + 1))


def words(texts: list[str]) -> list[str]:
    return " ".join(texts).split()


# events


async def test_an_event_reaches_receive_before_it_is_acknowledged(world: World) -> None:
    reached, release = asyncio.Event(), asyncio.Event()

    async def receive(said: Posted) -> None:
        if said.author.kind is ParticipantKind.PERSON:
            reached.set()
            await release.wait()

    async with running(world, receive):
        asked = await world.ask("hello")
        await reached.wait()
        assert not world.acknowledged(asked)
        release.set()
        await world.wait_for(lambda: world.acknowledged(asked))


async def test_an_event_that_could_not_be_stored_is_delivered_again(world: World) -> None:
    attempts: list[str] = []
    broken = True

    async def receive(said: Posted) -> None:
        attempts.append(said.id)
        if broken:
            raise LedgerError("the disk is full")

    async with running(world, receive):
        asked = await world.ask("안녕")
        await world.wait_for(lambda: asked.id in attempts)
        assert not world.acknowledged(asked)
        broken = False
        before = len(attempts)
        await world.redeliver()
        await world.wait_for(lambda: world.acknowledged(asked))
        assert asked.id in attempts[before:]


async def test_every_copy_of_a_message_is_the_same_message_and_decided_alike(world: World) -> None:
    said: list[Posted] = []

    async def receive(incoming: Posted) -> None:
        said.append(incoming)

    async with running(world, receive):
        asked = await world.ask("hello")
        await world.wait_for(lambda: said and world.acknowledged(asked))
        once = len(said)
        await world.deliver_again()
        await world.wait_for(lambda: len(said) == 2 * once)
    assert {(each.thread, each.id) for each in said} == {(asked.thread, asked.id)}
    assert len({(each.position, each.author, each.text, each.addressed, each.direct) for each in said}) == 1
    assert said[0].addressed


async def test_messages_of_a_thread_are_ordered_by_position(world: World) -> None:
    said: dict[str, Posted] = {}

    async def receive(incoming: Posted) -> None:
        said[incoming.id] = incoming

    async with running(world, receive):
        first = await world.ask("하나")
        second = await world.ask("둘", after=first)
        await world.wait_for(lambda: {first.id, second.id} <= said.keys())
    assert said[second.id].thread == said[first.id].thread
    assert said[second.id].position > said[first.id].position


async def test_a_reader_does_not_see_the_mention(world: World) -> None:
    said: list[Posted] = []

    async def receive(incoming: Posted) -> None:
        said.append(incoming)

    async with running(world, receive) as platform:
        await world.ask("1 < 2 && 3 > 2?")
        await world.wait_for(lambda: said)
        assert platform.readable(said[0].text) == "1 < 2 && 3 > 2?"


async def test_cancelling_run_leaves_nothing_behind(world: World) -> None:
    before = asyncio.all_tasks()
    async with running(world, ignore):
        asked = await world.ask("hello")
        await world.wait_for(lambda: world.acknowledged(asked))
    assert left_behind(before) == []
    gc.collect()  # an unclosed session or socket warns here, and warnings are errors


async def test_cancelling_run_lets_an_event_in_flight_be_stored_and_acknowledged(world: World) -> None:
    reached, release, stored = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def receive(_said: Incoming) -> None:
        reached.set()
        await release.wait()
        stored.set()

    platform = world.platform()
    task = asyncio.create_task(platform.run(receive))
    await world.connected(platform)
    asked = await world.ask("hello")
    await reached.wait()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=0.1)
    assert not done  # it waits for the event
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stored.is_set()
    await world.wait_for(lambda: world.acknowledged(asked))


# replies


async def test_a_reply_is_one_message_that_grows(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        reply = await opened(platform, asked, Log())
        assert world.replies(asked.thread) == []
        for text in ("안녕", "안녕하세요, ", "안녕하세요, Kim."):
            await reply.show(text)
            [shown] = world.replies(asked.thread)
            assert shown.split() == text.split()
        await reply.finish("안녕하세요, Kim. 반갑습니다.")
        assert world.replies(asked.thread) == ["안녕하세요, Kim. 반갑습니다."]


async def test_notes_stand_below_the_answer(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        reply = await opened(platform, asked, Log())
        await reply.finish("The answer.", ["It was cut off at 10 tokens."])
        [shown] = world.replies(asked.thread)
    assert shown.index("The answer.") < shown.index("It was cut off at 10 tokens.")


async def test_a_sentence_of_ours_can_stand_alone(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        reply = await opened(platform, asked, Log())
        await reply.finish("", ["Sorry, I could not answer."])
        assert "Sorry, I could not answer." in world.replies(asked.thread)[0]


async def test_a_long_answer_arrives_whole_in_order_in_several_parts(world: World) -> None:
    text = paragraphs(250)
    async with running(world, ignore) as platform:
        asked = await world.ask("a long answer, please")
        reply, log = await opened(platform, asked, Log()), Log()
        reply = await opened(platform, asked, log)
        for end in range(len(text) // 5, len(text), len(text) // 5):
            await reply.show(text[:end])
        await reply.finish(text)
        shown = world.replies(asked.thread)
    assert len(shown) > 1
    assert len(shown) == len(log.ids)
    assert words(shown) == words([text])


async def test_a_part_that_was_posted_but_not_noted_is_found_and_continued(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        dead = Log(deaf=True)
        await (await opened(platform, asked, dead)).show("A beginning")
        log = Log(ids=dict(dead.ids), intended_at=dead.intended_at)
        reply = await opened(platform, asked, log)
        assert None not in log.ids.values()
        await reply.finish("A beginning and an end.")
        assert world.replies(asked.thread) == ["A beginning and an end."]


async def test_a_part_that_was_intended_but_not_posted_is_posted_once(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        await log.intend(1)
        await (await opened(platform, asked, log)).finish("답")
        assert world.replies(asked.thread) == ["답"]


async def test_a_reply_takes_no_other_turns_part_for_its_own(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        await (await opened(platform, asked, Log(), turn=7)).finish("The first answer.")
        log = Log()
        await log.intend(1)
        await (await opened(platform, asked, log, turn=8)).finish("The second answer.")
        assert world.replies(asked.thread) == ["The first answer.", "The second answer."]


async def test_a_post_whose_answer_was_lost_is_not_posted_twice(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        reply = await opened(platform, asked, log)
        world.lose_next_post()
        with pytest.raises(PlatformError) as error:
            await reply.finish("The answer.")
        assert error.value.passing
        await (await opened(platform, asked, log)).finish("The answer.")
        assert world.replies(asked.thread) == ["The answer."]


async def test_the_same_reply_can_go_on_after_a_lost_post(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        reply = await opened(platform, asked, Log())
        world.lose_next_post()
        with pytest.raises(PlatformError):
            await reply.show("The")
        await reply.finish("The answer.")
        assert world.replies(asked.thread) == ["The answer."]


async def test_finishing_removes_what_an_earlier_attempt_showed_beyond_it(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        await (await opened(platform, asked, log)).show(paragraphs(250))
        assert len(world.replies(asked.thread)) > 1
        await (await opened(platform, asked, log)).finish("짧은 답.")
        assert world.replies(asked.thread) == ["짧은 답."]


async def test_a_part_that_was_removed_is_intended_anew_before_it_is_posted_again(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        reply = await opened(platform, asked, log)
        await reply.finish(paragraphs(250))
        await reply.finish("짧은 답.")
        log.deaf = True
        await reply.finish(paragraphs(250))
        assert None in log.ids.values()
        assert words(world.replies(asked.thread)) == words([paragraphs(250)])


async def test_a_reply_that_is_halted_takes_no_further_message(world: World) -> None:
    async with running(world, ignore) as platform:
        asked, log = await world.ask("hello"), Log()
        reply = await opened(platform, asked, log)
        assert await reply.kept(paragraphs(400)) == ""
        await reply.show(paragraphs(2))
        reply.halt()
        await reply.show(paragraphs(400))
        assert len(world.replies(asked.thread)) == 1
        kept = await reply.kept(paragraphs(400))
        assert paragraphs(400).startswith(kept)
        assert len(kept) > len(paragraphs(10))
        await reply.finish(kept, ["Stopped."])
        [shown] = world.replies(asked.thread)
        assert words([shown]) == words([kept, "Stopped."])
        again = await opened(platform, asked, log)
        assert await again.kept(kept) == kept
        await again.finish(paragraphs(400))
        assert len(world.replies(asked.thread)) > 1


async def test_removing_takes_every_part_away(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        await (await opened(platform, asked, log)).finish(paragraphs(250))
        await (await opened(platform, asked, log)).remove()
        assert world.replies(asked.thread) == []


@pytest.mark.parametrize("world", PINGING, indirect=True)
async def test_a_text_cannot_ping(world: World) -> None:
    text = f"All: {world.ping} and `{world.ping}` and\n\n```\n{world.ping}\n```\n\n<!DOCTYPE html> stays."
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        reply = await opened(platform, asked, Log())
        for end in range(1, len(text)):
            await reply.show(text[:end])
            assert not any(map(world.pings, world.replies(asked.thread)))
        await reply.finish(text)
        [shown] = world.replies(asked.thread)
    assert world.pings(text)
    assert not world.pings(shown)
    assert "<!DOCTYPE html> stays." in shown


async def test_the_lease_is_checked_before_each_change(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        reply = await opened(platform, asked, log)
        await reply.show("one")
        await reply.show("one two")
        await reply.finish("one two three")
        assert log.checks == 3


# What was said before


async def test_a_thread_is_read_as_its_events_told_it_with_our_own_messages(world: World) -> None:
    heard: list[Posted] = []

    async def receive(said: Posted) -> None:
        if said.author.kind is ParticipantKind.PERSON:
            heard.append(said)

    async with running(world, receive) as platform:
        assert isinstance(platform, ThreadReader)
        first = await world.ask("one & <two>")
        reply = await opened(platform, first, Log())
        await reply.finish("**An answer** with `a < b`", ["A sentence of ours."])
        await world.ask("three", after=first)
        await world.wait_for(lambda: len({said.id for said in heard}) == 2)
        read = await platform.read_thread(first.thread)
    assert not read.truncated
    posted = [posted_of(said) for said in read.messages]
    kinds = [ParticipantKind.PERSON, ParticipantKind.SELF, ParticipantKind.PERSON]
    assert [said.author.kind for said in posted] == kinds
    assert platform.readable(posted[1].text).startswith("**An answer** with `a < b`")
    events = {said.id: replace(said, recovered=True, addressed=True) for said in heard}
    people = [replace(said, recovered=True, addressed=True) for said in posted if said.id in events]
    assert people == list(events.values())


async def test_a_thread_that_is_not_there_is_empty(world: World) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, ThreadReader)
        asked = await world.ask("hello")
        read = await platform.read_thread(replace(asked.thread, thread="99"))
    assert list(read.messages) == []
