"""
A chain of lives on one database: each process takes up what the one before left behind, then dies at the next step.

What came of each question is counted at the end, in what a reader sees, in the database and at the model.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.faults.counts import Counts, judged
from tests.faults.discord_venue import DiscordVenue
from tests.faults.lives import Life, surroundings
from tests.faults.nursery import Nursery
from tests.faults.slack_venue import SlackVenue
from tests.faults.steps import CHUNKS, FEW, SCRIPTS, Platform, Step
from tests.faults.venue import WAIT_SECONDS, Venue
from tests.standins.discord import Discord
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.slack import Slack
from tests.standins.slack.faults import Gate

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.02
LATE = 0.2  # share of questions whose answer begins so late that the bot shows that it has noticed
EDITED = "이번에는 다르게"  # what an edit adds to a question
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
_CLAIMED = "SELECT count(*) FROM turns WHERE state = 'running'"
_NOTED = "SELECT count(*) FROM watermarks"
PASSED = "UPDATE turns SET lease_until = created_at WHERE state IN ('running', 'answered')"
_ABANDONED = "UPDATE turns SET owner = NULL WHERE state IN ('running', 'answered')"
_QUIET = "UPDATE turns SET due_at = created_at WHERE state = 'pending'"


@dataclass(slots=True)
class Asked:
    """A question during which a process died."""

    step: Step
    root: str
    wrong: int  # requests that were wrong before it was asked
    missed: bool = False
    complete: bool = False  # whether its answer was in the database at that moment
    requests: int = 0  # for it, until then


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


@asynccontextmanager
async def opened(platform: Platform) -> AsyncIterator[Venue]:
    """A venue with nothing but a channel and a person in it."""
    if platform == "discord":
        async with Discord() as discord:
            yield DiscordVenue(discord)
    else:
        async with Slack() as slack:
            yield SlackVenue(slack)


class Chain:
    def __init__(self, nursery: Nursery, venue: Venue, model: ModelServer, tables: Tables, directory: Path) -> None:
        self._nursery, self._venue, self._model = nursery, venue, model
        self._tables, self._directory = tables, directory
        self._script = SCRIPTS[venue.platform]
        self._armed = directory / "armed"
        self._asked: list[Asked] = []

    async def run(self, steps: Sequence[Step], environment: dict[str, str], random: Random) -> list[Counts]:
        """What came of each step's question, in their order."""
        self._venue.choose(random)
        for step in steps:
            arguments = ["--at", step.checkpoint, "--nth", str(step.nth)] if step.checkpoint else []
            arguments += ["--hold"] if step.held else []
            self._venue.prepare(step)
            async with self._life(environment, *arguments) as life:
                await self._recovered()
                await self._die(step, life, random)
            await self._venue.gone()
            await self._tables.owners_are_gone()
            await self._tables.change(_QUIET)
        async with self._life(environment):
            await self._recovered()
        return [await self._count(asked) for asked in self._asked]

    @asynccontextmanager
    async def _life(self, environment: dict[str, str], *arguments: str) -> AsyncIterator[Life]:
        life = await self._nursery.life(self._directory, environment, *arguments)
        try:
            await self._venue.connected()
            yield life
        finally:
            await life.stop()

    async def _recovered(self) -> None:
        """Wait for what is still open; that it does not come in time is counted at the end."""
        await self._venue.bring_again()
        if self._asked:
            await self._until(self._over)
        elif self._venue.reads_back:
            await self._until(self._noted)  # from then on, what is not stored is read after the next start

    async def _over(self) -> bool:
        return self._seen(self._asked[-1]).clean and await self._settled()

    async def _settled(self) -> bool:
        return not await self._tables.count(_OPEN)

    async def _noted(self) -> bool:
        return bool(await self._tables.count(_NOTED))

    async def _until(self, reached: Callable[[], Awaitable[bool]]) -> bool:
        """Wait, but not for ever: what is missing then is counted at the end."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not (there := await reached()) and time.monotonic() < deadline:  # noqa: ASYNC110 - another process's event
            await asyncio.sleep(LOOK_SECONDS)
        return there

    async def _die(self, step: Step, life: Life, random: Random) -> None:
        answer = step.answer(self._script, random.uniform(0.5, 1.5), late=random.random() < LATE)
        gate = self._venue.hold(step.call) if step.call else None
        asked = await (self._change(step, answer) if step.change else self._ask(step, answer))
        self._asked.append(asked)
        asked.missed = not await self._died(step, life, asked.root, gate)
        if gate is not None:
            gate.open()
        self._armed.unlink()
        whole = replace(step, begun=False)
        self._model.default = whole.answer(self._script, 0.0 if random.random() < RECOVERED_AT_ONCE else 1.0)
        ended = step.change in ("delete", "stop")
        asked.complete = ended or bool(await self._tables.count(_COMPLETE, root=asked.root))
        asked.requests = len(self._requests(len(self._asked) - 1))

    async def _ask(self, step: Step, answer: Answer) -> Asked:
        self._model.default = answer
        self._armed.touch()
        return await self._post(step)

    async def _change(self, step: Step, answer: Answer) -> Asked:
        """Ask, wait until the model has begun to answer or has answered, and then change what was asked."""
        script, begun = self._script, FEW if step.streams else CHUNKS // 3
        held = Answer(script.long, chunk_size=script.chunk, gate=asyncio.Event(), gate_at=begun)
        cut = Answer(script.begun, chunk_size=script.chunk, finish_reason="length")
        earlier = cut if step.change == "continue" else Answer(script.earlier, chunk_size=script.chunk)
        self._model.default = earlier if step.answered else held
        asked = await self._post(step)
        await self._until(lambda: self._is_begun(asked))
        if step.answered:
            await self._until(self._settled)
        self._model.default = answer
        self._armed.touch()
        if step.change == "edit":
            await self._venue.edit(asked.root, f"{self._question(len(self._asked))}, {EDITED}")
            if step.answered:
                await self._until(self._to_be_answered_anew)
        elif step.change == "delete":
            await self._venue.delete(asked.root)
        elif step.change == "continue":
            await self._venue.go_on(asked.root)
        else:
            await self._venue.stop(asked.root)
        return asked

    async def _is_begun(self, asked: Asked) -> bool:
        return bool(self._venue.replies(asked.root))

    async def _to_be_answered_anew(self) -> bool:
        """The question does not have to be quiet for as long as it has to be for people."""
        return bool(await self._tables.change(_QUIET))

    async def _post(self, step: Step) -> Asked:
        wrong = self._venue.wrong
        return Asked(step, await self._venue.ask(self._question(len(self._asked))), wrong)

    def _question(self, number: int) -> str:
        return f"이야기 {number}번"

    async def _died(self, step: Step, life: Life, root: str, gate: Gate | None) -> bool:
        """Whether the process came to the step and ended there; it has ended in any case."""

        async def held() -> bool:
            return bool(await self._tables.count(_CLAIMED)) and self._venue.acknowledged(root)

        try:
            if gate is not None:
                async with asyncio.timeout(WAIT_SECONDS):
                    await gate.reached.wait()
                life.send(signal.SIGKILL)
            elif step.held and await self._until(held):
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
        return [question for question in sent if self._question(number) in question]

    def _seen(self, asked: Asked) -> Counts:
        return judged(self._venue.replies(asked.root), self._script, asked.step.change)

    async def _count(self, asked: Asked) -> Counts:
        number = self._asked.index(asked)
        requests = self._requests(number)
        again = await self._tables.count(_ASKED_AGAIN, root=asked.root)
        if asked.complete:
            again = max(again, len(requests) - asked.requests)
        seen = self._seen(asked)
        lost = seen.lost or int(asked.step.change == "edit" and EDITED not in requests[-1])
        left = seen.left + self._venue.left(asked.root)
        later = self._asked[number + 1].wrong if asked is not self._asked[-1] else self._venue.wrong
        wrong = later - asked.wrong
        counts = replace(seen, lost=lost, left=left, asked_again=again, wrong=wrong, missed=int(asked.missed))
        if not counts.clean:
            log.error("%s", "\n  ".join([f"{asked.step.name}: {counts}", *self._venue.evidence(asked.root)]))
        return counts


async def run_chain(
    nursery: Nursery, platform: Platform, database_url: str, directory: Path, steps: Sequence[Step], seed: str
) -> list[Counts]:
    """A chain with a platform and a model of its own, all on the loopback. *seed*: of the model's pace."""
    random = Random(seed)  # noqa: S311 - nothing secret
    async with opened(platform) as venue, ModelServer() as model, Tables.opened(database_url) as tables:
        settings = surroundings(model, directory) | dict(venue.settings()) | {"DATABASE_URL": database_url}
        return await Chain(nursery, venue, model, tables, directory).run(steps, settings, random)
