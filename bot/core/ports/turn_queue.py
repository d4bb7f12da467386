"""The core's port to the queue of turns: claim the due ones, keep them, give them back and end them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.core.interruption import Interrupt
from bot.core.turn import Claim, Notice, Turn, TurnState


@dataclass(frozen=True, slots=True)
class Renewal:
    lost: Collection[Claim]  # no longer the newest ones
    interrupted: Mapping[Claim, Interrupt]


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """The request of a worker that has room for turns; see TurnQueue.claim()."""

    owner: str
    platforms: Collection[str]
    limit: int
    held: Collection[int] = ()
    take_over: bool = True


class TurnQueue(Protocol):
    """
    The turns that are to be worked on. One method, one transaction.

    Methods that take one Claim raise LeaseLost when it is no longer the newest one. All raise LedgerError when the
    database cannot be used just now.
    """

    async def claim(
        self,
        owner: str,
        platforms: Collection[str],
        limit: int,
        held: Collection[int] = (),
        *,
        take_over: bool = True,
    ) -> Sequence[Turn]:
        """
        The oldest due turns, at most *limit*, one of a conversation, now owned by *owner* for the lease's time.

        Each takes every message of its conversation that has no turn yet. Turns whose lease has ended are due, except
        those that are *held*: the caller still works on them, and has what they will be answered with. Those of another
        owner only if the caller may *take_over*: it knows that the owner could have renewed its lease, and has not.
        """

    async def renew(self, owner: str, claims: Collection[Claim]) -> Renewal:
        """Extend the leases of *owner*'s turns, and say what became of them. Without any it asks the database, too."""

    async def release(self, claim: Claim, wait: timedelta, reason: str, said: Sequence[Notice] = ()) -> None:
        """
        Give the turn back, to be claimed again after *wait*, by the ledger's clock. An answered turn stays answered.

        *said*: what the asker was told meanwhile.
        """

    async def note_said(self, claim: Claim, said: Sequence[Notice]) -> None:
        """Note what the asker is about to be told, as release() notes what they were told."""

    async def restart_turn(self, claim: Claim) -> None:
        """Give the turn back because what it asks has changed; it is due when that has been quiet for a while."""

    async def shown(self, claim: Claim) -> TurnState:
        """
        All of it was shown: the turn is *shown*, *failed* when it has no answer, or *stopped*. Returns its new state.

        It is *pending* again if its question has changed meanwhile.
        """

    async def remove(self, claim: Claim, reason: str) -> TurnState:
        """Nobody asks any more, and nothing is shown: the turn is *removed*. Returns its new state, as shown() does."""

    async def give_up(self, claim: Claim, reason: str, *, erase: bool = False) -> TurnState:
        """
        Nothing can be shown, now or later: the turn is *failed*. Returns its new state, as shown() does.

        *erase*: its answer is erased, too, with all variants, and what was asked by commands.
        """
