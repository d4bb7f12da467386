"""Edits, deletions and reactions, as every platform that has them tells of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.core.conversation import Deleted, Edited, Incoming, Operation, Reacted
from bot.core.errors import LedgerError
from tests.contract.doors import Heard, needs, opened, running
from tests.contract.world import Asked, Capability, CapableWorld, Log

MARKS = [Operation.PIN, Operation.HIDE, Operation.CUT, Operation.REPEAT, Operation.STOP]


@needs(Capability.EDITS)
async def test_an_edit_tells_the_message_as_it_reads_now(world: CapableWorld) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        root = await world.ask("one")
        asked = await world.ask("two", after=root)
        await world.edit(asked, "세 & <four>")
        await world.wait_for(lambda: heard.of(Edited) and asked.id in {said.id for said in heard.said})
    before = next(said for said in heard.said if said.id == asked.id)
    [*_, edited] = heard.of(Edited)
    now = edited.message
    assert (now.thread, now.id, now.position, now.author) == (before.thread, before.id, before.position, before.author)
    assert platform.readable(now.text) == "세 & <four>"
    assert (now.posted_at, now.addressed) == (before.posted_at, True)
    assert edited.edited_at.tzinfo is not None
    assert edited.edited_at >= before.posted_at


@needs(Capability.EDITS)
@pytest.mark.parametrize(("before", "after"), [(False, True), (True, False)])
async def test_a_mention_that_an_edit_adds_is_one_and_one_that_it_takes_away_is_none(
    world: CapableWorld, before: bool, after: bool
) -> None:
    heard = Heard()
    async with running(world, heard):
        said = await (world.ask if before else world.say)("one")
        await world.wait_for(lambda: heard.said)
        await world.edit(said, "two", mention=after)
        await world.wait_for(lambda: heard.of(Edited))
    assert [heard.said[0].addressed, heard.of(Edited)[-1].message.addressed] == [before, after]


@needs(Capability.DELETIONS)
async def test_a_deletion_tells_which_message_is_gone(world: CapableWorld) -> None:
    heard = Heard()
    async with running(world, heard):
        root = await world.ask("one")
        reply = await world.ask("two", after=root)
        await world.delete(reply)
        await world.delete(root)
        both = {root.id, reply.id}
        await world.wait_for(lambda: {each.id for each in heard.said} == both)
        await world.wait_for(lambda: {told.ref.id for told in heard.of(Deleted)} == both)
    said = {each.id: each for each in heard.said}
    for told in heard.of(Deleted):
        assert told.ref == said[told.ref.id].ref
        assert told.deleted_at.tzinfo is not None
        assert told.message is None or told.message.text == said[told.ref.id].text
    assert not heard.of(Edited)


@needs(Capability.DELETIONS)
async def test_a_root_that_is_deleted_leaves_its_replies(world: CapableWorld) -> None:
    heard = Heard()
    async with running(world, heard):
        root = await world.ask("one")
        await world.ask("two", after=root)
        await world.delete(root)
        await world.wait_for(lambda: heard.of(Deleted))
        await world.ask("three", after=root)
        await world.wait_for(lambda: len({each.id for each in heard.said}) == 3)
    assert {told.ref.id for told in heard.of(Deleted)} == {root.id}
    assert {each.thread for each in heard.said} == {root.thread}


@needs(Capability.REACTIONS)
@pytest.mark.parametrize("operation", MARKS)
async def test_a_reaction_stands_for_its_operation_until_it_is_taken_away(
    world: CapableWorld, operation: Operation
) -> None:
    heard = Heard()
    async with running(world, heard):
        asked = await world.ask("one")
        await world.react(asked.thread, asked.id, operation)
        await world.react(asked.thread, asked.id, operation, added=False)
        await world.wait_for(lambda: heard.said and {told.added for told in heard.of(Reacted)} == {True, False})
    for told in heard.of(Reacted):
        assert (told.ref, told.operation, told.by.id) == (heard.said[0].ref, operation, world.person.id)
        assert told.at.tzinfo is not None
    added = {told.at for told in heard.of(Reacted) if told.added}
    taken_away = {told.at for told in heard.of(Reacted) if not told.added}
    assert max(added) <= min(taken_away)


@needs(Capability.REACTIONS)
async def test_a_reaction_on_an_answer_names_its_message(world: CapableWorld) -> None:
    heard, log = Heard(), Log()
    async with running(world, heard) as platform:
        asked = await world.ask("one")
        await (await opened(platform, asked, log)).finish("An answer.")
        [answer] = log.ids.values()
        assert answer is not None
        await world.react(asked.thread, answer, Operation.REPEAT)
        await world.wait_for(lambda: heard.of(Reacted))
    told = heard.of(Reacted)[0]
    assert (told.ref.id, told.ref.channel, told.operation) == (answer, asked.thread.channel, Operation.REPEAT)


async def edit(world: CapableWorld, asked: Asked) -> None:
    await world.edit(asked, "two")


async def delete(world: CapableWorld, asked: Asked) -> None:
    await world.delete(asked)


async def pin(world: CapableWorld, asked: Asked) -> None:
    await world.react(asked.thread, asked.id, Operation.PIN)


Happening = Callable[[CapableWorld, Asked], Awaitable[None]]
HAPPENINGS = [
    pytest.param(Edited, edit, marks=needs(Capability.EDITS)),
    pytest.param(Deleted, delete, marks=needs(Capability.DELETIONS)),
    pytest.param(Reacted, pin, marks=needs(Capability.REACTIONS)),
]


def undated(copy: Incoming, first: Incoming) -> Incoming:
    """*copy*, as if it had come when the *first* did."""
    if isinstance(copy, Deleted) and isinstance(first, Deleted):
        return replace(copy, deleted_at=first.deleted_at)
    if isinstance(copy, Reacted) and isinstance(first, Reacted):
        return replace(copy, at=first.at)
    return copy


@pytest.mark.parametrize(("kind", "happen"), HAPPENINGS)
async def test_every_copy_of_an_event_says_the_same(
    world: CapableWorld, kind: type[Edited | Deleted | Reacted], happen: Happening
) -> None:
    heard = Heard()
    async with running(world, heard):
        asked = await world.ask("one")
        await happen(world, asked)
        await world.wait_for(lambda: heard.said and heard.of(kind))
        first = heard.of(kind)[0]
        once = len(heard.of(kind))
        await world.deliver_again()
        await world.wait_for(lambda: len(heard.of(kind)) > once)
    dated = Capability.DATES not in world.lacks
    assert all((each if dated else undated(each, first)) == first for each in heard.of(kind))


@pytest.mark.parametrize(("kind", "happen"), HAPPENINGS)
async def test_what_could_not_be_stored_is_delivered_again(
    world: CapableWorld, kind: type[Edited | Deleted | Reacted], happen: Happening
) -> None:
    heard, broken = Heard(), True

    async def receive(incoming: Incoming) -> None:
        await heard(incoming)
        if broken and isinstance(incoming, kind):
            raise LedgerError("the disk is full")

    async with running(world, receive):
        asked = await world.ask("one")
        await happen(world, asked)
        await world.wait_for(lambda: heard.of(kind))
        broken = False
        once = len(heard.of(kind))
        await world.redeliver()
        await world.wait_for(lambda: len(heard.of(kind)) > once)
    assert len(set(heard.of(kind))) == 1
