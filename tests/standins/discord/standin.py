"""The Discord stand-in itself: its parts put together, its life, what can be seen in it, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType

from aiohttp import web

from tests.standins.discord.cdn import Cdn
from tests.standins.discord.faults import Call, Fault, Faults
from tests.standins.discord.gateway.events import Events
from tests.standins.discord.gateway.gateway import Gateway
from tests.standins.discord.gateway.sessions import Sessions
from tests.standins.discord.interactions.commands import Commands
from tests.standins.discord.interactions.interactions import Interactions
from tests.standins.discord.interactions.presses import Presses
from tests.standins.discord.people import People
from tests.standins.discord.resources.access import Access
from tests.standins.discord.resources.channels import Channels
from tests.standins.discord.resources.composing import Composer
from tests.standins.discord.resources.guilds import Guilds
from tests.standins.discord.resources.messages import MessageRoutes
from tests.standins.discord.resources.reactions import Reactions
from tests.standins.discord.resources.search import Search
from tests.standins.discord.resources.threads import Threads
from tests.standins.discord.rest.bodies import REQUEST_LIMIT
from tests.standins.discord.rest.limits import Limits
from tests.standins.discord.rest.routes import Table
from tests.standins.discord.rest.server import Api
from tests.standins.discord.state.objects import BASIC_MESSAGES, Channel, Json, Message
from tests.standins.discord.state.wire import Messages
from tests.standins.discord.state.world import World
from tests.standins.slack.faults import Gate
from tests.standins.slack.workspace import Clock


class Discord(People, Presses):
    """
    One application, and one guild that it is in; more can be added. *content*: it has the message content intent.
    *violations*: what was asked of it otherwise than Discord's documentation says.
    """

    def __init__(self, *, port: int = 0, cdn_port: int = 0, content: bool = True, clock: Clock | None = None) -> None:
        self.port, self.cdn_port = port, cdn_port
        self.clock = clock or Clock()
        self.violations: list[str] = []
        self.world = world = World(self.clock, content=content)
        self.cdn = Cdn(self.clock)
        self.wire_messages = Messages(world, self.cdn.url)
        self.sessions = Sessions(self.clock)
        self.events = Events(world, self.sessions, self.wire_messages)
        self.gateway = Gateway(world, self.sessions, self.events, self.violations.append)
        self.owner = world.add_user("owner")
        self.guild = world.add_guild("Guild", self.owner.id)
        self.composer = Composer(world, self.events, self.wire_messages)
        access = Access(world, lambda thread: self.channels.change_thread(thread, {"archived": True}))
        self.channels = Channels(world, access, self.composer, self.events)
        self.messages = MessageRoutes(world, access, self.composer, self.wire_messages, self.events)
        self.threads = Threads(world, access, self.composer, self.events)
        self.reactions = Reactions(world, access, self.events)
        self.search = Search(world, access, self.wire_messages)
        self.commands = Commands(world, access)
        self.interactions = Interactions(world, self.composer, self.events, self.wire_messages)
        guilds = Guilds(world, access, self._gateway)
        self.faults, self.limits = Faults(), Limits(self.clock)
        rooms = (self.messages, self.channels, self.threads, self.reactions, self.search, guilds, self.commands)
        routes = [route for room in (*rooms, self.interactions) for route in room.routes()]
        self.table = Table(routes)
        self._api = Api(world, self.table, self.faults, self.limits, self.violations.append)
        self._runners: list[web.AppRunner] = []

    def _gateway(self, for_bot: bool) -> Json:
        limit = self.gateway.limit
        more = {"shards": limit.shards, "session_start_limit": limit.shown(self.clock())}
        return {"url": self.gateway.url} | (more if for_bot else {})

    # its life

    async def __aenter__(self) -> Discord:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, *routes: web.RouteDef) -> None:
        """Listen; on the same ports as before after a stop()."""
        app = web.Application(client_max_size=2 * REQUEST_LIMIT)
        app.add_routes(routes)
        app.add_routes([web.get("/gateway/", self.gateway.connect), web.get("/gateway", self.gateway.connect)])
        app.add_routes([web.route("*", "/api/{path:.*}", self._api.answer)])
        self.port = await self._listen(app, self.port)
        files = web.Application()
        files.add_routes(self.cdn.routes())
        self.cdn_port = await self._listen(files, self.cdn_port)
        self.gateway.url = f"ws://127.0.0.1:{self.port}/gateway/"
        self.cdn.base = f"http://127.0.0.1:{self.cdn_port}"

    async def _listen(self, app: web.Application, port: int) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        return int(runner.addresses[0][1])

    async def stop(self) -> None:
        self.gateway.stop()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    # addresses and ids

    @property
    def api_url(self) -> str:
        """The API's base with its version, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def token(self) -> str:
        return self.world.token

    @property
    def bot(self) -> str:
        return self.world.bot

    @property
    def application(self) -> str:
        return self.world.application

    @property
    def mention(self) -> str:
        return f"<@{self.bot}>"

    # what can be seen

    def calls(self, name: str) -> list[Call]:
        """The requests of one kind, by the title of Discord's page in small letters: "create message"."""
        if name not in self.table.names():
            raise LookupError(f"no request is called {name!r}")
        return self.faults.of(name)

    def shown_in(self, channel: Channel) -> Sequence[Message]:
        """The messages that everybody sees in a channel or a thread, oldest first."""
        return channel.shown

    def replies(self, channel: Channel) -> list[str]:
        """What the bot wrote there, oldest first; not what Discord says of what it did."""
        own = [message for message in channel.shown if message.author == self.bot]
        return [message.content for message in own if message.type in BASIC_MESSAGES]

    def thread_of(self, message: Message) -> Channel | None:
        return self.world.channels.get(message.id)

    async def wait_for(self, condition: Callable[[], object], seconds: float = 100.0) -> None:
        """Return when *condition* is true; TimeoutError after *seconds*."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.002)  # conditions may be anybody's, so nobody can announce them

    async def wait_connected(self, seconds: float = 100.0, *, connections: int = 1) -> None:
        await self.wait_for(lambda: self.gateway.connected >= connections, seconds)

    # what goes wrong; more is in gateway, limits, search and cdn

    def fail(self, name: str, fault: Fault, times: int = 1) -> None:
        """*name*: that of a request, or "*" for any."""
        self._known(name)
        self.faults.add(name, fault, times)

    def hold(self, name: str) -> Gate:
        self._known(name)
        return self.faults.hold(name)

    def release(self, name: str) -> None:
        self.faults.release(name)

    def _known(self, name: str) -> None:
        if name != "*" and name not in self.table.names():
            raise LookupError(f"no request is called {name!r}")
