"""Reactions steer what the model is sent; what the window has left behind is told."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.prompt.speakers import TRUNCATED
from tests.standins.model.script import Answer
from tests.whole.conftest import Office

pytestmark = pytest.mark.usefixtures("no_burst")

SMALL: dict[str, Any] = {"prompt_tokens": 160, "keep": 0.5}


async def exchange(office: Office, count: int, *, words: str = "alpha beta gamma delta") -> tuple[str, list[str]]:
    """A thread with *count* questions and answers. Returns its root and all that the bot said."""
    root = await office.ask(f"question 1: {words}")
    said = await office.answers(root)
    for number in range(2, count + 1):
        await office.ask(f"question {number}: {words}", thread=root)
        said = await office.answers(root, number)
    return root, said


async def ask(office: Office, root: str, text: str) -> list[tuple[str, str]]:
    """The prompt for one more question."""
    asked = len(office.model.requests)
    await office.ask(text, thread=root)
    await office.answers(root, len(office.slack.replies(office.general, root)) + 1)
    assert len(office.model.requests) == asked + 1
    return office.prompts()[-1]


def answer_of(office: Office, root: str, number: int) -> str:
    """The ts of the bot's answer, counted from 0."""
    return [m.ts for m in office.slack.thread(office.general, root) if m.user == office.slack.bot_user][number]


async def reacted(office: Office, ts: str, name: str, *, by: str | None = None, gone: bool = False) -> None:
    react = office.slack.unreact if gone else office.slack.react
    await react(by or office.kim, office.general, ts, name)
    newest = office.slack.deliveries[-1]
    await office.slack.wait_for(lambda: newest.acknowledged)


async def test_a_pinned_message_stays_when_its_turn_is_dropped(office: Office) -> None:
    async with office.bot(**SMALL):
        root = await office.ask("the code is 1234, remember")
        await office.answers(root)
        await reacted(office, root, "pushpin")
        for number in range(2, 12):
            await office.ask(f"question {number}: alpha beta gamma delta", thread=root)
            await office.answers(root, number)
        last = office.prompts()[-1]
        assert "1234" in last[0][1]
        assert "question 2:" not in str(last)
        await reacted(office, root, "pushpin", gone=True)
        assert "1234" not in str(await ask(office, root, "and now?"))


async def test_a_pin_stays_as_long_as_one_person_has_set_it(office: Office) -> None:
    async with office.bot(**SMALL):
        root = await office.ask("the code is 1234, remember")
        await office.answers(root)
        await reacted(office, root, "pushpin")
        await reacted(office, root, "pushpin", by=office.lee)
        await reacted(office, root, "pushpin", gone=True)
        for number in range(2, 10):
            await office.ask(f"question {number}: alpha beta gamma delta", thread=root)
            await office.answers(root, number)
        assert "1234" in str(office.prompts()[-1])


async def test_a_pinned_answer_stays_too(office: Office) -> None:
    office.model.answers.append(Answer("the answer is forty-two"))
    async with office.bot(**SMALL):
        root = await office.ask("what is it?")
        await office.answers(root)
        await reacted(office, answer_of(office, root, 0), "pushpin")
        for number in range(2, 10):
            await office.ask(f"question {number}: alpha beta gamma delta", thread=root)
            await office.answers(root, number)
    first, pinned, *_ = office.prompts()[-1]
    assert first == ("user", TRUNCATED)  # strict chat templates want the user to begin
    assert pinned == ("assistant", "the answer is forty-two")


async def test_pins_take_no_more_than_half_of_the_budget(office: Office) -> None:
    async with office.bot(prompt_tokens=160):
        root = await office.ask("first " * 60)
        await office.answers(root)
        second = await office.ask("second " * 60, thread=root)
        await office.answers(root, 2)
        for ts in (root, second):
            await reacted(office, ts, "pushpin")
        prompt = await ask(office, root, "what did I say?")
        assert "second" in str(prompt)
        assert "first" not in str(prompt)


