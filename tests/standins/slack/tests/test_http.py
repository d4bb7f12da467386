"""The Slack stand-in asks an app's request URLs as Slack does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.signature import Clock as SigningClock
from slack_sdk.signature import SignatureVerifier

from tests.standins.slack import Slack
from tests.standins.slack.delivery.http import HttpRequests, RequestUrls, signature

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
Say = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def in_order(_: web.Request) -> web.StreamResponse:
    return web.Response()


@dataclass
class App:
    """An app's public server: *says* is what it answers next, the last one from then on."""

    port: int = 0
    says: list[Say] = field(default_factory=lambda: [in_order])
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.path, dict(request.headers), await request.read()))
        return await (self.says.pop(0) if len(self.says) > 1 else self.says[0])(request)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def header(self, name: str) -> list[str | None]:
        return [headers.get(name) for _, headers, _ in self.requests]


@pytest.fixture
async def app() -> AsyncIterator[App]:
    app, server = App(), web.Application()
    server.add_routes([web.route("*", "/{path:.*}", app.answer)])
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.port = int(runner.addresses[0][1])
    yield app
    await runner.cleanup()


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as standin:
        yield standin


@pytest.fixture
async def http(slack: Slack, app: App) -> HttpRequests:
    return slack.use_http(SECRET, RequestUrls([app.url("/events")], [app.url("/acts")], [app.url("/commands")]))


def saying(status: int = 200, **response: Any) -> Say:
    async def say(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, **response)

    return say


def test_the_signature_is_that_of_slacks_own_example() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signature(SECRET, "1531420618", body) == expected


async def test_an_event_is_posted_signed_and_an_answer_in_order_acknowledges_it(
    slack: Slack, app: App, http: HttpRequests
) -> None:
    ts = await slack.post(slack.add_user("kim"), slack.add_channel("general"), f"{slack.mention} 안녕")
    await slack.wait_for(lambda: len(slack.delivered(ts)) == 2 and all(d.acknowledged for d in slack.delivered(ts)))
    for path, headers, body in app.requests:
        assert (path, headers["Content-Type"]) == ("/events", "application/json")
        assert SignatureVerifier(SECRET, SigningClock()).is_valid_request(body, headers)
        assert json.loads(body)["event"]["text"] == f"{slack.mention} 안녕"
    assert app.header("X-Slack-Retry-Num") == [None, None]
    assert await http.redeliver() == []


async def test_a_failed_event_is_brought_again_three_times_and_says_why(
    slack: Slack, app: App, http: HttpRequests
) -> None:
    app.says = [saying(500)]
    event = await slack.emit({"type": "app_home_opened"})
    for tries in range(1, 6):
        await slack.wait_for(lambda: len(http.answers) == event.attempts)
        assert event.attempts == min(tries, 4)
        await http.redeliver()
    assert app.header("X-Slack-Retry-Num") == [None, "1", "2", "3"]
    assert app.header("X-Slack-Retry-Reason") == [None, *["http_error"] * 3]
    assert len({body for _, _, body in app.requests}) == 1


async def test_retries_come_by_themselves_where_the_test_wants_it(app: App) -> None:
    async with Slack(schedule=[0.01, 0.01]) as slack:
        slack.use_http(SECRET, RequestUrls([app.url("/events")]))
        app.says = [saying(503), saying(200)]
        event = await slack.emit({"type": "app_home_opened"})
        await slack.wait_for(lambda: event.acknowledged)
        assert app.header("X-Slack-Retry-Num") == [None, "1"]


async def test_an_app_can_ask_for_no_retries_of_a_failure(slack: Slack, app: App, http: HttpRequests) -> None:
    app.says = [saying(400, headers={"X-Slack-No-Retry": "1"})]
    event = await slack.emit({"type": "app_home_opened"})
    await slack.wait_for(lambda: http.answers)
    assert (event.given_up, await http.redeliver()) == (True, [])


async def test_the_reason_is_told_of_silence_of_a_closed_port_and_of_running_in_circles(
    slack: Slack, app: App, http: HttpRequests
) -> None:
    forever = asyncio.Event()

    async def silent(_: web.Request) -> web.StreamResponse:
        await forever.wait()
        return web.Response()

    http.limit = 0.05
    app.says = [silent, saying(302, headers={"Location": "/events"})]
    event = await slack.emit({"type": "app_home_opened"})
    await slack.wait_for(lambda: len(http.answers) == 1)
    assert (http.answers[0].reason, event.acknowledged) == ("http_timeout", False)
    http.limit = 5.0
    await http.redeliver()
    await slack.wait_for(lambda: len(http.answers) == 2)
    assert http.answers[1].reason == "too_many_redirects"
    closed = slack.use_http(SECRET, RequestUrls(["http://127.0.0.1:9/events"]))
    await slack.emit({"type": "app_home_opened"})
    await slack.wait_for(lambda: closed.answers)
    assert closed.answers[0].reason == "connection_failed"
    forever.set()


async def test_what_people_press_and_type_comes_as_a_form_and_once(slack: Slack, app: App, http: HttpRequests) -> None:
    kim, channel = slack.add_user("kim"), slack.add_channel("general")
    app.says = [saying(500), saying(text=json.dumps({"response_type": "ephemeral", "text": "in a thread"}))]
    chosen = await slack.people.choose(kim, channel, await said(slack, kim, channel), "receipt")
    await slack.wait_for(lambda: len(http.answers) == 1)
    assert (chosen.acknowledged, await http.redeliver()) == (False, [])
    [payload] = parse_qs(app.requests[0][2].decode())["payload"]
    assert (app.requests[0][0], json.loads(payload)["type"]) == ("/acts", "message_action")
    typed = await slack.people.command(kim, channel, "/ask", "왜?")
    await slack.wait_for(lambda: typed.acknowledged)
    path, headers, body = app.requests[1]
    assert (path, headers["Content-Type"]) == ("/commands", "application/x-www-form-urlencoded")
    assert SignatureVerifier(SECRET).is_valid_request(body, headers)
    form = parse_qs(body.decode())
    assert (form["command"], form["text"], form["user_id"]) == (["/ask"], ["왜?"], [kim])
    assert (typed.in_time, typed.response) == (True, {"response_type": "ephemeral", "text": "in a thread"})


async def said(slack: Slack, user: str, channel: str) -> str:
    """A message of which no event tells."""
    return slack.workspace.add_message(channel, user, "hello").ts


async def test_an_address_is_verified_by_its_challenge(app: App, http: HttpRequests) -> None:
    async def echo(request: web.Request) -> web.StreamResponse:
        return web.json_response({"challenge": (await request.json())["challenge"]})

    app.says = [echo, saying(text="hello"), saying(200)]
    assert [await http.verify(app.url("/events")) for _ in range(2)] == [True, False]
    assert await http.check_ssl(app.url("/commands"))


async def test_processes_behind_a_balancer_get_requests_in_turn(slack: Slack, app: App) -> None:
    http = slack.use_http(SECRET, RequestUrls([app.url("/one"), app.url("/two")]))
    for _ in range(4):
        await slack.emit({"type": "app_home_opened"})
    await slack.wait_for(lambda: len(http.answers) == 4)
    assert sorted(path for path, _, _ in app.requests) == ["/one", "/one", "/two", "/two"]


async def test_a_stale_signature_is_dated_by_the_clock(slack: Slack, app: App, http: HttpRequests) -> None:
    slack.clock.advance(-301)
    await slack.emit({"type": "app_home_opened"})
    await slack.wait_for(lambda: http.answers)
    _, headers, body = app.requests[0]
    assert not SignatureVerifier(SECRET).is_valid_request(body, headers)
