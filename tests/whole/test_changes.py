"""What was asked is edited or deleted, or somebody wants no answer any more, or another one."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.standins.model.script import Answer, failure
from tests.whole.conftest import Office

WRONG_KEY = Answer(failure=failure(401, "Incorrect API key", code="invalid_api_key"))


async def said(office: Office, root: str, text: str) -> None:
    await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == [text])


def bots(office: Office, root: str) -> list[str]:
    """The messages of the bot in a thread, by ts."""
    return [m.ts for m in office.slack.thread(office.general, root) if m.user == office.slack.bot_user]


def reply(office: Office, root: str) -> str:
    """The ts of the bot's one reply."""
    [message] = [each for each in office.slack.thread(office.general, root) if each.user == office.slack.bot_user]
    return message.ts


async def states(office: Office, *wanted: str) -> None:
    query = "SELECT state FROM turns ORDER BY id"
    await office.slack.wait_for(lambda: [state for (state,) in office.rows(query)] == list(wanted))


async def test_an_edited_question_is_answered_anew_in_the_same_reply(office: Office) -> None:
    office.model.answers.extend([Answer("창원입니다."), Answer("고척입니다.")])
    async with office.bot():
        root = await office.ask("2020년 마지막 게임은 어디?")
        await said(office, root, "창원입니다.")
        first = reply(office, root)
        edited = time.monotonic()
        await office.slack.edit(office.general, root, f"{office.slack.mention} 2020년 마지막 경기는")
        await office.slack.edit(office.general, root, f"{office.slack.mention} 2020년 마지막 경기는 어디에서?")
        await said(office, root, "고척입니다.")
        assert time.monotonic() - edited >= 3  # it had to be quiet for so long
        await states(office, "shown")
    assert reply(office, root) == first
    assert office.prompts()[1:] == [[("user", "2020년 마지막 경기는 어디에서?")]]
    assert office.rows("SELECT variant, chosen, text FROM completions ORDER BY id") == [
        (1, 0, "창원입니다."),
        (2, 1, "고척입니다."),
    ]


