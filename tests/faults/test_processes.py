"""Several processes of the bot on one PostgreSQL: one dies, one sleeps longer than its lease, and nobody notices."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.core.conversation import Participant, Posted, ThreadRef
from bot.core.decide.policy import decide
from bot.store.database import migrate
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.ledger.turn_queue import LEASE
from tests.faults.chain import PASSED, Tables
from tests.faults.lives import Life, bot
from tests.faults.slack_venue import environment
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.postgres import Postgres
from tests.standins.slack import Slack

AT_WORK = "SELECT count(*) FROM turns WHERE state IN ('running', 'answered')"
OPEN = "SELECT count(*) FROM turns WHERE state IN ('pending', 'running', 'answered')"
OVERLAPPING = """
    SELECT first.id, later.id FROM turns AS first JOIN turns AS later USING (conversation_id)
    WHERE later.id > first.id AND later.first_attempt_at < first.ended_at
"""
OUT_OF_ORDER = """
    SELECT first.id, later.id FROM messages AS first JOIN messages AS later USING (conversation_id)
    WHERE later.position > first.position AND later.turn_id < first.turn_id
"""
WRITING = ("chat.", "reactions.", "assistant.")  # methods that change what a reader sees
WRITTEN = """
    SELECT turns.id, turns.state, turns.fence, turns.attempts, turns.ended_at, completions.id, completions.outcome,
        completions.chosen, reply_parts.id, reply_parts.external_id, reply_parts.intended_at
    FROM turns LEFT JOIN completions ON completions.turn_id = turns.id
    LEFT JOIN reply_parts ON reply_parts.turn_id = turns.id ORDER BY turns.id, completions.id, reply_parts.id
