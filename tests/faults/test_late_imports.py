"""After the start nothing is imported: a process that is out of descriptors could not."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.lives import ROOT, Life, bot
from tests.faults.slack_venue import environment
from tests.faults.test_http import World
from tests.files.making import picture
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer, Failure
from tests.standins.slack import Slack

RECEIPT = "threadbot_receipt"
IMPORTED = "imported"
ENCRYPTED = """
import asyncio, json, sys
import aiohttp
from bot import app, late_imports
from bot.core.errors import ModelError
from bot.core.ports import CompletionRequest, PromptMessage, Sampling
from bot.llm.openai_chat import OpenAIChat
from bot.platforms.slack.adapter import SlackPlatform
from bot.core.errors import PlatformError

async def main(url):
    late_imports.load()
    model = OpenAIChat(base_url=url)
    before = set(sys.modules)
    for call in (model.stream(CompletionRequest("m", [PromptMessage("user", "hi")], 10, Sampling())).__anext__(),
                 SlackPlatform(bot_token="xoxb-1", api_url=url + "/").start()):
        try:
            await call
        except (ModelError, PlatformError) as error:
            print(error, file=sys.stderr)
    print(json.dumps(sorted(set(sys.modules) - before)))

asyncio.run(main(sys.argv[1]))
"""


@asynccontextmanager
async def watched(directory: Path, settings: dict[str, str]) -> AsyncIterator[Life]:
    async with bot(directory, settings, "-m", "tests.faults.importing_bot", IMPORTED) as life:
        yield life


async def test_a_whole_turn_over_socket_mode_imports_nothing(tmp_path: Path) -> None:
    async with Slack() as slack, ModelServer() as model:
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        broken = Answer(failure=Failure(500, {"error": {"message": "down", "type": "server_error"}}))
        model.answers.extend([broken, Answer(drop=True), Answer("longer " * 3000, chunk_size=2000)])
        async with watched(tmp_path, environment(slack, model, tmp_path)) as life:
            await slack.wait_connected(30)
            files = [
                slack.files.add("s.csv", b"a,b\n1,2\n", "text/csv"),
                slack.files.add("p.png", picture(size=(20, 15)), "image/png"),
            ]
            root = await slack.post(kim, channel, f"{slack.mention} 안녕", files=files)
            await slack.wait_for(lambda: life.says("state=shown"), 60)
            reply = slack.thread(channel, root)[-1].ts
            await slack.press(kim, channel, reply, RECEIPT)
            await slack.wait_for(lambda: slack.views.modals, 60)
            await slack.open_app(kim)
            await slack.wait_for(lambda: kim in slack.views.homes, 60)
            await slack.react(kim, channel, root, "pushpin")
            await slack.edit(channel, root, f"{slack.mention} 다시")
            await slack.wait_for(lambda: "다시" in "".join(slack.replies(channel, root)), 60)
            await slack.remove(channel, root)
            await slack.wait_for(lambda: all(each.acknowledged for each in slack.deliveries), 60)
            await life.stop()
    assert (tmp_path / IMPORTED).read_text() == ""


async def test_nor_does_one_over_http(tmp_path: Path) -> None:
    async with Slack() as slack, ModelServer() as model:
        world = World(slack, model, tmp_path)
        async with world.bot("-m", "tests.faults.importing_bot", IMPORTED) as life:
            root = await world.ask("hello")
            reply = await world.answered(root, "You said: hello")
            await slack.press(world.kim, world.channel, reply, RECEIPT)
            await slack.people.command(world.kim, world.channel, "/ask", "hello")
            await slack.wait_for(lambda: all(each.acknowledged for each in slack.deliveries), 60)
            await life.stop()
    assert (tmp_path / IMPORTED).read_text() == ""


async def test_nor_do_encrypted_calls(tmp_path: Path) -> None:
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "cert", "-subj", "/CN=x")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here")
    quiet = asyncio.subprocess.DEVNULL
    making = await asyncio.create_subprocess_exec("openssl", *made, cwd=tmp_path, stderr=quiet)
    assert await making.wait() == 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(close, "localhost", 0, ssl=context) as server:
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        caller = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ENCRYPTED, url), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await caller.communicate()
    assert json.loads(said) == []