async def test_an_edit_while_the_answer_is_shown_is_no_work_of_another_process(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """The turn is asked again in the write that ends it, and whoever renews its lease meanwhile sees another claim."""
    office.model.answers.extend([Answer("창원입니다."), Answer("고척입니다.")])
    gate = office.slack.hold("chat.postMessage")
    async with office.bot():
        root = await office.ask("2020년 마지막 게임은 어디?")
        await office.slack.wait_for(lambda: gate.waiting == 1)
        await office.slack.edit(office.general, root, f"{office.slack.mention} 2020년 마지막 경기는?")
        gate.open()
        await said(office, root, "고척입니다.")
        await states(office, "shown")
    assert [each for each in caplog.messages if "another worker" in each] == []


async def test_an_edit_while_the_answer_is_written_begins_it_anew(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.extend([Answer("one two three", chunk_size=8, gate=gate, gate_at=1), Answer("a new one")])
    async with office.bot():
        root = await office.ask("count")
        await said(office, root, "one two")
        first = reply(office, root)
        await office.slack.edit(office.general, root, f"{office.slack.mention} count anew")
        await office.slack.wait_for(lambda: office.model.requests[0].disconnected, 2)
        await said(office, root, "a new one")
        await states(office, "shown")
    assert reply(office, root) == first
    assert office.prompts()[-1] == [("user", "count anew")]


async def test_an_edit_of_an_older_question_marks_its_answer_and_shows_in_the_next_prompt(office: Office) -> None:
    async with office.bot():
        root = await office.ask("first")
        await office.answers(root)
        await office.ask("second", thread=root)
        before = await office.answers(root, 2)
        await office.slack.edit(office.general, root, f"{office.slack.mention} first, mended")
        await office.ask("third", thread=root)
        assert (await office.answers(root, 3))[:2] == before
    assert len(office.model.requests) == 3
    assert office.prompts()[2][0] == ("user", "first, mended")
    assert office.rows("SELECT stale FROM turns ORDER BY id") == [(1,), (0,), (0,)]


async def test_a_preview_of_a_link_is_no_edit(office: Office) -> None:
    async with office.bot():
        root = await office.ask("see https://example.com")
        await office.answers(root)
        await office.slack.unfurl(office.general, root)
        other = await office.ask("another")
        await office.answers(other)
        await asyncio.sleep(0)
        assert office.rows("SELECT COUNT(*) FROM message_versions") == [(2,)]
    assert len(office.model.requests) == 2


async def test_a_new_variant_that_fails_leaves_the_answer_and_says_why(office: Office) -> None:
    office.model.answers.extend([Answer("창원입니다."), WRONG_KEY])
    async with office.bot():
        root = await office.ask("어디?")
        await said(office, root, "창원입니다.")
        await office.slack.edit(office.general, root, f"{office.slack.mention} 어디에서?")
        await office.slack.wait_for(lambda: "키를 받아들이지" in office.slack.replies(office.general, root)[0])
        await states(office, "shown")
        [shown] = office.slack.replies(office.general, root)
        assert shown.startswith("창원입니다.")
        await office.ask("그럼 언제?", thread=root)
        await office.answers(root, 2)
    assert office.prompts()[-1][:2] == [("user", "어디에서?"), ("assistant", "창원입니다.")]


async def test_a_question_deleted_while_it_is_answered_takes_its_reply_along(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("one two three", chunk_size=8, gate=gate, gate_at=1))
    async with office.bot():
        root = await office.ask("비밀번호는 hunter2")
        await said(office, root, "one two")
        deleted = time.monotonic()
        await office.slack.remove(office.general, root)
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == [])
        assert time.monotonic() - deleted < 2
        assert office.model.requests[0].disconnected
        await states(office, "removed")
    assert not [text for (text,) in office.rows("SELECT text FROM message_versions") if text]
    assert not [text for (text,) in office.rows("SELECT given FROM message_versions") if text]


async def test_one_question_of_two_is_deleted_and_the_other_is_answered(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.extend([Answer("first"), Answer("one two three", chunk_size=8, gate=gate, gate_at=1)])
    async with office.bot():
        root = await office.ask("begin")
        await office.answers(root)
        gone = await office.ask("never mind this one", thread=root)
        await office.ask("but this one", thread=root)
        await office.slack.wait_for(lambda: len(office.slack.replies(office.general, root)) == 2)
        await office.slack.remove(office.general, gone)
        await office.answers(root, 2)
    assert "never mind" not in office.prompts()[-1][-1][1]
    assert "but this one" in office.prompts()[-1][-1][1]


async def test_a_deleted_message_is_in_no_later_prompt_and_does_not_come_back(office: Office) -> None:
    async with office.bot():
        root = await office.ask("begin")
        await office.answers(root)
        secret = await office.slack.post(office.lee, office.general, "the code is 1234", root)
        deliveries = list(office.slack.delivered(secret))
        await office.slack.remove(office.general, secret)
        for delivery in deliveries:
            await office.slack.emit(delivery.event)
        await office.ask("what was the code?", thread=root)
        await office.answers(root, 2)
    assert "1234" not in str(office.prompts())
    assert "1234" not in str(office.rows("SELECT text, given FROM message_versions"))


async def test_a_deletion_that_comes_before_the_message_keeps_it_out(office: Office) -> None:
    async with office.bot():
        root = await office.ask("begin")
        await office.answers(root)
        secret = await office.slack.post(office.lee, office.general, "the code is 1234", root, copies=())
        before = office.slack.thread(office.general, root)[-1]
        event = {**before.wire(), "channel": office.general, "channel_type": "channel", "event_ts": secret}
        await office.slack.remove(office.general, secret)
        await office.slack.emit(event)
        await office.ask("what was the code?", thread=root)
        await office.answers(root, 2)
    assert "1234" not in str(office.prompts())


async def test_an_answer_that_somebody_deleted_is_not_sent_any_more(office: Office) -> None:
    office.model.answers.extend([Answer("the code is 1234"), Answer("I do not know")])
    async with office.bot():
        root = await office.ask("what is the code?")
        await office.answers(root)
        await office.slack.remove(office.general, reply(office, root))
        await office.ask("and now?", thread=root)
        await office.slack.wait_for(lambda: "I do not know" in office.slack.replies(office.general, root))
    assert "1234" not in str(office.prompts())
    assert "1234" not in str(office.rows("SELECT text FROM completions"))


@pytest.mark.parametrize("kinds", [("channel",), ()], ids=["streamed", "edited"])
async def test_an_answer_that_somebody_deletes_while_it_is_written_is_asked_for_no_longer(
    office: Office, kinds: tuple[str, ...]
) -> None:
    office.slack.workspace.stream_kinds, office.slack.workspace.is_agent = kinds, False
    endless = Answer("the code is 1234, " * 2_000, chunk_size=18, chunk_delay=0.02, latency=0.8)
    office.model.answers.extend([endless, Answer("I do not know")])
    async with office.bot():
        root = await office.ask("what is the code?")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) and reactions(office, root))
        await office.slack.remove(office.general, reply(office, root))
        await office.slack.wait_for(lambda: office.model.requests[0].disconnected)
        await states(office, "failed")
        assert office.slack.replies(office.general, root) == []
        await office.slack.wait_for(lambda: not reactions(office, root))
        [(outcome, cost)] = office.rows("SELECT outcome, cost_nanodollars FROM completions")
        assert (outcome, cost > 0) == ("deleted", True)
        await office.ask("and now?", thread=root)
        assert await office.answers(root) == ["I do not know"]
    assert "1234" not in str(office.prompts())
    assert "1234" not in str(office.rows("SELECT text FROM completions"))


