"""How a reply is written to Slack: which calls it takes, and what it does when Slack refuses or is busy."""

from __future__ import annotations

import pytest

from bot.core.errors import LeaseLost, PlatformError
from tests.contract.world import Log
from tests.platforms.slack.conftest import DELETE, POST, REPLIES, UPDATE, Place
from tests.standins.slack.faults import Lost, RateLimited, Refused, ServerError


async def test_a_short_answer_takes_one_call(place: Place) -> None:
    await (await place.reply()).finish("짧은 답.")
    assert place.calls() == [POST]


async def test_an_answer_that_is_shown_twice_before_it_is_whole_takes_three_calls(place: Place) -> None:
    reply = await place.reply()
    for text in ("짧", "짧은"):
        await reply.show(text)
    await reply.finish("짧은 답.")
    assert place.calls() == [POST, UPDATE, UPDATE]


async def test_a_part_is_posted_with_what_slack_needs_and_a_mark(place: Place) -> None:
    await (await place.reply(turn=42)).finish("**굵게** & <b>")
    arguments = place.slack.calls(POST)[0].arguments
    assert arguments["thread_ts"] == place.thread.thread
    assert arguments["blocks"] == [{"type": "markdown", "text": "**굵게** & <b>"}]
    assert arguments["unfurl_links"] is False
    assert arguments["unfurl_media"] is False
    payload = {"turn": "42", "part": "1", "notes": "0"}
    assert arguments["metadata"] == {"event_type": "threadbot_part", "event_payload": payload}
    assert "<" not in arguments["text"]


async def test_an_edit_is_not_parsed_for_mentions(place: Place) -> None:
    reply = await place.reply()
    await reply.show("@channel")
    await reply.finish("@channel, look")
    arguments = place.slack.calls(UPDATE)[0].arguments
    assert (arguments["parse"], arguments["link_names"]) == ("none", False)


async def test_only_parts_that_changed_are_edited(place: Place) -> None:
    first, second = "가 " * 4_900, "나 " * 4_000
    reply = await place.reply()
    await reply.show(f"{first}\n\n{second}")
    await reply.finish(f"{first}\n\n{second}끝")
    assert place.calls() == [POST, POST, UPDATE]


async def test_a_429_on_an_intermediate_text_is_skipped_and_the_method_left_alone(place: Place) -> None:
    reply = await place.reply()
    await reply.show("one")
    place.slack.fail(UPDATE, RateLimited(30))
    await reply.show("one two")
    await reply.show("one two three")
    assert place.calls() == [POST, UPDATE]


async def test_a_final_text_waits_for_as_long_as_slack_asks(place: Place) -> None:
    reply = await place.reply()
    await reply.show("one")
    place.slack.fail(UPDATE, RateLimited(0), times=2)
    await reply.finish("one two")
    assert place.shown == ["one two"]
    assert place.calls() == [POST, UPDATE, UPDATE, UPDATE]


async def test_a_429_that_asks_for_long_is_left_to_the_core(place: Place) -> None:
    place.slack.fail(POST, RateLimited(600))
    with pytest.raises(PlatformError) as error:
        await (await place.reply()).finish("답")
    assert error.value.passing
    assert error.value.retry_after == pytest.approx(600, abs=5)


async def test_after_a_429_nothing_is_looked_for_because_nothing_was_posted(place: Place) -> None:
    reply = await place.reply()
    place.slack.fail(POST, RateLimited(0))
    await reply.show("one")
    await reply.finish("one two")
    assert place.calls() == [POST, POST]


@pytest.mark.parametrize(
    "fault",
    [
        Lost(),
        Lost(performed=False),
        ServerError(500, performed=True),
        ServerError(502, html=True, performed=True),
        ServerError(503),
        Refused("internal_error"),
    ],
)
async def test_a_post_that_may_have_been_made_is_looked_for_first(
    place: Place, fault: Lost | ServerError | Refused
) -> None:
    reply = await place.reply()
    place.slack.fail(POST, fault)
    with pytest.raises(PlatformError) as error:
        await reply.show("one")
    assert error.value.passing
    await reply.finish("one two")
    assert place.shown == ["one two"]
    assert place.calls()[:2] == [POST, REPLIES]


