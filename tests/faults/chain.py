"""
A chain of lives on one database: each process takes up what the one before left behind, then dies at the next step.

What came of each question is counted at the end, in what a reader sees, in the database and at the model.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.faults.counts import Counts, judged
from tests.faults.lives import ROOT, Life
from tests.faults.nursery import Nursery
from tests.faults.steps import BEGUN, CHUNK, CHUNKS, EARLIER, FEW, LONG, NOTICE, Step
from tests.standins.model import ModelServer
from tests.standins.model_script import Answer
from tests.standins.slack import Slack
from tests.standins.slack_faults import Gate

log = logging.getLogger(__name__)

WAIT_SECONDS = 30.0  # for anything that should happen
LOOK_SECONDS = 0.02
LATE = 0.2  # share of questions whose answer begins so late that the bot shows that it has noticed
EDITED = "이번에는 다르게"  # what an edit adds to a question
CONTINUE = "threadbot_continue"  # the action of the button
RECOVERED_AT_ONCE = 0.7  # share of lives in which the model does not take its time any more

_OPEN = "SELECT count(*) FROM turns WHERE state IN ('pending', 'running', 'answered')"
_COMPLETE = """
    SELECT count(*) FROM completions JOIN messages USING (turn_id) JOIN turns ON turns.id = messages.turn_id
    WHERE messages.external_id = :root AND completions.chosen AND completions.variant = turns.variant
        AND turns.continues IS NULL
"""
_ASKED_AGAIN = """
    SELECT count(*) FROM completions AS later JOIN completions AS first ON later.turn_id = first.turn_id
    JOIN messages ON messages.turn_id = first.turn_id
    WHERE first.chosen AND later.id > first.id AND messages.external_id = :root
"""
PASSED = "UPDATE turns SET lease_until = created_at WHERE state IN ('running', 'answered')"
_ABANDONED = "UPDATE turns SET owner = NULL WHERE state IN ('running', 'answered')"
_QUIET = "UPDATE turns SET due_at = created_at WHERE state = 'pending'"


@dataclass(slots=True)
class Asked:
    """A question during which a process died."""

    step: Step
    root: str
    missed: bool = False
    complete: bool = False  # whether its answer was in the database at that moment
    requests: int = 0  # for it, until then


def environment(slack: Slack, model: ModelServer, directory: Path) -> dict[str, str]:
    """For a bot on SQLite in *directory*."""
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
        "PYTHONPATH": str(ROOT),
    }


class Tables:
    """The bot's database, from outside."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str) -> AsyncIterator[Tables]:
        engine = create_async_engine(url, pool_pre_ping=True)  # the database may have been away
        try:
            yield cls(engine)
        finally:
            await engine.dispose()

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        async with self._engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query), values)]

    async def count(self, query: str, **values: Any) -> int:
        [[number]] = await self.rows(query, **values)
        return int(number)

    async def change(self, statement: str) -> int:
        """How many rows were changed."""
        async with self._engine.begin() as connection:
            return (await connection.execute(text(statement))).rowcount

    async def leases_end(self) -> None:
        """As if the time of every lease had passed."""
        await self.change(PASSED)

    async def owners_are_gone(self) -> None:
        """As if the time of every lease had passed, and whoever starts next knew already that nobody renews it."""
        await self.leases_end()
        await self.change(_ABANDONED)


