"""What was said in a thread before anybody told us, as every platform that can read reads it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.core.conversation import Operation, ParticipantKind, posted_of
from bot.core.ports import ThreadReader
from bot.core.texts import LANGUAGES
from tests.contract.doors import Heard, ignore, needs, opened, running
from tests.contract.world import Asked, Capability, CapableWorld, Log, World

pytestmark = needs(Capability.THREADS)


async def test_a_thread_is_read_as_its_events_told_it_with_our_own_messages(world: World) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        assert isinstance(platform, ThreadReader)
        first = await world.ask("one & <two>")
        reply = await opened(platform, first, Log())
        await reply.finish("**An answer** with `a < b`", ["A sentence of ours."])
        await world.ask("three", after=first)
        await world.wait_for(lambda: len({said.id for said in heard.said}) == 2)
        read = await platform.read_thread(first.thread)
    assert not read.truncated
    posted = [posted_of(said) for said in read.messages]
    kinds = [ParticipantKind.PERSON, ParticipantKind.SELF, ParticipantKind.PERSON]
    assert [said.author.kind for said in posted] == kinds
    assert platform.readable(posted[1].text) == "**An answer** with `a < b`"
    events = {said.id: replace(said, recovered=True, addressed=True) for said in heard.said}
    people = [replace(said, recovered=True, addressed=True) for said in posted if said.id in events]
    assert people == list(events.values())


NOTES = ("Words that no version has said.", "두 번째 문장입니다.")


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        ([("An answer.", NOTES)], "An answer."),
        ([("", NOTES)], ""),
        ([("", NOTES), ("An answer.", NOTES[:1])], "An answer."),
        ([("An answer.", ()), ("", NOTES)], ""),
        ([(f"I say it:\n\n{LANGUAGES['en']['stopped']}", ())], f"I say it:\n\n{LANGUAGES['en']['stopped']}"),
        ([(LANGUAGES["ko"]["outage"], NOTES)], LANGUAGES["ko"]["outage"]),
    ],
)
async def test_what_is_a_notice_is_kept_with_the_message_whatever_its_words(
    world: World, steps: Sequence[tuple[str, Sequence[str]]], answer: str
) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, ThreadReader)
        asked = await world.ask("hello")
        reply = await opened(platform, asked, Log())
        for text, notes in steps:
            await reply.finish(text, notes)
        read = await platform.read_thread(asked.thread)
    _, ours = [posted_of(said) for said in read.messages]
    assert platform.readable(ours.text) == answer


async def test_a_thread_that_is_not_there_is_empty(world: World) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, ThreadReader)
        asked = await world.ask("hello")
        read = await platform.read_thread(replace(asked.thread, thread="99"))
    assert list(read.messages) == []


async def two_messages(world: World) -> tuple[Asked, Asked]:
    first = await world.ask("one")
    return first, await world.ask("two", after=first)


@needs(Capability.EDITS)
async def test_a_message_that_was_edited_is_read_as_it_is_now(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, ThreadReader)
        first, second = await two_messages(world)
        await world.edit(second, "three")
        read = await platform.read_thread(first.thread)
    assert [platform.readable(posted_of(said).text) for said in read.messages] == ["one", "three"]


@needs(Capability.DELETIONS)
async def test_a_message_that_was_deleted_is_not_read(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, ThreadReader)
        first, second = await two_messages(world)
        third = await world.ask("three", after=first)
        await world.delete(second)
        read = await platform.read_thread(first.thread)
    assert [posted_of(said).id for said in read.messages] == [first.id, third.id]
    assert second.id not in read.positions


@needs(Capability.REACTIONS)
async def test_a_reaction_that_leaves_a_mark_is_read_and_one_that_was_taken_away_is_not(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, ThreadReader)
        first, second = await two_messages(world)
        await world.react(first.thread, second.id, Operation.PIN)
        await world.react(first.thread, first.id, Operation.HIDE)
        await world.react(first.thread, first.id, Operation.HIDE, added=False)
        read = await platform.read_thread(first.thread)
    assert [(each.ref.id, each.operation, each.added) for each in read.reactions] == [(second.id, Operation.PIN, True)]
