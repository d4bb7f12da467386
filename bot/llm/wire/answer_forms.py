"""
The forms in which servers answer a streamed request: events, one JSON object, or what is no answer of an API at all.

The SDK (3.54) reads events only, takes each of them for JSON, and finds nothing in the rest.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2
from openai import AsyncOpenAI, AsyncStream
from openai._streaming import ServerSentEvent, SSEBytesDecoder, SSEDecoder

from bot.llm.wire.bounds import Overrun
from bot.network.json_bound import takes_too_long

_FIELDS = (b"data", b"event", b"id", b"retry", b":")  # what a line of an event stream begins with
_LONGEST_FIELD = 5  # bytes
_MARK = b"\xef\xbb\xbf"  # of the order of bytes
_BLANKS = _MARK + b" \t\r\n"
_SAYS_CHOICES = '"choices"'


class NotAnswered(Exception):  # noqa: N818 - a fact, as in StopIteration
    """The response is no answer of this API: a web page, for example."""


class AnswerStream(AsyncStream[object]):
    """
    Events as JSON has them. *whole*: the answer came as one object, which tells that it is all there.

    The SDK builds no model object of an event where it is asked for `object`: that takes some twenty times as long as
    reading its JSON.
    """

    def __init__(self, *, response: httpx2.Response, client: AsyncOpenAI) -> None:
        super().__init__(cast_to=object, response=response, client=client)
        kind = self.response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self._forms = _Forms(self._decoder, is_stream=kind == "text/event-stream")
        self._decoder = self._forms

    @property
    def whole(self) -> bool:
        return self._forms.whole


class _Forms(SSEDecoder):
    def __init__(self, events: SSEDecoder | SSEBytesDecoder, *, is_stream: bool) -> None:
        super().__init__()
        self._events = events
        self._is_stream = is_stream
        self.whole = False

    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        """Events that say something."""
        begun = b""
        async for piece in iterator:
            begun += piece
            if len(begun.lstrip(_BLANKS)) >= _LONGEST_FIELD:
                break
        start = begun.lstrip(_BLANKS)
        if start.startswith((b"{", b"[")):
            async for event in self._objects(start, iterator):
                yield event
            return
        if start.startswith(b"<") or (start and not self._is_stream and not start.startswith(_FIELDS)):
            raise NotAnswered
        async for event in self._events.aiter_bytes(_readable(begun.removeprefix(_MARK), iterator)):
            for said in _frames(event):
                yield said

    async def _objects(self, start: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        """One object, or several: in a list, or one after the other."""
        pieces = [start, *[piece async for piece in rest]]
        self.whole = True
        if takes_too_long(whole := b"".join(pieces)):
            raise Overrun
        found = [_error_in(each) for each in _decoded(whole.decode("utf-8", "replace"))]
        if not any(isinstance(each, dict) and ("error" in each or _is_frame(each)) for each in found):
            raise NotAnswered
        for said in found:
            yield ServerSentEvent(data=json.dumps(said))


def _frames(event: ServerSentEvent) -> Sequence[ServerSentEvent]:
    """
    The content of an event in the API's own form; empty if the event is no part of an answer.

    Raises Overrun for one that would take too long to read.
    """
    if takes_too_long(event.data):
        raise Overrun
    data = event.data.strip()
    if data[:6].upper() == "[DONE]":
        return [ServerSentEvent(data="[DONE]")]
    if data.startswith("[{"):
        return [ServerSentEvent(data=json.dumps(_error_in(each))) for each in json.loads(data)]
    if not data.startswith("{"):
        return []
    if _SAYS_CHOICES in data and event.event != "error":
        return [event]
    return [ServerSentEvent(data=json.dumps(_error_in(json.loads(data), named=event.event == "error")))]


def _decoded(text: str) -> Sequence[Any]:
    """Raises ValueError where it is no JSON."""
    decoder, at, found = json.JSONDecoder(), 0, list[Any]()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found += value if isinstance(value, list) else [value]  # Google's errors are in a list
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n,"))
    return found


def _error_in(said: Any, *, named: bool = False) -> Any:
    """The same; an error as the API has it, where a server says it otherwise: old versions of vLLM, gateways."""
    if not isinstance(said, dict) or said.get("error") or _is_frame(said):
        return said
    is_error = named or said.get("object") == "error" or ("message" in said and "code" in said) or "detail" in said
    return {"error": said} if is_error else said


def _is_frame(said: dict[str, Any]) -> bool:
    return isinstance(said.get("choices"), list)


async def _readable(begun: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """All of it as UTF-8, and with an end to its last event."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    yield decoder.decode(begun).encode()
    async for piece in rest:
        yield piece if piece.isascii() and not decoder.getstate()[0] else decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode() + b"\n\n"