async def test_a_lost_part_is_found_beyond_the_first_page(place: Place) -> None:
    place.slack.fail(POST, Lost())
    with pytest.raises(PlatformError):
        await (await place.reply()).finish("답")
    kim = place.slack.add_user("lee")
    for number in range(450):
        place.slack.workspace.add_message(place.thread.channel, kim, f"말 {number}", place.thread.thread)
    message = place.slack.thread(place.thread.channel, place.thread.thread)[1]
    del place.slack.workspace.channels[place.thread.channel].messages[message.ts]
    late = place.slack.workspace.ts()
    message.ts = late
    place.slack.workspace.channels[place.thread.channel].messages[late] = message
    await (await place.reply()).finish("답.")
    assert place.shown == ["답."]
    assert place.calls().count(REPLIES) == 3


async def test_a_lost_part_without_its_mark_is_the_one_own_message_that_nobody_knows(place: Place) -> None:
    place.slack.fail(POST, Lost())
    with pytest.raises(PlatformError):
        await (await place.reply()).finish("답")
    place.slack.thread(place.thread.channel, place.thread.thread)[1].metadata = None
    await (await place.reply()).finish("답.")
    assert place.shown == ["답."]


async def test_a_reply_that_somebody_deletes_while_it_is_written_is_not_written_again(place: Place) -> None:
    reply = await place.reply()
    await reply.show("one")
    place.slack.delete(place.thread.channel, str(place.log.ids[1]))
    for _ in range(2):
        with pytest.raises(PlatformError) as error:
            await reply.finish("one two")
        assert (error.value.code, error.value.passing) == ("message_not_found", False)
    assert place.shown == []


UNEDITABLE = ["edit_window_closed", "cant_update_message", "a_reason_that_slack_invents_next_year"]


@pytest.mark.parametrize("code", UNEDITABLE)
async def test_a_part_that_cannot_be_edited_is_intended_and_posted_anew(place: Place, code: str) -> None:
    reply = await place.reply()
    await reply.show("half")
    intended_at = place.log.intended_at[1]
    place.slack.fail(UPDATE, Refused(code), times=2)
    await reply.show("half an")
    await reply.show("half an answer")
    await reply.finish("the whole answer")
    assert place.shown == ["the whole answer"]
    assert place.calls() == [POST, UPDATE, UPDATE, DELETE, POST]
    assert place.log.intended_at[1] > intended_at


async def test_a_part_of_an_earlier_attempt_that_cannot_be_edited_is_posted_anew(place: Place) -> None:
    await (await place.reply()).show("half")
    place.slack.fail(UPDATE, Refused("edit_window_closed"))
    await (await place.reply()).finish("the whole answer")
    assert place.shown == ["the whole answer"]


async def test_parts_after_one_that_cannot_be_edited_are_posted_anew_in_their_order(place: Place) -> None:
    first, second = "가 " * 4_900, "나 " * 4_900
    reply = await place.reply()
    await reply.show(f"{first}\n\n{second}")
    place.slack.fail(UPDATE, Refused("edit_window_closed"))
    await reply.finish(f"!{first}\n\n{second}")
    assert [shown[0] for shown in place.shown] == ["!", "나"]


async def test_a_part_that_can_be_neither_edited_nor_deleted_stays_beside_the_whole_answer(place: Place) -> None:
    reply = await place.reply()
    await reply.show("half")
    place.slack.fail(UPDATE, Refused("cant_update_message"))
    place.slack.fail(DELETE, Refused("cant_delete_message"))
    await reply.finish("the whole answer")
    assert place.shown == ["half", "the whole answer"]


async def test_a_new_post_that_is_lost_is_found_though_the_old_part_could_not_be_deleted(place: Place) -> None:
    reply = await place.reply()
    await reply.show("half")
    place.slack.fail(UPDATE, Refused("edit_window_closed"))
    place.slack.fail(DELETE, Refused("cant_delete_message"))
    place.slack.fail(POST, Lost())
    with pytest.raises(PlatformError):
        await reply.finish("the whole answer")
    await (await place.reply()).finish("the whole answer")
    assert place.shown == ["half", "the whole answer"]


