"""
Discord as a Platform: events come in over the gateway and are committed, replies go out over the REST API.

Parts of it have rooms of their own: the gateway, what payloads say, reading back, replies. Here they meet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiohttp

from bot.core.conversation import Incoming, Posted, ThreadRef
from bot.core.errors import LedgerError, PlatformError, ThreadClosed
from bot.core.files import FileRef
from bot.core.ports import (
    Foresight,
    InteractionStore,
    PlaceContents,
    Receive,
    References,
    Reply,
    ReplyRequest,
    SharedWatermarks,
    ThreadIndex,
    ThreadRead,
)
from bot.core.prompt.speakers import unbracketed
from bot.core.receipt.receipt import Receipts
from bot.platforms.common.catch_up import CatchUp, CatchUpSettings
from bot.platforms.common.chores import beside, started
from bot.platforms.common.leases import Leases, OwnLeases
from bot.platforms.discord.calls.api import DEFAULT_URL, DiscordApi
from bot.platforms.discord.calls.errors import INVALID_TOKEN, THREAD_LOCKED
from bot.platforms.discord.calls.limits import DiscordLimiter
from bot.platforms.discord.calls.requests import Json
from bot.platforms.discord.gateway.connection import DISALLOWED_INTENTS, Connection, Patience
from bot.platforms.discord.gateway.connections import Connections
from bot.platforms.discord.gateway.dispatch import Dispatch, Ears, Listening
from bot.platforms.discord.gateway.shard_watermarks import ShardWatermarks
from bot.platforms.discord.gateway.starts import Starts
from bot.platforms.discord.incoming.events import PLATFORM, position_of
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.participants import name_of
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS, Signs
from bot.platforms.discord.interactions.interactions import Interactions, InteractionServices
from bot.platforms.discord.interactions.registration import keep_registering
from bot.platforms.discord.markup import text as discord_text
from bot.platforms.discord.places import DIRECT, Place, Places
from bot.platforms.discord.places.payloads import text
from bot.platforms.discord.reading.channels import DiscordChannelReader
from bot.platforms.discord.reading.files import DiscordFiles
from bot.platforms.discord.reading.gone import GonePlaces
from bot.platforms.discord.reading.names import DiscordDirectory
from bot.platforms.discord.reading.thread import DiscordThreadReader
from bot.platforms.discord.reply.pace import PACE
from bot.platforms.discord.reply.reply import opened
from bot.platforms.discord.reply.services import ReplyServices
from bot.platforms.discord.setup.checks import REMEDIES, has_content
from bot.platforms.discord.status.titles import Titles
from bot.platforms.discord.status.typing import SHOWN_SECONDS, DiscordTyping
from bot.platforms.discord.status.unseen import Unseen

logger = logging.getLogger(__name__)

CHANNEL_UPDATE = "CHANNEL_UPDATE"
RIGHTS_CHANGED = (CHANNEL_UPDATE, "GUILD_ROLE_UPDATE", "GUILD_MEMBER_UPDATE")  # of members we hear of ourselves alone


class DiscordPlatform:
    """
    The Platform port for one application of Discord's, in all its guilds.

    *api_url* is the base of the REST API, which also names the gateway's address. Nothing is opened before start() or
    run().
    """

    name = PLATFORM
    pace = PACE
    direct_topics = True

    def __init__(
        self,
        *,
        token: str,
        index: ThreadIndex,
        api_url: str = DEFAULT_URL,
        watermarks: SharedWatermarks | None = None,
        catch_up: CatchUpSettings | None = None,
        reactions: Signs = DEFAULT_SIGNS,
        receipts: Receipts | None = None,
        interactions: InteractionStore | None = None,
        foresight: Foresight | None = None,
        contents: PlaceContents | None = None,
        allowed_guilds: Collection[str] = frozenset(),
        direct_messages: bool = True,
        shards: int | None = 1,
        leases: Leases | None = None,
        patience: Patience | None = None,
        typing_seconds: float = SHOWN_SECONDS,
    ) -> None:
        """
        Without *watermarks* nothing that was missed is read, without *interactions* there are no commands, without
        *foresight* nobody is told that their message came without its words, without *contents* nothing is erased with
        a channel or a thread.

        *allowed_guilds*: empty for all. *shards*: connections that are asked for, None for as many as Discord
        recommends. *leases*: of processes that share them; None for one that is alone.
        """
        self._api = DiscordApi(token, api_url, DiscordLimiter())
        leases, patience = leases or OwnLeases(), patience or Patience()
        starts = Starts(self._api, leases, patience.between)
        connect = partial(Connection, self._api, token, api_url, patience, starts=starts)
        self._connections = Connections(connect, starts, leases, patience, shards)
        self._index, self._reactions = index, reactions
        self._watermarks, self._catch_up_settings = watermarks, catch_up or CatchUpSettings()
        self._listening = Listening(frozenset(allowed_guilds), direct=direct_messages)
        self._places, self._titles = Places(self._api), Titles()
        self._status = DiscordTyping(self._api, self._places, self._titles, typing_seconds)
        self._replies = ReplyServices(
            self._api, self._places, index, self._status, self._titles, interactions, direct=direct_messages
        )
        self._interactions, self._receipts = interactions, receipts
        self._gone = GonePlaces(self._api, self._places, contents, interactions) if contents is not None else None
        self._foresight, self._unseen = foresight, Unseen(self._api, self._places)
        self._directory = DiscordDirectory(self._api, self._places)
        self._files = DiscordFiles(self._api, api_url)
        self._threads = DiscordThreadReader(self._api, self._places, index, reactions)
        self._identity: Identity | None = None
        self._commands: Interactions | None = None
        self.hears_content = False  # of messages that do not mention us; known once start() has returned

    @property
    def ready(self) -> bool:
        """Whether we know our own name: `readable` takes it out of what people say."""
        return self._identity is not None

    @property
    def connected(self) -> bool:
        """Whether events can reach us now, as far as this machine knows, or another process that holds the gateway."""
        return self._connections.connected

    async def start(self) -> Identity:
        """Check the token and read what the application may hear. Raises PlatformError."""
        application = await self._api.application()
        self.hears_content = has_content(application)
        return await self._identify(application)

    async def run(self, receive: Receive) -> None:
        async with aiohttp.ClientSession() as session:
            self._api.use(session)
            try:
                us = await started(PLATFORM, self.start)
                await self._while_usable(self._serve(receive, us))
            finally:
                await self._status.close()
                self._api.use(None)  # replies that are still written go on without it

    async def _while_usable(self, serving: Coroutine[Any, Any, None]) -> None:
        """Raises PlatformError as soon as Discord refuses the token: the gateway might not say so for long."""
        task, unusable = asyncio.create_task(serving), asyncio.create_task(self._api.unusable.wait())
        try:
            await asyncio.wait([task, unusable], return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise PlatformError(INVALID_TOKEN, passing=False)
            await task
        finally:
            task.cancel()
            unusable.cancel()
            await asyncio.wait([task, unusable])

    async def _serve(self, receive: Receive, us: Identity) -> None:
        receive = self._titled(receive)
        self._commands = self._taking_commands(us, receive)
        async with AsyncExitStack() as chores:
            if self._interactions is not None:
                await chores.enter_async_context(beside(PLATFORM, keep_registering(self._api)))
                await chores.enter_async_context(beside(PLATFORM, self._commands.end_tokens()))
            await self._connections.serve(partial(self._hear, us, self._commands, receive))

    def _titled(self, receive: Receive) -> Receive:
        async def titled(incoming: Incoming) -> None:
            opens = isinstance(incoming, Posted) and incoming.addressed and incoming.opens_thread
            if isinstance(incoming, Posted) and opens and not self._refers_to_others(incoming.text):
                self._titles.note(incoming.id, incoming.words)  # else it is read again when its thread is opened
            await receive(incoming)

        return titled

    def _refers_to_others(self, text: str) -> bool:
        """By ids, whose names are not in *text*."""
        told = self.references(text)
        return bool(told.channels) or any(each != self.own_id for each in told.people)

    def _taking_commands(self, us: Identity, receive: Receive) -> Interactions:
        services = InteractionServices(
            self._api,
            self._places,
            self._index,
            self._interactions,
            self._receipts,
            self._reactions,
            self._listening.takes,
        )
        return Interactions(services, us, receive)

    # One connection

    async def _hear(self, us: Identity, commands: Interactions, receive: Receive, connection: Connection) -> None:
        """Until it is cancelled. What is known of its guilds is forgotten then: nobody tells us of changes any more."""
        try:
            if self._watermarks is None:
                await self._listen(us, commands, connection, receive, _nothing_missed, lambda: None)
                return
            watermarks = ShardWatermarks(self._watermarks, connection.shard)
            await _begun(watermarks)
            catch_up = self._catch_up(us, connection, receive, watermarks)
            async with beside(PLATFORM, catch_up.run()):
                missed, on_new_session = catch_up.joined, catch_up.new_connection
                await self._listen(us, commands, connection, catch_up.receive, missed, on_new_session)
        finally:
            self._places.forget(connection.shard.serves)

    def _catch_up(self, us: Identity, connection: Connection, receive: Receive, watermarks: ShardWatermarks) -> CatchUp:
        shard = connection.shard
        channels = DiscordChannelReader(
            self._api,
            self._places,
            self._index,
            us,
            self._reactions,
            self._catch_up_settings.longest,
            lambda guild: shard.serves(guild) and self._listening.takes(guild),
            lambda: watermarks.direct_channels(PLATFORM),
            self._gone,
        )
        return CatchUp(
            platform=PLATFORM,
            workspace=None,  # one connection serves many guilds
            channels=channels,
            watermarks=watermarks,
            receive=receive,
            session=lambda: connection.session,
            settings=self._catch_up_settings,
        )

    async def _listen(
        self,
        us: Identity,
        commands: Interactions,
        connection: Connection,
        receive: Receive,
        missed: Callable[[str], Awaitable[None]],
        on_new_session: Callable[[], None],
    ) -> None:
        ears = Ears(receive, missed, commands.heard, self._note, self._tell_of_unseen, self._gone)
        dispatch = Dispatch(ears, us, self._places, self._index, self._reactions, self._listening)
        async with AsyncExitStack() as chores:
            chores.push_async_callback(lambda: asyncio.shield(asyncio.ensure_future(dispatch.drain())))
            await self._connect(connection, dispatch, on_new_session)

    async def _connect(self, connection: Connection, dispatch: Dispatch, on_new_session: Callable[[], None]) -> None:
        content = self.hears_content
        try:
            await connection.serve(dispatch.heard, on_new_session, content=content)
        except PlatformError as error:
            if error.code != DISALLOWED_INTENTS or not content:
                raise
        # It was switched off since we asked: what we do without it is better than nothing.
        logger.warning("discord: without the message content intent from now on. %s", REMEDIES[DISALLOWED_INTENTS])
        self.hears_content = False
        await connection.serve(dispatch.heard, on_new_session)

    async def _tell_of_unseen(self, posted: Posted, place: Place) -> None:
        """Somebody expects an answer to what we are not shown."""
        if self.hears_content or self._foresight is None or not await self._foresight.would_answer(posted):
            return
        await self._unseen.say(place, posted.id)

    def _note(self, name: str, data: Json) -> None:
        self._directory.note(name, data)
        self._files.note(name, data)
        if name in RIGHTS_CHANGED:  # whoever grants what was missing tries it at once
            channel = text(data, "id") if name == CHANNEL_UPDATE else ""
            self._replies.threadless.forget(channel)
            self._replies.fileless.forget(channel)

    async def open_reply(self, request: ReplyRequest) -> Reply:
        return await opened(self._replies, await self._identify(), request)

    async def check_open(self, thread: ThreadRef, *, begun: bool) -> None:
        """The Closing port."""
        if begun and thread.workspace != DIRECT:
            try:
                await self._places.find(thread.thread, thread.workspace)
            except PlatformError as error:
                logger.info("discord: whether a thread is locked is not told: %s", error.code)
        if self._places.is_locked(thread.thread):
            raise ThreadClosed(THREAD_LOCKED)

    async def read_thread(self, thread: ThreadRef) -> ThreadRead:
        """The ThreadReader port."""
        return await self._threads.read(await self._identify(), thread)

    async def show_status(self, thread: ThreadRef, message: str, text: str, title: str = "") -> None:
        """The Status port. Never raises. What was asked by a command Discord shows to be at work itself."""
        if self._commands is None or not self._commands.has_taken(message):
            await self._status.show_status(thread, message, text, title)

    async def clear_status(self, thread: ThreadRef, message: str, *, left_behind: bool = False) -> None:
        await self._status.clear_status(thread, message, left_behind=left_behind)

    async def names(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:
        """The Directory port. Never raises."""
        return await self._directory.names(workspace, participants)

    async def locales(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:  # noqa: ARG002 - the same everywhere
        return self._directory.locales(participants)

    def place_locale(self, thread: ThreadRef) -> str | None:
        return self._places.guild_locale(thread.workspace)

    async def channel_names(self, thread: ThreadRef, channels: Collection[str]) -> Mapping[str, str]:
        return await self._directory.channel_names(thread, channels)

    async def fetch(self, file: FileRef, limit: int) -> bytes:
        """The FileReader port."""
        return await self._files.fetch(file, limit)

    @property
    def own_id(self) -> str | None:
        return self._identity.user_id if self._identity else None

    def own_name(self, workspace: str) -> str | None:
        us = self._identity
        return (self._places.own_name_in(workspace) or us.called) if us else None

    def references(self, text: str) -> References:
        return discord_text.references(text)

    def readable(self, text: str, names: Mapping[str, str] | None = None) -> str:
        us = self._identity
        called = unbracketed(self._places.own_name or us.called) if us else ""  # as the names that the core hands in
        own = {us.user_id: called} if us else {}
        return discord_text.readable(text, self.own_id or "", {**own, **(names or {})})

    async def _identify(self, application: Json | None = None) -> Identity:
        """Who we are is asked for once."""
        if self._identity is None:
            id_ = text(application or await self._api.application(), "id")
            me = await self._api.me()
            self._places.own_id = text(me, "id")
            self._identity = Identity(id_, text(me, "id"), name_of(me) or "")
        return self._identity


async def _begun(watermarks: ShardWatermarks) -> None:
    try:
        await watermarks.begin(PLATFORM, position_of(datetime.now(UTC)))
    except LedgerError as error:
        logger.warning("discord: the database cannot be used to note where reading begins: %s", error)


async def _nothing_missed(_channel: str) -> None:
    """Where nothing that was missed is read."""
