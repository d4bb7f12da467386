"""The playground's door at a real workspace, as the contract wants it; only the network can be made to fail."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.core.conversation import ThreadRef
from bot.core.ports import Platform
from bot.platforms.web.adapter import WebPlatform
from bot.platforms.web.reply import PART_LIMIT
from bot.platforms.web.workspace.live import Live
from bot.platforms.web.workspace.places import BOT, WORKSPACE, YOU, Draft
from bot.platforms.web.workspace.server import application
from bot.platforms.web.workspace.store import Store
from tests.contract.world import Asked, Capability, World

HOST, SECRET = "127.0.0.1", "a made-up secret"
REDELIVER_SECONDS = 0.2
DEADLINE_SECONDS = 10.0


class RepeatingStore(Store):
    """A workspace's file that can bring events again that were acknowledged."""

    def repeat_all(self) -> None:
        self._db.execute("INSERT INTO events (message) SELECT id FROM messages WHERE author = ?", (YOU.id,))


LACKS: Mapping[Capability, str] = {
    Capability.PINGS: "the playground calls nobody",
    Capability.EDITS: "what was said in the playground cannot be changed",
    Capability.DELETIONS: "what was said in the playground stays",
    Capability.REACTIONS: "the playground has none",
    Capability.CONTROLS: "the playground draws none yet",
    Capability.DIRECTORY: "the playground's messages name their authors themselves",
    Capability.STATUS: "an answer of the playground is shown from its first word on",
    Capability.CLOSING: "in the playground a thread is never closed",
    Capability.FILES: "the playground takes none",
}


class WebWorld:
    lacks = LACKS
    message_limit = PART_LIMIT

    def __init__(self, store: RepeatingStore) -> None:
        self._store = store
        self._live = Live(store)
        self._lose_next_post = False
        self.url = ""

    def platform(self) -> Platform:
        return WebPlatform(self.url, SECRET)

    async def connected(self, platform: Platform) -> None:
        await self.wait_for(lambda: platform.connected)

    async def ask(self, text: str, *, after: Asked | None = None) -> Asked:
        return await self.say(f"@threadbot {text}", after=after)

    async def say(self, text: str, *, after: Asked | None = None) -> Asked:
        """A mention may be in *text* itself."""
        thread = int(after.thread.thread) if after else None
        message = self._live.post(Draft("general", YOU.id, text, thread))
        return Asked(ThreadRef("web", WORKSPACE, "general", str(message.thread)), str(message.id))

    async def deliver_again(self) -> None:
        self._store.repeat_all()
        self._live.ring()

    async def redeliver(self) -> None:
        before = {event.id: event.attempts for event in self._store.pending(100)}
        await self.wait_for(lambda: all(event.attempts > before[event.id] for event in self._store.pending(100)))

    def acknowledged(self, asked: Asked) -> bool:
        return all(str(event.message.id) != asked.id for event in self._store.pending(100))

    def replies(self, thread: ThreadRef) -> list[str]:
        messages = self._store.replies(int(thread.thread), limit=100, newest=True)
        return ["\n".join([each.text, *each.notes]).strip() for each in messages if each.author == BOT.id]

    def lose_next_post(self) -> None:
        self._lose_next_post = True

    async def wait_for(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():  # noqa: ASYNC110 - any condition, about the bot's side too
                await asyncio.sleep(0.005)

    @web.middleware
    async def lossy(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if self._lose_next_post and request.method == "POST" and request.transport is not None:
            self._lose_next_post = False
            request.transport.abort()
        return response

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        app = application(self._live, host=HOST, secret=SECRET, redeliver_seconds=REDELIVER_SECONDS)
        app.middlewares.append(self.lossy)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
            self.url = f"http://{HOST}:{runner.addresses[0][1]}"
            yield
        finally:
            self._live.close()
            await runner.cleanup()


@asynccontextmanager
async def open_world() -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        store = RepeatingStore.open(Path(folder) / "playground.db")
        assert isinstance(store, RepeatingStore)
        try:
            world = WebWorld(store)
            async with world.listening():
                yield world
        finally:
            store.close()
