"""
The first part of an answer to a command: it fills in the response that Discord shows since it was called.

From then on that is a message of ours like any other, and what comes after it is posted where any answer is. Where the
token cannot be used (it is over, or Discord was never told that we have the command) all of it is posted there. A
private answer is another matter: private_calls.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.core.errors import PlatformError, UncertainError
from bot.core.ports import Interaction, InteractionStore, ReplyRequest
from bot.platforms.common.parts import Check, Noted, WantedPart
from bot.platforms.discord.calls.errors import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
)
from bot.platforms.discord.calls.limits import DELETE_RESPONSE, EDIT_RESPONSE, FOLLOW_UP, MESSAGES
from bot.platforms.discord.incoming.events import moment_of
from bot.platforms.discord.markup.message import Piece, content
from bot.platforms.discord.places.payloads import Json, mapping, number, text
from bot.platforms.discord.reply.part_calls import IN_DOUBT, DiscordPartCalls, uploads
from bot.platforms.discord.reply.services import ReplyServices
from bot.platforms.discord.reply.where import GONE

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

UNACKNOWLEDGED = "unknown_webhook"  # what Discord says of a token before we have acknowledged the interaction
USELESS = frozenset({UNACKNOWLEDGED, "expired_interaction", UNKNOWN_INTERACTION, UNKNOWN_MESSAGE})
ACKNOWLEDGED_AFTER = timedelta(seconds=4)  # or never: an interaction is acknowledged within 3 seconds
AGAIN_SECONDS = 0.2
LOADING = 1 << 7  # "Message Flags": no words yet
FIRST_MESSAGES = 50  # that come after an interaction, its response among them


def is_usable(interaction: Interaction) -> bool:
    return interaction.token is not None and interaction.ends_at > datetime.now(UTC)


async def once_acknowledged(
    interaction: Interaction, call: Callable[[], Awaitable[Result]], check: Check = lambda: None
) -> Result:
    """The result of *call* with the token: an answer may be there before Discord was told of it."""
    while True:
        check()
        try:
            return await call()
        except PlatformError as error:
            age = datetime.now(UTC) - moment_of(int(interaction.message.id))
            if error.code != UNACKNOWLEDGED or age > ACKNOWLEDGED_AFTER:
                raise
        await asyncio.sleep(AGAIN_SECONDS)


class RespondingPartCalls(DiscordPartCalls):
    """Of the reply to *interactions*, oldest first: the last one's response is the first part."""

    def __init__(
        self,
        shared: ReplyServices,
        us: str,
        request: ReplyRequest,
        interactions: Sequence[Interaction],
        store: InteractionStore,
    ) -> None:
        super().__init__(shared, us, request)
        self._interactions, self._store = interactions, store
        self._refused: set[str] = set()  # whose tokens are of no use
        self._unfound: set[int] = set()  # parts of which it is not known whether they stand anywhere
        if request.thread.thread in {each.message.id for each in interactions}:
            self.where.stay()

    async def post(self, part: WantedPart[Piece], noted: Noted) -> bool:
        if part.number == 1:
            for interaction in self._usable():
                if await self._respond(interaction, part, noted):
                    await self._take_away_others()
                    return True
        try:
            return await super().post(part, noted)
        except PlatformError as error:
            last = next((each for each in reversed(self._interactions) if is_usable(each)), None)
            if error.code != MISSING_PERMISSIONS or last is None:
                raise
        if part.number in self._unfound:
            self.in_doubt = True
            raise PlatformError(IN_DOUBT, passing=False)
        return await self._follow_up(str(last.token), part, noted)

    async def find(self, missing: Mapping[int, datetime], known: Collection[str]) -> Mapping[int, str]:
        found = await self._shown_with_token(missing, known)
        left = {each: at for each, at in missing.items() if each not in found}
        if left:
            found |= await super().find(left, [*known, *found.values()])
        self._unfound |= missing.keys() - found.keys()
        self.may_have_file = bool(self._unfound)
        return found

    def _usable(self) -> list[Interaction]:
        """The last one first."""
        return [
            each for each in reversed(self._interactions) if is_usable(each) and each.message.id not in self._refused
        ]

    async def _respond(self, interaction: Interaction, part: WantedPart[Piece], noted: Noted) -> bool:
        """Whether the response shows the part now."""
        token, wanted, files = str(interaction.token), self.changed(part.content), uploads(part.content)

        async def make(check: Check) -> str | None:
            edit = lambda: self._api.edit_response(token, wanted, files)  # noqa: E731
            try:
                message = await once_acknowledged(interaction, edit, check)
            except UncertainError:
                raise
            except PlatformError as error:
                if error.code not in USELESS:
                    raise
                logger.info("discord: a response cannot be filled in: %s", error.code)
                return None
            return self._noted(message)

        id_ = await self.admitted(EDIT_RESPONSE, lambda: noted(make), final=part.final, channel=token)
        if id_ is None:
            await self._give_up(interaction)
            return False
        self._refused.add(interaction.message.id)  # posted once more, it would be the same message
        self._shared.status.posted(self._thread)
        return True

    async def _follow_up(self, token: str, part: WantedPart[Piece], noted: Noted) -> bool:
        """We may not post where we were called; what answers a command may stand there all the same."""
        wanted = content(part.content)

        async def make(_: Check) -> str:
            return self._noted(await self._api.follow_up(token, wanted), part.number)

        await self.admitted(FOLLOW_UP, lambda: noted(make), final=part.final, channel=token)
        return True

    async def _give_up(self, interaction: Interaction) -> None:
        self._refused.add(interaction.message.id)
        await self._store.end(interaction.message)

    def _noted(self, message: Json, part: int = 1) -> str:
        id_ = text(message, "id")
        self._shared.posted.note(id_, self._turn, part)
        self.where.note(id_, text(message, "channel_id") or self._thread.channel)
        return id_

    async def _take_away_others(self) -> None:
        """Several questions have one answer: the responses to the others need not wait for one of their own."""
        for interaction in self._usable():
            token = str(interaction.token)
            delete = lambda: self._api.delete_response(token)  # noqa: B023, E731 - called at once
            try:
                await self._limits.call(DELETE_RESPONSE, delete, final=True, channel=token)
            except PlatformError as error:
                logger.info("discord: a response cannot be taken away: %s", error.code)
            await self._give_up(interaction)

    # What was shown with a token while nobody could note it

    async def _shown_with_token(self, missing: Collection[int], known: Collection[str]) -> dict[int, str]:
        for interaction in reversed(self._interactions):
            for channel in self.where.candidates():
                after = reversed(await self._after(interaction.message.id, channel))
                shown = [each for each in after if _is_of(each, interaction) and text(each, "id") not in known]
                if found := _matched(missing, shown):
                    return {part: self._noted(message, part) for part, message in found.items()}
        return {}

    async def _after(self, interaction: str, channel: str) -> Sequence[Json]:
        read = lambda: self._api.messages(channel, after=interaction, limit=FIRST_MESSAGES)  # noqa: E731
        try:
            return await self._limits.call(MESSAGES, read, final=True, channel=channel)
        except PlatformError as error:
            if error.code in GONE or error.code == MISSING_ACCESS:
                return ()
            raise


def _is_of(message: Json, interaction: Interaction) -> bool:
    """Whether *message* was shown with its token, and has words."""
    about: Mapping[str, Any] = mapping(message, "interaction_metadata")
    loading = (number(message.get("flags")) or 0) & LOADING
    return text(about, "id") == interaction.message.id and not loading and bool(text(message, "content"))


def _matched(missing: Collection[int], shown: Sequence[Json]) -> dict[int, Json]:
    """Which of the messages that were *shown* with a token, oldest first, are the *missing* parts."""
    follow_ups = [each for each in shown if text(mapping(each, "interaction_metadata"), "original_response_message_id")]
    responses = [each for each in shown if each not in follow_ups]
    first, others = [each for each in missing if each == 1], sorted(each for each in missing if each > 1)
    return {**dict(zip(first, responses, strict=False)), **dict(zip(others, follow_ups, strict=False))}