class Chain:
    def __init__(self, nursery: Nursery, slack: Slack, model: ModelServer, tables: Tables, directory: Path) -> None:
        self._nursery, self._slack, self._model = nursery, slack, model
        self._tables, self._directory = tables, directory
        self._kim, self._channel = slack.add_user("kim"), slack.add_channel("general")
        self._armed = directory / "armed"
        self._asked: list[Asked] = []

    async def run(self, steps: Sequence[Step], environment: dict[str, str], random: Random) -> list[Counts]:
        """What came of each step's question, in their order. The workspace takes a status in one chain out of two."""
        self._slack.workspace.is_agent = random.random() < 0.5
        for step in steps:
            arguments = ["--at", step.checkpoint, "--nth", str(step.nth)] if step.checkpoint else []
            arguments += ["--hold"] if step.held else []
            self._slack.workspace.stream_kinds = ("channel",) if step.streams else ()
            async with self._life(environment, *arguments) as life:
                await self._recovered()
                await self._die(step, life, random)
            await self._slack.wait_for(lambda: self._slack.socket_mode.connections == 0, WAIT_SECONDS)
            await self._tables.owners_are_gone()
            await self._tables.change(_QUIET)
        async with self._life(environment):
            await self._recovered()
        return [await self._count(asked) for asked in self._asked]

    @asynccontextmanager
    async def _life(self, environment: dict[str, str], *arguments: str) -> AsyncIterator[Life]:
        life = await self._nursery.life(self._directory, environment, *arguments)
        try:
            await self._slack.wait_connected(WAIT_SECONDS)
            yield life
        finally:
            await life.stop()

    async def _recovered(self) -> None:
        """Wait for what is still open; that it does not come in time is counted at the end."""
        await self._slack.socket_mode.redeliver()
        if self._asked:
            await self._until(self._over)

    async def _over(self) -> bool:
        return self._seen(self._asked[-1]).clean and await self._settled()

    async def _settled(self) -> bool:
        return not await self._tables.count(_OPEN)

    async def _until(self, reached: Callable[[], Awaitable[bool]]) -> None:
        """Wait, but not for ever: what is missing then is counted at the end."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline and not await reached():  # noqa: ASYNC110 - it is another process's event
            await asyncio.sleep(LOOK_SECONDS)

    async def _die(self, step: Step, life: Life, random: Random) -> None:
        answer = step.answer(random.uniform(0.5, 1.5), late=random.random() < LATE)
        gate = self._slack.hold(self._notice if step.call == NOTICE else step.call) if step.call else None
        asked = await (self._change(step, answer) if step.change else self._ask(step, answer))
        self._asked.append(asked)
        asked.missed = not await self._died(step, life, asked.root, gate)
        if gate is not None:
            gate.open()
        self._armed.unlink()
        whole = replace(step, begun=False)
        self._model.default = whole.answer(0.0 if random.random() < RECOVERED_AT_ONCE else 1.0)
        ended = step.change in ("delete", "stop")
        asked.complete = ended or bool(await self._tables.count(_COMPLETE, root=asked.root))
        asked.requests = len(self._requests(len(self._asked) - 1))

    async def _ask(self, step: Step, answer: Answer) -> Asked:
        self._model.default = answer
        self._armed.touch()
        return Asked(step, await self._post())

    async def _change(self, step: Step, answer: Answer) -> Asked:
        """Ask, wait until the model has begun to answer or has answered, and then change what was asked."""
        begun = FEW if step.streams else CHUNKS // 3
        held = Answer(LONG, chunk_size=CHUNK, gate=asyncio.Event(), gate_at=begun)
        cut = Answer(BEGUN, chunk_size=CHUNK, finish_reason="length")
        earlier = cut if step.change == "continue" else Answer(EARLIER, chunk_size=CHUNK)
        self._model.default = earlier if step.answered else held
        asked = Asked(step, await self._post())
        await self._slack.wait_for(lambda: self._slack.replies(self._channel, asked.root), WAIT_SECONDS)
        if step.answered:
            await self._until(self._settled)
        self._model.default = answer
        self._armed.touch()
        if step.change == "edit":
            await self._slack.edit(self._channel, asked.root, f"{self._question(len(self._asked))}, {EDITED}")
            if step.answered:
                await self._until(self._to_be_answered_anew)
        elif step.change == "delete":
            await self._slack.remove(self._channel, asked.root)
        elif step.change == "continue":
            await self._slack.press(self._kim, self._channel, self._last_reply(asked.root), CONTINUE)
        else:
            await self._slack.react(self._kim, self._channel, asked.root, "octagonal_sign")
        return asked

    def _last_reply(self, root: str) -> str:
        """Its ts."""
        return [each.ts for each in self._slack.thread(self._channel, root) if each.user == self._slack.bot_user][-1]

    async def _to_be_answered_anew(self) -> bool:
        """The question does not have to be quiet for as long as it has to be for people."""
        return bool(await self._tables.change(_QUIET))

    async def _post(self) -> str:
        return await self._slack.post(self._kim, self._channel, self._question(len(self._asked)))

    def _question(self, number: int) -> str:
        return f"{self._slack.mention} 이야기 {number}번"

    async def _died(self, step: Step, life: Life, root: str, gate: Gate | None) -> bool:
        """Whether the process came to the step and ended there; it has ended in any case."""
        try:
            if gate is not None:
                async with asyncio.timeout(WAIT_SECONDS):
                    await gate.reached.wait()
                life.send(signal.SIGKILL)
            elif step.held:
                await self._slack.wait_for(lambda: all(each.acknowledged for each in self._slack.delivered(root)))
                life.send(signal.SIGKILL)
            await life.ended(WAIT_SECONDS)
        except TimeoutError:
            life.send(signal.SIGKILL)
            await life.ended(WAIT_SECONDS)
            return False
        return True

    def _requests(self, number: int) -> list[str]:
        """What the model was asked for the question with this number; each is alone in its thread."""
        sent = [message["content"] for request in self._model.requests for message in request.body["messages"]]
        return [question for question in sent if f"이야기 {number}번" in question]

    @property
    def _notice(self) -> str:
        return "assistant.threads.setStatus" if self._slack.workspace.is_agent else "reactions.add"

    def _seen(self, asked: Asked) -> Counts:
        return judged(self._slack.replies(self._channel, asked.root), asked.step.change)

    async def _count(self, asked: Asked) -> Counts:
        requests = self._requests(self._asked.index(asked))
        again = await self._tables.count(_ASKED_AGAIN, root=asked.root)
        if asked.complete:
            again = max(again, len(requests) - asked.requests)
        seen = self._seen(asked)
        lost = seen.lost or int(asked.step.change == "edit" and EDITED not in requests[-1])
        left = seen.left + self._notices(asked.root) + self._streaming(asked.root)
        counts = replace(seen, lost=lost, left=left, asked_again=again, missed=int(asked.missed))
        if not counts.clean:
            log.error("%s", "\n".join(self._evidence(asked, counts)))
        return counts

    def _evidence(self, asked: Asked, counts: Counts) -> Iterator[str]:
        """What a reader of its thread sees, and the calls that made it so."""
        yield f"{asked.step.name}: {counts}"
        for message in self._slack.thread(self._channel, asked.root):
            yield f"  {message.ts} {message.user}: {len(message.text)} characters, {message.reactions}"
        for call in self._slack.faults.calls:
            if asked.root in call.arguments.values():
                yield f"  {call.at:.3f} {call.method} {'ok' if call.ok else 'refused'}"

    def _notices(self, root: str) -> int:
        """That a question was noticed, still shown."""
        channel = self._slack.workspace.channels[self._channel]
        given = channel.messages[root].reactions.values() if root in channel.messages else ()
        reactions = sum(self._slack.bot_user in users for users in given)
        return reactions + (root in channel.statuses)

    def _streaming(self, root: str) -> int:
        """Messages that look as if more were to come."""
        return sum(map(self._slack.workspace.streaming, self._slack.thread(self._channel, root)))


async def run_chain(
    nursery: Nursery, database_url: str, directory: Path, steps: Sequence[Step], seed: str
) -> list[Counts]:
    """A chain with a Slack and a model of its own, all on the loopback. *seed*: of the model's pace."""
    random = Random(seed)  # noqa: S311 - nothing secret
    async with Slack() as slack, ModelServer() as model, Tables.opened(database_url) as tables:
        settings = environment(slack, model, directory) | {"DATABASE_URL": database_url}
        return await Chain(nursery, slack, model, tables, directory).run(steps, settings, random)
