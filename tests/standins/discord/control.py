"""
The Discord stand-in as a process of its own, which others drive over HTTP. It prints its addresses as a JSON line.

    POST /control/do/NAME     a deed of people, of the gateway or of faults, with its arguments as JSON → what it made
    POST /control/set         {"what": "gateway.acknowledges", "to": false}; see SETTINGS
    POST /control/fail        {"name": "create message" or "*", "kind": "Lost", "times"?, …its fields}
    POST /control/advance     {"seconds"}: the stand-in's clock
    GET  /control/messages?channel=ID → {"messages": […]}, oldest first, those that everybody sees
    GET  /control/threads?channel=ID  → {"threads": [{"id", "name", "archived", "locked"}]}
    GET  /control/calls?name=create%20message&since=N → {"calls": [{"name", "at", "status", "code", "body"}]}
    GET  /control/interactions → {"interactions": [{"id", "answered", "loading", "original"}]}
    GET  /control/state → {"connected", "identified", "resumed", "violations", "refused", "commands"}

People, channels, threads and messages are named by their ids; "files" are lists of name, base64 and type. A deed that
cannot be done is answered with 404.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import inspect
import json
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from tests.standins.discord.faults import KINDS, Call
from tests.standins.discord.interactions.interactions import Interaction
from tests.standins.discord.standin import Discord
from tests.standins.discord.state.objects import Channel, Guild, Json, Message, Role, User

OF_PEOPLE = (
    "add_user", "add_guild", "add_channel", "add_role", "direct", "give_role", "allow", "forbid", "time_out", "rename",
    "post", "forward", "edit", "unfurl", "delete", "react", "unreact", "clear_reactions", "pin", "type",
    "start_thread", "open_thread", "post_in_forum", "change_thread", "invite", "expel", "delete_channel",
    "press", "call", "use_on", "submit", "break_down", "come_back", "remove_bot",
)  # fmt: skip
OF_GATEWAY = (
    "drop", "reconnect", "invalidate", "forget_sessions", "request_heartbeat", "freeze", "repeat", "hold_events",
    "release_events",
)  # fmt: skip
SETTINGS = (
    "gateway.acknowledges", "gateway.refuses", "gateway.replays", "gateway.heartbeat_seconds",
    "gateway.limit.enforced", "gateway.limit.max_concurrency", "gateway.limit.shards", "gateway.limit.total",
    "sessions.resume_seconds", "events.lost", "limits.enforced", "limits.global_a_second", "limits.invalid_allowed",
    "messages.nonce_seconds", "interactions.answer_seconds", "interactions.token_seconds", "cdn.lifetime_seconds",
    "cdn.failing", "search.unindexed", "search.retry_after", "search.lag_seconds", "world.content",
    "world.members_intent",
)  # fmt: skip
PLAIN = {"give_role": ("user",), "time_out": ("user",), "invite": ("user",), "expel": ("user",)}  # ids themselves


class Control:
    def __init__(self, discord: Discord) -> None:
        self._discord = discord
        self._deeds: dict[str, Callable[..., object]] = {name: getattr(discord, name) for name in OF_PEOPLE}
        self._deeds |= {name: getattr(discord.gateway, name) for name in OF_GATEWAY}
        self._deeds |= {"set_limit": discord.limits.set, "clear_faults": discord.faults.clear}

    def routes(self) -> list[web.RouteDef]:
        gets = {
            "messages": self._messages,
            "threads": self._threads,
            "calls": self._calls,
            "interactions": self._interactions,
            "state": self._state,
        }
        posts = {"do/{deed}": self._do, "set": self._set, "fail": self._fail, "advance": self._advance}
        return [
            *(web.get(f"/control/{name}", _answered(each)) for name, each in gets.items()),
            *(web.post(f"/control/{name}", _answered(each)) for name, each in posts.items()),
        ]

    # deeds

    async def _do(self, request: web.Request) -> Json:
        name, said = request.match_info["deed"], await request.json()
        arguments = {key: self._found(name, key, value) for key, value in said.items()}
        lists = [arguments.pop(key) for key in ("messages", "permissions") if key in arguments]
        spread = [each for found in lists for each in found]
        if name in ("allow", "forbid"):
            spread.insert(0, arguments.pop("channel"))
        if name == "add_role":
            spread.insert(0, arguments.pop("name"))
        done = self._deeds[name](*spread, **arguments)
        return _made(await done if inspect.isawaitable(done) else done)

    def _found(self, deed: str, key: str, value: Any) -> Any:
        """The thing that an argument names by its id."""
        world = self._discord.world
        if key in PLAIN.get(deed, ()) or value is None:
            return value
        if key == "files":
            return [(name, base64.b64decode(content), kind) for name, content, kind in value]
        if key == "messages":
            return [world.messages[each] for each in value]
        if key == "role":
            return next(guild.roles[value] for guild in world.guilds.values() if value in guild.roles)
        if key == "interaction":
            return next(each for each in self._discord.interactions.all if each.id == value)
        places: Mapping[str, Mapping[str, object]] = {
            "user": world.users,
            "channel": world.channels,
            "thread": world.channels,
            "forum": world.channels,
            "message": world.messages,
            "reply_to": world.messages,
            "guild": world.guilds,
        }
        return places[key][value] if key in places else value

    async def _set(self, request: web.Request) -> Json:
        said = await request.json()
        if said["what"] not in SETTINGS:
            raise LookupError(said["what"])
        *path, name = said["what"].split(".")
        place: object = self._discord
        for step in path:
            place = getattr(place, step)
        setattr(place, name, said["to"])
        return {}

    async def _fail(self, request: web.Request) -> Json:
        said = await request.json()
        name, kind, times = said.pop("name"), said.pop("kind"), said.pop("times", 1)
        self._discord.fail(name, KINDS[kind](**said), times)
        return {}

    async def _advance(self, request: web.Request) -> Json:
        self._discord.clock.advance((await request.json())["seconds"])
        return {}

    # what can be seen

    async def _messages(self, request: web.Request) -> Json:
        channel = self._discord.world.channels[request.query["channel"]]
        return {"messages": [_seen(each) for each in channel.shown]}

    async def _threads(self, request: web.Request) -> Json:
        parent = self._discord.world.channels[request.query["channel"]]
        return {"threads": [_made(each) for each in self._discord.world.threads_in(parent)]}

    async def _calls(self, request: web.Request) -> Json:
        name, since = request.query.get("name"), int(request.query.get("since", 0))
        calls = self._discord.faults.calls[since:]
        return {"calls": [_call(each) for each in calls if name in (None, each.name)]}

    async def _interactions(self, _request: web.Request) -> Json:
        return {"interactions": [_made(each) for each in self._discord.interactions.all]}

    async def _state(self, _request: web.Request) -> Json:
        discord = self._discord
        return {
            "connected": discord.gateway.connected,
            "identified": len(discord.gateway.identified),
            "resumed": len(discord.gateway.resumed),
            "violations": discord.violations,
            "refused": discord.limits.refused,
            "commands": discord.commands.writes,
        }


def _answered(act: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await act(request))
        except (LookupError, StopIteration) as error:
            return web.json_response({"error": repr(error)}, status=404)

    return answer


def _made(made: object) -> Json:
    """The thing that a deed made, as JSON."""
    if isinstance(made, tuple):
        return _made(made[0])
    if isinstance(made, Message):
        return _seen(made)
    if isinstance(made, Interaction):
        original = made.original.id if made.original else None
        return {"id": made.id, "answered": made.answered, "loading": made.loading, "original": original}
    if isinstance(made, Channel):
        state = made.thread
        more = {"archived": state.archived, "locked": state.locked} if state else {}
        return {"id": made.id, "name": made.name, "parent": made.parent} | more
    return {"id": made.id} if isinstance(made, User | Guild | Role) else {}


def _seen(message: Message) -> Json:
    shown: Json = {"id": message.id, "channel": message.channel, "author": message.author, "content": message.content}
    shown |= {
        "type": int(message.type),
        "flags": int(message.flags),
        "edits": message.edits,
        "created": message.created,
    }
    shown |= {"pinged": sorted(message.pinged), "highlighted": sorted(message.highlighted)}
    shown |= {"reactions": message.reactions, "components": message.components, "nonce": message.nonce}
    shown["reference"] = message.reference
    return shown | {"files": [{"name": each.name, "size": len(each.content)} for each in message.attachments]}


def _call(call: Call) -> Json:
    shown: Json = {"name": call.name, "at": call.at, "status": call.status, "code": call.code, "path": call.path}
    return shown | {"parameters": call.parameters, "body": call.body}


async def serve(port: int, cdn_port: int, *, content: bool) -> None:
    discord = Discord(port=port, cdn_port=cdn_port, content=content)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await discord.start(*Control(discord).routes())
    addresses = {
        "api_url": discord.api_url,
        "gateway_url": discord.gateway.url,
        "cdn_url": discord.cdn.base,
        "control_url": f"http://127.0.0.1:{discord.port}/control/",
        "token": discord.token,
        "bot": discord.bot,
        "application": discord.application,
        "guild": discord.guild.id,
        "user": discord.add_user("kim").id,
        "channel": discord.add_channel("general").id,
    }
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    try:
        await stopped.wait()
    finally:
        await discord.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A Discord stand-in on the loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--cdn-port", type=int, default=0, help="0: any free one")
    parser.add_argument("--no-content", action="store_true", help="the app has no message content intent")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port, arguments.cdn_port, content=not arguments.no_content))
