"""
A model server over real HTTP: /v1/chat/completions, streamed and whole, and /v1/models.

In a test: `async with ModelServer() as server`, with `server.url` as the base URL; what happens is scripted with
`server.answers` (script.py), what is refused is in rules.py. As a process of its own, for benches:
`python -m tests.standins.model --port 0 --latency 2` prints its URL as a line of JSON; /control/ tells and scripts.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Self
from weakref import WeakSet

from aiohttp import web

from tests.standins.model import counting
from tests.standins.model.cache import PromptCache
from tests.standins.model.rules import Rules, refuse, reply_too_long, too_long, unauthorized
from tests.standins.model.script import Answer, Body, Failure, Received, failure

_NEVER = 3600.0  # seconds


class ModelServer:
    """
    Answers come from *answers*, first in, first out, and from *respond* when it is empty.

    *requests* holds every request for a completion, refused ones too.
    """

    def __init__(self, rules: Rules | None = None, default: Answer | None = None) -> None:
        self.rules = rules or Rules()
        self.default = default or Answer()
        self.respond: Callable[[Body], Answer] = lambda _: self.default
        self.answers: deque[Answer] = deque()
        self.requests: list[Received] = []
        self.cache = PromptCache()
        self.url = ""
        self._changed = asyncio.Condition()
        self._closing = WeakSet[asyncio.BaseTransport]()
        self._runner = web.AppRunner(self._app(), handler_cancellation=True, shutdown_timeout=0.2, access_log=None)

    async def start(self, port: int = 0) -> None:
        await asyncio.to_thread(counting.encoding)  # not at the first request, in a loop that others share
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=1024)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def received(self, number: int, timeout: float = 10.0) -> Received:
        """The request with this number, counted from 1; waits for it."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= number)
        return self.requests[number - 1]

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._completions)
        app.router.add_post("/openai/deployments/{name}/chat/completions", self._completions)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/control/requests", self._told)
        app.router.add_post("/control/script", self._scripted)
        app.router.add_post("/control/reset", self._reset)
        return app

    # The API

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if refusal := unauthorized(self.rules, request.headers):
            return _failed(refusal)
        if not self.rules.lists_models:
            return web.Response(status=404, text="<html><body>not found</body></html>", content_type="text/html")
        names = ("*",) if self.rules.models is None else self.rules.models
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        if request.transport in self._closing:  # as if it had been closed before this request came
            _close(request)
            return web.Response()
        received = await self._note(request)
        try:
            response = await self._answered(request, received)
            received.status = response.status
        except (asyncio.CancelledError, ConnectionError):
            received.disconnected = True
            raise
        finally:
            received.ended_at = time.monotonic()
            received.finished.set()
        return response

    async def _note(self, request: web.Request) -> Received:
        at = time.monotonic()
        try:
            body = await request.json()
        except ValueError:
            body = None
        body = body if isinstance(body, dict) else {}
        received = Received(request.path, dict(request.headers), body, at, dict(request.query))
        async with self._changed:
            self.requests.append(received)
            self._changed.notify_all()
        return received

    async def _answered(self, request: web.Request, received: Received) -> web.StreamResponse:
        headers: Mapping[str, str] = request.headers
        if "name" in request.match_info:  # Azure's
            if not request.query.get("api-version"):
                return _failed(failure(404, "Resource not found", code="404"))
            headers = {"Authorization": f"Bearer {headers.get('api-key')}"} if "Authorization" not in headers else {}
        if refusal := refuse(self.rules, headers, received.body):
            return _failed(refusal)
        prompt_tokens = round(counting.count_prompt(received.body["messages"]) * self.rules.tokens_each)
        prompt_tokens = min(prompt_tokens, self.rules.cuts_prompts_at or prompt_tokens)
        if refusal := too_long(self.rules, prompt_tokens, received.body) or reply_too_long(self.rules, received.body):
            if received.body.get("stream") and not self.rules.streams_refusals:
                if request.transport is not None:
                    self._closing.add(request.transport)
                return web.Response(content_type="text/event-stream")
            return _failed(refusal)
        answer = self.answers.popleft() if self.answers else self.respond(received.body)
        if answer.failure:
            return await _flooded(request, answer.failure) if answer.failure.flood else _failed(answer.failure)
        if answer.drop:
            _close(request)
            return web.Response()
        await _before_first_byte(answer)
        received.first_byte_at = time.monotonic()
        heard = {name: value for name, value in received.body.items() if name not in self.rules.ignored}
        received.prompt_tokens = prompt_tokens
        received.cached_tokens = int(self.cache.cached(received.body) * self.rules.tokens_each)
        # In a thread: it counts the tokens of a text that may be long, and tests run in our event loop.
        completion = await asyncio.to_thread(Completion, heard, answer, prompt_tokens, received.cached_tokens)
        if received.body.get("stream"):
            return await self._streamed(request, completion)
        return web.json_response(completion.whole())

    async def _streamed(self, request: web.Request, completion: Completion) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        if completion.compressed:
            response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        async for frame in completion.frames():
            if frame is None:
                _close(request)
                break
            await response.write(frame.encode())
        else:
            await response.write_eof()
        return response

    # The control API

    async def _told(self, request: web.Request) -> web.Response:
        with_bodies = "bodies" in request.query
        return web.json_response([one.summary() | ({"body": one.body} if with_bodies else {}) for one in self.requests])

    async def _scripted(self, request: web.Request) -> web.Response:
        """
        {"default": {fields of Answer}, "answers": [{…}, …]}, each laid over the default as it is.

        A failure is {"status": …, "body": …, "headers": …}.
        """
        script = await request.json()
        if "default" in script:
            self.default = _changed(self.default, script["default"])
        self.answers.extend(_changed(self.default, fields) for fields in script.get("answers", ()))
        return web.json_response({"queued": len(self.answers)})

    async def _reset(self, request: web.Request) -> web.Response:
        self.requests.clear()
        self.answers.clear()
        return web.json_response({})


