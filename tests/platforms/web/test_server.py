"""The parent's server over real sockets: what the page and the bot may ask, and what they are refused."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.platforms.web.workspace.live import BotState, Live
from bot.platforms.web.workspace.places import BOT, YOU, Draft
from bot.platforms.web.workspace.server import serving
from bot.platforms.web.workspace.store import Store
from tests.platforms.web.playground import until

SECRET = "made up for these tests"
BEARER = {"Authorization": f"Bearer {SECRET}"}


class Server:
    def __init__(self, live: Live, session: aiohttp.ClientSession, url: str) -> None:
        self.live, self.session, self.url = live, session, url

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        async with self.session.request(method, self.url + path, **options) as response:
            return response.status, await response.json()

    async def post(self, text: str, **more: Any) -> tuple[int, Any]:
        return await self.ask("POST", "/api/messages", json={"channel": "general", "text": text, **more})

    @asynccontextmanager
    async def changes(self, since: int, **headers: str) -> AsyncIterator[aiohttp.StreamReader]:
        async with self.session.get(f"{self.url}/api/changes?since={since}", headers=headers) as response:
            assert response.content_type == "text/event-stream"
            yield response.content

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with self.session.ws_connect(f"{self.url}/bot/events", headers=BEARER) as socket:
            yield socket


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    store = Store.open(tmp_path / "playground.db")
    live = Live(store)
    async with (
        aiohttp.ClientSession() as session,
        serving(live, host="127.0.0.1", port=0, secret=SECRET, redeliver_seconds=0.2) as port,
    ):
        yield Server(live, session, f"http://127.0.0.1:{port}")
    store.close()


async def next_event(stream: aiohttp.StreamReader, name: str) -> Any:
    """The data of the next server-sent event of that name."""
    while True:
        lines = (await stream.readuntil(b"\n\n")).decode().splitlines()
        if f"event: {name}" in lines:
            return json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))


# The page


async def test_the_page_and_its_files_come_with_a_strict_policy(server: Server) -> None:
    for path in ("/", "/page/main.js", "/page/style.css", "/page/icon.svg"):
        async with server.session.get(server.url + path) as response:
            assert response.status == 200, path
            assert response.headers["Content-Security-Policy"].startswith("default-src 'self';")
            assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_files_outside_of_the_page_are_not_served(server: Server) -> None:
    for path in ("/page/../server.py", "/page/%2e%2e/server.py", "/page/", "/nothing"):
        async with server.session.get(URL(server.url + path, encoded=True)) as response:
            assert response.status in (403, 404), path
            assert set(await response.json()) == {"error"}


async def test_a_posted_message_is_in_its_channel_and_waits_for_the_bot(server: Server) -> None:
    status, message = await server.post("@threadbot 안녕 👋")
    assert (status, message["text"], message["author"]["id"]) == (201, "@threadbot 안녕 👋", "you")
    assert (await server.ask("GET", "/api/channels/general"))[1]["messages"] == [message]
    assert (await server.ask("GET", "/api/channels/dm"))[1]["messages"] == []
    assert [event.message.id for event in server.live.store.pending(10)] == [message["id"]]


async def test_a_reply_is_in_its_thread_and_not_in_the_channel(server: Server) -> None:
    _, root = await server.post("hello")
    _, reply = await server.post("more", thread=root["id"])
    _, thread = await server.ask("GET", f"/api/threads/{root['id']}")
    assert (thread["messages"], thread["root"]["replies"]) == ([reply], 1)
    assert [each["id"] for each in (await server.ask("GET", "/api/channels/general"))[1]["messages"]] == [root["id"]]


async def test_earlier_messages_come_in_pages(server: Server) -> None:
    ids = [(await server.post(str(number)))[1]["id"] for number in range(53)]
    _, newest = await server.ask("GET", "/api/channels/general")
    _, before = await server.ask("GET", f"/api/channels/general?before={newest['messages'][0]['id']}")
    assert [each["id"] for each in before["messages"] + newest["messages"]] == ids
    assert (newest["earlier"], before["earlier"]) == (True, False)


async def test_the_longest_message_is_taken_and_one_character_more_is_refused_with_the_numbers(server: Server) -> None:
    status, message = await server.post("😀" * 40_000)
    assert (status, len(message["text"])) == (201, 40_000)
    assert await server.post("가" * 40_001) == (413, {"error": "message_too_long", "limit": 40_000, "length": 40_001})


async def test_text_that_no_database_takes_is_made_fit(server: Server) -> None:
    _, message = await server.post("a\0b\ud800c")
    assert message["text"] == "a\ufffdb\ufffdc"


async def test_the_same_post_sent_twice_is_one_message(server: Server) -> None:
    assert await server.post("hello", nonce="1-2") == await server.post("hello", nonce="1-2")
    assert len(server.live.store.pending(10)) == 1


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"channel": "general", "text": " \n"}, 400, "message_empty"),
        ({"channel": "general"}, 400, "bad_text"),
        ({"channel": "secret", "text": "x"}, 404, "channel_not_found"),
        ({"channel": ["general"], "text": "x"}, 404, "channel_not_found"),
        ({"channel": "general", "text": "x", "thread": 99}, 404, "thread_not_found"),
        ({"channel": "general", "text": "x", "thread": "1"}, 404, "thread_not_found"),
        ({"channel": "general", "text": "x", "thread": 2**70}, 404, "thread_not_found"),
        ({"channel": "general", "text": "x", "nonce": 5}, 400, "bad_nonce"),
        (["general"], 400, "json_expected"),
    ],
)
async def test_a_post_that_makes_no_sense_is_refused_as_json(
    server: Server, body: Any, status: int, error: str
) -> None:
    assert await server.ask("POST", "/api/messages", json=body) == (status, {"error": error})
    assert server.live.store.revision() == 0


async def test_a_form_of_another_site_cannot_post(server: Server) -> None:
    body = json.dumps({"channel": "general", "text": "x"})
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": content_type}
        assert await server.ask("POST", "/api/messages", data=body, headers=headers) == (
            415,
            {"error": "json_expected"},
        )


async def test_another_host_or_origin_is_refused_and_nothing_is_posted(server: Server) -> None:
    body = {"channel": "general", "text": "x"}
    for headers, error in (
        ({"Host": "evil.example"}, "host_not_allowed"),
        ({"Origin": "http://evil.example"}, "origin_not_allowed"),
        ({"Sec-Fetch-Site": "cross-site"}, "origin_not_allowed"),
    ):
        assert await server.ask("POST", "/api/messages", json=body, headers=headers) == (403, {"error": error})
    assert (await server.ask("GET", "/api/workspace", headers={"Host": "evil.example"}))[0] == 403
    assert server.live.store.revision() == 0


async def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    data = io.BytesIO(b'{"text": "' + b"x" * 2_000_000 + b'"}')
    answer = await server.ask("POST", "/api/messages", data=data, headers={"Content-Type": "application/json"})
    assert answer == (413, {"error": "body_too_large"})


async def test_a_workspace_that_cannot_be_written_says_so(server: Server) -> None:
    server.live.store._db.execute("PRAGMA query_only = ON")  # noqa: SLF001 - a full disk, in short
    assert await server.post("hello") == (503, {"error": "workspace_unavailable"})
    server.live.store._db.execute("PRAGMA query_only = OFF")  # noqa: SLF001
    assert (await server.post("hello"))[0] == 201


# Changes


async def test_changes_come_as_they_happen_and_a_browser_that_comes_back_gets_what_it_missed(server: Server) -> None:
    live = server.live
    async with server.changes(0) as stream:
        assert (await next_event(stream, "hello"))["file"] == live.store.workspace
        asked = live.post(Draft("general", YOU.id, "안녕"))
        assert (await next_event(stream, "message"))["text"] == "안녕"
        written = live.post(Draft("general", BOT.id, "답", asked.id))
        last = [await next_event(stream, "message") for _ in range(2)][-1]
        assert (last["id"], last["replies"]) == (asked.id, 1)
    live.edit(written.id, BOT.id, "답이 자란다", ())
    live.edit(written.id, BOT.id, "답이 자랐다", ())
    async with server.changes(0, **{"Last-Event-ID": str(last["revision"])}) as stream:
        assert (await next_event(stream, "message"))["text"] == "답이 자랐다"


async def test_the_page_hears_how_the_bot_is_doing(server: Server) -> None:
    async with server.changes(0) as stream:
        assert await next_event(stream, "bot") == {"state": "starting"}
        async with server.bot():
            assert await next_event(stream, "bot") == {"state": "running"}
        assert await next_event(stream, "bot") == {"state": "restarting"}


# The bot


async def test_the_bot_is_let_in_by_its_secret_alone(server: Server) -> None:
    _, asked = await server.post("hello")
    body = {"channel": "general", "thread": asked["id"], "text": "x"}
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": SECRET}):
        for method, path in (
            ("POST", "/bot/messages"),
            ("GET", "/bot/events"),
            ("DELETE", f"/bot/messages/{asked['id']}"),
        ):
            assert await server.ask(method, path, json=body, headers=headers) == (401, {"error": "unauthorized"})
    from_a_page = {**BEARER, "Origin": server.url}
    assert (await server.ask("POST", "/bot/messages", json=body, headers=from_a_page))[0] == 403


async def test_an_event_is_delivered_until_it_is_acknowledged(server: Server) -> None:
    async with server.bot() as socket:
        _, asked = await server.post("hello")
        first, again = await socket.receive_json(), await socket.receive_json()
        assert (first["message"]["id"], first["attempt"], again["attempt"]) == (asked["id"], 1, 2)
        assert first["event"] == again["event"]
        await socket.send_json({"ack": first["event"]})
        await until(lambda: not server.live.store.pending(10))


async def test_what_was_not_acknowledged_is_delivered_at_once_to_the_next_connection(server: Server) -> None:
    await server.post("one")
    await server.post("two")
    async with server.bot() as socket:
        events = [await socket.receive_json() for _ in range(2)]
        await socket.send_json({"ack": events[0]["event"]})
        await until(lambda: len(server.live.store.pending(10)) == 1)
    async with server.bot() as socket:
        assert (await socket.receive_json())["message"]["text"] == "two"


async def test_a_new_connection_of_the_bot_ends_the_old_one(server: Server) -> None:
    async with server.bot() as old, server.bot():
        assert (await old.receive()).type is aiohttp.WSMsgType.CLOSE
        await until(lambda: server.live.connections == 2)
        assert server.live.bot is BotState.RUNNING


async def test_the_bot_reads_a_thread_with_what_it_noted_on_its_messages(server: Server) -> None:
    _, asked = await server.post("hello")
    body = {"channel": "general", "thread": asked["id"], "text": "답", "metadata": {"turn": 3}}
    _, written = await server.ask("POST", "/bot/messages", json=body, headers=BEARER)
    _, page = await server.ask("GET", f"/bot/channels/general/threads/{asked['id']}", headers=BEARER)
    assert [(each["id"], each["metadata"]) for each in page["messages"]] == [(written["id"], {"turn": 3})]
    _, public = await server.ask("GET", f"/api/threads/{asked['id']}")
    assert "metadata" not in public["messages"][0]


async def test_a_garbled_acknowledgement_ends_nothing(server: Server) -> None:
    async with server.bot() as socket:
        for garbled in ("", "{", "[]", '{"ack": "1"}', '{"ack": 10000000000000000000000}', '{"ack": null}'):
            await socket.send_str(garbled)
        await server.post("hello")
        assert (await socket.receive_json())["message"]["text"] == "hello"