def reactions(office: Office, ts: str) -> bool:
    return any(office.slack.workspace.channels[office.general].messages[ts].reactions.values())


async def test_an_answer_of_which_any_part_was_deleted_is_not_sent_any_more(office: Office) -> None:
    office.model.answers.extend([Answer("alpha " * 1500 + "\n\n" + "the code is 1234 " * 200), Answer("I do not know")])
    async with office.bot():
        root = await office.ask("what is the code?")
        await office.slack.wait_for(lambda: len(office.slack.replies(office.general, root)) == 2 and office.settled())
        await office.slack.remove(office.general, bots(office, root)[-1])
        await office.ask("and now?", thread=root)
        await office.slack.wait_for(lambda: "I do not know" in office.slack.replies(office.general, root))
    assert "1234" not in str(office.prompts())
    assert "1234" not in str(office.rows("SELECT text FROM completions"))


async def test_a_part_that_we_take_away_ourselves_takes_no_answer_with_it(office: Office) -> None:
    office.model.answers.extend([Answer("alpha " * 2500), Answer("a short answer"), Answer("yes")])
    async with office.bot():
        root = await office.ask("tell me all")
        await office.slack.wait_for(lambda: len(office.slack.replies(office.general, root)) == 2 and office.settled())
        surplus = bots(office, root)[-1]
        await office.slack.edit(office.general, root, f"{office.slack.mention} tell me little")
        await office.slack.wait_for(lambda: "a short answer" in office.slack.replies(office.general, root))
        await office.slack.wait_for(office.settled)
        assert surplus not in bots(office, root)
        event = {"type": "message", "subtype": "message_deleted", "channel": office.general, "deleted_ts": surplus}
        delivery = await office.slack.emit({**event, "ts": surplus, "channel_type": "channel", "hidden": True})
        await office.slack.wait_for(lambda: delivery.acknowledged)
        await office.ask("sure?", thread=root)
        await office.slack.wait_for(lambda: "yes" in office.slack.replies(office.general, root))
    assert ("assistant", "a short answer") in office.prompts()[-1]


async def test_a_stop_sign_ends_the_answer_and_keeps_what_was_written(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("하나 둘 셋 넷", chunk_size=5, gate=gate, gate_at=1))
    async with office.bot():
        root = await office.ask("세어 줘")
        await said(office, root, "하나 둘")
        stopped = time.monotonic()
        await office.slack.react(office.lee, office.general, root, "octagonal_sign")
        await office.slack.wait_for(lambda: office.model.requests[0].disconnected)
        assert time.monotonic() - stopped < 2
        await states(office, "stopped")
        [shown] = office.slack.replies(office.general, root)
        assert shown.startswith("하나 둘")
        assert "멈췄습니다" in shown
        [(outcome, cost)] = office.rows("SELECT outcome, cost_nanodollars FROM completions")
        assert outcome == "stopped"
        assert cost > 0
        await office.ask("계속", thread=root)
        await office.answers(root, 2)
    assert office.prompts()[1][1] == ("assistant", "하나 둘")


async def test_a_stop_sign_on_the_reply_before_its_first_word_says_so(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("never", gate=gate))
    async with office.bot():
        root = await office.ask("think")
        await office.model.received(1)
        await office.slack.react(office.kim, office.general, root, "octagonal_sign")
        await said(office, root, "Stopped, as asked.")
        await states(office, "stopped")


async def test_a_repeat_on_an_answer_brings_another_one_and_once(office: Office) -> None:
    office.model.answers.extend([Answer("heads"), Answer("tails"), Answer("edge")])
    async with office.bot():
        root = await office.ask("flip a coin")
        await said(office, root, "heads")
        await states(office, "shown")
        first = reply(office, root)
        await office.slack.react(office.kim, office.general, first, "repeat")
        await said(office, root, "tails")
        for delivery in office.slack.deliveries:
            if delivery.event.get("type") == "reaction_added":
                await office.slack.emit(delivery.event)
                break
        await office.ask("and then?", thread=root)
        await office.answers(root, 2)
    assert reply_texts(office, root)[0] == "tails"
    assert office.prompts()[2][:2] == [("user", "flip a coin"), ("assistant", "tails")]


