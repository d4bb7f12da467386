"""
Builds the receipt of an answer from the stored records.

This module decides who may see one. Its wording is in words.py; ports/receipts.py is the store of the records.
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
    """The details of one call of a turn. *call* and *sent* are None if no model was asked."""

    asked: TurnRecord
    completion: StoredCompletion | None = None
    sent: SentPrompt | None = None
    left_out: Sequence[LeftOut] = ()
    estimate_error: float | None = None  # as a fraction of what was billed
    opinions: Opinions = field(default_factory=Opinions)


@dataclass(frozen=True, slots=True)
class About:
    """Facts about this bot for the people who use it."""

    model: str  # empty: the offline demo answers
    reactions: Sequence[tuple[str, Operation]] = ()  # the configured names
    language: str = "en"  # for people whose language is unknown


class Refused(Exception):  # noqa: N818 - as Interrupted
    """The receipt is not shown. *key* names the sentence that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


PRIVATE, UNKNOWN = "receipt_private", "receipt_unknown"


class Receipts:
    """
    *admins* (platform, id) may see every receipt. *counting* is the model's, as for prompts.

    Facts that everybody may see come directly from the *store*.
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
        The receipt of *completion_id*, or of the shown answer.

        The asker and admins may see it. Raises Refused for everybody else, and for a turn outside *channel*, because
        turn numbers can be guessed. Raises LedgerError.
        """
        asked = await self.store.turn_record(turn, completion_id)
        # A press names the workspace of the person who pressed, so compare channels: their ids are unique.
        if asked is None or (asked.thread.platform, asked.thread.channel) != (viewer.platform, channel):
            raise Refused(UNKNOWN)
        if (viewer.platform, viewer.id) not in self._admins and viewer.id not in _askers(asked):
            raise Refused(PRIVATE)
        if asked.completion is None:
            return Receipt(asked)
        opinions = await self.store.opinions(asked.completion.id)
        try:  # takes time in proportion to the thread
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
