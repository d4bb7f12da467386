"""
The Slack stand-in as a process of its own, with a small control API for benches. Prints its addresses as a JSON line.

    POST /control/post        {"user", "channel", "text", "thread_ts"?, "copies"?} → {"ts"}
    POST /control/user        {"name"} → {"id"}          POST /control/channel {"name", "kind"?} → {"id"}
    POST /control/press       {"user", "channel", "ts", "action_id", "value"?, "times"?} → {"sent"}
    POST /control/fail        {"method", "kind": RateLimited|ServerError|Lost|Refused, "times"?, …its fields}
    POST /control/redeliver   {} → {"sent"}              POST /control/disconnect {"reason"?}
    GET  /control/thread?channel=C…&ts=…  → {"messages": [{"ts", "user", "shown", "edits", "streaming"}]}
    GET  /control/calls?method=chat.postMessage&since=N → {"calls": [{"method", "at", "status", "ok", "arguments"}]}
    GET  /control/deliveries?since=N → {"deliveries": [{"event_ts", "type", "sent_at", "acknowledged_at", "attempts"}]}
    POST /control/tiers       {"enforced": bool}         GET  /control/tiers → {"calls": {…}, "refused": {…}}, by method
    GET  /control/connections → {"connections": N}, those that are open now
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys

from aiohttp import web

from tests.standins.slack import BOTH, Slack, faults
from tests.standins.slack.delivery.deliveries import REAL_SCHEDULE, Delivery
from tests.standins.slack.workspace import Json

KINDS = {name: getattr(faults, name) for name in ("RateLimited", "ServerError", "Lost", "Refused")}


class Control:
    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def routes(self) -> list[web.RouteDef]:
        posts = {
            "post": self._post,
            "user": self._user,
            "channel": self._channel,
            "press": self._press,
            "fail": self._fail,
            "redeliver": self._redeliver,
            "disconnect": self._disconnect,
            "tiers": self._enforce_tiers,
        }
        gets = {
            "thread": self._thread,
            "calls": self._calls,
            "deliveries": self._deliveries,
            "connections": self._connections,
            "tiers": self._tiers,
        }
        return [
            *(web.post(f"/control/{name}", handler) for name, handler in posts.items()),
            *(web.get(f"/control/{name}", handler) for name, handler in gets.items()),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        said: Json = await request.json()
        copies = said.pop("copies", BOTH)
        return web.json_response({"ts": await self._slack.post(**said, copies=copies)})

    async def _user(self, request: web.Request) -> web.Response:
        return web.json_response({"id": self._slack.add_user(**await request.json())})

    async def _channel(self, request: web.Request) -> web.Response:
        return web.json_response({"id": self._slack.add_channel(**await request.json())})

    async def _press(self, request: web.Request) -> web.Response:
        return web.json_response({"sent": len(await self._slack.press(**await request.json()))})

    async def _fail(self, request: web.Request) -> web.Response:
        wanted: Json = await request.json()
        method, kind, times = wanted.pop("method"), wanted.pop("kind"), wanted.pop("times", 1)
        self._slack.fail(method, KINDS[kind](**wanted), times)
        return web.json_response({})

    async def _redeliver(self, _request: web.Request) -> web.Response:
        return web.json_response({"sent": len(await self._slack.socket_mode.redeliver())})

    async def _disconnect(self, request: web.Request) -> web.Response:
        await self._slack.socket_mode.disconnect(**await request.json())
        return web.json_response({})

    async def _thread(self, request: web.Request) -> web.Response:
        messages = self._slack.thread(request.query["channel"], request.query["ts"])
        streaming = self._slack.workspace.streaming
        seen = [
            {"ts": m.ts, "user": m.user, "shown": m.shown, "edits": m.edits, "streaming": streaming(m)}
            for m in messages
        ]
        return web.json_response({"messages": seen})

    async def _calls(self, request: web.Request) -> web.Response:
        since, method = int(request.query.get("since", 0)), request.query.get("method")
        calls = [call for call in self._slack.faults.calls[since:] if method in (None, call.method)]
        seen = [
            {"method": c.method, "at": c.at, "status": c.status, "ok": c.ok, "arguments": c.arguments} for c in calls
        ]
        return web.json_response({"calls": seen})

    async def _deliveries(self, request: web.Request) -> web.Response:
        since = int(request.query.get("since", 0))
        return web.json_response({"deliveries": [_seen(each) for each in self._slack.deliveries[since:]]})

    async def _enforce_tiers(self, request: web.Request) -> web.Response:
        self._slack.tiers.enforced = bool((await request.json())["enforced"])
        return web.json_response({})

    async def _tiers(self, _request: web.Request) -> web.Response:
        tiers = self._slack.tiers
        return web.json_response({"calls": tiers.calls, "refused": tiers.refused})

    async def _connections(self, _request: web.Request) -> web.Response:
        return web.json_response({"connections": self._slack.socket_mode.connections})


def _seen(delivery: Delivery) -> Json:
    event = delivery.event
    return {
        "event_ts": event.get("ts"),
        "type": event.get("type", delivery.payload.get("type")),
        "sent_at": delivery.sent_at,
        "acknowledged_at": delivery.acknowledged_at,
        "attempts": delivery.attempts,
    }


async def serve(port: int, *, echo: bool) -> None:
    slack = Slack(port=port, schedule=REAL_SCHEDULE, echo=echo)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await slack.start(*Control(slack).routes())
    addresses = {
        "api_url": slack.api_url,
        "control_url": f"http://127.0.0.1:{slack.port}/control/",
        "bot_token": slack.bot_token,
        "app_token": slack.app_token,
        "bot_user": slack.bot_user,
        "user": slack.add_user("kim"),
        "channel": slack.add_channel("general"),
    }
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    try:
        await stopped.wait()
    finally:
        await slack.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A Slack stand-in on the loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--no-echo", action="store_true", help="send no events for the app's own messages")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port, echo=not arguments.no_echo))
