"""
A Slack for tests and benches: real HTTP and real WebSockets on the loopback, as strict as Slack where it matters.

    async with Slack() as slack:
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        # … start a bot with slack.api_url, slack.bot_token, slack.app_token
        await slack.post(kim, channel, f"{slack.mention} hello")
        await slack.wait_for(lambda: slack.calls("chat.postMessage"))

As a process of its own: `python -m tests.standins.slack --port 0`; see control.py. It knows nothing of bot/.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Literal

from aiohttp import web

from tests.standins.slack.api.agents import Agents
from tests.standins.slack.api.chat import Chat
from tests.standins.slack.api.files import FileHost
from tests.standins.slack.api.methods import WebApi
from tests.standins.slack.api.reading import Reading
from tests.standins.slack.api.responses import Responses
from tests.standins.slack.api.streams import Streams
from tests.standins.slack.api.tiers import Tiers
from tests.standins.slack.api.uploads import Uploads
from tests.standins.slack.api.views import Views
from tests.standins.slack.delivery.deliveries import Carrier, Delivery, Kind
from tests.standins.slack.delivery.events import Copy, Events
from tests.standins.slack.delivery.http import HttpRequests, RequestUrls
from tests.standins.slack.delivery.interactive import Interactions
from tests.standins.slack.delivery.socket import SocketMode
from tests.standins.slack.faults import Call, Fault, Faults, Gate
from tests.standins.slack.workspace import APP_TOKEN, BOT_TOKEN, BOT_USER, TEAM, Clock, Json, Message, Workspace

BOTH: tuple[Copy, ...] = ("app_mention", "message")


class Slack:
    """One workspace with one app in it. *echo*: the app also gets the events of its own messages, as on Slack."""

    mention = f"<@{BOT_USER}>"
    bot_user, bot_token, app_token, team = BOT_USER, BOT_TOKEN, APP_TOKEN, TEAM

    def __init__(
        self, *, port: int = 0, schedule: Sequence[float] = (), echo: bool = True, clock: Clock | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.workspace = Workspace(self.clock)
        self.faults, self.tiers = Faults(), Tiers(self.clock)
        self.port = port
        self._echo = echo
        self.front = ""  # where clients find it, if not at its own port: https://127.0.0.1:8443
        base = self._base
        self.files = FileHost(self.workspace, base)
        self.uploads = Uploads(self.workspace, self.files, self._changed, base)
        self.socket_mode = SocketMode(lambda: base().replace("http", "ws", 1) + "/link", schedule)
        self.http: HttpRequests | None = None
        self._schedule = schedule
        self.agents = Agents(self.workspace)
        self._streams = Streams(self.workspace, self._changed, self.agents)
        chat, reading = Chat(self.workspace, self._changed), Reading(self.workspace)
        self.views = Views(self.workspace)
        self.responses = Responses(self.workspace, self._changed, base)
        self.people = Interactions(self.workspace, self.views, self.responses, self._carry)
        rooms = (chat, self._streams, self.agents, reading, self.uploads, self.views, self.socket_mode)
        self._api = WebApi(self.workspace, self.faults, self.tiers, *(room.methods for room in rooms))
        self.events = Events(self.workspace)
        self._sending: set[asyncio.Task[Delivery]] = set()
        self._runner: web.AppRunner | None = None

    def _base(self) -> str:
        return self.front or f"http://127.0.0.1:{self.port}"

    # its life

    async def __aenter__(self) -> Slack:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, *routes: web.RouteDef) -> None:
        """Listen; on the same port as before after a stop()."""
        app = web.Application(client_max_size=16 * 1024**2)
        app.add_routes([web.route("*", "/api/{method}", self._api.answer), web.get("/link", self.socket_mode.connect)])
        app.add_routes([web.get("/files/{file}/{name}", self.files.serve)])
        app.add_routes([web.post("/upload/v1/{file}", self.uploads.serve)])
        app.add_routes([web.post("/response/{token}", self.responses.serve)])
        app.add_routes(routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self.socket_mode.stop()
        if self.http is not None:
            await self.http.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    # what people do

    def rename(self, user: str, name: str) -> None:
        """Give somebody, or us, another display name. Nobody is told: see emit()."""
        self.workspace.users[user]["profile"]["display_name"] = name

    def add_user(self, name: str, locale: str | None = None, team: str = TEAM) -> str:
        """*team*: another one's people write in channels that are shared with it (Slack Connect)."""
        return self.workspace.add_user(name, locale=locale, team=team)

    def add_channel(self, name: str, kind: str = "channel", *, has_bot: bool = True) -> str:
        return self.workspace.add_channel(name, kind, has_bot=has_bot)

    def direct(self, user: str) -> str:
        return self.workspace.direct(user)

    async def post(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        copies: Sequence[Copy] = BOTH,
        subtype: str | None = None,
        bot_id: str | None = None,
        files: Sequence[Json] = (),
        blocks: Sequence[Json] = (),
        attachments: Sequence[Json] = (),
        user_profile: Json | None = None,
    ) -> str:
        """
        Say something. Slack sends a `message`, and an `app_mention` beside it when the bot is mentioned in a channel.

        *copies*: which of the two, in which order. Returns the ts; acknowledgements are not waited for.
        """
        more: Json = {"subtype": subtype or ("file_share" if files else None), "bot_id": bot_id, "files": list(files)}
        more |= {"blocks": list(blocks), "attachments": list(attachments)}
        home = self.workspace.users.get(user, {}).get("team_id", TEAM)
        more |= {"user_profile": user_profile, "user_team": home if home != TEAM else None}
        message = self.workspace.add_message(channel, user, text, thread_ts, **more)
        for event in self.events.copies(message, copies):
            await self._deliver(event)
        return message.ts

    async def edit(self, channel: str, ts: str, text: str, *, copies: Sequence[Copy] = BOTH) -> None:
        """
        The author changes a message. Slack sends a `message_changed`, and an `app_mention` if that adds a mention.
        """
        message = self.workspace.channels[channel].messages[ts]
        mentioned = self.mention in text and self.mention not in message.text
        message.text, message.edits, message.edited_ts = text, message.edits + 1, self.workspace.ts()
        mention = {**message.wire(), "type": "app_mention", "channel": channel, "event_ts": message.edited_ts}
        events: dict[Copy, Json] = {"message": self.events.changed(message), "app_mention": mention}
        for copy in copies:
            if copy == "message" or mentioned:
                await self._deliver(events[copy])

    async def unfurl(self, channel: str, ts: str) -> None:
        """A link in a message is shown with a preview: a `message_changed` with the same text."""
        message = self.workspace.channels[channel].messages[ts]
        event = self.events.changed(message)
        event["message"] |= {"attachments": [{"from_url": "https://example.com", "title": "Example"}]}
        await self._deliver(event)

    async def unfold(self, channel: str, ts: str, other: Json) -> None:
        """Slack shows another message below the permalink to it: a `message_changed` with the same text."""
        message = self.workspace.channels[channel].messages[ts]
        message.attachments.append({"is_msg_unfurl": True, "from_url": "https://t.slack.com/archives/C1/p1", **other})
        await self._deliver(self.events.changed(message))

    async def emit(self, event: Json, **outside: object) -> Delivery:
        """Deliver an event as it is. *outside*: what its body says otherwise than usual."""
        return await self._carry(self.events.body(event) | outside)

    def delete(self, channel: str, ts: str) -> None:
        """Somebody with the right to do so deletes a message; the event that tells of it is lost."""
        del self.workspace.channels[channel].messages[ts]

    async def remove(self, channel: str, ts: str) -> None:
        """
        Somebody deletes a message. Slack sends a `message_deleted`; of a root with replies a tombstone stays, and a
        `message_changed` tells of it.
        """
        place = self.workspace.channels[channel]
        message = place.messages[ts]
        if len(place.thread(ts)) > 1:
            before = message.wire()
            message.text, message.blocks, message.subtype = "This message was deleted.", [], "tombstone"
            message.user, message.bot_id, message.edits = "USLACKBOT", None, 0
            event = self.events.changed(message) | {"previous_message": before}
        else:
            event = self.events.deleted(message)
            del place.messages[ts]
        await self._deliver(event)

    async def react(self, user: str, channel: str, ts: str, name: str) -> None:
        users = self.workspace.channels[channel].messages[ts].reactions.setdefault(name, set())
        users.add(user)
        await self._reacted("reaction_added", user, channel, ts, name)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        self.workspace.channels[channel].messages[ts].reactions[name].remove(user)
        await self._reacted("reaction_removed", user, channel, ts, name)

    async def stop_stream(self, user: str, channel: str, ts: str) -> None:
        """A person stops a message that is being streamed."""
        self._streams.stop_by(user, self.workspace.channels[channel].messages[ts])

    async def _reacted(self, kind: str, user: str, channel: str, ts: str, name: str) -> None:
        item = {"type": "message", "channel": channel, "ts": ts}
        author = self.workspace.channels[channel].messages[ts].user
        event: Json = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": author}
        await self._deliver(event | {"event_ts": self.workspace.ts()})

    async def stop_session(self, user: str, channel: str, thread: str) -> Delivery:
        """
        Somebody presses the native stop button of a thread, which is there while its session is processing.

        Slack stops what is being streamed there and tells the app; the status is for the app to change.
        """
        if self.agents.session(channel, thread) != "processing" or not self.workspace.hears_stops:
            raise LookupError(f"there is no stop button in {thread}")
        streaming = [m for m in self.thread(channel, thread) if self.workspace.streaming(m)]
        for message in streaming:
            self._streams.stop_by(user, message)
        stopped = {"streaming_message_ts": [message.ts for message in streaming], "event_ts": self.workspace.ts()}
        place = {"channel": channel, "thread_ts": thread, "user": user}
        return await self._deliver({"type": "agent_session_stopped", **place, **stopped})

    async def open_app(self, user: str, tab: Literal["home", "messages"] = "home") -> Delivery:
        """Somebody opens a tab of the app."""
        place = {"user": user, "channel": self.direct(user), "tab": tab, "event_ts": self.workspace.ts()}
        published = {"view": self.views.homes[user].wire()} if tab == "home" and user in self.views.homes else {}
        return await self._deliver({"type": "app_home_opened", **place, **published})

    async def press(
        self, user: str, channel: str, ts: str, action_id: str, *, value: str | None = None, times: int = 1
    ) -> list[Delivery]:
        """Somebody presses a button of a message; more of what people do is in interactive.py (*people*)."""
        return await self.people.press(user, channel, ts, action_id, value=value, times=times)

    def expire_tickets(self) -> None:
        """Socket Mode addresses that were given out can no longer be used."""
        self.socket_mode.expire_tickets()

    # what can be seen

    def thread(self, channel: str, root: str) -> list[Message]:
        return self.workspace.channels[channel].thread(root)

    def replies(self, channel: str, root: str) -> list[str]:
        """What the bot said in a thread, as a reader sees it."""
        return [message.shown for message in self.thread(channel, root) if message.user == BOT_USER]

    def calls(self, method: str) -> list[Call]:
        return self.faults.of(method)

    @property
    def deliveries(self) -> list[Delivery]:
        return self._carrier.deliveries

    def delivered(self, ts: str) -> list[Delivery]:
        """The deliveries of one message, one for each copy."""
        return [each for each in self.deliveries if each.event.get("ts") == ts]

    async def wait_for(self, condition: Callable[[], object], seconds: float = 100.0) -> None:
        """Return when *condition* is true; TimeoutError after *seconds*."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.002)  # conditions may be anybody's, so nobody can announce them

    async def wait_connected(self, seconds: float = 100.0) -> None:
        await self.wait_for(lambda: self.socket_mode.connections > 0, seconds)

    # what goes wrong

    def fail(self, method: str, fault: Fault, times: int = 1) -> None:
        self.faults.add(method, fault, times)

    def hold(self, method: str) -> Gate:
        return self.faults.hold(method)

    def switch_off(self, method: str, code: str = "unknown_method", *, argument: str | None = None) -> None:
        """Refuse a method with *code* from now on, or only calls of it with *argument*: this workspace lacks it."""
        self.workspace.switched_off[method, argument] = code

    def release(self, method: str) -> None:
        """Hold no further calls of *method*; those that wait already wait on."""
        self.faults.release(method)

    # what is delivered

    def use_http(self, secret: str, urls: RequestUrls) -> HttpRequests:
        """Deliver to request URLs from now on, signed with *secret*, instead of over Socket Mode."""
        self.http = HttpRequests(secret, urls, self.clock, self._schedule)
        return self.http

    @property
    def _carrier(self) -> Carrier:
        return self.http or self.socket_mode

    async def _carry(
        self, payload: Json, kind: Kind = "events_api", answered: Callable[[Json | None], None] | None = None
    ) -> Delivery:
        return await self._carrier.deliver(payload, kind, answered)

    async def _deliver(self, event: Json) -> Delivery:
        return await self._carry(self.events.body(event))

    def _changed(self, what: str, message: Message) -> None:
        if not self._echo:
            return
        task = asyncio.create_task(self._deliver(self.events.of_ours(what, message)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
