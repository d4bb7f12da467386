"""
What the ledger is to do, written a second time and simply: lists of objects, no database, no locks.

Only for test_ledger_stateful.py, which does the same to this and to the ledger and compares them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter

ACTIVE = ("running", "answered")
OVER = ("shown", "failed", "removed")


@dataclass(eq=False)
class ModelTurn:
    thread: ModelThread
    order: int  # in which turns were made, over all threads
    due: datetime
    lease: datetime  # means nothing before the first claim
    state: str = "pending"
    owner: str | None = None
    fence: int = 0
    attempts: int = 0
    parts: dict[int, str | None] = field(default_factory=dict)
    answer: str | None = None
    closed: bool = False  # asked anew
    fresh: bool = False  # the answer is of the variant that was asked for last
    changed: bool = False  # what it asks, since it was claimed
    calls: int = 0  # of the model, whose end is not noted
    number: int | None = None  # the ledger's id, once it is known
    chosen: int | None = None  # the completion of *answer*
    continues: bool = False  # the answer is to be gone on with

    @property
    def asks(self) -> bool:
        """Whether somebody still asks something."""
        return any(message.addressed and not message.erased for message in self.thread.of(self))

    def is_due(self, now: datetime) -> bool:
        if self.state == "pending":
            first = not any(other.state == "pending" and other.order < self.order for other in self.thread.turns)
            return self.due <= now and self.thread.active is None and first
        return self.state in ACTIVE and self.lease <= now


@dataclass(eq=False)
class ModelMessage:
    position: int
    addressed: bool
    text: str
    said_at: datetime
    turn: ModelTurn | None = None
    erased: bool = False


@dataclass(eq=False)
class ModelThread:
    messages: dict[int, ModelMessage] = field(default_factory=dict)  # by position
    turns: list[ModelTurn] = field(default_factory=list)

    @property
    def active(self) -> ModelTurn | None:
        return next((turn for turn in self.turns if turn.state in ACTIVE), None)

    @property
    def pending(self) -> ModelTurn | None:
        """The one that takes what is said."""
        return next((turn for turn in self.turns if turn.state == "pending" and not turn.closed), None)

    def of(self, turn: ModelTurn | None) -> list[ModelMessage]:
        return sorted((one for one in self.messages.values() if one.turn is turn), key=attrgetter("position"))

    def past(self, turn: ModelTurn) -> list[tuple[list[str], str | None]]:
        """What was said and answered in the turns before."""
        before = ((self.texts(other), other.answer) for other in self.turns if other.order < turn.order)
        return [(said, answer) for said, answer in before if said or answer]

    def texts(self, turn: ModelTurn | None) -> list[str]:
        return [message.text for message in self.of(turn) if not message.erased]


class LedgerModel:
    def __init__(self, lease: timedelta) -> None:
        self._lease = lease
        self.threads: dict[int, ModelThread] = {}

    def turns(self) -> Iterator[ModelTurn]:
        yield from sorted((turn for thread in self.threads.values() for turn in thread.turns), key=attrgetter("order"))

    def record(self, thread: int, message: ModelMessage, now: datetime, *, edited: bool = False) -> bool:
        """Whether a turn became due."""
        if thread not in self.threads and not message.addressed:
            return False
        known = self.threads.setdefault(thread, ModelThread())
        there = known.messages.setdefault(message.position, message)
        if edited and not there.erased and there.text != message.text and there.said_at <= message.said_at:
            there.text, there.said_at = message.text, message.said_at
            if there.turn is not None and there.addressed:
                self._ask_anew(there.turn, now)
        if there is not message:
            if there.erased:
                return False
            if there.addressed or not message.addressed:
                return False
            there.addressed, there.turn = True, None
        if message.addressed and known.pending is None:
            known.turns.append(ModelTurn(known, sum(1 for _ in self.turns()), due=now, lease=now))
        return message.addressed

    def claim(
        self, owner: str, limit: int, now: datetime, held: Collection[int], *, take_over: bool
    ) -> list[ModelTurn]:
        mine = (None, owner)
        due = [turn for turn in self.turns() if turn.is_due(now) and turn.number not in held]
        due = [turn for turn in due if turn.state == "pending" or turn.owner in mine or take_over][:limit]
        for turn in due:
            if turn.state == "running":
                self._absorb(turn)
            if turn.state != "answered":
                turn.state, turn.changed = "running", False
                for message in [] if turn.closed else turn.thread.of(None):
                    message.turn = turn
            turn.owner, turn.lease = owner, now + self._lease
            turn.calls = 0 if turn.fence else turn.calls
            turn.fence += 1
            turn.attempts += 1
        return due

    def release(self, turn: ModelTurn, due: datetime) -> None:
        turn.owner, turn.due, turn.lease = None, due, due
        if turn.state == "running":
            self._absorb(turn)
            turn.state = "pending"

    def retry(self, turn: ModelTurn, now: datetime) -> bool:
        """Whether that is possible."""
        has_answer = turn.answer is not None and turn.fresh
        if turn.state != "failed" or (has_answer and turn.thread.active is not None):
            return False
        if has_answer and turn.asks:
            turn.state, turn.owner, turn.due, turn.lease, turn.attempts = "answered", None, now, now, 0
            turn.fence += 1
        else:
            self._begin_anew(turn, now)
        return True

    def shown(self, turn: ModelTurn, now: datetime) -> None:
        turn.state, turn.owner = "shown" if turn.answer and turn.fresh else "failed", None
        if turn.changed:
            self._begin_anew(turn, max(turn.due, now))
        elif turn.continues:
            self._begin_anew(turn, now, continues=True)

    def press(self, turn: ModelTurn, completion: int, now: datetime, *, goes_on: bool) -> bool:
        """Go on with the answer that *completion* is, or have another one. Whether that does anything."""
        states = ("shown", "answered") if goes_on else ("shown", "failed", "answered")
        if completion != turn.chosen or not turn.fresh or not turn.asks or turn.state not in states:
            return False
        if turn.state != "answered":
            self._begin_anew(turn, now, continues=goes_on)
        elif goes_on:
            turn.continues = True
        else:
            turn.changed, turn.due = True, now
        return True

    def give_up(self, turn: ModelTurn, now: datetime) -> None:
        turn.state, turn.owner, turn.continues = "failed", None, False
        if turn.changed and turn.asks:
            self._begin_anew(turn, max(turn.due, now))

    def restart_turn(self, turn: ModelTurn, now: datetime) -> None:
        """Its worker has seen that the question is another one."""
        turn.owner, turn.lease = None, now
        if turn.state == "running":
            self._absorb(turn)
            turn.state, turn.fresh = "pending", turn.continues

    def erase(self, thread: int, position: int, now: datetime) -> None:
        message = self.threads[thread].messages[position]
        message.erased = True
        active = self.threads[thread].active
        if active is not None and active.state == "running" and active.calls == 0:
            active.changed, active.due = True, now  # its prompt may be on its way
        if message.turn is None or not message.addressed:
            return
        if message.turn.state in ACTIVE:
            message.turn.changed, message.turn.due = True, now
        elif message.turn.state == "pending" and not message.turn.asks:
            message.turn.due = now

    def _ask_anew(self, turn: ModelTurn, now: datetime) -> None:
        went_on, turn.continues = turn.continues, False
        if turn.state == "pending" and went_on:
            self._begin_anew(turn, now)
        elif turn.state == "pending":
            turn.due = max(turn.due, now)
        elif turn.state in ACTIVE:
            turn.changed, turn.due = True, now
        elif turn.state != "removed" and turn is [one for one in turn.thread.turns if one.state != "removed"][-1]:
            self._begin_anew(turn, now)

    def _begin_anew(self, turn: ModelTurn, now: datetime, *, continues: bool = False) -> None:
        turn.state, turn.closed, turn.changed = "pending", True, False
        turn.continues = turn.fresh = continues
        turn.owner, turn.due, turn.lease, turn.attempts = None, now, now, 0
        turn.fence += 1

    def restart(self, now: datetime) -> None:
        """All workers have died and another one starts."""
        for turn in self.turns():
            if turn.state in ACTIVE and turn.owner is not None:
                turn.owner, turn.lease = None, now

    def _absorb(self, turn: ModelTurn) -> None:
        if turn.thread.pending is not None and not turn.closed:
            self._join(turn.thread.pending)

    def _join(self, turn: ModelTurn) -> None:
        for message in turn.thread.of(turn):
            message.turn = None
        turn.state = "removed"