"""


class Fleet:
    """A Slack, a model, one database, and as many processes as are started."""

    def __init__(
        self, stack: AsyncExitStack, slack: Slack, model: ModelServer, tables: Tables, directory: Path
    ) -> None:
        self._stack, self._directory = stack, directory
        self.slack, self.model, self.tables = slack, model, tables
        self.kim, self.channel = slack.add_user("kim"), slack.add_channel("general")
        self.database_url = ""
        self._environment: dict[str, str] = {}
        self.bots: list[Life] = []

    def settings(self, database_url: str, **more: str) -> None:
        self.database_url = database_url
        named = {"DATABASE_URL": database_url, "STOP_GRACE": "5"}
        self._environment = environment(self.slack, self.model, self._directory) | named | more

    async def start(self, count: int) -> None:
        """So many more; they find their way to one set of tables by themselves."""
        connected = self.slack.socket_mode.connections + count
        for _ in range(count):
            life = bot(self._directory, self._environment, name=f"bot-{len(self.bots)}")
            self.bots.append(await self._stack.enter_async_context(life))
        await self.slack.wait_for(lambda: self.slack.socket_mode.connections == connected)

    async def ask(self, text: str, thread: str | None = None) -> str:
        return await self.slack.post(self.kim, self.channel, f"{self.slack.mention} {text}", thread)

    def answers(self, root: str) -> list[str]:
        return self.slack.replies(self.channel, root)

    async def until(self, query: str, count: int, seconds: float) -> None:
        """Until the query counts so many. A query is not cut off: the driver would have to be asked to forget it."""
        deadline = time.monotonic() + seconds
        while (counted := await self.tables.count(query)) != count:
            assert time.monotonic() < deadline, f"{counted} instead of {count} after {seconds:.0f} s"
            await asyncio.sleep(0.02)


@pytest.fixture
async def fleet(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Fleet]:
    url = await postgres.new_database()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(Slack())
        model = await stack.enter_async_context(ModelServer())
        tables = await stack.enter_async_context(Tables.opened(url))
        fleet = Fleet(stack, slack, model, tables, tmp_path)
        fleet.settings(url, MAX_CONCURRENT_TURNS="2")
        yield fleet


def said(question: str) -> str:
    return f"You said: {question}"


async def test_what_one_of_three_processes_was_doing_when_it_died_is_finished_by_the_others_within_30_s(
    fleet: Fleet,
) -> None:
    gate = asyncio.Event()
    fleet.model.default = Answer(chunk_size=4, gate=gate, gate_at=3)
    await fleet.start(3)
    questions = {await fleet.ask(f"질문 {number}: what is the answer to it?"): number for number in range(6)}
    await fleet.until(AT_WORK, 6, 20)  # two each: none takes more
    for root, number in questions.items():
        await fleet.ask(f"다음 질문 {number}: and then?", root)
    await fleet.slack.wait_for(lambda: all(fleet.answers(root) for root in questions))
    await fleet.slack.wait_for(lambda: all(delivery.acknowledged for delivery in fleet.slack.deliveries))
    fleet.bots[0].send(signal.SIGKILL)
    killed = time.monotonic()
    gate.set()
    await fleet.until(OPEN, 0, 30)
    print(f"from SIGKILL of one of three to the last of its turns answered: {time.monotonic() - killed:.1f} s")  # noqa: T201 - a figure to report
    for root, number in questions.items():
        first, next_one = f"질문 {number}: what is the answer to it?", f"다음 질문 {number}: and then?"
        # Whoever takes up the dead one's turn takes what was asked meanwhile, too.
        assert fleet.answers(root) in ([said(first), said(next_one)], [said(f"{first}\n\n{next_one}")])
    assert await fleet.tables.rows(OVERLAPPING) == []
    assert await fleet.tables.rows(OUT_OF_ORDER) == []
    assert len(fleet.model.requests) == 6 + 4 + 2  # the dead one's two answers were not complete


@pytest.mark.parametrize("asleep_when", ["writing", "about to show that it has noticed"])
async def test_a_process_that_wakes_up_after_its_lease_writes_nothing_more(fleet: Fleet, asleep_when: str) -> None:
    asleep, writing = asyncio.Event(), asleep_when == "writing"
    slow = {"gate": asleep, "gate_at": 10} if writing else {"hold": asleep}
    fleet.model.answers.append(Answer("The text of the one that slept. " * 20, **slow))
    fleet.model.default = Answer("The new owner's text.")
    fleet.slack.workspace.is_agent = False  # a reaction does not go away by itself
    await fleet.start(1)
    root = await fleet.ask("누가 대답하나요?")
    await fleet.model.received(1)
    if writing:
        await fleet.slack.wait_for(lambda: fleet.answers(root))
        await fleet.slack.wait_for(lambda: all(delivery.acknowledged for delivery in fleet.slack.deliveries))
    sleeper = fleet.bots[0]
    sleeper.send(signal.SIGSTOP)
    await fleet.tables.leases_end()
    await fleet.start(1)
    await fleet.until(OPEN, 0, 20)
    assert fleet.answers(root) == ["The new owner's text."]
    written, calls = await fleet.tables.rows(WRITTEN), len(fleet.slack.faults.calls)
    asleep.set()
    sleeper.send(signal.SIGCONT)
    await fleet.slack.wait_for(lambda: sleeper.says("belongs to another worker by now"))
    await sleeper.stop()
    assert await fleet.tables.rows(WRITTEN) == written
    assert fleet.answers(root) == ["The new owner's text."]
    assert [call.method for call in fleet.slack.faults.calls[calls:] if call.method.startswith(WRITING)] == []


@pytest.mark.parametrize("neighbour_was_there", [True, False])
async def test_after_a_long_outage_of_the_database_nobody_takes_what_its_living_owner_still_works_on(
    postgres: Postgres, fleet: Fleet, neighbour_was_there: bool
) -> None:
    gate = asyncio.Event()
    fleet.model.answers.append(Answer("The answer that waited.", chunk_size=4, gate=gate, gate_at=3))
    await fleet.start(1)
    root = await fleet.ask("누가 대답하나요?")
    await fleet.slack.wait_for(lambda: fleet.answers(root))
    await fleet.start(int(neighbour_was_there))
    owner, *neighbours = fleet.bots
    async with postgres.away(fleet.database_url) as database:
        gate.set()
        await fleet.slack.wait_for(lambda: owner.says("an answer waits for the database"))
        await fleet.slack.wait_for(lambda: all(one.says("turns wait") for one in neighbours))
        owner.send(signal.SIGSTOP)  # the neighbour is the first to see that it is back
        await database.execute(text(PASSED))
    await fleet.start(1 - len(neighbours))
    [neighbour] = fleet.bots[1:]
    await fleet.slack.wait_for(lambda: not neighbour_was_there or neighbour.says("the database can be used again"))
    owner.send(signal.SIGCONT)
    await fleet.until(OPEN, 0, 20)
    assert fleet.answers(root) == ["The answer that waited."]
    assert len(fleet.model.requests) == 1


STOPS = "octagonal_sign"


def native_stop(fleet: Fleet, root: str) -> dict[str, Any]:
    """What Slack sends when somebody presses the stop button that it shows itself."""
    place = {"channel": fleet.channel, "thread_ts": root, "streaming_message_ts": []}
    return {"type": "agent_session_stopped", "user": fleet.kim, "event_ts": fleet.slack.workspace.ts(), **place}


async def test_presses_that_reach_two_processes_are_done_once(fleet: Fleet) -> None:
    fleet.model.answers.extend([Answer("하나 둘 ", finish_reason="length"), Answer("셋")])
    await fleet.start(2)
    root = await fleet.ask("세어 줘")
    await fleet.slack.wait_for(lambda: fleet.answers(root))
    await fleet.until(OPEN, 0, 20)
    [answer] = [one for one in fleet.slack.thread(fleet.channel, root) if one.user == fleet.slack.bot_user]
    pressed = await fleet.slack.press(fleet.kim, fleet.channel, answer.ts, "threadbot_continue", times=4)
    await fleet.slack.wait_for(lambda: all(one.acknowledged for one in pressed))
    await fleet.slack.wait_for(lambda: fleet.answers(root) == ["하나 둘 셋"])
    await fleet.until(OPEN, 0, 20)
    assert len(fleet.model.requests) == 2


@pytest.mark.parametrize("change", ["stop", "button", "edit", "delete"])
async def test_a_change_that_reaches_one_process_soon_reaches_the_turn_in_another(fleet: Fleet, change: str) -> None:
    half, whole = "하나 둘 셋 넷", "다섯 여섯"
    fleet.model.answers.append(Answer(f"{half} {whole}", chunk_size=len(half), gate=asyncio.Event(), gate_at=1))
    fleet.model.default = Answer(whole)
    await fleet.start(1)
    root = await fleet.ask("세어 줘")
    await fleet.slack.wait_for(lambda: fleet.answers(root) == [half])
    await fleet.slack.wait_for(lambda: all(delivery.acknowledged for delivery in fleet.slack.deliveries))
    fleet.slack.socket_mode.to_newest = True
    await fleet.start(1)
    changed = time.monotonic()
    if change == "stop":
        await fleet.slack.react(fleet.kim, fleet.channel, root, STOPS)
    elif change == "button":
        await fleet.slack.emit(native_stop(fleet, root))
    elif change == "edit":
        await fleet.slack.edit(fleet.channel, root, f"{fleet.slack.mention} 다섯부터 세어 줘")
    else:
        await fleet.slack.remove(fleet.channel, root)
    await fleet.slack.wait_for(lambda: fleet.model.requests[0].disconnected)
    if change in ("stop", "button"):
        await fleet.slack.wait_for(lambda: any("멈췄습니다" in answer for answer in fleet.answers(root)))
    elif change == "delete":
        await fleet.slack.wait_for(lambda: not fleet.answers(root))
    took = time.monotonic() - changed
    print(f"{change} in one process, effect in another: {took:.2f} s")  # noqa: T201 - a figure to report
    assert took < 10, "long before a lease ends; on a machine that is not busy within 2 s"
    await fleet.until(OPEN, 0, 20)
    shown = fleet.answers(root)
    if change in ("stop", "button"):
        assert len(shown) == 1
        assert shown[0].startswith(half)
    else:
        assert shown == ([whole] if change == "edit" else [])
    assert len(fleet.model.requests) == (2 if change == "edit" else 1)
    assert fleet.bots[0].says("state=running")  # it worked, and the other one heard of the change


@pytest.mark.parametrize("setting", ["idle_in_transaction_session_timeout", "transaction_timeout"])
async def test_a_transaction_that_stands_still_is_ended_well_before_a_lease_is(
    postgres: Postgres, setting: str
) -> None:
    database = open_database(await postgres.new_database())
    seconds = "SELECT extract(epoch FROM current_setting(:name)::interval)"
    limit = await database.read(lambda connection: connection.execute(text(seconds), {"name": setting}).scalar_one())
    await database.close()
    assert 0 < limit <= LEASE.total_seconds() / 2


async def test_what_a_person_says_does_not_wait_for_what_another_process_records_of_them(postgres: Postgres) -> None:
    url = await postgres.new_database()
    database, other = open_database(url), create_async_engine(url)
    await migrate.upgrade(database)
    ledger = SqlLedger(database)

    async def say(thread: str) -> bool:
        where = ThreadRef("slack", "T1", "C1", thread)
        said = Posted(where, thread, int(thread), Participant("U1"), "안녕하세요", datetime.now(UTC), addressed=True)
        return (await ledger.record(said, decide)).due

    await say("1")
    async with other.begin() as recording, asyncio.timeout(100):
        await recording.execute(text("SELECT 1 FROM participants FOR NO KEY UPDATE"))
        assert await say("2")
    await other.dispose()
    await database.close()
