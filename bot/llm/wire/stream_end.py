"""
How a stream ended: properly, or broken off without an error.

A finish reason says so. Some servers give none, but end with the `[DONE]` that the API closes a stream with; a few give
neither. The SDK (3.54) swallows the mark, and calls it no error when the mark is missing, so the bytes are looked at.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import cast

import httpx2
from openai import AsyncStream

from bot.core.completion.endings import UNMARKED, UNSTATED
from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import Chunk

FAULT = "error"  # a finish reason: the server ended the answer for a fault of its own, as OpenRouter says it
HEADERS = {"Accept-Encoding": "identity"}  # the mark is looked for in what comes over the wire
_MARK = re.compile(rb"(?:^|[\r\n])data: {0,8}\[DONE\]")  # inside a frame a line never ends: JSON escapes that
_TAIL = 24  # bytes; longer than the mark


class StreamEnd:
    """How one stream ended. Create it before the first frame is read."""

    def __init__(self, stream: AsyncStream[object], whole: Callable[[], bool] = lambda: False) -> None:
        """*whole*: whether all came at once, which needs no mark."""
        self._whole = whole
        self._watch = _MarkWatch(cast(httpx2.AsyncByteStream, stream.response.stream))
        stream.response.stream = self._watch
        self.reason: str | None = None
        self.words = False

    def read(self, chunk: Chunk) -> Chunk:
        """The same; without a finish reason that is none of an answer's."""
        self.reason = chunk.finish_reason or self.reason
        self.words = self.words or bool(chunk.text or chunk.reasoning or chunk.refusal)
        return replace(chunk, finish_reason=None) if chunk.finish_reason == FAULT else chunk

    @property
    def stated(self) -> bool:
        return self.reason is not None

    @property
    def over(self) -> bool:
        """Whether nothing more is to come that belongs to the answer."""
        return self.stated or self.marked or self._whole()

    @property
    def marked(self) -> bool:
        return self._watch.seen


class _MarkWatch(httpx2.AsyncByteStream):
    """Hands the bytes on and notes whether the mark was among them."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream
        self._tail = b""
        self.seen = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._stream)
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._pieces)
        read = self._tail + piece
        self.seen = self.seen or (b"[DONE]" in read and _MARK.search(read) is not None)
        self._tail = read[-_TAIL:]
        return piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class Endings:
    """
    How a server ends its streams, as far as it was seen, by model.

    A server that has never marked an end and leaves one unmarked may have been cut off: the call is made once more.
    When that one ends so, too, it is the server's way, and nobody pays for it again.
    """

    def __init__(self) -> None:
        self._marks: dict[str, bool] = {}  # whether an end was ever marked; nothing: none was seen

    def told(self, model: str, end: StreamEnd) -> Chunk | None:
        """The last chunk of a stream that did not state its end. Raises ModelError if the stream was cut off."""
        if end.reason == FAULT:
            raise ModelError(ModelProblem.CUT, "the server ended the answer with an error", billed=True)
        if end.over:
            self._marks[model] = True
            return Chunk(finish_reason=UNSTATED) if end.words and not end.stated else None
        if not end.words:
            return None
        if self._marks.get(model) is False:
            return Chunk(finish_reason=UNMARKED)
        self._marks.setdefault(model, False)
        raise ModelError(ModelProblem.CUT, "the stream ended without a finish reason", billed=True)
