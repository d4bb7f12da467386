"""The public listener, over real sockets: what is taken, what is refused, and that nothing is half done."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot.core.conversation import Acted, Incoming, Moved, Reacted
from bot.core.errors import BotError, LedgerError
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.transport.dispatch import App
from bot.platforms.slack.transport.http import (
    BODIES_LIMIT,
    BODY_LIMIT,
    PROVEN_SECONDS,
    SILENCE_SECONDS,
    HttpSettings,
    Listener,
)
from tests.contract.world import left_behind
from tests.platforms.slack.conftest import Heard, door, running
from tests.platforms.slack.reading.absence import Marks, Office
from tests.platforms.slack.reading.absence import marks as marks
from tests.platforms.slack.reading.absence import office as office
from tests.platforms.slack.transport.requesting import (
    EXAMPLE,
    HTTP,
    Answer,
    event,
    form,
    head,
    message,
    raw,
    send,
    signing,
)
from tests.standins.slack import Slack

EVENTS, INTERACTIONS, COMMANDS = "/slack/events", "/slack/interactions", "/slack/commands"
QUESTION = event(message("U1", "C1", "1700000000.000100", "<@U0BOT00001> 안녕"))


@pytest.fixture
async def heard() -> Heard:
    return Heard()


@pytest.fixture
async def platform(slack: Slack, heard: Heard) -> AsyncIterator[SlackPlatform]:
    async with running(slack, heard, door(slack, http=HTTP)) as listening:
        yield listening


async def test_an_event_is_handed_in_before_it_is_acknowledged(platform: SlackPlatform, heard: Heard) -> None:
    answer = await send(platform.port, EVENTS, QUESTION)
    assert (answer.status, answer.text) == (200, "")
    assert [(said.text, said.addressed) for said in heard] == [("<@U0BOT00001> 안녕", True)]


async def test_an_event_that_could_not_be_stored_is_refused_so_that_slack_brings_it_again(slack: Slack) -> None:
    stored: list[Incoming] = []
    broken = True

    async def receive(incoming: Incoming) -> None:
        if broken:
            raise LedgerError("the disk is full")
        stored.append(incoming)

    async with running(slack, receive, door(slack, http=HTTP)) as platform:
        first = await send(platform.port, EVENTS, QUESTION)
        broken = False
        again = signing(QUESTION) | {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_error"}
        second = await send(platform.port, EVENTS, QUESTION, again)
    assert (first.status, second.status, len(stored)) == (503, 200, 1)
    assert "X-Slack-No-Retry" not in first.headers


async def test_a_defect_of_ours_is_not_acknowledged(slack: Slack) -> None:
    async def receive(_incoming: Incoming) -> None:
        raise ZeroDivisionError

    async with running(slack, receive, door(slack, http=HTTP)) as platform:
        answer = await send(platform.port, EVENTS, QUESTION)
    assert answer.status == 500
    assert "X-Slack-No-Retry" not in answer.headers
    assert "ZeroDivision" not in answer.text


async def test_slack_finds_the_address_in_order(platform: SlackPlatform, heard: Heard) -> None:
    body = json.dumps({"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd", "type": "url_verification"})
    answer = await send(platform.port, EVENTS, body.encode())
    assert (answer.status, json.loads(answer.text)) == (200, {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd"})
    checked = await send(platform.port, COMMANDS, form(ssl_check="1", token="x"))
    assert (checked.status, checked.text, heard) == (200, "", [])


@pytest.mark.parametrize(("asked", "words"), [("why?", "mentions me"), ("왜?", "멘션")])
async def test_a_slash_command_is_told_how_to_ask(platform: SlackPlatform, asked: str, words: str) -> None:
    body = form(command="/ask", text=asked, team_id=Slack.team, user_id="U1", channel_id="C1", trigger_id="1.2.a")
    answer = await send(platform.port, COMMANDS, body)
    told = json.loads(answer.text)
    assert (answer.status, told["response_type"]) == (200, "ephemeral")
    assert words in told["text"]
    assert Slack.mention in told["text"]


async def test_an_interaction_of_no_interest_is_acknowledged(platform: SlackPlatform, heard: Heard) -> None:
    payload = json.dumps({"type": "block_actions", "team": {"id": Slack.team}, "actions": [{"action_id": "other"}]})
    assert (await send(platform.port, INTERACTIONS, form(payload=payload))).status == 200
    assert heard == []


async def test_a_channel_that_has_another_id_is_told_of_and_what_comes_late_is_put_under_it(
    platform: SlackPlatform, heard: Heard
) -> None:
    change = {"type": "channel_id_changed", "old_channel_id": "G1", "new_channel_id": "C2", "event_ts": "1700000002.0"}
    moved = Moved("slack", Slack.team, "G1", "C2")
    for odd in ({"old_channel_id": 7}, {"new_channel_id": None}, {"new_channel_id": "<C2>"}):
        assert (await send(platform.port, EVENTS, event(change | odd))).status == 200
    assert (await send(platform.port, EVENTS, event(change))).status == 200
    reaction = {"type": "reaction_added", "user": "U1", "reaction": "pushpin", "event_ts": "1700000003.000100"}
    late = reaction | {"item": {"type": "message", "channel": "G1", "ts": "1700000000.000100"}}
    await send(platform.port, EVENTS, event(late))
    await send(platform.port, EVENTS, event(message("U1", "G1", "1700000000.000100", "hi")))
    assert heard.others[0] == moved
    assert [incoming.ref.channel for incoming in heard.others if isinstance(incoming, Reacted)] == ["C2"]
    assert [said.thread.channel for said in heard] == ["C2"]


async def test_what_else_slack_posts_is_taken_at_the_address_of_events(slack: Slack) -> None:
    acted: list[Incoming] = []

    async def receive(incoming: Incoming) -> None:
        acted.append(incoming)

    value = {"action_id": "threadbot_stop", "value": "7:", "action_ts": "1700000001.000100"}
    container = {"channel_id": "C1", "message_ts": "1700000000.000100"}
    press = {"type": "block_actions", "user": {"id": "U1"}, "container": container, "actions": [value]}
    async with running(slack, receive, door(slack, http=HTTP)) as platform:
        pressed = await send(platform.port, EVENTS, form(payload=json.dumps(press)))
        command = form(
            command="/ask", text="why?", team_id=Slack.team, user_id="U1", channel_id="C1", trigger_id="1.2.a"
        )
        told = await send(platform.port, EVENTS, command)
        checked = await send(platform.port, EVENTS, form(ssl_check="1", token="x"))
        odd = [await send(platform.port, EVENTS, body) for body in (b"text=hi", b"payload=%7B", b"payload=\xff")]
    assert (pressed.status, told.status, checked.status) == (200, 200, 200)
    assert [incoming.turn for incoming in acted if isinstance(incoming, Acted)] == [7]
    assert "mentions me" in json.loads(told.text)["text"]
    assert [answer.status for answer in odd] == [400] * 3


async def test_what_is_not_slacks_is_refused_without_a_word(platform: SlackPlatform, heard: Heard) -> None:
    forged: list[dict[str, str]] = [
        {},
        signing(QUESTION, secret="0" * 32),
        signing(QUESTION + b" "),
        signing(QUESTION, age=301),
        signing(QUESTION, age=-302),
        signing(QUESTION) | {"X-Slack-Request-Timestamp": "yesterday"},
        signing(QUESTION) | {"X-Slack-Signature": "v0=서명"},
    ]
    for headers in forged:
        answer = await send(platform.port, EVENTS, QUESTION, headers)
        assert (answer.status, answer.text) == (401, ""), headers
    assert heard == []


async def test_what_is_stale_or_unsigned_is_refused_before_its_body_comes(platform: SlackPlatform) -> None:
    for headers in ({}, signing(QUESTION, age=301)):
        answer = await raw(platform.port, head(EVENTS, headers | {"Content-Length": "1000"}))
        assert answer.startswith(b"HTTP/1.1 401 ")


async def test_there_is_nothing_else(platform: SlackPlatform, heard: Heard) -> None:
    for path in ("/", "/healthz", "/slack", "/slack/events/", "/slack/oauth_redirect", "/slack/../metrics"):
        assert await refused(platform, path, "POST") == (404, "")
        assert await refused(platform, path, "GET") == (404, "")
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert await refused(platform, EVENTS, method) == (405, "")
    assert heard == []


async def refused(platform: SlackPlatform, path: str, method: str) -> tuple[int, str]:
    answer = await send(platform.port, path, QUESTION, method=method)
    return answer.status, answer.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (EVENTS, b""),
        (EVENTS, b"[]"),
        (EVENTS, b"7"),
        (EVENTS, b'"event"'),
        (EVENTS, b"null"),
        (EVENTS, b"{"),
        (EVENTS, b"\xff\xfe{}"),
        (EVENTS, b'{"type": "\xed\xa0"}'),
        (EVENTS, b'{"type": "\xed\xa0\x80"}'),
        (EVENTS, '{"type": "x"}'.encode("utf-16")),
        (EVENTS, '{"type": "x"}'.encode("utf-32-be")),
        (EVENTS, b'{"type": "x", "a": -1e999}'),
        (EVENTS, b"[" * 500_000),
        (EVENTS, b'{"type": ' + b"9" * 5000 + b"}"),
        (EVENTS, b'{"type": "event_callback", "event": ' + b"[" * 900 + b"]" * 900 + b"}"),
        (EVENTS, b'{"type": "event_callback", "event": {"blocks": ' + b"[" * 900 + b"]" * 900 + b"}}"),
        (EVENTS, b"{}"),
        (EVENTS, b'{"type": 7}'),
        (EVENTS, b'{"type": "event_callback"}'),
        (EVENTS, b'{"type": "event_callback", "event": []}'),
        (EVENTS, b'{"type": "event_callback", "event": {}}'),
        (EVENTS, b'{"type": "event_callback", "event": {"type": ["message"]}}'),
        (EVENTS, b'{"type": "url_verification"}'),
        (EVENTS, b'{"type": "url_verification", "challenge": [1]}'),
        (EVENTS, b'{"type": "x", "type": "y"}'),
        (EVENTS, b'{"type": "x", "a": NaN}'),
        (EVENTS, b'{"type": "x", "a": -Infinity}'),
        (INTERACTIONS, b""),
        (INTERACTIONS, b"command=%2Fask&text=hi"),
        (INTERACTIONS, b"payload=%7B%7D"),
        (INTERACTIONS, b"payload=" + b"%5B" * 100_000),
        (INTERACTIONS, b"payload=%7B%22type%22%3A%22x%22%7D&payload=%7B%22type%22%3A%22y%22%7D"),
        (COMMANDS, b""),
        (COMMANDS, b"text=hi"),
        (COMMANDS, b"command=%2Fask&text=%ED%A0%80"),
        (COMMANDS, b'{"command": "/ask"}'),
        (INTERACTIONS, b"payload=%5B%5D"),
        (INTERACTIONS, b"payload=%7B"),
        (INTERACTIONS, b"payload=%FF"),
        (INTERACTIONS, b"payload=\xff"),
        (COMMANDS, b"&".join([b"a=1"] * 2000)),
    ],
)
async def test_what_is_signed_and_makes_no_sense_is_refused(
    platform: SlackPlatform, heard: Heard, path: str, body: bytes
) -> None:
    answer = await send(platform.port, path, body)
    assert (answer.status, answer.text) == (400, "")
    assert heard == []


async def test_a_body_of_the_largest_size_is_taken(platform: SlackPlatform, heard: Heard) -> None:
    assert (await send(platform.port, EVENTS, QUESTION.ljust(BODY_LIMIT))).status == 200
    assert len(heard) == 1


async def test_a_larger_one_is_refused_by_what_it_says_of_itself(platform: SlackPlatform) -> None:
    headers = signing(QUESTION) | {"Content-Length": str(BODY_LIMIT + 1)}
    assert (await raw(platform.port, head(EVENTS, headers))).startswith(b"HTTP/1.1 413 ")


async def test_a_larger_one_that_does_not_say_its_size_is_not_read_to_its_end(platform: SlackPlatform) -> None:
    sent = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", platform.port)
    answering = asyncio.create_task(reader.read(100))
    writer.write(head(EVENTS, signing(QUESTION) | {"Transfer-Encoding": "chunked"}))
    while sent < 50 * BODY_LIMIT and not answering.done():
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        sent += 0x10000
        await writer.drain()
    assert (await answering).startswith(b"HTTP/1.1 413 ")
    assert sent < 20 * BODY_LIMIT
    writer.close()


async def test_a_body_that_comes_in_pieces_is_put_together(platform: SlackPlatform, heard: Heard) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield QUESTION[:20]
        yield QUESTION[20:]

    assert (await send(platform.port, EVENTS, pieces(), signing(QUESTION))).status == 200
    assert len(heard) == 1


async def test_a_body_that_was_cut_is_not_taken(platform: SlackPlatform, heard: Heard) -> None:
    cut = head(EVENTS, signing(QUESTION) | {"Content-Length": str(len(QUESTION))}) + QUESTION[:-1]
    await raw(platform.port, cut, end=True)
    whole_but_longer = head(EVENTS, signing(QUESTION) | {"Content-Length": str(len(QUESTION) + 1)}) + QUESTION
    await raw(platform.port, whole_but_longer, end=True)
    chunk = b"%x\r\n" % len(QUESTION) + QUESTION
    await raw(platform.port, head(EVENTS, signing(QUESTION) | {"Transfer-Encoding": "chunked"}) + chunk, end=True)
    assert (await send(platform.port, EVENTS, QUESTION)).status == 200  # it goes on
    assert len(heard) == 1


async def test_a_body_that_does_not_come_is_not_waited_for_long(platform: SlackPlatform, heard: Heard) -> None:
    began = time.monotonic()
    slow = head(EVENTS, signing(QUESTION) | {"Content-Length": str(len(QUESTION))}) + QUESTION[:-1]
    assert (await raw(platform.port, slow)).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 10
    assert heard == []


async def test_a_compressed_body_is_not_opened(platform: SlackPlatform, heard: Heard) -> None:
    headers = signing(QUESTION) | {"Content-Encoding": "gzip"}
    assert (await send(platform.port, EVENTS, QUESTION, headers)).status == 200  # as it was signed
    assert len(heard) == 1


async def test_what_is_refused_is_a_line_in_the_log_and_a_flood_of_it_is_one(
    platform: SlackPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(20):
        await send(platform.port, EVENTS, QUESTION, signing(QUESTION, secret="0" * 32))
    lines = [line for line in caplog.messages if "refused" in line]
    assert len(lines) == 1
    assert "SLACK_SIGNING_SECRET" in lines[0]


async def test_what_is_no_http_is_a_line_in_the_log_without_what_was_sent(
    platform: SlackPlatform, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [
        head(EVENTS, signing(QUESTION) | {"Content-Length": "-1"}),
        head(EVENTS, signing(QUESTION) | {"Content-Length": "1", "Transfer-Encoding": "chunked"}),
        head(EVENTS, {"X-Long": "secret" * 5_000}),
        head(EVENTS + "?" + "secret" * 5_000, {}),
        head(EVENTS, signing(QUESTION) | {"Transfer-Encoding": "chunked"}) + b"zz\r\nsecret",
    ]
    for request in broken:
        assert (await raw(platform.port, request)).split(b" ")[1] == b"400"
    assert heard == []
    assert [line for line in caplog.messages if "refused" in line] == ["slack: requests refused: 1 (400: not HTTP)"]
    assert "Traceback" not in caplog.text
    assert "secret" not in caplog.text


async def test_a_request_that_is_under_way_when_it_stops_is_finished(slack: Slack) -> None:
    arrived, gate, stored = asyncio.Event(), asyncio.Event(), Heard()

    async def receive(incoming: Incoming) -> None:
        arrived.set()
        await gate.wait()
        await stored(incoming)

    before = asyncio.all_tasks()
    platform = door(slack, http=HTTP)
    serving = asyncio.create_task(platform.run(receive))
    await slack.wait_for(lambda: platform.connected)
    port = platform.port
    sending = asyncio.create_task(send(port, EVENTS, QUESTION))
    await arrived.wait()
    serving.cancel()
    await slack.wait_for(lambda: not platform.connected)
    gate.set()
    answer: Answer = await sending
    await asyncio.wait([serving])
    assert (answer.status, len(stored)) == (200, 1)
    assert left_behind(before) == []


async def test_a_port_that_is_taken_is_said_with_what_to_do(slack: Slack) -> None:
    taken = HttpSettings(HTTP.secret, "127.0.0.1", slack.port)
    with pytest.raises(BotError, match=rf"127\.0\.0\.1:{slack.port} .*HTTP_PORT"):
        await door(slack, http=taken).run(Heard())


async def test_no_app_token_is_asked_for_over_http(slack: Slack, platform: SlackPlatform) -> None:
    assert [call.method for call in slack.faults.calls] == ["auth.test", "users.info"]
    assert slack.socket_mode.handshakes == 0


async def test_what_was_said_while_it_was_away_is_read_after_the_start(
    slack: Slack, office: Office, marks: Marks, heard: Heard
) -> None:
    missed = office.say("<@U0BOT00001> 거기 있어요?")
    async with running(slack, heard, door(slack, http=HTTP, watermarks=marks)):
        await slack.wait_for(lambda: heard)
    assert [(said.id, said.recovered) for said in heard] == [(missed, True)]


class Clock:
    """Seconds, as the documented example was signed at."""

    def __init__(self) -> None:
        self.now = float(EXAMPLE.timestamp)

    def __call__(self) -> float:
        return self.now


class Trial:
    """A listener alone, its clock, and how often it said that something may have been missed."""

    def __init__(self, bodies_limit: int = BODIES_LIMIT) -> None:
        self.clock, self.greetings, self.bodies = Clock(), 0, list[dict[str, Any]]()
        example = HttpSettings(EXAMPLE.secret, "127.0.0.1", 0)
        self.listener = Listener(example, now=self.clock, clock=self.clock, bodies_limit=bodies_limit)

    def greeted(self) -> None:
        self.greetings += 1

    async def hear(self) -> Answer:
        """The documented example comes in, signed as it was."""
        self.clock.now = min(self.clock.now, float(EXAMPLE.timestamp) + 299)
        headers = {"X-Slack-Request-Timestamp": EXAMPLE.timestamp, "X-Slack-Signature": EXAMPLE.signature}
        return await send(self.listener.port, COMMANDS, EXAMPLE.body, headers)

    async def keep(self, body: dict[str, Any]) -> None:
        self.bodies.append(body)

    def app(self, keep: Callable[[dict[str, Any]], Awaitable[None]] | None = None) -> App:
        async def kept(body: dict[str, Any]) -> BoltResponse:
            await (keep or self.keep)(body)
            return BoltResponse(status=200)

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=Slack.bot_token)

        return App(kept, request_verification_enabled=False, authorize=authorize)


@asynccontextmanager
async def listening(
    wait_for: Callable[..., Any],
    trial: Trial | None = None,
    keep: Callable[[dict[str, Any]], Awaitable[None]] | None = None,
) -> AsyncIterator[Trial]:
    trial = trial or Trial()
    serving = asyncio.create_task(trial.listener.serve(trial.app(keep), trial.greeted))
    try:
        await wait_for(lambda: trial.greetings)
        yield trial
    finally:
        serving.cancel()
        await asyncio.wait([serving])


async def test_the_documented_example_is_taken_at_its_time_and_not_later(slack: Slack) -> None:
    async with listening(slack.wait_for) as trial:
        assert (await trial.hear()).status == 200
        headers = {"X-Slack-Request-Timestamp": EXAMPLE.timestamp, "X-Slack-Signature": EXAMPLE.signature}
        trial.clock.now += 301
        assert (await send(trial.listener.port, COMMANDS, EXAMPLE.body, headers)).status == 401
    [body] = trial.bodies
    assert (body["command"], body["text"], body["user_name"]) == ("/webhook-collect", "", "roadrunner")


async def test_how_far_all_is_stored_moves_only_while_slack_proves_to_reach_us(slack: Slack) -> None:
    async with listening(slack.wait_for) as trial:
        await trial.hear()
        first = trial.listener.session
        assert first is not None
        trial.clock.now += PROVEN_SECONDS + 1
        assert trial.listener.session is None
        await trial.hear()
        assert trial.listener.session is first
        assert trial.greetings == 1
    assert trial.listener.session is None


async def test_what_may_have_been_missed_is_read_when_a_silence_ends(slack: Slack) -> None:
    async with listening(slack.wait_for) as trial:
        await trial.hear()
        first = trial.listener.session
        trial.clock.now += SILENCE_SECONDS + 1
        await trial.hear()
        assert trial.greetings == 2
        assert trial.listener.session not in (None, first)
        forged = signing(EXAMPLE.body, secret="0" * 32)
        trial.clock.now += SILENCE_SECONDS + 1
        await send(trial.listener.port, COMMANDS, EXAMPLE.body, forged)
        assert trial.greetings == 2  # whoever that was


async def test_bodies_that_are_too_much_together_are_refused_until_there_is_room(slack: Slack) -> None:
    gate, arrived = asyncio.Event(), asyncio.Event()
    trial = Trial(bodies_limit=len(EXAMPLE.body) + 100)

    async def held(body: dict[str, Any]) -> None:
        trial.bodies.append(body)
        arrived.set()
        await gate.wait()

    async with listening(slack.wait_for, trial, held):
        first = asyncio.create_task(trial.hear())
        await arrived.wait()
        refused = await trial.hear()
        assert (refused.status, "Retry-After" in refused.headers) == (503, True)
        gate.set()
        assert (await first).status == 200
        assert (await trial.hear()).status == 200
