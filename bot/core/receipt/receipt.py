"""What people may ask of us beside the conversation: the receipt of an answer, and their own use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.conversation import MessageRef, Operation
from bot.core.receipt.left_out import LeftOut
from bot.core.receipt.record import SentPrompt, StoredCompletion, TurnRecord


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever wants to see something, by the platform's id."""

    platform: str
    workspace: str
    id: str


@dataclass(frozen=True, slots=True)
class Opinions:
    """How many people said so of an answer."""

    good: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that is known of one call of a turn; *call* and *sent* are None when no model was asked."""

    asked: TurnRecord
    completion: StoredCompletion | None = None
    sent: SentPrompt | None = None
    left_out: Sequence[LeftOut] = ()
    estimate_error: float | None = None  # as a fraction of what was billed
    opinions: Opinions = Opinions()


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody's questions came to. *cost_nanodollars*: as far as prices are known."""

    turns: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_nanodollars: int = 0


@dataclass(frozen=True, slots=True)
class About:
    """What there is to tell of this bot to those who use it."""

    model: str  # empty: the offline demo answers
    reactions: Sequence[tuple[str, Operation]] = ()  # the names that are in force
    language: str = "en"  # spoken to somebody of whom nothing is known


class Refused(Exception):  # noqa: N818 - as Interrupted
    """A receipt is not shown. *key* is that of the sentence that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


PRIVATE, UNKNOWN = "receipt_private", "receipt_unknown"


class Receipts(Protocol):
    """All methods raise LedgerError when the database cannot be used just now."""

    @property
    def about(self) -> About: ...

    async def receipt(self, viewer: Viewer, channel: str, turn: int, completion_id: int | None = None) -> Receipt:
        """
        Of *completion*, or else of the answer that is shown.

        Whoever asked may see it, and admins. Raises Refused for everybody else, and for a turn that is not in
        *channel*: numbers can be made up.
        """

    async def turn_of(self, message: MessageRef) -> int | None:
        """The turn whose answer, or a part of it, a message of ours is."""

    async def use(self, viewer: Viewer, since: datetime) -> Use: ...

    async def locale(self, viewer: Viewer) -> str | None:
        """In which language somebody reads the platform, as far as we know them."""
