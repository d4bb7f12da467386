"""The internal listener."""

from __future__ import annotations

import logging
import socket

import aiohttp
import pytest

from bot.health import internal_listener
from tests.platforms.slack.transport.requesting import raw


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def test_it_says_what_works_and_there_is_nothing_else() -> None:
    parts: dict[str, bool | str] = {"worker": True, "slack": True, "database_connections": "2 of 20"}
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with internal_listener("127.0.0.1", port, lambda: parts), aiohttp.ClientSession() as session:
        async with session.get(f"{url}/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, parts)
        parts["slack"] = False
        async with session.get(f"{url}/healthz?x=1") as answer:
            assert (answer.status, await answer.json()) == (503, parts)
        for method, path, status in (("GET", "/", 404), ("POST", "/healthz", 405), ("GET", "/healthz/", 404)):
            async with session.request(method, url + path) as answer:
                assert answer.status == status


async def test_what_is_no_http_is_no_stack_trace(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    port = free_port()
    async with internal_listener("127.0.0.1", port, dict):
        assert b" 400 " in await raw(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")
    assert "Traceback" not in caplog.text


async def test_a_port_that_is_taken_is_no_reason_not_to_work(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with internal_listener("127.0.0.1", taken.getsockname()[1], dict):
            pass
    assert "INTERNAL_PORT" in caplog.text
