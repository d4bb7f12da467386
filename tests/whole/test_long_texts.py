"""Texts of 40,000 troublesome characters, wherever somebody can write some: the event loop waits for none of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest

from tests.hostile import LENGTH, run
from tests.standins.model.script import Answer
from tests.watchdog import Watchdog, watching
from tests.whole.conftest import Office

pytestmark = pytest.mark.timeout(300)

UNITS = (
    "\t",
    "\u3000",
    "\n",
    "a\n",
    "[a](",
    "**a* ",
    "~",
    "|",
    "&lt;",
    "<@U1> ",
    "?!",
    "가",
    "😀",
    "</think>",
    "> - ",
    "`",
)


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    with watching() as watchdog:
        yield watchdog


async def answers(office: Office, root: str, count: int = 1) -> None:
    """As those of the office, with the time that a busy machine needs for such texts."""
    there = lambda: len(office.slack.replies(office.general, root)) >= count and office.settled()  # noqa: E731
    await office.slack.wait_for(there, 100)


async def warmed_up(office: Office, watchdog: Watchdog) -> str:
    """The thread of a first answer: the vocabulary is loaded, the statements are compiled."""
    office.model.answers.append(Answer("Hello."))
    root = await office.ask("hi")
    await answers(office, root)
    watchdog.held.clear()
    return root


@pytest.mark.parametrize("unit", UNITS)
async def test_no_message_holds_the_event_loop(office: Office, watchdog: Watchdog, unit: str) -> None:
    text = f"x{run(unit, LENGTH - 20)}x"
    async with office.bot(prompt_tokens=100_000):
        root = await warmed_up(office, watchdog)
        unmentioned = await office.slack.post(office.kim, office.general, text)
        await office.slack.edit(office.general, unmentioned, f"y{text}")
        await office.slack.post(office.lee, office.general, text, root)
        office.model.default = Answer("Done.")
        await answers(office, await office.ask(f"{text} what is it?"))
        await office.ask("and this?", thread=root)
        await answers(office, root, 2)
    assert watchdog.held == []


@pytest.mark.parametrize("unit", UNITS)
async def test_no_name_and_no_file_holds_it(office: Office, watchdog: Watchdog, unit: str) -> None:
    name, content = f"x{run(unit, 10_000)}x", f"x{run(unit, 300_000)}x"
    async with office.bot(prompt_tokens=100_000):
        root = await warmed_up(office, watchdog)
        stranger = office.slack.add_user(name)
        office.model.default = Answer("Done.")
        files = [office.slack.files.add(name, content.encode(), "text/plain")]
        await office.slack.post(stranger, office.general, f"{office.slack.mention} read it", root, files=files)
        await answers(office, root, 2)
    assert watchdog.held == []


@pytest.mark.parametrize("unit", [each for each in UNITS if each != "</think>"])  # before it all is reasoning
async def test_no_answer_holds_it(office: Office, watchdog: Watchdog, unit: str) -> None:
    """Shown while it is written, and as a whole."""
    gate = asyncio.Event()
    said = f"Well, this is it: {run(unit, LENGTH - 20)}x"
    async with office.bot(openai_max_tokens=100_000):
        await warmed_up(office, watchdog)
        office.model.answers.append(Answer(said, chunk_size=400, gate=gate, gate_at=60))
        root = await office.ask("tell me")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root), 100)
        gate.set()
        await answers(office, root)
    assert watchdog.held == []


@pytest.mark.parametrize("unit", ["</think>", "<think>", "<think></think>", "<"])
async def test_no_reasoning_in_an_answer_holds_it(office: Office, watchdog: Watchdog, unit: str) -> None:
    async with office.bot(openai_max_tokens=100_000):
        await warmed_up(office, watchdog)
        office.model.answers.append(Answer(f"{run(unit, LENGTH - 20)}</think>It is this.", chunk_size=400))
        await answers(office, root := await office.ask("tell me"))
    assert watchdog.held == []
    assert office.slack.replies(office.general, root)[-1].endswith("It is this.")


@pytest.mark.parametrize("unit", ["a\n", "[]("])
async def test_an_answer_that_takes_long_to_read_is_read_in_a_thread(
    office: Office, watchdog: Watchdog, unit: str
) -> None:
    async with office.bot(openai_max_tokens=100_000):
        await warmed_up(office, watchdog)
        office.model.answers.append(Answer(f"Well, this is it: {run(unit, 80_000)}x", chunk_size=2_000))
        await answers(office, await office.ask("tell me"))
    assert watchdog.held == []


LONG = run("…", 300_000)  # whose tokens take 0.2 s to be counted


@pytest.mark.parametrize("ending", ["stopped", "cut"])
async def test_no_answer_that_ends_early_holds_it(office: Office, watchdog: Watchdog, ending: str) -> None:
    gate = asyncio.Event()
    async with office.bot(openai_max_tokens=100_000):
        await warmed_up(office, watchdog)
        cut_at = 31 if ending == "cut" else None
        said = Answer(f"It is this. {LONG}", chunk_size=10_000, gate=gate, gate_at=30, cut_at=cut_at)
        office.model.answers += [said, Answer("Another one.")]
        root = await office.ask("tell me")
        await office.slack.wait_for(lambda: any(office.slack.replies(office.general, root)), 100)
        if ending == "stopped":
            await office.slack.react(office.kim, office.general, root, "octagonal_sign")
        gate.set()
        await office.slack.wait_for(office.settled, 100)
    assert watchdog.held == []


async def test_no_thread_that_was_there_before_holds_it(office: Office, watchdog: Watchdog) -> None:
    """Said before the bot was there: read whole from Slack, and stored."""
    add, text = office.slack.workspace.add_message, run("😀", LENGTH)
    root = add(office.general, office.kim, text, None).ts
    for _ in range(60):
        add(office.general, office.lee, text, root)
    async with office.bot(prompt_tokens=100_000):
        await warmed_up(office, watchdog)
        office.model.default = Answer("Done.")
        await office.ask("what is it?", thread=root)
        await answers(office, root)
    assert watchdog.held == []


async def test_what_holds_the_loop_is_noticed(watchdog: Watchdog) -> None:
    asyncio.get_running_loop().call_soon(re.search, r"[ \t]+x", run("\t", 15_000))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(watchdog.held) == 1
