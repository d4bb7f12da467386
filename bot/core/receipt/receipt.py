"""
What people may ask of us beside the conversation: the receipt of an answer, put together from what is stored of it.

Who may see one is decided here; how one is told is in words.py, where the records are kept in ports/receipts.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bot.core.completion import estimate, model_facts
from bot.core.conversation import Operation
from bot.core.ports import Opinions, ReceiptStore, StoredCompletion, TurnRecord, Viewer
from bot.core.prompt.build import Counting
from bot.core.receipt.left_out import LeftOut, left_out
from bot.core.receipt.sent_prompt import SentPrompt, UnknownEntryError, put_together


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that is known of one call of a turn; *call* and *sent* are None when no model was asked."""

    asked: TurnRecord
    completion: StoredCompletion | None = None
    sent: SentPrompt | None = None
    left_out: Sequence[LeftOut] = ()
    estimate_error: float | None = None  # as a fraction of what was billed
    opinions: Opinions = field(default_factory=Opinions)


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


class Receipts:
    """
    *admins*: people who may see every receipt, by platform and id. *counting*: the model's, as for prompts.

    What everybody may ask is asked of the *store* itself.
    """

    def __init__(
        self,
        store: ReceiptStore,
        counting: Counting,
        about: About,
        admins: Collection[tuple[str, str]] = (),
    ) -> None:
        self.store = store
        self.about = about
        self._counting = counting
        self._admins = frozenset(admins)

    async def receipt(self, viewer: Viewer, channel: str, turn: int, completion_id: int | None = None) -> Receipt:
        """
        Of *completion*, or else of the answer that is shown.

        Whoever asked may see it, and admins. Raises Refused for everybody else, and for a turn that is not in
        *channel*: numbers can be made up. Raises LedgerError.
        """
        asked = await self.store.turn_record(turn, completion_id)
        # The workspace of a press is that of whoever pressed; a channel's id is one of a kind.
        if asked is None or (asked.thread.platform, asked.thread.channel) != (viewer.platform, channel):
            raise Refused(UNKNOWN)
        if (viewer.platform, viewer.id) not in self._admins and viewer.id not in _askers(asked):
            raise Refused(PRIVATE)
        if asked.completion is None:
            return Receipt(asked)
        opinions = await self.store.opinions(asked.completion.id)
        try:  # it takes as long as the thread is long
            return await asyncio.to_thread(_receipt_of, asked, asked.completion, self._counting, opinions)
        except UnknownEntryError:
            raise Refused(UNKNOWN) from None


def _receipt_of(asked: TurnRecord, completion: StoredCompletion, counting: Counting, opinions: Opinions) -> Receipt:
    sent = put_together(completion, asked.record, counting)
    error = estimate.error(completion.estimated_tokens, model_facts.billed(completion.usage))
    return Receipt(asked, completion, sent, left_out(asked, completion, counting.count), error, opinions)


def _askers(asked: TurnRecord) -> frozenset[str]:
    of_turn = (message for message in asked.record.messages.values() if message.turn == asked.turn.id)
    return frozenset(message.author.id for message in of_turn if message.addressed or asked.turn.command)
