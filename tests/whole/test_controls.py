"""What people do with the buttons of an answer: going on, another variant, stopping, saying what they think of it."""

from __future__ import annotations

import asyncio

import pytest
from slack_sdk.models.blocks import Block

from bot.core.retry import Patience, RetryPolicy
from tests.standins.model.script import Answer, failure
from tests.standins.slack.delivery.deliveries import Delivery
from tests.whole.conftest import Office
from tests.whole.test_prompt_command import compared

CONTINUE, REPEAT, FEEDBACK = "threadbot_continue", "threadbot_repeat", "threadbot_feedback"
STOP = "threadbot_stop"
PROMPT = [("user", "count to five")]


def answer_in(office: Office, root: str) -> str:
    """The ts of the last part of the bot's answer."""
    return [m.ts for m in office.slack.thread(office.general, root) if m.user == office.slack.bot_user][-1]


def offered(office: Office, root: str) -> list[str]:
    """The controls below the answer."""
    blocks = office.slack.workspace.channels[office.general].messages[answer_in(office, root)].blocks
    for block in blocks:
        if block["type"] in ("actions", "context_actions"):
            parsed = Block.parse(block)
            assert parsed is not None
            parsed.validate_json()
    return [element["action_id"] for block in blocks for element in block.get("elements", ()) if "action_id" in element]


async def press(
    office: Office, root: str, action: str, *, by: str | None = None, value: str | None = None, times: int = 1
) -> None:
    """Press, and wait until Slack was told that it was heard."""
    ts = answer_in(office, root)
    pressed = await office.slack.press(by or office.kim, office.general, ts, action, value=value, times=times)
    await heard(office, pressed)


async def heard(office: Office, pressed: list[Delivery]) -> None:
    await office.slack.wait_for(lambda: all(one.acknowledged for one in pressed))


async def asked(office: Office, *answers: Answer) -> str:
    office.model.answers.extend(answers)
    root = await office.ask("count to five")
    await office.answers(root)
    return root


async def going_on(office: Office) -> tuple[str, asyncio.Event]:
    """An answer that was pressed to go on, and stands still after "three" until the event is set. With its root."""
    gate = asyncio.Event()
    rest = Answer("three four five", chunk_size=6, gate=gate, gate_at=1)
    root = await asked(office, Answer("one two ", finish_reason="length"), rest)
    await press(office, root, CONTINUE)
    await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["one two three"])
    return root, gate


async def shown(office: Office, root: str, text: str) -> list[str]:
    """The bot's messages, once the first of them begins with *text* and all is settled."""
    await office.slack.wait_for(
        lambda: office.slack.replies(office.general, root)[0].startswith(text) and office.settled(), 30
    )
    return office.slack.replies(office.general, root)


def completions(office: Office) -> list[tuple[object, ...]]:
    return office.rows("SELECT variant, number, chosen, outcome FROM completions ORDER BY id")


# going on

CUTS = [
    ("one two thr", "ee four five", "one two three four five"),
    ("one two three ", "four five", "one two three four five"),
    ("하나 둘 셋, 넷 다", "섯", "하나 둘 셋, 넷 다섯"),
    ("Look:\n\n```python\nfor number in range(5):\n    print(nu", "mber)\n```", None),
    ("Look:\n\n```python\nfor number in range(5):\n", "```python\nfor number in range(5):\n    print(1)\n```", None),
    ("The first is one, and the second one is two", "and the second one is two, the third", None),
]
WHOLE = {
    3: "Look:\n\n```python\nfor number in range(5):\n    print(number)\n```",
    4: "Look:\n\n```python\nfor number in range(5):\n    print(1)\n```",
    5: "The first is one, and the second one is two, the third",
}


@pytest.mark.parametrize(("cut", "rest", "whole"), CUTS)
async def test_an_answer_goes_on_where_it_was_cut(office: Office, cut: str, rest: str, whole: str | None) -> None:
    expected = whole or WHOLE[CUTS.index((cut, rest, whole))]
    async with office.bot():
        root = await asked(office, Answer(cut, finish_reason="length"), Answer(rest))
        assert CONTINUE in offered(office, root)
        await press(office, root, CONTINUE)
        assert await shown(office, root, expected) == [expected]
        assert CONTINUE not in offered(office, root)
        await office.ask("and now?", thread=root)
        await office.answers(root, 2)
    first, second, third = office.prompts()
    assert second[: len(first)] == first
    assert second[len(first)] == ("assistant", cut)
    assert second[len(first) + 1][0] == "user"
    assert len(second) == len(first) + 2
    assert third == [*first, ("assistant", expected), ("user", "and now?")]
    assert completions(office)[:2] == [(1, 1, 0, "complete"), (1, 2, 1, "complete")]


async def test_an_answer_can_be_gone_on_with_again_and_again(office: Office) -> None:
    async with office.bot():
        cut = [Answer(word, finish_reason="length") for word in ("one ", "two ", "three ")]
        root = await asked(office, *cut, Answer("four"))
        for expected in ("one two", "one two three", "one two three four"):
            await press(office, root, CONTINUE)
            await shown(office, root, expected)
    assert office.slack.replies(office.general, root) == ["one two three four"]
    assert [row[1:3] for row in completions(office)] == [(1, 0), (2, 0), (3, 0), (4, 1)]


