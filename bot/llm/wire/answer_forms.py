"""
The forms in which servers answer a streamed request: events, one JSON object, or what is no answer of an API at all.

The SDK (3.54) reads events only, takes each of them for JSON, and finds nothing in the rest.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import cast

import httpx2
from openai import AsyncOpenAI, AsyncStream
from openai._streaming import ServerSentEvent, SSEBytesDecoder, SSEDecoder

_FIELDS = (b"data", b"event", b"id", b"retry", b":")  # what a line of an event stream begins with
_LONGEST_FIELD = 5  # bytes
_BLANKS = b"\xef\xbb\xbf \t\r\n"


class NotAnswered(Exception):  # noqa: N818 - a fact, as in StopIteration
    """What came is no answer of this API: a page, say."""


class AnswerStream(AsyncStream[object]):
    """
    Events as JSON has them. *whole*: the answer came as one object, which tells that it is all there.

    The SDK would build a model object for each event, which takes some twenty times as long as reading its JSON.
    """

    def __init__(self, *, response: httpx2.Response, client: AsyncOpenAI) -> None:
        super().__init__(cast_to=object, response=response, client=client)
        self._client = cast(AsyncOpenAI, _Plain())
        kind = self.response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        self._forms = _Forms(self._decoder, is_stream=kind == "text/event-stream")
        self._decoder = self._forms

    @property
    def whole(self) -> bool:
        return self._forms.whole


class _Plain:
    """What the SDK's stream asks its client for."""

    @staticmethod
    def _process_response_data(*, data: object, **_: object) -> object:
        return data


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
            yield await self._object(start, iterator)
            return
        if start and not self._is_stream and not start.startswith(_FIELDS):
            raise NotAnswered
        async for event in self._events.aiter_bytes(_chained(begun, iterator)):
            if event.data.lstrip().startswith(("{", "[DONE]")):
                yield event

    async def _object(self, start: bytes, rest: AsyncIterator[bytes]) -> ServerSentEvent:
        pieces = [start, *[piece async for piece in rest]]
        self.whole = True
        event = ServerSentEvent(data=b"".join(pieces).decode("utf-8", "replace"))
        said = event.json()
        if isinstance(said, list) and len(said) == 1:  # Google's errors
            said = said[0]
        if not isinstance(said, dict):
            raise NotAnswered
        if said.get("object") == "error" or ("message" in said and "code" in said):  # vLLM's first versions; gateways
            said = {"error": said}
        if not said.get("error") and not isinstance(said.get("choices"), list):
            raise NotAnswered
        return ServerSentEvent(data=json.dumps(said))


async def _chained(begun: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield begun
    async for piece in rest:
        yield piece