def reply_texts(office: Office, root: str) -> list[str]:
    return office.slack.replies(office.general, root)


async def test_an_answer_before_it_can_be_repeated_beside_a_new_question(office: Office) -> None:
    """The new question gets its own answer, after the older one's."""
    gate = asyncio.Event()
    office.model.answers.extend([Answer("heads"), Answer("tails", gate=gate), Answer("other")])
    async with office.bot():
        root = await office.ask("flip a coin")
        await said(office, root, "heads")
        await states(office, "shown")
        await office.slack.react(office.kim, office.general, reply(office, root), "repeat")
        await office.model.received(2)
        await office.ask("another matter", thread=root)
        gate.set()
        assert await office.answers(root, 2) == ["tails", "other"]


async def test_what_is_deleted_while_its_prompt_is_made_is_not_sent(office: Office) -> None:
    async with office.bot():
        root = await office.slack.post(office.lee, office.general, "the deploy failed")
        secret = await office.slack.post(office.lee, office.general, "the code is 1234", root)
        names = office.slack.hold("users.info")
        await office.ask("what happened?", thread=root)
        await names.reached.wait()
        await office.slack.remove(office.general, secret)
        await office.slack.wait_for(lambda: office.rows("SELECT 1 FROM messages WHERE erased_at IS NOT NULL"))
        names.open()
        office.slack.release("users.info")
        await office.answers(root)
    assert len(office.model.requests) == 1
    assert "the deploy failed" in str(office.prompts())
    assert "1234" not in str(office.prompts())
    assert "1234" not in str(office.rows("SELECT text, given FROM message_versions"))


async def test_an_edit_in_the_second_of_the_message_is_an_edit(office: Office) -> None:
    """Slack dates edits to the second."""
    async with office.bot():
        root = await office.ask("first")
        await office.answers(root)
        message = office.slack.workspace.channels[office.general].messages[root]
        message.text, message.edits = f"{office.slack.mention} second", 1
        message.edited_ts = f"{root.split('.')[0]}.000000"
        event = {**message.wire(), "channel": office.general, "channel_type": "channel", "event_ts": root}
        await office.slack.emit(event)
        await office.slack.wait_for(lambda: len(office.model.requests) == 2)
        await office.answers(root)
    assert office.prompts()[1] == [("user", "second")]


async def test_an_edit_that_makes_a_question_a_command_is_neither_obeyed_nor_asked(office: Office) -> None:
    async with office.bot():
        root = await office.ask("what is quiet?")
        [answer] = await office.answers(root)
        await office.slack.edit(office.general, root, f"{office.slack.mention} quiet")
        await office.ask("are you there?", thread=root)
        assert (await office.answers(root, 2))[0] == answer
    assert len(office.model.requests) == 2


async def test_a_quiet_bot_does_not_answer_edits(office: Office) -> None:
    async with office.bot():
        root = await office.ask("first")
        [answer] = await office.answers(root)
        await office.ask("quiet", thread=root)
        await office.answers(root, 2)
        await office.slack.edit(office.general, root, f"{office.slack.mention} second")
        await office.slack.wait_for(lambda: office.rows("SELECT 1 FROM turns WHERE stale"))
        assert (await office.answers(root, 2))[0] == answer
    assert len(office.model.requests) == 1


async def test_an_answer_that_somebody_deletes_while_it_is_written_is_erased(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("one two three", chunk_size=8, gate=gate, gate_at=1))
    async with office.bot():
        root = await office.ask("count")
        await said(office, root, "one two")
        await office.slack.remove(office.general, reply(office, root))
        gate.set()
        await states(office, "failed")
        assert bots(office, root) == []
        await office.ask("and now?", thread=root)
        await states(office, "failed", "shown")
    assert office.prompts()[1] == [("user", "count\n\nand now?")]
    assert office.rows("SELECT text FROM completions WHERE turn_id = 1") == [(None,)]


async def test_an_answer_that_somebody_deletes_while_it_is_gone_on_with_is_erased(office: Office) -> None:
    gate = asyncio.Event()
    cut = Answer("one two ", finish_reason="length")
    office.model.answers.extend([cut, Answer("three four five", chunk_size=6, gate=gate, gate_at=1)])
    async with office.bot():
        root = await office.ask("count")
        await states(office, "shown")
        await office.slack.press(office.kim, office.general, reply(office, root), "threadbot_continue")
        await said(office, root, "one two three")
        await office.slack.remove(office.general, reply(office, root))
        gate.set()
        await states(office, "failed")
    assert office.rows("SELECT text FROM completions") == [(None,), (None,)]
