"""A process without a free descriptor: nothing is lost, nothing is said twice, and it goes on by itself."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.faults.chain import Tables
from tests.faults.lives import bot
from tests.faults.slack_venue import environment
from tests.files.making import picture
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.slack import Slack

QUESTIONS = 20
# All but those that find a connection which is open already, and need no descriptor
TRIED = re.compile(r"turn=(\d+) .* state=(?:pending .* again in|answered|shown)")
OPEN = "SELECT count(*) FROM turns WHERE state != 'shown'"


async def test_questions_asked_without_a_free_descriptor_are_answered_once_when_there_is_one(tmp_path: Path) -> None:
    async with Slack() as slack, ModelServer() as model:
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        model.default = Answer("Here it is.")
        settings = environment(slack, model, tmp_path)
        async with bot(tmp_path, settings, "-m", "tests.faults.starved_bot", "armed") as life:
            await slack.wait_connected(30)
            await slack.wait_for(lambda: life.says("ready to answer"))
            (tmp_path / "armed").touch()
            await slack.wait_for(lambda: life.says("starved"))
            files = [slack.files.add(f"p{number}.png", picture(size=(20, 15)), "image/png") for number in range(5)]
            roots = [
                await slack.post(kim, channel, f"{slack.mention} question {number}", files=files[number : number + 1])
                for number in range(QUESTIONS)
            ]
            await slack.wait_for(lambda: len(set(TRIED.findall(life.log.read_text()))) == QUESTIONS)
            (tmp_path / "armed").unlink()
            await slack.wait_for(lambda: life.says("fed"))
            await slack.socket_mode.redeliver()
            await slack.wait_for(lambda: all(slack.replies(channel, root) == ["Here it is."] for root in roots), 90)
            async with Tables.opened(settings["DATABASE_URL"]) as tables, asyncio.timeout(100):
                while await tables.count(OPEN):  # noqa: ASYNC110 - it is another process's event
                    await asyncio.sleep(0.02)
            log = life.log.read_text()
    assert "Traceback" not in log
    assert "defect" not in log
    assert all(slack.replies(channel, root) == ["Here it is."] for root in roots)
    sent = [str(request.body["messages"]) for request in model.requests]
    assert sum("⟦image ⟦p" in each for each in sent) == len(files)  # none was answered without its file
