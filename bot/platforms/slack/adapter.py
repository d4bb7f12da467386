"""
Slack as a Platform: events come in and are committed before Slack is told; replies go out.

Parts of it have rooms of their own: payloads events.py, Socket Mode socket_mode.py, HTTP http.py, replies reply.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot.core.conversation import Deleted, MessageRef, ThreadRef
from bot.core.errors import LedgerError, PlatformError
from bot.core.files import FileRef
from bot.core.ports import (
    ChannelIds,
    PlaceContents,
    Receive,
    References,
    Reply,
    ReplyRequest,
    ThreadRead,
    Viewer,
    Watermarks,
)
from bot.core.prompt.speakers import unbracketed
from bot.core.receipt.receipt import Receipts
from bot.core.texts import language_of
from bot.platforms.common.catch_up import CatchUp, CatchUpSettings
from bot.platforms.common.chores import beside, started
from bot.platforms.common.limiter import Limiter
from bot.platforms.common.payloads import string
from bot.platforms.slack.calls import sessions
from bot.platforms.slack.calls.api import DEFAULT_URL, SlackApi
from bot.platforms.slack.calls.limits import RATES
from bot.platforms.slack.calls.logs import bolt_logger
from bot.platforms.slack.incoming.actions import acted
from bot.platforms.slack.incoming.events import PLATFORM, Identity, for_another_team, gone, incoming, joined
from bot.platforms.slack.incoming.moved_channels import moved
from bot.platforms.slack.incoming.participants import name_of, user_changed
from bot.platforms.slack.incoming.reactions import DEFAULT_NAMES, Names, reacted
from bot.platforms.slack.incoming.slash_commands import told_to_mention
from bot.platforms.slack.markup import text as slack_text
from bot.platforms.slack.reading.channel_follower import ChannelFollower
from bot.platforms.slack.reading.channels import SlackChannelReader
from bot.platforms.slack.reading.files import SlackFiles
from bot.platforms.slack.reading.names import SlackDirectory
from bot.platforms.slack.reading.thread import SlackThreadReader
from bot.platforms.slack.reply.answer_file import FileSettings
from bot.platforms.slack.reply.fallbacks import MessageFeatures
from bot.platforms.slack.reply.pace import PACE
from bot.platforms.slack.reply.reply import SlackReply
from bot.platforms.slack.reply.services import ReplyServices
from bot.platforms.slack.reply.streams import Streams
from bot.platforms.slack.status.status import SlackStatus
from bot.platforms.slack.transport.dispatch import App
from bot.platforms.slack.transport.http import HttpSettings, Listener
from bot.platforms.slack.transport.socket_mode import Connection
from bot.platforms.slack.view_opener import ViewOpener

logger = logging.getLogger(__name__)

Invited = Callable[[str], Awaitable[None]]
"""Told the channel that we were invited to. Raises LedgerError."""

NAME_SECONDS = 120.0  # how often we look for our name: somebody may give us another one
PING_SECONDS = 5.0  # also the SDK's pause between two tries to connect


class SlackPlatform:
    """
    The Platform port for one Slack workspace.

    Events come over Socket Mode, or over HTTP where *http* is given; no app token is needed then. *api_url* is the base
    of the Web API, `apps.connections.open` included. Nothing is opened before start() or run().
    """

    name = PLATFORM
    pace = PACE

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str = "",
        http: HttpSettings | None = None,
        api_url: str = DEFAULT_URL,
        ping_seconds: float = PING_SECONDS,
        watermarks: Watermarks | None = None,
        catch_up: CatchUpSettings | None = None,
        reactions: Names = DEFAULT_NAMES,
        receipts: Receipts | None = None,
        contents: PlaceContents | None = None,
        channel_ids: ChannelIds | None = None,
        name_seconds: float = NAME_SECONDS,
    ) -> None:
        """
        Without *watermarks* nothing that was missed is read; without a *receipts* there are no views; without
        *contents* nothing is erased with a channel; without *channel_ids* it forgets at its end which
        channels have other ids.
        """
        self._bot_token, self._api_url = bot_token, api_url
        self._api = SlackApi(bot_token, api_url, Limiter(RATES))
        self._connection = Listener(http) if http else Connection(self._api, app_token, ping_seconds)
        self._watermarks, self._catch_up_settings = watermarks, catch_up or CatchUpSettings()
        self._name_seconds = name_seconds
        self._status = SlackStatus(self._api)
        self._replies = ReplyServices(
            self._api, Streams(self._api, self._status), MessageFeatures(), FileSettings(), self._status
        )
        self._directory = SlackDirectory(self._api)
        self._views = ViewOpener(self._api, receipts, self._directory) if receipts else None
        self._files = SlackFiles(self._api, bot_token, api_url)
        self._reactions, self._contents, self._channel_ids = reactions, contents, channel_ids
        self._threads = SlackThreadReader(self._api, reactions)
        self._identity: Identity | None = None

    @property
    def ready(self) -> bool:
        """Whether we know our own name: `readable` takes it out of what people say."""
        return self._identity is not None

    @property
    def connected(self) -> bool:
        """Whether events can reach us now, as far as this machine knows."""
        return self._connection.connected

    @property
    def port(self) -> int | None:
        """Where it listens, over HTTP; None while it does not."""
        return self._connection.port if isinstance(self._connection, Listener) else None

    async def start(self) -> Identity:
        """Check the tokens, cheaply: auth.test and, for Socket Mode, apps.connections.open. Raises PlatformError."""
        await self._identify()
        identity = await self._learn_name()
        await self._connection.probe()
        return identity

    async def run(self, receive: Receive) -> None:
        async with sessions.opened() as session:
            self._api.use(session)
            try:
                async with beside(PLATFORM, self._status.run()), beside(PLATFORM, self._keep_name()):
                    await self._serve(receive, await started(PLATFORM, self.start), session)
            finally:
                if self._views is not None:
                    await self._views.close()
                await self._status.last_try()
                self._api.use(None)  # replies that are still written go on without it

    async def _serve(self, receive: Receive, identity: Identity, session: aiohttp.ClientSession) -> None:
        channels = ChannelFollower(self._channel_ids, identity.team_id, receive)
        with suppress(LedgerError):  # it is tried again
            await channels.refresh()
        async with beside(PLATFORM, channels.run()):
            await self._serve_channels(channels, identity, session)

    async def _serve_channels(
        self, channels: ChannelFollower, identity: Identity, session: aiohttp.ClientSession
    ) -> None:
        if self._watermarks is None:
            app = self._app(channels, channels.receive, _nothing_missed, identity, session)
            await self._connection.serve(app)
            return
        catch_up = CatchUp(
            platform=PLATFORM,
            workspace=identity.team_id,
            channels=SlackChannelReader(self._api, identity, self._reactions, channels.listed),
            watermarks=self._watermarks,
            receive=channels.receive,
            session=lambda: self._connection.session,
            settings=self._catch_up_settings,
        )
        async with beside(PLATFORM, catch_up.run()):
            app = self._app(channels, catch_up.receive, catch_up.joined, identity, session)
            await self._connection.serve(app, catch_up.new_connection)

    async def open_reply(self, request: ReplyRequest) -> Reply:
        reply = SlackReply(self._replies, await self._identify(), request)
        await reply.locate()
        return reply

    async def read_thread(self, thread: ThreadRef) -> ThreadRead:
        """The ThreadReader port."""
        return await self._threads.read(await self._identify(), thread)

    async def show_status(self, thread: ThreadRef, message: str, text: str, title: str = "") -> None:
        """The Status port. Never raises."""
        await self._status.show_status(thread, message, text, title)

    async def clear_status(self, thread: ThreadRef, message: str, *, left_behind: bool = False) -> None:
        await self._status.clear_status(thread, message, left_behind=left_behind)

    async def names(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:  # noqa: ARG002
        """The Directory port; our token knows one *workspace*. Never raises."""
        return await self._directory.names(participants)

    async def locales(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:  # noqa: ARG002 - as above
        return await self._directory.locales(participants)

    async def fetch(self, file: FileRef, limit: int) -> bytes:
        """The FileReader port."""
        return await self._files.fetch(file, limit)

    def place_locale(self, thread: ThreadRef) -> str | None:  # noqa: ARG002 - as above
        return None  # each person has set one

    async def channel_names(self, thread: ThreadRef, channels: Collection[str]) -> Mapping[str, str]:
        return await self._directory.channel_names(channels, thread.channel)

    @property
    def own_id(self) -> str | None:
        return self._identity.bot_user_id if self._identity else None

    def own_name(self, workspace: str) -> str | None:  # noqa: ARG002 - as above
        return self._identity.called if self._identity else None

    def references(self, text: str) -> References:
        return slack_text.references(text)

    def readable(self, text: str, names: Mapping[str, str] | None = None) -> str:
        us = self._identity
        own = {us.bot_user_id: unbracketed(us.called)} if us else {}  # as the names that the core hands in
        return slack_text.readable(text, self.own_id or "", {**own, **(names or {})})

    async def _identify(self) -> Identity:
        """From one auth.test: Bolt's own would be asked at the first event, and a 429 to it would lose the event."""
        if self._identity is None:
            answer = await self._api.auth_test()
            name = string(answer.data, "user") if isinstance(answer.data, dict) else ""
            us = Identity(str(answer["team_id"]), str(answer["user_id"]), answer.get("bot_id"), name, name)
            self._identity = us
        return self._identity

    async def _learn_name(self, described: Mapping[str, Any] | None = None) -> Identity:
        """The one that people see; *described*: us, else Slack is asked. Without the scope the handle stays."""
        us = await self._identify()
        if described is None:
            with suppress(PlatformError):
                described = await self._api.user(us.bot_user_id)
        self._identity = us = replace(us, name=name_of(described or {}) or us.name)
        return us

    async def _keep_name(self) -> None:
        while True:
            await asyncio.sleep(self._name_seconds)
            with suppress(PlatformError):
                await self._learn_name()

    async def _spoken(self, command: Mapping[str, Any], us: Identity) -> str:
        """The language of the person who gave a slash command."""
        text, user = str(command.get("text") or ""), str(command.get("user_id") or "")
        if self._views is None:
            return language_of(text)
        return await self._views.language(Viewer(PLATFORM, us.team_id, user), text)

    def _app(
        self,
        channels: ChannelFollower,
        receive: Receive,
        invited: Invited,
        identity: Identity,
        session: aiohttp.ClientSession,
    ) -> App:
        authorization = AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_user_id=identity.bot_user_id,
            bot_id=identity.bot_id,
            bot_token=self._bot_token,
        )

        async def authorize() -> AuthorizeResult:
            return authorization

        async def commit(body: dict[str, Any]) -> BoltResponse:
            channels.follow(body)
            identity = await self._identify()
            if (described := user_changed(body, identity.bot_user_id)) is not None:
                await self._learn_name(described)
            if self._views is not None and self._views.takes(body, identity):
                return BoltResponse(status=200)
            if "command" in body:  # the manifest declares none: an operator did
                return BoltResponse(status=200, body=told_to_mention(identity, await self._spoken(body, identity)))
            return await _commit(body, identity, self._reactions, receive, invited, self._contents)

        return App(
            commit,
            name="threadbot",
            client=sessions.client(self._api_url, session=session),
            authorize=authorize,
            request_verification_enabled=False,  # Socket Mode carries no signatures; http.py verifies its own
            ignoring_self_events_enabled=False,  # what to ignore is the policy's to say
            logger=bolt_logger(),
        )


