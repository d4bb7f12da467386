"""How a reply is written to Discord: which calls it takes, and what it does when Discord refuses or is busy."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.controls import Control, Controls
from bot.core.errors import LeaseLost, PlatformError, ReplyDeleted, UncertainError
from bot.core.texts import sentence
from bot.core.turn import Notice
from bot.markdown import ZERO_WIDTH_SPACE as Z
from tests.platforms.discord.reply.conftest import DELETE, EDIT, POST, READ, START, Asked
from tests.standins.discord.faults import Lost, RateLimited, Refused, ServerError

LONG = "".join(f"Paragraph {n} says a little more of it, up to the end.\n\n" for n in range(120))


async def test_a_short_answer_takes_a_thread_and_a_post(asked: Asked) -> None:
    await (await asked.reply()).finish("짧은 답.")
    assert asked.calls() == [START, POST]
    assert asked.shown == ["짧은 답."]


async def test_an_answer_that_is_shown_twice_before_it_is_whole_takes_four_calls(asked: Asked) -> None:
    reply = await asked.reply()
    for text in ("짧", "짧은"):
        await reply.show(text)
    await reply.finish("짧은 답.")
    assert asked.calls() == [START, POST, EDIT, EDIT]
    assert asked.shown == ["짧은 답."]


async def test_nobody_is_called_by_a_post_or_an_edit(asked: Asked) -> None:
    said = f"{asked.kim.mention} @everyone <@&{asked.discord.guild.id}> <#{asked.channel.id}>"
    reply = await asked.reply()
    await reply.show(said)
    await reply.finish(f"{said}!", [said])
    for call in (*asked.discord.calls(POST), *asked.discord.calls(EDIT)):
        assert call.body["allowed_mentions"] == {"parse": [], "replied_user": False}
        assert call.body["flags"] == 4
    [message] = asked.posts
    assert (message.pinged, message.highlighted, message.mentions) == (set(), set(), [])
    assert message.content.count(f"<{Z}@") == 4


async def test_an_answer_has_buttons_and_one_that_grows_a_stop_button(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show("one")
    await reply.show("one two")
    [message] = asked.posts
    assert [each["custom_id"] for row in message.components for each in row["components"]] == ["threadbot:stop:7:"]
    await reply.finish("one two three", (), Controls((Control.REPEAT, Control.FEEDBACK), 3))
    ids = [each["custom_id"] for row in message.components for each in row["components"]]
    assert ids == ["threadbot:repeat:7:3", "threadbot:like:7:3", "threadbot:dislike:7:3"]
    await reply.finish("one two three four")
    assert message.components == []


async def test_only_parts_that_changed_are_edited(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show(LONG)
    posts = len(asked.discord.calls(POST))
    await reply.finish(LONG + "End.")
    assert posts > 3
    assert asked.calls() == [START, *[POST] * posts, EDIT]
    assert " ".join(asked.shown).split() == (LONG + "End.").split()


async def test_parts_beyond_a_shorter_answer_are_taken_away(asked: Asked) -> None:
    await (await asked.reply()).finish(LONG)
    await (await asked.reply()).finish("short")
    assert asked.shown == ["short"]
    assert list(asked.log.ids) == [1]


async def test_a_429_on_an_intermediate_text_is_skipped(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show("one")
    asked.discord.fail(EDIT, RateLimited(30))
    await reply.show("one two")
    await reply.show("one two three")
    assert asked.calls() == [START, POST, EDIT]
    assert reply.pause > 20
    asked.discord.limits.refused.clear()


async def test_a_final_text_waits_for_as_long_as_discord_asks(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show("one")
    asked.discord.fail(EDIT, RateLimited(0.01), times=2)
    await reply.finish("one two")
    assert asked.shown == ["one two"]
    assert asked.calls() == [START, POST, EDIT, EDIT, EDIT]
    asked.discord.limits.refused.clear()


async def test_a_429_that_asks_for_long_is_left_to_the_core(asked: Asked) -> None:
    asked.discord.fail(POST, RateLimited(600))
    with pytest.raises(PlatformError) as error:
        await (await asked.reply()).finish("답")
    assert error.value.passing
    assert error.value.retry_after == pytest.approx(600, abs=5)
    asked.discord.limits.refused.clear()


async def test_a_crowd_of_edits_leaves_room_for_the_end(asked: Asked) -> None:
    """The bucket of the thread takes five in five seconds: what is only shown leaves one to what is final."""
    reply = await asked.reply()
    await reply.show("0")
    for number in range(1, 20):
        await reply.show(" ".join(map(str, range(number))))
    edits = len(asked.discord.calls(EDIT))
    assert edits <= 4
    async with asyncio.timeout(1):
        await reply.finish("the end")
    assert len(asked.discord.calls(EDIT)) == edits + 1
    assert asked.shown == ["the end"]


@pytest.mark.parametrize(
    "fault",
    [Lost(), Lost(performed=False), ServerError(500, performed=True), ServerError(502, html=True), ServerError()],
)
@pytest.mark.parametrize("restarted", [False, True])
async def test_a_post_that_may_have_been_made_is_looked_for_first(
    asked: Asked, fault: Lost | ServerError, restarted: bool
) -> None:
    asked.discord.fail(POST, fault)
    reply = await asked.reply()
    with pytest.raises(UncertainError):
        await reply.show("one")
    if restarted:
        asked.restart()
        reply = await asked.reply()
    await reply.finish("one two")
    assert asked.shown == ["one two"]
    assert READ in asked.calls()


async def test_what_the_history_does_not_show_yet_is_given_back_for_its_nonce(asked: Asked) -> None:
    asked.discord.fail(POST, Lost())
    reply = await asked.reply()
    with pytest.raises(UncertainError):
        await reply.show("one")
    asked.discord.forbid(asked.channel, "READ_MESSAGE_HISTORY")  # an empty list, as Discord answers
    await reply.finish("one two")
    assert asked.shown == ["one two"]
    first, second = (call.body for call in asked.discord.calls(POST))
    assert first["nonce"] == second["nonce"]
    assert len(first["nonce"]) == 24
    assert first["enforce_nonce"] is second["enforce_nonce"] is True


async def test_a_part_that_was_deleted_is_posted_anew_by_the_next_attempt_under_another_nonce(asked: Asked) -> None:
    await (await asked.reply()).finish("one")
    assert asked.opened is not None
    await asked.discord.delete(asked.opened.shown[-1])
    await (await asked.reply()).finish("one")
    assert asked.shown == ["one"]
    nonces = [call.body["nonce"] for call in asked.discord.calls(POST)]
    assert [call.code for call in asked.discord.calls(POST)] == [0, 10008, 0]
    assert nonces[0] == nonces[1] != nonces[2]


async def test_what_somebody_deletes_while_it_is_written_is_not_posted_again(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show("one")
    assert asked.opened is not None
    await asked.discord.delete(asked.opened.shown[-1])
    with pytest.raises(ReplyDeleted):
        await reply.finish("one two")
    assert asked.shown == []


async def test_a_deleted_thread_is_the_same(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show("one")
    assert asked.opened is not None
    await asked.discord.delete_channel(asked.opened)
    with pytest.raises(ReplyDeleted):
        await reply.finish("one two")


async def test_an_old_part_that_takes_no_more_edits_is_posted_anew_when_the_answer_is_whole(asked: Asked) -> None:
    await (await asked.reply()).finish("one")
    asked.restart()
    asked.discord.clock.advance(4_000)
    asked.discord.fail(EDIT, RateLimited(60, code=30046))
    reply = await asked.reply()
    await reply.show("two")
    assert asked.shown == ["one"]
    await reply.finish("two three")
    assert asked.shown == ["two three"]
    assert asked.calls().count(DELETE) == 1
    asked.discord.limits.refused.clear()


async def test_halted_it_fills_what_is_there_and_posts_no_more(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show(LONG[:2_500])
    assert len(asked.shown) == 2
    reply.halt()
    await reply.show(LONG)
    assert len(asked.shown) == 2
    kept = await reply.kept(LONG)
    assert LONG.startswith(kept)
    assert len(kept) > 3_000
    await reply.finish(kept, ["Stopped here."])
    assert len(asked.shown) == 2
    assert asked.shown[-1].endswith("\n-# Stopped here.")


async def test_nothing_is_kept_where_nothing_stands(asked: Asked) -> None:
    assert await (await asked.reply()).kept(LONG) == ""


async def test_all_parts_are_taken_away(asked: Asked) -> None:
    await (await asked.reply()).finish(LONG)
    asked.restart()
    await (await asked.reply()).remove()
    assert asked.shown == []
    assert asked.log.ids == {}


async def test_a_worker_that_lost_its_turn_changes_nothing(asked: Asked) -> None:
    class Lost(type(asked.log)):  # type: ignore[misc] # the same log, of a turn that another worker has
        async def check(self) -> None:
            raise LeaseLost

    asked.log = Lost()
    with pytest.raises(LeaseLost):
        await (await asked.reply()).finish("답")
    assert asked.calls() == []


async def test_a_refusal_is_told_and_not_repeated(asked: Asked) -> None:
    asked.discord.fail(POST, Refused(400, 50009, "blocked"), times=9)
    with pytest.raises(PlatformError) as error:
        await (await asked.reply()).finish("답")
    assert (error.value.code, error.value.passing) == ("discord_50009", False)
    assert len(asked.discord.calls(POST)) == 1


async def test_a_reply_takes_no_other_turns_part_for_its_own(asked: Asked) -> None:
    await (await asked.reply(turn=7)).finish("The first answer.")
    asked.index.known[str(asked.log.ids[1])] = asked.thread
    asked.restart()
    asked.log.ids.clear()
    await asked.log.intend(1)
    await (await asked.reply(turn=8)).finish("The second answer.")
    assert asked.shown == ["The first answer.", "The second answer."]


async def test_parts_that_were_lost_together_are_found_in_their_order(asked: Asked) -> None:
    await (await asked.reply()).finish(LONG)
    ids, asked.log.ids = dict(asked.log.ids), dict.fromkeys(asked.log.ids)
    asked.restart()
    await asked.reply()
    assert asked.log.ids == ids


@pytest.mark.parametrize("code", [200000, 240000])
@pytest.mark.parametrize("shown", [False, True])
async def test_where_a_filter_lets_no_answer_through_that_is_said(asked: Asked, code: int, shown: bool) -> None:
    reply = await asked.reply()
    if shown:
        await reply.show("one")
    asked.discord.fail(EDIT if shown else POST, Refused(400, code))
    await reply.finish("one two", ["A note."])
    assert asked.shown == [f"-# {sentence(Notice('answer_blocked'), 'en')}\n-# A note."]
