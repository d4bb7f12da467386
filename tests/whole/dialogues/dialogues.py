"""
What is played on every platform. Each dialogue waits until what it did has come to something before it goes on: what
comes of two deeds at once depends on which event arrives first, on any platform.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

from bot.core.conversation import Operation
from tests.standins.model.script import Answer
from tests.whole.dialogues.stage import Stage, Upload

Dialogue = Callable[[Stage], Awaitable[None]]

CSV = b"month,sales\nJanuary,12\nFebruary,31\n"


async def mentions(stage: Stage) -> None:
    stage.model.answers += [Answer("Hello, Kim."), Answer("**Your** name is Kim."), Answer("And you are Lee.")]
    async with stage.bot():
        root = await stage.ask("kim", "My name is Kim. <b>1 < 2 & 3</b>")
        await stage.settled(1)
        await stage.write("kim", "What is my name?", root)
        await stage.settled(2)
        await stage.write("lee", f"{stage.called('kim')} look at that", root)
        await stage.heard(3)
        await stage.ask("lee", f"who am I, {stage.called('kim')}?", root)
        await stage.settled(3)


async def several_threads(stage: Stage) -> None:
    async with stage.bot():
        first = await stage.ask("kim", "one")
        await stage.settled(1)
        second = await stage.ask("lee", "two")
        await stage.settled(2)
        await stage.ask("kim", "one again", first)
        await stage.settled(3)
        await stage.ask("kim", "two again", second)
        await stage.settled(4)


async def a_talk_that_it_is_called_into(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.write("kim", "Where shall we eat?")
        await stage.write("lee", "Somewhere near the river", root)
        await stage.write("kim", "It closes at nine", root)
        await stage.ask("lee", "what do you think?", root)
        await stage.settled(1)


async def korean(stage: Stage) -> None:
    stage.model.answers += [Answer("안녕하세요, 김 님. 반갑습니다."), Answer("부산도 맑습니다.")]
    async with stage.bot():
        root = await stage.ask("kim", "안녕하세요? 서울 날씨는 어때요? 😀 ㅎㅎ")
        await stage.settled(1)
        await stage.write("kim", "부산은요?", root)
        await stage.settled(2)


async def a_burst(stage: Stage) -> None:
    gate = asyncio.Event()
    stage.model.answers.append(Answer("First.", hold=gate))
    async with stage.bot(burst=0.5):
        root = await stage.ask("kim", "first")
        await stage.model.received(1)
        for number in range(3):
            await stage.ask("kim", f"and {number}", root)
            await stage.heard(number + 2)
        gate.set()
        await stage.settled(2)


async def an_edited_question(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "How far is Suwon?")
        await stage.settled(1)
        await stage.edit(root, "How far is Busan?", mention=True)
        await stage.wait_for(lambda: len(stage.model.requests) == 2)
        await stage.settled(1)
        await stage.ask("kim", "and by train?", root)
        await stage.settled(2)


async def an_edit_of_an_older_question(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "one")
        await stage.settled(1)
        await stage.ask("kim", "two", root)
        await stage.settled(2)
        await stage.edit(root, "one, in other words", mention=True)
        await stage.wait_for(lambda: len(stage.ledger()["versions"]) == 3)
        await stage.ask("kim", "three", root)
        await stage.settled(3)


async def deletions(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "one")
        await stage.settled(1)
        secret = await stage.ask("kim", "my secret is 42", root)
        await stage.settled(2)
        await stage.delete(secret)
        await stage.wait_for(lambda: any(row[9] for row in stage.ledger()["messages"]))
        await stage.settled(2)
        await stage.ask("kim", "what do you know?", root)
        await stage.settled(3)


async def a_deleted_answer(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "one")
        await stage.settled(1)
        [answer] = stage.answers(root.root)
        await stage.delete(answer)
        await stage.wait_for(lambda: stage.ledger()["completions"][0][7] is None)
        await stage.ask("kim", "two", root)
        await stage.settled(2)


async def a_deleted_channel(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "one")
        await stage.settled(1)
        await stage.ask("lee", "two", root)
        await stage.settled(2)
        await stage.ask("lee", "three")
        await stage.settled(3)
        await stage.delete_channel()
        await stage.wait_for(lambda: all(row[7] is None for row in stage.ledger()["completions"]))
        await stage.wait_for(lambda: all(row[9] for row in stage.ledger()["messages"]))


async def reactions(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "one")
        await stage.settled(1)
        hidden = await stage.ask("kim", "not for the model", root)
        await stage.settled(2)
        await stage.react("lee", hidden, Operation.HIDE)
        await stage.wait_for(lambda: len(stage.ledger()["reactions"]) == 1)
        await stage.react("kim", root, Operation.PIN)
        await stage.wait_for(lambda: len(stage.ledger()["reactions"]) == 2)
        await stage.ask("kim", "two", root)
        await stage.settled(3)
        await stage.react("lee", hidden, Operation.HIDE, added=False)
        await stage.wait_for(lambda: not all(active for _, active in stage.ledger()["reactions"]))
        later = await stage.ask("kim", "three", root)
        await stage.settled(4)
        await stage.react("kim", later, Operation.CUT)
        await stage.wait_for(lambda: len(stage.ledger()["reactions"]) == 3)
        await stage.ask("kim", "four", root)
        await stage.settled(5)


async def another_answer(stage: Stage) -> None:
    stage.model.answers += [Answer("It is one."), Answer("It is another.")]
    async with stage.bot():
        root = await stage.ask("kim", "one?")
        await stage.settled(1)
        await stage.react("kim", stage.answers(root.root)[0], Operation.REPEAT)
        await stage.wait_for(lambda: len(stage.model.requests) == 2)
        await stage.settled(1)
        await stage.ask("kim", "and now?", root)
        await stage.settled(2)


async def a_file(stage: Stage) -> None:
    stage.model.default = Answer("Done.")
    async with stage.bot():
        root = await stage.ask("kim", "which month was better?", files=(Upload("s.csv", CSV, "text/csv"),))
        await stage.settled(1)
        await stage.ask("kim", "sure?", root)
        await stage.settled(2)


async def quiet(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "one")
        await stage.settled(1)
        await stage.ask("lee", "quiet", root)
        await stage.settled(2)
        await stage.ask("kim", "are you there?", root)
        await stage.heard(3)
        await stage.ask("lee", "다시 들어 줘", root)
        await stage.settled(3)
        await stage.ask("kim", "and now?", root)
        await stage.settled(4)


async def a_restart(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "My name is Kim.")
        await stage.settled(1)
    async with stage.bot():
        await stage.write("kim", "What is my name?", root)
        await stage.settled(2)


async def a_question_while_it_is_away(stage: Stage) -> None:
    async with stage.bot():
        root = await stage.ask("kim", "one")
        await stage.settled(1)
    if not stage.alone:  # else it would be a question, and two at once are answered in one turn or in two
        await stage.write("lee", "between us", root)
    await stage.ask("kim", "two", root)
    async with stage.bot():
        await stage.settled(2)


async def a_death_in_mid_answer(stage: Stage) -> None:
    gate = asyncio.Event()
    stage.model.answers.append(Answer("An answer of some words. " * 20, gate=gate, gate_at=3))
    async with stage.life() as life:
        await stage.connected()
        root = await stage.ask("kim", "one")
        await stage.wait_for(lambda: stage.answers(root.root))
        life.send(signal.SIGKILL)
        await life.ended(10)
    gate.set()
    async with stage.bot():
        await stage.settled(1)
        await stage.ask("kim", "two", root)
        await stage.settled(2)
    assert len(stage.answers(root.root)) == 2


async def a_direct_message(stage: Stage) -> None:
    async with stage.bot():
        await stage.write_direct("kim", "hello, only you")
        await stage.settled(1)


ALL: tuple[Dialogue, ...] = (
    mentions,
    several_threads,
    a_talk_that_it_is_called_into,
    korean,
    a_burst,
    an_edited_question,
    an_edit_of_an_older_question,
    deletions,
    a_deleted_answer,
    a_deleted_channel,
    reactions,
    another_answer,
    a_file,
    quiet,
    a_restart,
    a_question_while_it_is_away,
    a_death_in_mid_answer,
    a_direct_message,
)
