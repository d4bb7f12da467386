"""What the worker does with a message that a platform hands in, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.core.answer.answer import Answerer
from bot.core.answer.settings import AnswerSettings
from bot.core.completion.model_facts import ModelFacts
from bot.core.conversation import Edited, Participant, ParticipantKind, Posted, Said, ThreadRef
from bot.core.decide.policy import Decision, decide
from bot.core.decide.thread_facts import ThreadFacts
from bot.core.ports import Checkpoint
from bot.core.retry import Patience
from bot.core.worker.worker import Worker, WorkerSettings, persist
from bot.llm.offline import OfflineModel
from bot.store.database.base import Database, Operation, T
from bot.store.ledger.ledger import SqlLedger
from bot.store.model_facts import SqlModelFacts
from tests.bench.mute import MUTE, MutePlatform, nowhere

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASKED = Posted(ThreadRef(MUTE, "W", "C", "1"), "1", 1, Participant("U1"), "hello?", NOW, addressed=True)
HEARD = Posted(ThreadRef(MUTE, "W", "C", "1"), "2", 2, Participant("U2"), "hm", NOW)
OURS = Posted(ThreadRef(MUTE, "W", "C", "1"), "3", 3, Participant("UBOT", ParticipantKind.SELF), "hi", NOW)


class CountingDatabase:
    """A database that counts its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect
        self.shortage, self.trouble = "", ""
        self.transactions = 0

    async def write(self, operation: Operation[T], *, synced: bool = True, urgent: bool = False) -> T:
        self.transactions += 1
        return await self._database.write(operation, synced=synced, urgent=urgent)

    async def read(self, operation: Operation[T]) -> T:
        self.transactions += 1
        return await self._database.read(operation)

    async def clean(self) -> None:
        await self._database.clean()

    async def close(self) -> None:
        await self._database.close()


def worker(
    database: Database, decided: Callable[[Said, ThreadFacts], Decision], checkpoint: Checkpoint = nowhere
) -> Worker:
    ledger = SqlLedger(database)
    return Worker(
        conversations=ledger,
        queue=ledger,
        platforms=[MutePlatform()],
        settings=WorkerSettings(max_concurrent_turns=1),
        checkpoint=checkpoint,
        decide=decided,
    )


def answerer(database: Database, checkpoint: Checkpoint) -> Answerer:
    return Answerer(
        ledger=SqlLedger(database),
        model=OfflineModel(),
        platforms={MUTE: MutePlatform()},
        settings=AnswerSettings("demo", "", 1_000, 100, Patience().overlooked_after),
        model_facts=ModelFacts(SqlModelFacts(database)),
        checkpoint=checkpoint,
        persist=persist,
    )


async def test_each_message_is_decided_on_once_in_one_transaction(database: Database) -> None:
    decided: list[Said] = []

    def deciding(said: Said, facts: ThreadFacts) -> Decision:
        decided.append(said)
        return decide(said, facts)

    counting = CountingDatabase(database)
    receiving = worker(counting, deciding)
    edited = Edited(HEARD, NOW)
    for said in (ASKED, HEARD, edited):
        await receiving.receive(said)

    assert decided == [ASKED, HEARD, edited]
    assert counting.transactions == 3


async def test_what_we_say_ourselves_is_not_decided_on_and_costs_no_transaction(database: Database) -> None:
    def deciding(said: Said, _: ThreadFacts) -> Decision:
        raise AssertionError(said)

    counting = CountingDatabase(database)
    await worker(counting, deciding).receive(OURS)

    assert counting.transactions == 0


async def test_of_questions_that_come_together_no_more_are_claimed_than_there_is_room_for(database: Database) -> None:
    claimed, gate = asyncio.Event(), asyncio.Event()

    async def held(name: str) -> None:
        if name == "after claim":
            claimed.set()
            await gate.wait()

    threads = [ThreadRef(MUTE, "W", "C", f"{number}") for number in range(10, 15)]
    working = worker(database, decide, held)
    running = asyncio.create_task(working.run(answerer(database, held)))
    try:
        while not working.working:  # noqa: ASYNC110 - asks what nobody tells of
            await asyncio.sleep(0)
        await asyncio.gather(
            *(
                working.receive(replace(ASKED, thread=each, id=each.thread, position=int(each.thread)))
                for each in threads
            )
        )
        await claimed.wait()
        assert len(await SqlLedger(database).claim("another", [MUTE], 10)) == len(threads) - 1
    finally:
        await working.stop(0, gate)
        running.cancel()
        await asyncio.wait([running])
