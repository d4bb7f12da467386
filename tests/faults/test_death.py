"""A process that dies at any step loses no question and answers none twice."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from tests.standins.model import ModelServer
from tests.standins.model_script import Answer
from tests.standins.slack import Slack

LONG = "\n\n".join(f"{number}번째 문단입니다. " + "A sentence of some length. " * 30 for number in range(25))
STEPS = [
    ("before record", 1),
    ("after record", 1),
    ("after claim", 1),
    ("first chunk", 1),
    ("part 1 intended", 1),
    ("part 1 posted", 1),
    ("part 1 noted", 1),
    ("chunk", 20),
    ("last chunk", 1),
    ("before complete", 1),
    ("after complete", 1),
    ("part 2 intended", 1),
    ("part 2 posted", 1),
    ("part 2 noted", 1),
    ("before shown", 1),
    ("after shown", 1),
]
ASKED_AGAIN = """
    SELECT turn_id FROM completions AS later JOIN completions AS chosen USING (turn_id)
    WHERE chosen.chosen AND later.id > chosen.id
"""


def environment(slack: Slack, model: ModelServer, directory: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return kept | {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": model.url,
        "OPENAI_MAX_TOKENS": "30000",
        "DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'threadbot.db'}",
        "INTERNAL_PORT": "0",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


@asynccontextmanager
async def process(
    slack: Slack, model: ModelServer, directory: Path, *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.dying_bot", *arguments,
        env=environment(slack, model, directory), cwd=directory,
    )  # fmt: skip
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        async with asyncio.timeout(30):
            await running.wait()


@pytest.mark.timeout(300)
async def test_a_question_gets_one_whole_answer_at_whatever_step_its_process_dies(tmp_path: Path) -> None:
    """Each process takes up what the one before it left behind, then dies at the next step."""
    armed = tmp_path / "armed"
    roots: list[str] = []
    async with Slack() as slack, ModelServer() as model:
        model.default = Answer(LONG, chunk_size=200, chunk_delay=0.01)
        kim, channel = slack.add_user("kim"), slack.add_channel("general")

        async def recovered() -> None:
            await slack.wait_connected(20)
            await slack.socket_mode.redeliver()
            await slack.wait_for(lambda: all(whole(slack, channel, root) for root in roots), 30)

        for step, nth in STEPS:
            async with process(slack, model, tmp_path, "--at", step, "--nth", str(nth)) as dying:
                await recovered()
                armed.touch()
                roots.append(await slack.post(kim, channel, f"{slack.mention} 이야기를 들려줘"))
                async with asyncio.timeout(30):
                    assert await dying.wait() == -9, step
                armed.unlink()
        async with process(slack, model, tmp_path):
            await recovered()
        for (step, _), root in zip(STEPS, roots, strict=True):
            assert len(slack.replies(channel, root)) == len(slack.replies(channel, roots[0])), step
        with closing(sqlite3.connect(tmp_path / "threadbot.db")) as database:
            assert database.execute(ASKED_AGAIN).fetchall() == []
            [(calls,)] = database.execute("SELECT count(*) FROM completions").fetchall()
            assert len(model.requests) <= calls


def whole(slack: Slack, channel: str, root: str) -> bool:
    """Whether a reader sees the answer, all of it, in order and once."""
    shown = "".join("".join(slack.replies(channel, root)).split())
    return shown == "".join(LONG.split())