async def test_a_part_of_an_earlier_attempt_that_is_gone_is_intended_and_posted_anew(place: Place) -> None:
    await (await place.reply()).show("one")
    first, intended_at = str(place.log.ids[1]), place.log.intended_at[1]
    place.slack.delete(place.thread.channel, first)
    await (await place.reply()).finish("one two")
    assert place.shown == ["one two"]
    assert place.calls() == [POST, UPDATE, POST]
    assert place.log.ids[1] not in (None, first)
    assert place.log.intended_at[1] > intended_at


async def test_parts_that_come_after_one_that_is_gone_are_posted_anew_in_their_order(place: Place) -> None:
    text = "가 " * 4_900 + "\n\n" + "나 " * 4_900
    await (await place.reply()).finish(text)
    place.slack.delete(place.thread.channel, str(place.log.ids[1]))
    await (await place.reply()).finish(text)
    assert [shown[0] for shown in place.shown] == ["가", "나"]


async def test_after_removing_it_the_same_reply_can_be_finished_again(place: Place) -> None:
    reply = await place.reply()
    await reply.finish("one")
    intended_at = place.log.intended_at[1]
    await reply.remove()
    assert place.shown == []
    await reply.finish("two")
    assert place.shown == ["two"]
    assert place.log.intended_at[1] > intended_at
    assert place.calls() == [POST, DELETE, POST]


async def test_a_part_that_was_only_intended_is_intended_anew_after_removing(place: Place) -> None:
    await place.log.intend(1)
    intended_at = place.log.intended_at[1]
    reply = await place.reply()
    await reply.remove()
    await reply.finish("one")
    assert place.shown == ["one"]
    assert place.log.intended_at[1] > intended_at


async def test_a_message_that_slack_finds_too_long_is_split_at_half_the_length(place: Place) -> None:
    text = "\n\n".join(f"{number}: " + "가나다 " * 60 for number in range(36))
    place.slack.fail(POST, Refused("msg_too_long"))
    reply = await place.reply()
    await reply.finish(text)
    assert len(place.shown) == 2
    place.slack.fail(UPDATE, Refused("msg_blocks_too_long"))
    await reply.finish(f"!{text}")
    assert len(place.shown) == 4
    assert " ".join(place.shown).split() == f"!{text}".split()


async def test_a_message_that_is_too_long_however_short_is_given_up(place: Place) -> None:
    place.slack.fail(POST, Refused("msg_too_long"), times=9)
    with pytest.raises(PlatformError) as error:
        await (await place.reply()).finish("답")
    assert (error.value.code, error.value.passing) == ("msg_too_long", False)
    assert place.calls() == [POST] * 4


async def test_a_surplus_part_that_is_gone_already_is_no_error(place: Place) -> None:
    await (await place.reply()).finish("가 " * 4_900 + "\n\n" + "나 " * 4_900)
    place.slack.delete(place.thread.channel, str(place.log.ids[2]))
    await (await place.reply()).finish("짧은 답.")
    assert place.shown == ["짧은 답."]


@pytest.mark.parametrize(
    "code",
    ["channel_not_found", "is_archived", "not_in_channel", "account_inactive", "token_revoked", "invalid_auth"],
)
@pytest.mark.parametrize("method", [POST, UPDATE])
async def test_what_slack_refuses_for_good_does_not_pass(place: Place, method: str, code: str) -> None:
    reply = await place.reply()
    if method == UPDATE:
        await reply.show("답")
    place.slack.fail(method, Refused(code))
    with pytest.raises(PlatformError) as error:
        await reply.finish("답입니다")
    assert (error.value.code, error.value.passing) == (code, False)
    assert REPLIES not in place.calls()  # nothing is in doubt


async def test_nothing_is_changed_once_the_lease_is_lost(place: Place) -> None:
    class Late(Log):
        async def check(self) -> None:
            raise LeaseLost("another worker owns the turn")

    place.log = Late()
    with pytest.raises(LeaseLost):
        await (await place.reply()).finish("답")
    assert place.calls() == []
