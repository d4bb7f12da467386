"""
Whatever happens in whatever order, the ledger does what a simple model of it does (ledger_model.py), on both databases.

Workers post, claim, answer, fail, die and wake up again; the time is moved by hand.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import bindparam, select

from bot.core.conversation import (
    Acted,
    Deleted,
    Edited,
    MessageRef,
    Operation,
    Participant,
    Posted,
    Said,
    ThreadRef,
    posted_of,
)
from bot.core.decide.policy import Decision, decide
from bot.core.decide.thread_facts import ThreadFacts
from bot.core.errors import LeaseLost
from bot.core.interruption import Interrupted
from bot.core.turn import Notice, Turn
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.ledger.turn_queue import LEASE
from bot.store.receipt.turn_retry import NotRetriableError, retry
from bot.store.tables import conversations, messages, turns
from tests.standins.postgres import Postgres
from tests.store.conftest import Clock
from tests.store.ledger.ledger_model import OVER, LedgerModel, ModelMessage, ModelTurn
from tests.store.steps import RESULT, ask

T = TypeVar("T")
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
SMALL = settings(stateful_step_count=40, deadline=None, derandomize=True, database=None,
                 suppress_health_check=list(HealthCheck))  # fmt: skip
THREADS, POSITIONS, OWNERS = st.integers(0, 1), st.integers(1, 4), st.sampled_from(["amy", "다람쥐"])
PICK = st.integers(0, 50)  # which of those that there are
_worlds = itertools.count(1)

TURNS = (
    select(turns.c.id, turns.c.conversation_id, turns.c.state, turns.c.fence, turns.c.attempts, turns.c.closed)
    .join(conversations)
    .where(conversations.c.platform == bindparam("platform"))
    .order_by(turns.c.id)
)
MESSAGES = select(messages.c.external_id, messages.c.turn_id, messages.c.addressed).where(
    messages.c.platform == bindparam("platform")
)


@dataclass
class Held:
    """A claim that some worker believes to have."""

    turn: Turn
    model: ModelTurn
    begun: list[int] = field(default_factory=list)  # completions

    @property
    def holds(self) -> bool:
        return self.turn.claim.fence == self.model.fence and self.model.state in ("running", "answered")


def by_mention(said: Said, _: ThreadFacts) -> Decision:
    """What the ledger stores is looked at here, not what it tells the policy."""
    return decide(posted_of(said))


def chosen(those: Sequence[T], pick: int) -> T:
    return those[pick % len(those)]


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        super().__init__()
        self._run_on, self._database = runner, database
        self._clock = Clock()
        self._pressed_at = START
        self._ledger = SqlLedger(database, self._clock)
        self._platform = f"p{next(_worlds)}"  # examples share a database, and nothing in it
        self._model = LedgerModel(LEASE)
        self._held: list[Held] = []

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._run_on.run(work)

    # what is said

    def _posted(self, thread: int, position: int, text: str, *, addressed: bool) -> Posted:
        ref = ThreadRef(self._platform, "T1", "C1", str(thread))
        external = f"{thread}.{position}"
        return Posted(ref, external, position, Participant("U1"), text, START, addressed=addressed)

    @rule(thread=THREADS, position=POSITIONS, addressed=st.booleans())
    def post(self, thread: int, position: int, addressed: bool) -> None:
        """New ones, copies, late ones, and copies that say that the bot is meant."""
        posted = self._posted(thread, position, f"질문 {thread}.{position}", addressed=addressed)
        due = self._do(self._ledger.record(posted, by_mention)).due
        message = ModelMessage(position, addressed, posted.text, START)
        assert due == self._model.record(thread, message, self._clock())

    @rule(thread=THREADS, position=POSITIONS, addressed=st.booleans(), minutes=st.integers(1, 5))
    def edit(self, thread: int, position: int, addressed: bool, minutes: int) -> None:
        text, at = f"질문 {thread}.{position}, {minutes}", START + timedelta(minutes=minutes)
        posted = self._posted(thread, position, text, addressed=addressed)
        due = self._do(self._ledger.record(Edited(posted, at), by_mention)).due
        message = ModelMessage(position, addressed, text, at)
        assert due == self._model.record(thread, message, self._clock(), edited=True)

    # claiming

    @rule(owner=OWNERS, limit=st.integers(1, 3), works_on=st.booleans(), take_over=st.booleans())
    def claim(self, owner: str, limit: int, works_on: bool = False, take_over: bool = True) -> None:
        """*works_on*: the owner lives, and holds on to what it claimed before."""
        held = {one.model.number for one in self._held if one.turn.claim.owner == owner} if works_on else set()
        numbers = [number for number in held if number is not None]
        found = self._do(self._ledger.claim(owner, [self._platform], limit, numbers, take_over=take_over))
        expected = self._model.claim(owner, limit, self._clock(), numbers, take_over=take_over)
        assert len(found) == len(expected)
        for turn, model in zip(found, expected, strict=True):
            assert model.number in (None, turn.claim.turn)
            model.number = turn.claim.turn
            self._held.append(Held(turn, model))
            self._compare(turn, model)

    def _compare(self, turn: Turn, model: ModelTurn) -> None:
        history = self._do(self._ledger.history(turn))
        assert (turn.continues is not None, history.continued is not None) == (model.continues, model.continues)
        assert (turn.state, turn.attempts, turn.claim.fence) == (model.state, model.attempts, model.fence)
        assert {part.number: part.id for part in turn.parts} == model.parts
        assert [message.version.text for message in history.messages] == model.thread.texts(model)
        assert any(message.addressed for message in history.messages) == model.asks
        past = [([one.version.text for one in p.messages], p.answer.text if p.answer else None) for p in history.past]
        assert past == model.thread.past(model)

    @rule(thread=THREADS, position=POSITIONS)
    def ask_and_claim(self, thread: int, position: int) -> None:
        self.post(thread, position, addressed=True)
        self.claim("amy", 3)

    @precondition(lambda self: self.overheard)
    @rule(pick=PICK)
    def address(self, pick: int) -> None:
        """A copy of a message that was only listened to says that the bot is meant."""
        thread, position = chosen(self.overheard, pick)
        self.post(thread, position, addressed=True)

    @precondition(lambda self: self._held)
    @rule(owner=OWNERS)
    def renew(self, owner: str) -> None:
        renewal = self._do(self._ledger.renew(owner, [held.turn.claim for held in self._held]))
        assert set(renewal.lost) == {one.turn.claim for one in self._held if one.turn.claim.fence != one.model.fence}
        assert set(renewal.interrupted) == {
            one.turn.claim for one in self.able("running", "answered") if one.model.changed
        }
        for held in self._held:
            if held.model.owner == owner and held.model.state in ("running", "answered"):
                held.model.lease = self._clock() + LEASE

    @rule()
    def crash(self) -> None:
        """All workers die and another one starts; those that only seemed dead may still come back."""
        self._do(self._ledger.expire_leases())
        self._model.restart(self._clock())

    @rule(seconds=st.sampled_from([1, 7, LEASE.total_seconds()]))
    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)

    # one turn

    def able(self, *states: str, begun: bool = False) -> list[Held]:
        """Those that may do what a worker does with a turn in such a state."""
        return [one for one in self._held if one.holds and one.model.state in states and (one.begun or not begun)]

    @property
    def overheard(self) -> list[tuple[int, int]]:
        """Thread and position of the messages that no turn is to answer."""
        threads = self._model.threads.items()
        return [(n, at) for n, thread in threads for at, one in thread.messages.items() if not one.addressed]

    @property
    def said(self) -> list[tuple[int, int]]:
        """Thread and position of what can be deleted."""
        threads = self._model.threads.items()
        return [(n, at) for n, thread in threads for at, one in thread.messages.items() if not one.erased]

    @property
    def late(self) -> list[Held]:
        return [held for held in self._held if not held.holds]

    @property
    def ended(self) -> list[ModelTurn]:
        """Turns that can be retried, else any."""
        claimed = [turn for turn in self._model.turns() if turn.attempts]
        return [turn for turn in claimed if turn.state == "failed"] or claimed

    @property
    def answered(self) -> list[ModelTurn]:
        """Turns with an answer that is, or was, to be shown."""
        return [turn for turn in self._model.turns() if turn.chosen is not None]

    @precondition(lambda self: self.able("running"))
    @rule(pick=PICK)
    def begin(self, pick: int) -> None:
        self._begin(chosen(self.able("running"), pick))

    def _begin(self, held: Held) -> None:
        earlier = [other for other in held.model.thread.turns if other.order < held.model.order]
        assert all(other.state in OVER or other.closed for other in earlier)
        if held.model.changed:
            with pytest.raises(Interrupted):
                self._do(ask(self._ledger, held.turn))
            return
        held.begun.append(self._do(ask(self._ledger, held.turn, continues=held.turn.continues)))
        held.model.calls += 1

    @precondition(lambda self: self.able("running", begun=True))
    @rule(pick=PICK)
    def abandon(self, pick: int) -> None:
        held = chosen(self.able("running", begun=True), pick)
        self._do(self._ledger.abandon(held.turn.claim, held.begun.pop(), "model_cut"))
        held.model.calls -= 1

    @precondition(lambda self: self.able("running", begun=True))
    @rule(pick=PICK)
    def complete(self, pick: int) -> None:
        self._complete(chosen(self.able("running", begun=True), pick))

    def _complete(self, held: Held) -> None:
        text = f"답 {held.turn.claim.turn}.{held.turn.claim.fence}"
        result = replace(RESULT, text=text, finish_reason="length")
        self._do(self._ledger.complete(held.turn.claim, held.begun[-1], result, [Notice("length")], "ko"))
        held.model.state, held.model.answer, held.model.fresh = "answered", result.text, True
        held.model.chosen, held.model.continues = held.begun[-1], False
        held.model.calls -= 1
        outcome = self._do(self._ledger.outcome(held.turn.claim))
        assert (outcome.text, list(outcome.notices)) == (result.text, [Notice("length")])

    @precondition(lambda self: self.able("running"))
    @rule(pick=PICK)
    def conclude(self, pick: int) -> None:
        self._conclude(chosen(self.able("running"), pick))

    def _conclude(self, held: Held) -> None:
        self._do(self._ledger.conclude(held.turn.claim, "model_auth", [Notice("model_auth")], "en"))
        held.model.state, held.model.fresh = "answered", held.model.answer is not None
        held.model.continues = False

    @precondition(lambda self: self.able("running"))
    @rule(pick=PICK)
    def answer(self, pick: int) -> None:
        held = chosen(self.able("running"), pick)
        if held.model.changed:
            self._begin_anew(held)
            return
        self._begin(held)
        self._complete(held)
        self._shown(held)

    @precondition(lambda self: self.able("running"))
    @rule(pick=PICK, answered=st.booleans(), again=st.booleans())
    def fail(self, pick: int, answered: bool, again: bool) -> None:
        held = chosen(self.able("running"), pick)
        if answered and held.model.changed:
            return
        if answered:
            self._begin(held)
            self._complete(held)
            self._give_up(held)
        else:
            self._conclude(held)
            self._shown(held)
        if again:
            self._retry(held.model)

    @precondition(lambda self: self.able("answered"))
    @rule(pick=PICK)
    def shown(self, pick: int) -> None:
        self._shown(chosen(self.able("answered"), pick))

    def _shown(self, held: Held) -> None:
        state = self._do(self._ledger.shown(held.turn.claim))
        self._model.shown(held.model, self._clock())
        assert state == held.model.state

    @precondition(lambda self: any(one.model.changed for one in self.able("running")))
    @rule(pick=PICK)
    def restart_turn(self, pick: int) -> None:
        self._begin_anew(chosen([one for one in self.able("running") if one.model.changed], pick))

    def _begin_anew(self, held: Held) -> None:
        self._do(self._ledger.restart_turn(held.turn.claim))
        self._model.restart_turn(held.model, self._clock())
        self._held.remove(held)

    @precondition(lambda self: self.said)
    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        thread, position = chosen(self.said, pick)
        ref = MessageRef(self._platform, "T1", "C1", f"{thread}.{position}")
        self._do(self._ledger.erase(Deleted(ref, None, START)))
        self._model.erase(thread, position, self._clock())

    @precondition(lambda self: any(not one.model.asks for one in self.able("running")))
    @rule(pick=PICK)
    def remove(self, pick: int) -> None:
        held = chosen([one for one in self.able("running") if not one.model.asks], pick)
        self._do(self._ledger.remove(held.turn.claim, "nothing to answer"))
        held.model.state, held.model.owner, held.model.answer = "removed", None, None
        held.model.chosen, held.model.continues = None, False

    @precondition(lambda self: self.able("running", "answered"))
    @rule(pick=PICK)
    def give_up(self, pick: int) -> None:
        self._give_up(chosen(self.able("running", "answered"), pick))

    def _give_up(self, held: Held) -> None:
        self._do(self._ledger.give_up(held.turn.claim, "is_archived"))
        self._model.give_up(held.model, self._clock())

    @precondition(lambda self: self.able("running", "answered"))
    @rule(pick=PICK, seconds=st.sampled_from([0, 5, 60]))
    def release(self, pick: int, seconds: int) -> None:
        held = chosen(self.able("running", "answered"), pick)
        wait = timedelta(seconds=seconds)
        self._do(self._ledger.release(held.turn.claim, wait, "model_unavailable"))
        self._model.release(held.model, self._clock() + wait)
        self._held.remove(held)

    @precondition(lambda self: self.able("running", "answered"))
    @rule(pick=PICK, number=st.integers(1, 2), noted=st.booleans())
    def part(self, pick: int, number: int, noted: bool) -> None:
        held = chosen(self.able("running", "answered"), pick)
        self._do(self._ledger.intend_part(held.turn.claim, number))
        held.model.parts[number] = None
        if noted:
            self._do(self._ledger.note_part(held.turn.claim, number, f"{number}.9"))
            held.model.parts[number] = f"{number}.9"

    @precondition(lambda self: self.answered)
    @rule(pick=PICK, operation=st.sampled_from([Operation.CONTINUE, Operation.REPEAT]), times=st.integers(1, 2))
    def press(self, pick: int, operation: Operation, times: int) -> None:
        """Below an answer that is shown, or was; once or twice."""
        turn = chosen(self.answered, pick)
        thread = ThreadRef(self._platform, "T1", "C1", "0")
        for _ in range(times):
            completion = turn.chosen or 0
            self._pressed_at += timedelta(microseconds=1)  # another press each time
            pressed = Acted(
                thread, operation, Participant("U1"), self._pressed_at, turn=turn.number, completion=completion
            )
            goes_on = operation is Operation.CONTINUE
            expected = self._model.press(turn, completion, self._clock(), goes_on=goes_on)
            assert self._do(self._ledger.act(pressed)) == expected

    @precondition(lambda self: self.ended)
    @rule(pick=PICK)
    def retry(self, pick: int) -> None:
        self._retry(chosen(self.ended, pick))

    def _retry(self, turn: ModelTurn) -> None:
        assert turn.number is not None
        if self._model.retry(turn, self._clock()):
            self._do(retry(self._database, turn.number, self._clock))
        else:
            with pytest.raises(NotRetriableError):
                self._do(retry(self._database, turn.number, self._clock))

    @precondition(lambda self: self.late)
    @rule(pick=PICK)
    def wake_up_too_late(self, pick: int) -> None:
        """A worker whose claim is no longer the newest one can write nothing."""
        held = chosen(self.late, pick)
        claim, completion = held.turn.claim, (held.begun or [0])[-1]
        for write in (
            ask(self._ledger, held.turn),
            self._ledger.abandon(claim, completion, "late"),
            self._ledger.complete(claim, completion, RESULT, [], "en"),
            self._ledger.conclude(claim, "late", [], "en"),
            self._ledger.intend_part(claim, 1),
            self._ledger.note_part(claim, 1, "late"),
            self._ledger.shown(claim),
            self._ledger.give_up(claim, "late"),
            self._ledger.release(claim, timedelta(0), "late"),
            self._ledger.restart_turn(claim),
            self._ledger.remove(claim, "late"),
        ):
            with pytest.raises(LeaseLost):
                self._do(write)

    # what must hold

    @invariant()
    def the_ledger_is_as_the_model(self) -> None:
        stored = self._do(self._database.read(lambda c: c.execute(TURNS, {"platform": self._platform}).all()))
        expected = list(self._model.turns())
        assert [(row.state, row.fence, row.attempts) for row in stored] == [
            (turn.state, turn.fence, turn.attempts) for turn in expected
        ]
        for row, turn in zip(stored, expected, strict=True):
            assert turn.number in (None, row.id)
            turn.number = row.id
        at_work = [row.conversation_id for row in stored if row.state in ("running", "answered")]
        waiting = [row.conversation_id for row in stored if row.state == "pending" and not row.closed]
        assert len(at_work) == len(set(at_work))
        assert len(waiting) == len(set(waiting))
        self._compare_messages()

    def _compare_messages(self) -> None:
        stored = self._do(self._database.read(lambda c: c.execute(MESSAGES, {"platform": self._platform}).all()))
        assert sorted((row.external_id, row.turn_id, row.addressed) for row in stored) == sorted(
            (f"{number}.{message.position}", message.turn and message.turn.number, message.addressed)
            for number, thread in self._model.threads.items()
            for message in thread.messages.values()
        )

    def teardown(self) -> None:
        """In the end every question is in a turn that is over, and in one only."""
        self._held.clear()
        while not all(turn.state in OVER for turn in self._model.turns()):
            self._clock.advance(100)
            self.claim("last", 3)
            while self.able("running"):
                self.answer(0)  # whatever was asked
            while self.able("answered"):
                self.shown(0)
            self.the_ledger_is_as_the_model()
        for thread in self._model.threads.values():
            assert all(message.turn for message in thread.messages.values() if message.addressed)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


def check(runner: asyncio.Runner, url: str, examples: int) -> None:
    database = open_database(url)
    runner.run(migrate.upgrade(database))

    class OnThisDatabase(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(runner, database)

    try:
        run_state_machine_as_test(OnThisDatabase, settings=settings(SMALL, max_examples=examples))
    finally:
        runner.run(database.close())


def test_the_ledger_on_sqlite_does_what_the_model_does(runner: asyncio.Runner, tmp_path: Path) -> None:
    check(runner, f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}", 50)


def test_the_ledger_on_postgresql_does_what_the_model_does(runner: asyncio.Runner, postgres: Postgres) -> None:
    check(runner, runner.run(postgres.new_database()), 20)