async def test_what_is_hidden_is_never_sent_until_it_is_shown_again(office: Office) -> None:
    office.model.answers.extend([Answer("heads"), Answer("tails")])
    async with office.bot():
        root = await office.ask("flip a coin")
        await office.answers(root)
        secret = await office.slack.post(office.lee, office.general, f"<@{office.kim}> 암호는 바나나", root)
        await office.slack.wait_for(lambda: all(one.acknowledged for one in office.slack.delivered(secret)))
        await reacted(office, secret, "see_no_evil")
        await reacted(office, answer_of(office, root, 0), "see_no_evil")
        prompt = await ask(office, root, "again?")
        assert "바나나" not in str(prompt)
        assert "heads" not in str(prompt)
        await reacted(office, secret, "see_no_evil", gone=True)
        await reacted(office, answer_of(office, root, 0), "see_no_evil", gone=True)
        prompt = await ask(office, root, "and now?")
        assert "바나나" in str(prompt)
        assert ("assistant", "heads") in prompt


async def test_scissors_begin_the_conversation_anew_from_there(office: Office) -> None:
    office.model.answers.extend([Answer("one"), Answer("two"), Answer("three")])
    async with office.bot():
        root = await office.ask("first")
        await office.answers(root)
        second = await office.ask("second", thread=root)
        await office.answers(root, 2)
        await reacted(office, second, "scissors")
        prompt = await ask(office, root, "third")
        assert prompt == [("user", "second"), ("assistant", "two"), ("user", "third")]
        await reacted(office, answer_of(office, root, 1), "scissors")
        assert (await ask(office, root, "fourth"))[:2] == [("user", TRUNCATED), ("assistant", "two")]
        await reacted(office, answer_of(office, root, 1), "scissors", gone=True)
        await reacted(office, second, "scissors", gone=True)
        assert (await ask(office, root, "fifth"))[0] == ("user", "first")


async def test_other_names_can_be_chosen_for_reactions(office: Office) -> None:
    async with office.bot(reaction_cut="wastebasket", reaction_pin="none"):
        root = await office.ask("first")
        await office.answers(root)
        second = await office.ask("second", thread=root)
        await office.answers(root, 2)
        await reacted(office, second, "scissors")
        await reacted(office, second, "wastebasket")
        assert (await ask(office, root, "third"))[0] == ("user", "second")


async def test_the_first_answer_after_a_cut_says_what_is_no_longer_seen_and_only_that_one(office: Office) -> None:
    async with office.bot(**SMALL):
        _root, said = await exchange(office, 14)
    told = [number for number, text in enumerate(said) if "I no longer see" in text]
    starts = [start for (start,) in office.rows("SELECT window_start FROM completions ORDER BY id")]
    cuts = [number for number, start in enumerate(starts) if number and start != starts[number - 1]]
    assert told == cuts
    assert len(told) > 1
    sent = len(office.prompts()[told[0]])
    everything = 2 * told[0] + 1
    assert f"I no longer see the {everything - sent} oldest messages of this conversation." in said[told[0]]
    assert "no longer see" not in str(office.prompts())


async def test_in_korean_too(office: Office) -> None:
    async with office.bot(**SMALL):
        _root, said = await exchange(office, 8, words="가나다라 마바사 아자차카 타파하")
    assert any("이제 제게 보이지 않습니다" in text for text in said)


async def test_what_was_hidden_or_pinned_before_the_bot_was_asked_stays_so(office: Office) -> None:
    async with office.bot():
        root = await office.slack.post(office.lee, office.general, "the deploy failed")
        secret = await office.slack.post(office.lee, office.general, "암호는 바나나", root)
        await reacted(office, secret, "see_no_evil")
        await office.slack.post(office.lee, office.general, "at step three", root)
        await office.ask("what failed?", thread=root)
        await office.answers(root)
        assert "at step three" in str(office.prompts()[-1])
        assert "바나나" not in str(office.prompts()[-1])
        await reacted(office, secret, "see_no_evil", gone=True)
        assert "바나나" in str(await ask(office, root, "and now?"))
