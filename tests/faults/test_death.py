"""A process that dies at any step loses no question and answers none twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bot.core.texts import LANGUAGES
from bot.platforms.slack.reply.answer_file import FILE_PART
from tests.faults.chain import run_chain
from tests.faults.counts import Counts
from tests.faults.lives import bot
from tests.faults.nursery import Nursery
from tests.faults.slack_venue import environment
from tests.faults.steps import CHAINS, Platform, Step
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer, failure
from tests.standins.postgres import Postgres
from tests.standins.slack import Slack

DYING = ("-m", "tests.faults.dying_bot")
AT_ONCE = 3  # chains at a time on each database: most of a chain is waiting


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(
    ("platform", "steps"),
    [("slack", CHAINS["slack"][0]), ("slack", CHAINS["slack"][1]), ("discord", CHAINS["discord"][0])],
    ids=["slack, edited", "slack, streamed", "discord"],
)
async def test_a_question_gets_one_whole_answer_at_whatever_step_its_process_dies(
    postgres: Postgres, tmp_path: Path, platform: Platform, steps: Sequence[Step]
) -> None:
    """Every AT_ONCEth step in one chain, so that its lives still follow on deaths of all kinds."""

    async def failures(nursery: Nursery, database: str, number: int) -> Mapping[str, Counts]:
        chosen, directory = steps[number::AT_ONCE], tmp_path / f"{database}-{number}"
        directory.mkdir()
        url = f"sqlite+aiosqlite:///{directory / 'threadbot.db'}"
        if database == "postgresql":
            url = await postgres.new_database()
        counted = await run_chain(nursery, platform, url, directory, chosen, f"test-{database}-{number}")
        return {step.name: each for step, each in zip(chosen, counted, strict=True) if not each.clean}

    async with Nursery.opened() as nursery:
        places = [(database, number) for database in ("sqlite", "postgresql") for number in range(AT_ONCE)]
        failed = await asyncio.gather(*(failures(nursery, *place) for place in places))
    assert {place: each for place, each in zip(places, failed, strict=True) if each} == {}


async def test_an_answer_after_an_outage_whose_notice_nobody_noted_is_a_new_message_too(tmp_path: Path) -> None:
    told = ("-m", "tests.faults.dying_bot", "--impatient")
    async with Slack() as slack, ModelServer() as model:
        model.answers.append(Answer(failure=failure(503, "overloaded")))
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        settings = environment(slack, model, tmp_path)
        (tmp_path / "armed").touch()
        async with bot(tmp_path, settings, *told, "--at", "outage said") as life:
            await slack.wait_connected(30)
            root = await slack.post(kim, channel, f"{slack.mention} anybody there?")
            assert await life.ended(30) == -signal.SIGKILL
        assert len(slack.calls("chat.postMessage")) == 1
        async with bot(tmp_path, settings, *told):
            await slack.wait_for(lambda: slack.replies(channel, root) == ["You said: anybody there?"])
        assert len(slack.calls("chat.postMessage")) == 2


async def test_a_question_whose_process_dies_in_each_call_is_not_paid_for_more_than_four_times(tmp_path: Path) -> None:
    async with Slack() as slack, ModelServer() as model:
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        settings = environment(slack, model, tmp_path)
        (tmp_path / "armed").touch()
        root = ""
        for _ in range(4):
            async with bot(tmp_path, settings, *DYING, "--at", "first chunk") as life:
                await slack.wait_connected(30)
                root = root or await slack.post(kim, channel, f"{slack.mention} anybody there?")
                assert await life.ended(30) == -signal.SIGKILL
        async with bot(tmp_path, settings, *DYING):
            await slack.wait_for(lambda: slack.replies(channel, root) == [LANGUAGES["en"]["model_cut"]])
        assert len(model.requests) == 4


@pytest.mark.parametrize("nth", ["1", "2"])
@pytest.mark.parametrize("step", ["posted", "noted"])
async def test_a_file_stands_there_once_when_its_process_dies_beside_its_noting(
    tmp_path: Path, step: str, nth: str
) -> None:
    """First Slack has named the file, and nobody sees it; then its message stands in the thread."""
    text = "A word of it.\n\n" * 899 + "The last one."
    async with Slack() as slack, ModelServer() as model:
        model.answers.append(Answer(text))
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        settings = environment(slack, model, tmp_path)
        dying = ("-m", "tests.faults.dying_bot", "--at", f"part {FILE_PART} {step}", "--nth", nth)
        (tmp_path / "armed").touch()
        async with bot(tmp_path, settings, *dying) as life:
            await slack.wait_connected(30)
            await slack.post(kim, channel, f"{slack.mention} long answers as a file in this channel")
            root = await slack.post(kim, channel, f"{slack.mention} tell me all")
            assert await life.ended(30) == -signal.SIGKILL
        (tmp_path / "armed").unlink()
        async with bot(tmp_path, settings):
            await slack.wait_connected(30)
            await slack.post(kim, channel, f"{slack.mention} and now?", root)
            await slack.wait_for(lambda: "You said: and now?" in slack.replies(channel, root))
        *answer, _ = [message for message in slack.thread(channel, root) if message.user == slack.bot_user]
        assert [bool(message.files) for message in answer] == [False, True]
        [file] = slack.files.stored.values()
        assert file.content.decode() == text
        assert file.described["id"] == answer[1].files[0]["id"]
        assert len(model.requests) == 2