class Completion:
    """One answer, as the frames of a stream or as a whole."""

    def __init__(self, body: Body, answer: Answer, prompt_tokens: int, cached_tokens: int) -> None:
        text = _own_text(body, answer)
        limit = body.get("max_completion_tokens", body.get("max_tokens"))
        self._text, cut = _within(text, limit)
        self._answer = replace(answer, finish_reason="length") if cut else answer
        self.compressed = answer.compressed
        self._body = body
        self._prompt_tokens = prompt_tokens
        self._cached_tokens = cached_tokens
        self._reasoning_tokens = counting.count(answer.reasoning)
        self._written = counting.count(self._text + answer.reasoning + answer.refusal)

    async def frames(self) -> AsyncIterator[str | None]:
        """Frames as they go over the wire; None where the connection is to be closed."""
        answer = self._answer
        if answer.role_frame:
            yield self._delta({"role": "assistant", "content": ""})
        for delta in self._before_text():
            yield self._delta(delta)
        for position, piece in enumerate([*_pieces(self._text, answer.chunk_size), ""]):
            async for frame in self._events(position):
                yield frame
                if frame is None or position == answer.error_at:
                    return
            if position == answer.end_at:
                return
            if piece:
                yield self._delta({"content": piece})
                await asyncio.sleep(answer.chunk_delay)
        for frame in self._end():
            yield frame

    def whole(self) -> Body:
        answer = self._answer
        message = {"role": "assistant", "content": self._text or None, "refusal": answer.refusal or None}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
        frame = self._frame([choice]) | {"object": "chat.completion"}
        return frame | ({"usage": self._usage()} if answer.usage else {})

    async def _events(self, position: int) -> AsyncIterator[str | None]:
        """What is scripted for this position in the stream."""
        answer = self._answer
        if answer.gate and position == answer.gate_at:
            await answer.gate.wait()
        if position == answer.raw_at:
            yield answer.raw
        while position == answer.flood_at:
            yield answer.flood
            await asyncio.sleep(answer.flood_delay)
        if position == answer.stall_at:
            await asyncio.sleep(_NEVER)
        if position == answer.error_at:
            yield _data({"error": answer.error_frame})
        if position == answer.cut_at:
            yield None

    def _before_text(self) -> Iterator[Body]:
        answer = self._answer
        for piece in _pieces(answer.reasoning, answer.chunk_size):
            yield {answer.reasoning_field: piece}
        if answer.tool_call:
            call = {"name": "get_weather", "arguments": "{}"}
            yield {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": call}]}
        for piece in _pieces(answer.refusal, answer.chunk_size):
            yield {"refusal": piece}

    def _end(self) -> Iterator[str]:
        if self._answer.finish_reason is not None:
            yield self._delta({}, self._answer.finish_reason)
        options = self._body.get("stream_options") or {}
        if self._answer.usage and options.get("include_usage"):
            yield _data(self._frame([]) | {"object": "chat.completion.chunk", "usage": self._usage()})
        yield "data: [DONE]\n\n"

    def _delta(self, delta: Body, finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _data(self._frame([choice]) | {"object": "chat.completion.chunk"})

    def _frame(self, choices: list[Body]) -> Body:
        named = {"id": self._answer.id, "system_fingerprint": self._answer.fingerprint}
        frame = {"created": int(time.time()), "model": self._body["model"], "choices": choices}
        return frame | {name: value for name, value in named.items() if value is not None}

    def _usage(self) -> Body:
        counted = {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": self._written,
            "total_tokens": self._prompt_tokens + self._written,
            "prompt_tokens_details": {"cached_tokens": self._cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": self._reasoning_tokens},
        }
        if not self._answer.counts_reasoning:
            del counted["completion_tokens_details"]
        return counted | dict(self._answer.usage_extra)


def _own_text(body: Body, answer: Answer) -> str:
    if answer.text is not None:
        return answer.text
    return "" if answer.refusal or answer.tool_call else default_text(body)


def default_text(body: Body) -> str:
    """The answer when none is scripted: the same for the same last user message."""
    said = [counting.text_of(message["content"]) for message in body["messages"] if message["role"] == "user"]
    return f"You said: {said[-1][:200] if said else 'nothing'}"


def _within(text: str, limit: int | None) -> tuple[str, bool]:
    """At most *limit* tokens of *text*, and whether something was cut off."""
    ids = counting.encoding().encode(text, disallowed_special=())
    if limit is None or len(ids) <= limit:
        return text, False
    return counting.encoding().decode(ids[:limit], errors="ignore"), True


def _pieces(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def _data(frame: Body) -> str:
    return f"data: {json.dumps(frame, ensure_ascii=False)}\n\n"


def _failed(failure: Failure) -> web.Response:
    if isinstance(failure.body, str):
        sent = failure.body.encode("utf-8", "surrogateescape")
        content = web.Response(status=failure.status, body=sent, content_type=failure.kind)
    else:
        content = web.json_response(failure.body, status=failure.status)
    content.headers.update(failure.headers)
    return content


async def _flooded(request: web.Request, failure: Failure) -> web.StreamResponse:
    response = web.StreamResponse(status=failure.status, headers=failure.headers)
    await response.prepare(request)
    body = failure.body if isinstance(failure.body, str) else json.dumps(failure.body)
    while True:
        await response.write(body.encode())
        await asyncio.sleep(0)


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


async def _before_first_byte(answer: Answer) -> None:
    if answer.hold:
        await answer.hold.wait()
    if answer.latency:
        await asyncio.sleep(answer.latency)


def _changed(answer: Answer, fields: Body) -> Answer:
    failed = {"failure": Failure(**fields["failure"])} if "failure" in fields else {}
    return replace(answer, **(fields | failed))


# As a process of its own


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A stand-in for a model server, on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before the first byte of an answer")
    parser.add_argument("--chunk-delay", type=float, default=0.0, help="seconds after each chunk")
    parser.add_argument("--chunk-size", type=int, default=8, help="characters")
    parser.add_argument("--text", default=None, help="the answer; without it, derived from the question")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    counting.encoding()
    default = Answer(
        text=arguments.text,
        latency=arguments.latency,
        chunk_delay=arguments.chunk_delay,
        chunk_size=arguments.chunk_size,
    )
    server = ModelServer(default=default)
    await server.start(arguments.port)
    sys.stdout.write(json.dumps({"url": server.url}) + "\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await server.stop()


def main() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments()))