async def test_pressed_by_two_people_at_once_and_twice_it_goes_on_once(office: Office) -> None:
    async with office.bot():
        gate = asyncio.Event()
        root = await asked(office, Answer("one two ", finish_reason="length"), Answer("three", hold=gate))
        ts = answer_in(office, root)
        pressed = [
            await office.slack.press(who, office.general, ts, CONTINUE, times=2) for who in (office.kim, office.lee)
        ]
        await heard(office, [each for deliveries in pressed for each in deliveries])
        gate.set()
        assert await shown(office, root, "one two three") == ["one two three"]
    assert len(office.model.requests) == 2


@pytest.mark.parametrize("action", [CONTINUE, REPEAT])
async def test_a_press_that_came_to_nothing_is_not_done_again_when_it_is_delivered_again(
    office: Office, action: str
) -> None:
    refused = Answer(failure=failure(401, "no", code="invalid_api_key"))
    async with office.bot():
        root = await asked(office, Answer("one two ", finish_reason="length"), refused, Answer("three"))
        await press(office, root, action)
        await shown(office, root, "one two\n\nThe model does not accept")
        [pressed] = [one for one in office.slack.deliveries if one.kind == "interactive"]
        await heard(office, [await office.slack.people.again(pressed)])
        assert office.settled()
        await press(office, root, action)
        await office.slack.wait_for(lambda: len(office.model.requests) == 3)


async def test_a_press_before_a_restart_is_done_after_it_and_one_after_it_as_well(office: Office) -> None:
    async with office.bot():
        root = await asked(office, Answer("one two ", finish_reason="length"))
    office.model.answers.append(Answer("three"))
    async with office.bot():
        await press(office, root, CONTINUE, times=2)
        assert await shown(office, root, "one two three") == ["one two three"]
    assert len(office.model.requests) == 2


async def test_what_was_going_on_when_the_bot_stopped_goes_on_after_its_start(office: Office) -> None:
    async with office.bot(stop_grace=0):
        root, _ = await going_on(office)
    office.model.answers.append(Answer("three, four"))
    async with office.bot():
        assert await shown(office, root, "one two three, four") == ["one two three, four"]
    assert completions(office) == [(1, 1, 0, "complete"), (1, 2, 0, "lost"), (1, 2, 1, "complete")]
    assert office.prompts()[1] == office.prompts()[2]


async def test_a_question_that_is_edited_while_its_answer_goes_on_is_answered_anew(office: Office) -> None:
    async with office.bot():
        root, _ = await going_on(office)
        office.model.answers.append(Answer("six seven"))
        await office.slack.edit(office.general, root, f"{office.slack.mention} go on from six")
        assert await shown(office, root, "six seven") == ["six seven"]
    assert office.prompts()[2] == [("user", "go on from six")]
    assert completions(office) == [(1, 1, 0, "complete"), (1, 2, 0, "changed"), (2, 1, 1, "complete")]


async def test_when_its_question_is_deleted_meanwhile_what_was_there_stays_without_a_button_that_does_nothing(
    office: Office,
) -> None:
    async with office.bot():
        root, _ = await going_on(office)
        await office.slack.remove(office.general, root)
        [said] = await shown(office, root, "one two\n\nThe answer stops here")
        assert said.endswith("I cannot go on with it: its question is no longer there.")
        assert office.model.requests[1].disconnected
        assert not {CONTINUE, REPEAT} & set(offered(office, root))


async def test_what_was_there_stays_on_view_while_it_goes_on(office: Office) -> None:
    async with office.bot():
        root, gate = await going_on(office)
        assert CONTINUE not in offered(office, root)
        gate.set()
        await shown(office, root, "one two three four five")


async def test_when_it_cannot_go_on_what_was_there_stays_with_its_button(office: Office) -> None:
    patience = Patience(asking=RetryPolicy(attempts=1))
    async with office.bot(patience=patience):
        refused = Answer(failure=failure(400, "bad"))
        root = await asked(office, Answer("one two ", finish_reason="length"), refused, Answer("three"))
        await press(office, root, CONTINUE)
        [said] = await shown(office, root, "one two\n\nThe model refused")
        assert CONTINUE in offered(office, root)
        await press(office, root, CONTINUE)
        assert await shown(office, root, "one two three") == ["one two three"]
    assert said.count("one two") == 1


async def test_a_model_that_has_nothing_to_add_says_so(office: Office) -> None:
    async with office.bot():
        root = await asked(office, Answer("one two", finish_reason="length"), Answer("", finish_reason="stop"))
        await press(office, root, CONTINUE)
        [said] = await shown(office, root, "one two\n\nThe model had")
    assert "nothing to add" in said
    assert completions(office) == [(1, 1, 1, "complete"), (1, 2, 0, "empty")]