async def _nothing_missed(_channel: str) -> None:
    """Where nothing that was missed is read."""


async def _commit(
    body: dict[str, Any],
    identity: Identity,
    names: Names,
    receive: Receive,
    invited: Invited,
    contents: PlaceContents | None,
) -> BoltResponse:
    """
    Only a 200 is acknowledged. Events of no interest get one too: Slack would deliver them again and again.

    A retry is treated as a first delivery; what is stored already is the ledger's to say.
    """
    if for_another_team(body, identity):
        logger.info("slack: an event for another workspace is left to the bot that is there")
        return BoltResponse(status=200)
    channel = joined(body, identity)
    event = incoming(body, identity) or reacted(body, identity, names) or acted(body, identity) or moved(body, identity)
    try:
        if channel is not None:
            await invited(channel)
        if event is not None:
            await receive(event)
        if contents is not None and (place := gone(body, identity)) is not None:
            await _erase(place, contents, receive)
    except LedgerError:
        logger.warning("slack: an event could not be stored and is not acknowledged")
        return BoltResponse(status=503)
    return BoltResponse(status=200)


async def _erase(place: tuple[str, str], contents: PlaceContents, receive: Receive) -> None:
    """All that was said in a channel which was deleted: no message of it is told of. Raises LedgerError."""
    workspace, channel = place
    for id_ in await contents.standing_in(PLATFORM, workspace, channel, None):
        await receive(Deleted(MessageRef(PLATFORM, workspace, channel, id_), None, datetime.now(UTC)))
