"""That the model does not answer is said before anybody asks: in the log, in /healthz, to whoever shows it."""

from __future__ import annotations

import socket
from dataclasses import replace

import aiohttp
import pytest

from tests.standins.model.rules import Rules
from tests.whole.conftest import Office


async def health(port: int) -> tuple[int, dict[str, bool | str]]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
        return answer.status, await answer.json()


async def test_a_wrong_key_is_said_at_the_start_and_no_longer_once_it_is_right(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    office.watch = told.append
    office.model.rules = Rules(key="sk-another")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    async with office.bot(internal_port=port):
        await office.slack.wait_for(lambda: told != [])
        status, parts = await health(port)
        assert (status, parts["model"]) == (200, told[0])
        assert told[0].startswith("gpt-6-luna: the server does not accept the key (HTTP 401)")
        assert f"the model does not answer: {told[0]}" in caplog.messages
        office.model.rules = replace(office.model.rules, key="sk-test")
        await office.answers(await office.ask("hello"))
        assert told[1:] == [""]
        assert "model" not in (await health(port))[1]


async def test_a_model_that_answers_is_not_mentioned(office: Office) -> None:
    told: list[str] = []
    office.watch = told.append
    async with office.bot():
        await office.answers(await office.ask("hello"))
    assert (told, len(office.model.requests)) == ([], 1)