async def test_an_answer_that_no_longer_fits_into_a_prompt_is_not_gone_on_with(office: Office) -> None:
    async with office.bot(prompt_tokens=160):
        root = await asked(office, Answer("word " * 150, finish_reason="length"))
        await press(office, root, CONTINUE)
        await office.slack.wait_for(lambda: "too long" in office.slack.replies(office.general, root)[0])
        [said] = await shown(office, root, "word word")
        assert "Ask me for what is missing." in said
        assert CONTINUE not in offered(office, root)
    assert len(office.model.requests) == 1


async def test_the_request_to_go_on_can_be_shown_byte_for_byte(office: Office) -> None:
    async with office.bot():
        root = await asked(office, Answer("one two ", finish_reason="length"), Answer("three"))
        await press(office, root, CONTINUE)
        await shown(office, root, "one two three")
    assert await compared(office) == 2


# another variant


async def test_another_variant_takes_the_place_of_the_answer(office: Office) -> None:
    async with office.bot():
        root = await asked(office, Answer("heads"), Answer("tails"), Answer("a coin"))
        await press(office, root, REPEAT, times=2)
        assert await shown(office, root, "tails") == ["tails"]
        await office.ask("what was it?", thread=root)
        await office.answers(root, 2)
    assert office.prompts()[1] == office.prompts()[0]
    assert ("assistant", "tails") in office.prompts()[2]
    assert "heads" not in str(office.prompts()[2])
    assert completions(office)[:2] == [(1, 1, 0, "complete"), (2, 1, 1, "complete")]


async def test_what_failed_can_be_tried_again_and_what_would_fail_again_cannot(office: Office) -> None:
    async with office.bot():
        root = await asked(office, Answer("", finish_reason="stop"), Answer("five"))
        assert offered(office, root) == [REPEAT]
        await press(office, root, REPEAT, times=2)
        assert await shown(office, root, "five") == ["five"]
        office.model.answers.append(Answer(failure=failure(401, "no", code="invalid_api_key")))
        refused = await office.ask("another")
        await office.answers(refused)
        assert offered(office, refused) == []


# stopping


async def test_the_stop_button_below_what_is_written_ends_the_call_and_keeps_what_there_is(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("one two three four", chunk_size=8, gate=gate, gate_at=1))
    async with office.bot():
        root = await office.ask("count to five")
        await office.slack.wait_for(
            lambda: office.slack.replies(office.general, root) and STOP in offered(office, root)
        )
        await press(office, root, STOP, by=office.lee, times=2)
        assert await shown(office, root, "one two\n\nStopped here") == ["one two\n\nStopped here, as asked."]
        assert office.model.requests[0].disconnected
        assert STOP not in offered(office, root)


async def test_slacks_own_stop_button_ends_the_call_and_keeps_what_was_written(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("one two three four", chunk_size=8, gate=gate, gate_at=1))
    async with office.bot():
        root = await office.ask("count to five")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["one two"])
        event = {
            "type": "agent_session_stopped",
            "channel": office.general,
            "thread_ts": root,
            "user": office.kim,
            "streaming_message_ts": [],
            "event_ts": office.slack.workspace.ts(),
        }
        await office.slack.emit(event)
        assert await shown(office, root, "one two\n\nStopped here") == ["one two\n\nStopped here, as asked."]
        assert office.model.requests[0].disconnected
        assert REPEAT in offered(office, root)
    assert office.rows("SELECT state, reason FROM turns") == [("stopped", "stopped")]
    [(outcome, cost)] = office.rows("SELECT outcome, cost_nanodollars FROM completions")
    assert (outcome, cost > 0) == ("stopped", True)


async def test_a_continuation_that_is_stopped_keeps_all_that_was_written(office: Office) -> None:
    async with office.bot():
        root, _ = await going_on(office)
        await office.slack.react(office.lee, office.general, root, "octagonal_sign")
        assert await shown(office, root, "one two three\n\nStopped") == ["one two three\n\nStopped here, as asked."]
    assert completions(office) == [(1, 1, 0, "complete"), (1, 2, 1, "stopped")]


# what people think


async def test_feedback_is_kept_beside_the_completion(office: Office) -> None:
    async with office.bot():
        root = await asked(office, Answer("five"))
        blocks = office.slack.workspace.channels[office.general].messages[answer_in(office, root)].blocks
        [element] = [e for b in blocks for e in b.get("elements", ()) if e.get("action_id") == FEEDBACK]
        good, bad = (element[half]["value"] for half in ("positive_button", "negative_button"))
        await press(office, root, FEEDBACK, value=good, times=2)
        await press(office, root, FEEDBACK, value=bad, by=office.lee)
        await press(office, root, FEEDBACK, value=bad)
    kept = office.rows("SELECT external_id, completion_id, value FROM feedback JOIN participants p"
                       " ON p.id = participant_id ORDER BY 1")  # fmt: skip
    assert sorted(kept) == sorted([(office.kim, 1, "dislike"), (office.lee, 1, "dislike")])
    assert len(office.model.requests) == 1
