"""Look-ups that only the person who asks sees: receipts, and how to use the bot. Nothing of them is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from bot.core.conversation import MessageRef
from bot.core.errors import LedgerError
from bot.core.ports import Use
from bot.core.receipt.receipt import UNKNOWN, Receipts, Refused
from bot.core.receipt.words import sections
from bot.core.texts import DEFAULT_LANGUAGE, label
from bot.platforms.discord.incoming.events import ref_of
from bot.platforms.discord.incoming.reactions import Signs
from bot.platforms.discord.interactions import sheets
from bot.platforms.discord.interactions.received import Received
from bot.platforms.discord.places import Place
from bot.platforms.discord.places.payloads import text

AWAY = "receipt_away"


class Lookups:
    """Each method returns the messages to show to the person who asked. *place*: None if it is gone."""

    def __init__(self, receipts: Receipts | None, signs: Signs, *, direct: bool) -> None:
        """*direct*: whether we answer direct messages."""
        self._receipts, self._signs, self._direct = receipts, signs, direct
        self._default = receipts.about.language if receipts else DEFAULT_LANGUAGE

    def language(self, asking: Received) -> str:
        return asking.language(self._default)

    def told(self, asking: Received, key: str) -> Sequence[str]:
        return [label(key, self.language(asking))]

    async def help(self, asking: Received) -> Sequence[str]:
        use: Use | None = None
        if self._receipts is not None:
            month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            with suppress(LedgerError):
                use = await self._receipts.store.use(asking.viewer, month)
        about = self._receipts.about if self._receipts else None
        return sheets.help_text(about, use, self._signs, self.language(asking), direct=self._direct)

    async def newest_receipt(self, asking: Received, place: Place | None) -> Sequence[str]:
        """Of what *asking* asked last in that place."""
        receipts = self._receipts
        if place is None or receipts is None:
            return self.told(asking, UNKNOWN)
        store, channel, thread = receipts.store, place.channel, place.thread
        return await self._found(asking, place, lambda: store.newest_turn(asking.viewer, channel, thread))

    async def receipt_of_message(self, asking: Received, place: Place | None) -> Sequence[str]:
        if place is None:
            return self.told(asking, UNKNOWN)
        return await self._found(asking, place, lambda: self.turn_of(ref_of(text(asking.target, "id"), place)))

    async def receipt(
        self, asking: Received, place: Place | None, turn: int | None, completion: int | None = None
    ) -> Sequence[str]:
        if place is None or self._receipts is None or turn is None:
            return self.told(asking, UNKNOWN)
        try:
            found = await self._receipts.receipt(asking.viewer, place.channel, turn, completion)
        except Refused as refused:
            return self.told(asking, refused.key)
        except LedgerError:
            return self.told(asking, AWAY)
        language = self.language(asking)
        return sheets.receipt(sections(found, language), turn, language)

    async def turn_of(self, message: MessageRef) -> int | None:
        """The turn whose answer a message is. Raises LedgerError."""
        return await self._receipts.store.turn_of(message) if self._receipts else None

    async def _found(self, asking: Received, place: Place, look: Callable[[], Awaitable[int | None]]) -> Sequence[str]:
        try:
            turn = await look()
        except LedgerError:
            return self.told(asking, AWAY)
        return await self.receipt(asking, place, turn)
