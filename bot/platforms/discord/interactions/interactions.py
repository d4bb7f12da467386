"""
Commands, buttons and forms: each is stored like anything that is said, and Discord is told within its 3 seconds.

What the payload says is in received.py, what it becomes in questions.py and presses.py, how Discord is told in
acknowledgement.py. Answers are shown by reply/, with the token that is kept here.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.core.conversation import Acted, Operation, Reacted
from bot.core.errors import LedgerError, PlatformError
from bot.core.files import FileRef
from bot.core.ports import Interaction, InteractionStore, Receive, ThreadIndex
from bot.core.receipt.receipt import Receipts
from bot.core.retry import Backoff
from bot.core.texts import DEFAULT_LANGUAGE, language_for, sentence
from bot.core.turn import Notice
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import FOLLOW_UP, MESSAGE
from bot.platforms.discord.incoming.events import ref_of
from bot.platforms.discord.incoming.files import files_of
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.reactions import Signs
from bot.platforms.discord.interactions import commands, questions
from bot.platforms.discord.interactions.acknowledgement import (
    MODAL,
    NOTED,
    THINKING,
    THINKING_PRIVATELY,
    Acknowledger,
    shown,
)
from bot.platforms.discord.interactions.lookups import Lookups
from bot.platforms.discord.interactions.presses import ANOTHER, acted
from bot.platforms.discord.interactions.received import COMPONENT, EPHEMERAL, Received, received
from bot.platforms.discord.markup.buttons import RECEIPT, Button, button_of
from bot.platforms.discord.places import Place, Places
from bot.platforms.discord.places.payloads import Json, text

logger = logging.getLogger(__name__)

T = TypeVar("T")

BACKOFF = Backoff(first=0.25, longest=10.0)  # while something cannot be stored
FILES_SECONDS = 0.7  # that a question about a message waits to be told of its files
MOST_TAKEN = 1_000  # interactions that are remembered
ENDS_SECONDS = 5.0  # between two looks for tokens that end
FORGET_EVERY = 12  # looks
LAST_CALL = timedelta(seconds=10)  # before the end: later than an answer that is being written says so itself


@dataclass(frozen=True, slots=True)
class InteractionServices:
    """
    What interactions are answered with. Made by the adapter. *store*: without one nothing is asked by commands.

    *takes*: whether we answer in a guild; empty for direct messages.
    """

    api: DiscordApi
    places: Places
    index: ThreadIndex
    store: InteractionStore | None
    receipts: Receipts | None
    signs: Signs
    takes: Callable[[str], bool] = lambda _guild: True


class Interactions:
    """heard() answers one interaction; end_tokens() is a chore beside it."""

    def __init__(
        self, services: InteractionServices, us: Identity, receive: Receive, acknowledger: Acknowledger | None = None
    ) -> None:
        self._api, self._places, self._index = services.api, services.places, services.index
        self._store, self._takes = services.store, services.takes
        self._lookups = Lookups(services.receipts, services.signs, direct=services.takes(""))
        self._us, self._receive = us, receive
        self._taken: dict[str, None] = {}  # the ids of the last ones
        self._acknowledger = acknowledger or Acknowledger(services.api)
        self._language = services.receipts.about.language if services.receipts else DEFAULT_LANGUAGE

    async def heard(self, data: Json) -> None:
        """The data of an INTERACTION_CREATE. Returns when all is done that is to be done for it."""
        found = received(data)
        if found is None or found.id in self._taken:
            return  # a session that is resumed may tell of it again
        found = replace(found, place_locale=self._places.guild_locale(found.workspace))
        self._taken[found.id] = None
        if len(self._taken) > MOST_TAKEN:
            del self._taken[next(iter(self._taken))]
        if not self._takes(found.guild or ""):
            await self._acknowledger.respond(found, shown(self._lookups.told(found, "not_here")[0]))
        elif found.kind == COMPONENT:
            await self._pressed(found)
        elif self._store is not None and questions.asks(found):
            await self._asked(found, self._store)
        elif found.name == commands.ASK_THIS and found.target:
            form = questions.form(found, self._lookups.language(found))
            await self._acknowledger.respond(found, {"type": MODAL, "data": form})
        else:
            await self._answer(found, self._looked_up(found))

    def has_taken(self, id_: str) -> bool:
        """Whether this process has lately heard the interaction with that id."""
        return id_ in self._taken

    async def end_tokens(self) -> None:
        """Say of private answers that they end, and forget the tokens that are over, until cancelled."""
        store = self._store
        if store is None:
            return
        for look in itertools.count():
            try:
                for ending, locale in await store.ending(LAST_CALL):
                    await store.end(ending.message)
                    await self._end(ending, language_for(locale, "", self._language))
                if look % FORGET_EVERY == 0:
                    await store.forget_tokens()
            except LedgerError as error:
                logger.info("discord: tokens that are over are forgotten later: %s", error)
            await asyncio.sleep(ENDS_SECONDS)

    async def _end(self, ending: Interaction, language: str) -> None:
        """Its answer has not come, and will not be shown."""
        said = {"content": sentence(Notice("private_over"), language), "flags": EPHEMERAL}
        try:
            follow = lambda: self._api.follow_up(ending.token or "", said)  # noqa: E731
            await self._api.limits.call(FOLLOW_UP, follow, final=True, channel=ending.token or "")
        except PlatformError as error:
            logger.info("discord: a private answer ends without a word: %s", error.code)

    # Questions

    async def _asked(self, asking: Received, store: InteractionStore) -> None:
        # Whether the place is a direct message, where all is private, is known without asking for it.
        private = asking.guild is not None and asking.options.get(commands.PRIVATE) is True
        usual = THINKING_PRIVATELY if private and asking.name == commands.ASK else THINKING
        if not await self._answer(asking, self._ask(asking, store), usual):
            place = await self._place(asking)
            if place is not None:
                await _until_stored(lambda: store.end(ref_of(asking.id, place)))  # it will never be of use

    async def _ask(self, asking: Received, store: InteractionStore) -> Sequence[str]:
        """Nothing where an answer or a confirmation will come; else why there is none."""
        place = await self._place(asking)
        if place is None:
            return self._lookups.told(asking, "not_here")
        if place.locked:
            return self._lookups.told(asking, "thread_locked")
        files = await self._files_about(asking)

        async def commit() -> bool:
            posted, interaction = await questions.asked(asking, place, self._index, self._us, files)
            await store.note(interaction)
            await self._receive(posted)
            return await store.is_awaited(posted.ref)

        if await _until_stored(commit):
            return []
        return self._lookups.told(asking, "setting_overtaken" if asking.name in commands.SET_BY else "asked_when_quiet")

    async def _files_about(self, asking: Received) -> tuple[FileRef, ...]:
        message = questions.about(asking)
        if message is None:
            return ()
        try:
            async with asyncio.timeout(FILES_SECONDS):
                read = lambda: self._api.message(asking.channel, message)  # noqa: E731
                return files_of(await self._api.limits.call(MESSAGE, read, final=False, channel=asking.channel))
        except (PlatformError, TimeoutError):
            return ()

    # Buttons

    async def _pressed(self, press: Received) -> None:
        button = button_of(press.name)
        if button is None:
            await self._acknowledger.respond(press, NOTED)  # of another program, or forged
        elif button.action == RECEIPT:
            await self._answer(press, self._receipt(press, button))
        else:
            await self._answer(press, self._act(press, button), NOTED)

    async def _receipt(self, press: Received, button: Button) -> Sequence[str]:
        return await self._lookups.receipt(press, await self._place(press), button.turn, button.completion)

    async def _act(self, press: Received, button: Button) -> Sequence[str]:
        place = await self._place(press)
        event: Acted | None = None
        if place is not None:
            event = await _until_stored(lambda: acted(press, button, place, self._index))
        if event is None:
            return []
        if event.operation in ANOTHER and place is not None and place.locked:
            return self._lookups.told(press, "thread_locked")
        if event.operation in ANOTHER and press.below_private and not await self._can_be_shown(button.turn):
            return [sentence(Notice("private_over"), self._lookups.language(press))]
        await _until_stored(lambda: self._receive(event))
        return []

    async def _can_be_shown(self, turn: int) -> bool:
        """Whether a private answer can still be changed."""
        store = self._store
        found = await _until_stored(lambda: store.of_turn(turn)) if store is not None else ()
        return any(each.token is not None and each.ends_at > datetime.now(UTC) for each in found)

    # Messages to one person

    async def _looked_up(self, asking: Received) -> Sequence[str]:
        match asking.name:
            case commands.HELP:
                return await self._lookups.help(asking)
            case commands.DETAILS:
                return await self._lookups.newest_receipt(asking, await self._place(asking))
            case commands.DETAILS_OF:
                return await self._lookups.receipt_of_message(asking, await self._place(asking))
            case commands.TRY_AGAIN:
                return await self._repeat(asking)
        return self._lookups.told(asking, "command_unknown")

    async def _repeat(self, asking: Received) -> Sequence[str]:
        """The same as the reaction."""
        place = await self._place(asking)
        ref = ref_of(text(asking.target, "id"), place) if place else None
        if ref is None or await _until_stored(lambda: self._lookups.turn_of(ref)) is None:
            return self._lookups.told(asking, "not_an_answer")
        if place is not None and place.locked:
            return self._lookups.told(asking, "thread_locked")
        event = Reacted(ref, Operation.REPEAT, asking.user, added=True, at=asking.at)
        await _until_stored(lambda: self._receive(event))
        return self._lookups.told(asking, "repeats")

    # Shared by them

    async def _answer(
        self, found: Received, work: Coroutine[Any, Any, Sequence[str]], usual: Json = THINKING_PRIVATELY
    ) -> bool:
        return await self._acknowledger.answer(found, work, usual)

    async def _place(self, found: Received) -> Place | None:
        return await _until_stored(lambda: self._places.find(found.channel, found.guild))


async def _until_stored(store: Callable[[], Awaitable[T]]) -> T:
    """The result of *store*, once it succeeds: Discord does not bring the event again."""
    failures = 0
    while True:
        try:
            return await store()
        except (LedgerError, PlatformError) as error:
            if isinstance(error, PlatformError) and not error.passing:
                raise
            failures += 1
            if failures == 1:
                logger.warning("discord: an interaction cannot be stored and is kept: %s", error)
            await asyncio.sleep(BACKOFF.wait(failures))
