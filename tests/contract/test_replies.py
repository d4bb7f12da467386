"""
An answer on every platform: shown while it grows, whole in the end, there once whatever dies.

Only what all platforms share is here; what is one platform's own is tested beside that platform.
"""

from __future__ import annotations

import pytest

from bot.core.errors import PlatformError
from tests.contract.doors import Heard, ignore, long_text, needs, opened, paragraphs, running, words
from tests.contract.world import Capability, CapableWorld, Log, World


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
    text = long_text(world)
    async with running(world, ignore) as platform:
        asked = await world.ask("a long answer, please")
        log = Log()
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


@pytest.mark.parametrize("known", [False, True])
async def test_an_answer_that_grew_when_the_bot_was_stopped_is_whole_and_there_once_after_a_restart(
    world: World, known: bool
) -> None:
    heard, log = Heard(), Log()
    async with running(world, heard) as before:
        asked = await world.ask("hello")
        await world.wait_for(lambda: heard.said)
        asker = heard.said[0].author.id if known else None
        reply = await opened(before, asked, log, asker=asker)
        for text in ("A beginning", "A beginning and more", "A beginning and more of it"):
            await reply.show(text)
        assert len(world.replies(asked.thread)) == 1
    async with running(world, heard) as after:
        again = await opened(after, asked, log, asker=asker)
        await again.show("Another beginning")
        await again.finish("Another beginning and an end.", ["A note."])
        [shown] = world.replies(asked.thread)
    assert words([shown]) == words(["Another beginning and an end.", "A note."])


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
        await (await opened(platform, asked, log)).show(long_text(world))
        assert len(world.replies(asked.thread)) > 1
        await (await opened(platform, asked, log)).finish("짧은 답.")
        assert world.replies(asked.thread) == ["짧은 답."]


async def test_a_part_that_was_removed_is_intended_again_before_it_is_posted_again(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        reply = await opened(platform, asked, log)
        await reply.finish(long_text(world))
        await reply.finish("짧은 답.")
        log.deaf = True
        await reply.finish(long_text(world))
        assert None in log.ids.values()
        assert words(world.replies(asked.thread)) == words([long_text(world)])


async def test_a_reply_that_is_halted_takes_no_further_message(world: World) -> None:
    async with running(world, ignore) as platform:
        asked, log = await world.ask("hello"), Log()
        reply = await opened(platform, asked, log)
        text = long_text(world)
        assert await reply.kept(text) == ""
        await reply.show(paragraphs(2))
        reply.halt()
        await reply.show(text)
        assert len(world.replies(asked.thread)) == 1
        kept = await reply.kept(text)
        assert text.startswith(kept)
        assert len(kept) > len(paragraphs(5))
        await reply.finish(kept, ["Stopped."])
        [shown] = world.replies(asked.thread)
        assert words([shown]) == words([kept, "Stopped."])
        again = await opened(platform, asked, log)
        assert await again.kept(kept) == kept
        await again.finish(text)
        assert len(world.replies(asked.thread)) > 1


async def test_removing_takes_every_part_away(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        await (await opened(platform, asked, log)).finish(long_text(world))
        await (await opened(platform, asked, log)).remove()
        assert world.replies(asked.thread) == []


@needs(Capability.PINGS)
async def test_a_text_cannot_ping(world: CapableWorld) -> None:
    text = f"All: {world.ping} and `{world.ping}` and\n\n```\n{world.ping}\n```\n\n<!DOCTYPE html> stays."
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        reply = await opened(platform, asked, Log())
        for end in range(1, len(text)):
            await reply.show(text[:end])
            assert not world.pinged(asked.thread)
        await reply.finish(text)
        [shown] = world.replies(asked.thread)
        assert not world.pinged(asked.thread)
    assert world.pings(text)
    assert "<!DOCTYPE html> stays." in shown


async def test_the_lease_is_checked_before_each_change(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        log = Log()
        reply = await opened(platform, asked, log)
        await reply.show("one")
        await reply.show("one two")
        await reply.finish("one two three")
        assert log.checks >= 3  # a platform may have more to change, such as to open a thread
