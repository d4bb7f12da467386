"""
What the core needs of the record of summaries: what one is to be made of, and where it is kept.

How a call for one is written is in summary/transcript.py, when it is made in summary/summarizer.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.core.conversation import MessageRef
from bot.core.ports.completions import CompletionStart
from bot.core.turn import Completion, PastTurn, Place, Summary


@dataclass(frozen=True, slots=True)
class Older:
    """The messages from *since* on and before *until*, and the summary of the time before that."""

    conversation: int
    platform: str
    summary: Summary | None
    covered: Sequence[str]  # by *summary*: versions and completions, as in CompletionStart
    since: Place
    until: Place
    past: Sequence[PastTurn]
    alone: bool  # one person only has spoken in the whole conversation


@dataclass(frozen=True, slots=True)
class SummaryStart:
    """The record that is stored before a model is called for a summary of the time before *until*."""

    older: Older
    part: Sequence[str]  # of *older.past*, what is told of: versions and completions, all of those before *until*
    until: Place
    call: CompletionStart


@dataclass(frozen=True, slots=True)
class SummaryBegun:
    summary: int
    completion: int


class Summaries(Protocol):
    """
    One summary counts for each window of a conversation; it is stale as soon as anything before that window changes.

    All methods raise LedgerError.
    """

    async def conversation_of(self, ref: MessageRef) -> int | None:
        """The conversation of a message that was said, or of a part of an answer."""

    async def older(self, conversation: int) -> Older | None:
        """The oldest of what the window has left behind and no summary tells; None when there is nothing."""

    async def begin(self, start: SummaryStart) -> SummaryBegun | None:
        """Note the call before it is made. None: somebody else makes the same summary, or has."""

    async def finish(
        self, begun: SummaryBegun, start: SummaryStart, result: Completion, text: str, tokens: int
    ) -> bool:
        """Store what came back. The summary counts from now on; False when what it tells of has changed meanwhile."""

    async def abandon(self, begun: SummaryBegun, error: str, cost: int | None = None) -> None:
        """Nothing comes of the call; *cost* in nano-dollars, as far as it is known."""
