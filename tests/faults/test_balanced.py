"""Two processes behind a load balancer, on one PostgreSQL: deliveries over HTTP hit one, retries the other."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.faults.chain import Tables
from tests.faults.lives import Life, bot
from tests.faults.slack_venue import environment
from tests.platforms.slack.transport.requesting import SECRET, send, signing
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.postgres import Postgres
from tests.standins.slack import Slack

EVENTS = "/slack/events"
OPEN = "SELECT count(*) FROM turns WHERE state IN ('pending', 'running', 'answered')"
PINNED = "SELECT count(*) FROM reactions WHERE operation = 'pin' AND active"


class Pair:
    """Two bots that listen, and the deliveries that a balancer hands to either."""

    def __init__(self, slack: Slack, model: ModelServer, tables: Tables, bots: list[Life]) -> None:
        self.slack, self.model, self.tables, self.bots = slack, model, tables, bots
        self.kim, self.channel = slack.add_user("kim"), slack.add_channel("general")
        self.ports = [0, 0]

    async def listening(self) -> None:
        for number, life in enumerate(self.bots):
            await self.slack.wait_for(partial(life.says, "listening on"))
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", life.log.read_text())
            assert found is not None
            self.ports[number] = int(found[1])

    async def ask(self, text: str) -> tuple[str, list[bytes]]:
        """Nobody is connected over Socket Mode, so it is ours to deliver what Slack would."""
        before = len(self.slack.deliveries)
        root = await self.slack.post(self.kim, self.channel, f"{self.slack.mention} {text}")
        return root, self.bodies(before)

    def bodies(self, before: int) -> list[bytes]:
        """Of what there was to deliver after the first *before*."""
        return [json.dumps(each.payload).encode() for each in self.slack.deliveries[before:]]

    async def deliver(self, number: int, body: bytes, headers: dict[str, str] | None = None) -> int:
        return (await send(self.ports[number], EVENTS, body, headers)).status

    async def settled(self, roots: list[str]) -> None:
        await self.slack.wait_for(lambda: all(self.slack.replies(self.channel, root) for root in roots))
        async with asyncio.timeout(100):
            while await self.tables.count(OPEN):  # noqa: ASYNC110 - a database has no condition to wait for
                await asyncio.sleep(0.02)


@pytest.fixture
async def pair(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Pair]:
    url = await postgres.new_database()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(Slack())
        model = await stack.enter_async_context(ModelServer())
        tables = await stack.enter_async_context(Tables.opened(url))
        named = environment(slack, model, tmp_path) | {"DATABASE_URL": url, "STOP_GRACE": "5"}
        named |= {"SLACK_SIGNING_SECRET": SECRET, "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0"}
        del named["SLACK_APP_TOKEN"]
        bots = [await stack.enter_async_context(bot(tmp_path, named, name=f"bot-{n}")) for n in range(2)]
        pair = Pair(slack, model, tables, bots)
        await pair.listening()
        yield pair


async def test_copies_retries_and_replays_that_hit_either_process_give_one_answer(pair: Pair) -> None:
    asked = [await pair.ask(f"질문 {number}") for number in range(6)]
    requests = [(body, signing(body)) for _, bodies in asked for body in bodies]
    assert len(requests) == 12  # a mention comes as two events
    deliveries = [(n % 2, body, headers) for n, (body, headers) in enumerate(requests)]
    retries = [(1 - n, body, signing(body) | {"X-Slack-Retry-Num": "1"}) for n, body, _ in deliveries]
    statuses = await asyncio.gather(*(pair.deliver(*each) for each in (*deliveries, *retries)))
    assert set(statuses) == {200}
    roots = [root for root, _ in asked]
    await pair.settled(roots)
    for each in deliveries:  # the very same bytes and signatures again, to both
        assert await pair.deliver(*each) == 200
        assert await pair.deliver(1 - each[0], each[1], each[2]) == 200
    await pair.settled(roots)
    assert [pair.slack.replies(pair.channel, root) for root in roots] == [
        [f"You said: 질문 {number}"] for number in range(6)
    ]
    assert len(pair.model.requests) == 6


async def test_a_reaction_that_was_taken_away_does_not_come_back_by_a_replay(pair: Pair) -> None:
    root, bodies = await pair.ask("기억해 줘")
    for body in bodies:
        assert await pair.deliver(0, body) == 200
    await pair.settled([root])
    before = len(pair.slack.deliveries)
    await pair.slack.react(pair.kim, pair.channel, root, "pushpin")
    await pair.slack.unreact(pair.kim, pair.channel, root, "pushpin")
    added, removed = pair.bodies(before)
    signed = signing(added)
    assert await pair.deliver(0, added, signed) == 200
    assert await pair.tables.count(PINNED) == 1
    assert await pair.deliver(1, removed) == 200
    assert [await pair.deliver(number, added, signed) for number in (0, 1)] == [200, 200]
    assert await pair.tables.count(PINNED) == 0


async def test_what_one_process_took_and_could_not_answer_the_other_one_answers(pair: Pair) -> None:
    gate = asyncio.Event()
    pair.model.default = Answer(chunk_size=4, gate=gate, gate_at=3)
    root, bodies = await pair.ask("누가 대답하나요?")
    assert [await pair.deliver(0, body) for body in bodies] == [200, 200]
    await pair.slack.wait_for(lambda: pair.model.requests)
    for life in pair.bots:
        if life.says("state=running"):
            life.send(signal.SIGKILL)
    assert sum(life.says("state=running") for life in pair.bots) == 1
    await pair.tables.leases_end()
    gate.set()
    await pair.settled([root])
    assert pair.slack.replies(pair.channel, root) == ["You said: 누가 대답하나요?"]
