"""Opening the reply of a claimed turn: where its answer, or the sentence in its place, is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.ports import Checkpoint, PartLog, PartStore, Platform, Reply, ReplyRequest
from bot.core.reply.addressee import Addressee
from bot.core.reply.outage_notice import is_overlooked
from bot.core.turn import Claim, Turn


class ReplyOpener:
    """*overlooked_after*: an answer in place of an older notice is not noticed, so that the notice is removed first."""

    def __init__(
        self,
        part_store: PartStore,
        platforms: Mapping[str, Platform],
        checkpoint: Checkpoint,
        overlooked_after: timedelta,
    ) -> None:
        self._part_store = part_store
        self._platforms = platforms
        self._checkpoint = checkpoint
        self._overlooked_after = overlooked_after

    async def open(self, turn: Turn, to: Addressee) -> Reply:
        """The reply with the parts of earlier attempts. Raises PlatformError, and what PartLog raises."""
        thread = turn.conversation.thread
        request = ReplyRequest(
            thread=thread,
            turn=turn.claim.turn,
            parts=turn.parts,
            log=_ClaimedParts(self._part_store, turn.claim, self._checkpoint),
            asker=to.id,
            language=to.language,
            as_file=to.as_file,
            asker_home=to.home,
        )
        reply = await self._platforms[thread.platform].open_reply(request)
        if is_overlooked(turn, datetime.now(UTC), self._overlooked_after):
            await reply.remove()
        return reply

    async def reopen(self, turn: Turn, to: Addressee) -> Reply:
        """The reply with the parts that this attempt has posted, too. Raises as open() does."""
        return await self.open(replace(turn, parts=await self._part_store.parts(turn.claim)), to)


class _ClaimedParts(PartLog):
    """Notes the parts of one claimed turn's reply."""

    def __init__(self, part_store: PartStore, claim: Claim, checkpoint: Checkpoint) -> None:
        self._part_store = part_store
        self._claim = claim
        self._checkpoint = checkpoint

    async def intend(self, number: int) -> None:
        await self._part_store.intend_part(self._claim, number)
        await self._checkpoint(f"part {number} intended")

    async def posted(self, number: int, id: str) -> None:  # noqa: A002 - the platform's word
        await self._checkpoint(f"part {number} posted")
        await self._part_store.note_part(self._claim, number, id)
        await self._checkpoint(f"part {number} noted")

    async def removed(self, number: int) -> None:
        await self._part_store.forget_part(self._claim, number)

    async def check(self) -> None:
        await self._part_store.check(self._claim)
