"""The stand-in in a process of its own, driven over HTTP."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.standins.control_client import ControlClient
from tests.standins.discord.tests.asking import USER_AGENT

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def running() -> AsyncIterator[tuple[dict[str, str], ControlClient, aiohttp.ClientSession]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.standins.discord", stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            addresses = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            yield addresses, ControlClient(addresses["control_url"], session), session
    finally:
        process.terminate()
        assert await process.wait() == 0


async def test_another_process_drives_it() -> None:
    async with running() as (told, control, session):
        headers = {"Authorization": f"Bot {told['token']}", "User-Agent": USER_AGENT}
        lee: Any = await control.post("do/add_user", {"name": "lee"})
        posted = await control.post(
            "do/post", {"user": lee["id"], "channel": told["channel"], "content": f"<@{told['bot']}> hello"}
        )
        assert posted["pinged"] == [told["bot"]]
        await control.post("fail", {"name": "create message", "kind": "ServerError", "status": 502})
        url = f"{told['api_url']}/channels/{told['channel']}/messages"
        button = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}
        statuses = []
        for _ in range(2):
            body = {"content": "answer", "components": [button]}
            async with session.post(url, json=body, headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [502, 200]
        messages = (await control.get(f"messages?channel={told['channel']}"))["messages"]
        assert [each["content"] for each in messages] == [f"<@{told['bot']}> hello", "answer"]
        calls = (await control.get("calls?name=create%20message"))["calls"]
        assert [each["status"] for each in calls] == [502, 200]
        answer_id = messages[1]["id"]
        pressed = await control.post("do/press", {"user": lee["id"], "message": answer_id, "custom_id": "go"})
        assert (await control.get("interactions"))["interactions"] == [pressed]
        started = await control.post("do/start_thread", {"user": lee["id"], "message": answer_id, "name": "a thread"})
        await control.post("do/change_thread", {"thread": started["id"], "archived": True})
        threads = (await control.get(f"threads?channel={told['channel']}"))["threads"]
        assert [(each["id"], each["archived"]) for each in threads] == [(answer_id, True)]
        await control.post("do/forbid", {"channel": told["channel"], "permissions": ["SEND_MESSAGES"]})
        await control.post("do/delete", {"messages": [posted["id"]]})
        await control.post("set", {"what": "gateway.acknowledges", "to": False})
        await control.post("advance", {"seconds": 60})
        await control.post("do/drop", {"code": 4000})
        async with session.post(url, json={"content": "no"}, headers=headers) as answer:
            assert (await answer.json())["code"] == 50013
        assert (await control.get("state"))["violations"] == []


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("do/fly", {}),
        ("do/post", {"user": "1", "channel": "1", "content": "x"}),
        ("set", {"what": "token", "to": ""}),
        ("fail", {"name": "chat.postMessage", "kind": "Lost"}),
    ],
)
async def test_an_unknown_deed_is_refused(what: str, body: dict[str, Any]) -> None:
    from tests.standins.discord import Discord
    from tests.standins.discord.control import Control

    discord = Discord()
    await discord.start(*Control(discord).routes())
    try:
        async with aiohttp.ClientSession() as session:
            control = ControlClient(f"http://127.0.0.1:{discord.port}/control/", session)
            with pytest.raises(aiohttp.ClientResponseError) as refused:
                await control.post(what, body)
            assert refused.value.status == 404
    finally:
        await discord.stop()
