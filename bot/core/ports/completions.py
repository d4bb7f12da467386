"""The core's port to the record of completions: the prompts that were sent, and the answers of turns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot.core.ports.model import Example, Sampling
from bot.core.turn import Claim, Completion, Notice, Outcome

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Given:
    """The form in which a version is sent to models from now on."""

    version: int
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class CompletionStart:
    """The record that is stored before the model is called."""

    model: str
    prompt: Sequence[str]  # the keys of its entries, in the order in which they are sent: see entries.py
    system_prompt: str
    given: Sequence[Given]  # versions that are sent for the first time
    max_tokens: int
    sampling: Sampling
    prompt_tokens: int  # our own count
    estimated_tokens: int  # the same in the model's tokens, as far as they were learned
    window_start: int
    window_position: int
    examples: Sequence[Example] = ()  # sent after the system prompt
    continues: int | None = None  # the completion whose text it goes on with


class CompletionStore(Protocol):
    """
    The calls of models for claimed turns, and what each turn is answered with. One method, one transaction.

    All raise LeaseLost when the claim is no longer the newest one, and LedgerError when the database cannot be used
    just now.
    """

    async def begin(self, claim: Claim, start: CompletionStart) -> int:
        """
        Note a call of the model before it is made. Returns the completion's id.

        Raises Interrupted when what the prompt holds has changed since it was read.
        """

    async def abandon(
        self,
        claim: Claim,
        completion: int,
        error: str,
        cost: int | None = None,
        result: Completion | None = None,
        detail: str | None = None,
    ) -> None:
        """
        Note that a call ended without an answer; *cost* in nano-dollars, as far as it is known.

        *result*: what came back all the same. It makes the call one of those in vain that Turn counts. *detail*: the
        server's words for the error.
        """

    async def complete(
        self,
        claim: Claim,
        completion: int,
        result: Completion,
        notices: Sequence[Notice],
        language: str,
        *,
        stopped: bool = False,
    ) -> None:
        """
        Store an answer and what is to be said with it: the turn is answered.

        *stopped*: somebody wanted no more of it. An earlier variant of the answer is no longer sent. A notice that
        tells of the conversation's window is not needed again until it moves.
        """

    async def conclude(self, claim: Claim, reason: str, notices: Sequence[Notice], language: str) -> None:
        """
        No answer will come: what is to be said instead is stored, and the turn is answered.

        Where there is an earlier variant of the answer, that one stays, and is stale.
        """

    async def shorten(self, claim: Claim, text: str, tokens: int, notices: Sequence[Notice], language: str) -> None:
        """
        Somebody stopped the answered turn while its answer was shown: of that, *text* is there and nothing else.

        Without any there is no answer.
        """

    async def outcome(self, claim: Claim) -> Outcome:
        """The outcome to show for an answered turn."""


class Persist(Protocol):
    async def __call__(self, write: Callable[[], Awaitable[_T]]) -> _T:
        """Try a write until the database takes it: what was paid for is not thrown away because of a full disk."""
