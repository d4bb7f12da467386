"""Opens the reply of a claimed turn, which shows its answer or the sentence in its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.core.ports import Checkpoint, Closing, PartLog, PartStore, Reply, ReplyRequest
from bot.core.reply.attempt import Attempt
from bot.core.reply.outage_notice import would_be_overlooked
from bot.core.turn import Claim


class ReplyOpener:
    """*overlooked_after*: people overlook an answer in place of an older notice, so the notice is removed first."""

    def __init__(self, part_store: PartStore, checkpoint: Checkpoint, overlooked_after: timedelta) -> None:
        self._part_store = part_store
        self._checkpoint = checkpoint
        self._overlooked_after = overlooked_after

    async def open(self, attempt: Attempt) -> Reply:
        """The reply with the known parts of its turn. Raises PlatformError, and the exceptions of PartLog."""
        turn, to = attempt.turn, attempt.addressee
        request = ReplyRequest(
            thread=turn.conversation.thread,
            turn=turn.claim.turn,
            parts=turn.parts,
            log=_ClaimedParts(self._part_store, turn.claim, self._checkpoint),
            asker=to.id,
            language=to.language,
            as_file=to.as_file,
            asker_home=to.home,
            question=attempt.question,
        )
        reply = await attempt.platform.open_reply(request)
        if would_be_overlooked(turn, datetime.now(UTC), self._overlooked_after):
            await reply.remove()
        return reply


async def check_open(attempt: Attempt) -> None:
    """Raises ThreadClosed where people have closed the thread since they asked: no model is asked then."""
    thread, platform = attempt.turn.conversation.thread, attempt.platform
    if isinstance(platform, Closing):
        begun = bool(attempt.turn.parts) or attempt.question not in (None, thread.thread)
        await platform.check_open(thread, begun=begun)


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
