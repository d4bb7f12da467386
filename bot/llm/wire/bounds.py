"""
How much a server may send for one call, and for how long: no server's word is taken for it that an answer ends.

All bounds are made from the tokens that the call asks for, and so far above them that no server which keeps to that
limit comes near: what they end is a server that ignores it, or never stops sending. `OPENAI_TIMEOUT` alone does not:
it is about silence, and any drip of bytes breaks that.

The streams are iterators, not generators: the SDK leaves them in the middle, and Python (3.11) ends a generator that
was left only when it is collected, in a task nobody awaits.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import cast

import httpx2
from openai import AsyncStream

from bot.core.ports import Chunk
from bot.core.turn import OVERRUN
from bot.network.json_bound import MOST_CONTAINERS

# Words. Each model counts in tokens of its own: a tokenizer made for one language may need a quarter of ours for it.
TOKENS = 4  # of ours, for each that was asked for
SPARE_TOKENS = 64  # a tiny limit is soon exceeded by a few words
LONGEST_TOKEN = 16  # characters on average; o200k_base has tokens of 128 spaces, but no text is made of those
BLOCK = 256  # characters that are counted together: what is counted in parts gets a token more at each seam

# Bytes. A token mostly has a frame of its own, of 200 to 500 bytes; reasoning is sent, too, and some servers do not
# count it: 32,000 tokens of it were usual where that was so (DeepSeek's R1).
BYTES, BYTES_A_TOKEN = 16 * 2**20, 2_048
EVENTS, EVENTS_A_TOKEN = 2**16, 16  # the SDK takes some 50 µs for the smallest
EVENT_BYTES, EVENT_BYTES_A_TOKEN = 2**20, 256  # some servers send all of an answer in one event; it is kept in memory
PIECE_BYTES = 2**16
TURN_BYTES = 2**12  # after which others have a turn: the events that came with one read of a socket may take a second
WHOLE_BYTES = 2**20  # of what is read whole: errors, which may quote all of the request, and lists
WHOLE_BRACKETS = MOST_CONTAINERS  # of the same, in strings as well

SECONDS_A_TOKEN = 1.0  # slower than a large model on a CPU
WHOLE_SECONDS = 30.0  # for the rest of what is read whole


class Overrun(Exception):  # noqa: N818 - a fact, as in StopIteration
    """A server has sent more than any answer of the length that was asked for takes."""


def seconds(max_tokens: int, timeout: float) -> float:
    """How long a call may take in all. *timeout*: seconds without a byte, at most."""
    return timeout + max_tokens * SECONDS_A_TOKEN


class Room:
    """The room for words in an answer of *max_tokens*. *count* gives the tokens of a text."""

    def __init__(self, max_tokens: int, count: Callable[[str], int]) -> None:
        self._left = max_tokens * TOKENS + SPARE_TOKENS
        self._count = count
        self._uncounted = ""
        self.full = False

    def take(self, chunk: Chunk) -> Chunk:
        """*chunk*, or as much of it as there is room for, and then as the last one."""
        taken = replace(chunk, text=self._fitted(chunk.text), refusal=self._fitted(chunk.refusal))
        return replace(taken, finish_reason=OVERRUN) if self.full else chunk

    def _fitted(self, text: str) -> str:
        for start in range(0, len(text), BLOCK):
            if self.full:
                return text[:start]
            self._uncounted += text[start : start + BLOCK]
            if len(self._uncounted) >= BLOCK:
                self._left -= max(self._count(self._uncounted), len(self._uncounted) // LONGEST_TOKEN)
                self._uncounted = ""
                self.full = self._left <= 0
        return text


class Wire(httpx2.AsyncByteStream):
    """
    Hands the bytes of a stream on. Raises Overrun when they are too many, httpx2.ReadTimeout at *deadline*.

    Once the answer is *over* it only ends: some servers close no stream, and the answer is whole.

    The SDK (3.54) keeps all of an event in memory until it ends, and has no limit for it. It reads all events of a
    piece in one go, so pieces are small.
    """

    def __init__(self, stream: AsyncStream[object], max_tokens: int, deadline: float, over: Callable[[], bool]) -> None:
        """*deadline* is the loop's time. Make it before the first frame is read."""
        self._over = over
        self._stream = cast(httpx2.AsyncByteStream, stream.response.stream)
        stream.response.stream = self
        self._left = BYTES + max_tokens * BYTES_A_TOKEN
        self._event = EVENT_BYTES + max_tokens * EVENT_BYTES_A_TOKEN
        self._event_left = self._event
        self._events_left = EVENTS + max_tokens * EVENTS_A_TOKEN
        self._deadline = deadline
        self._rest = b""

    def event_ended(self) -> None:
        """The SDK has handed one on, and does not keep it."""
        self._event_left = self._event
        self._events_left -= 1

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._stream)
        return self

    async def __anext__(self) -> bytes:
        try:
            if self._rest:
                await asyncio.sleep(0)
            else:
                self._rest = await _next(self._pieces, self._deadline)
            piece, self._rest = self._rest[:TURN_BYTES], self._rest[TURN_BYTES:]
            self._note(len(piece))
        except (Overrun, httpx2.ReadTimeout):
            if self._over():
                raise StopAsyncIteration from None
            raise
        return piece

    def _note(self, size: int) -> None:
        self._left -= size
        self._event_left -= size
        if min(self._left, self._event_left, self._events_left) < 0:
            raise Overrun

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Beginning(httpx2.AsyncByteStream):
    """As much of a stream as is read whole; then it seems to be over."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream
        self._left, self._brackets_left = WHOLE_BYTES, WHOLE_BRACKETS

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._stream)
        self._deadline = asyncio.get_running_loop().time() + WHOLE_SECONDS
        return self

    async def __anext__(self) -> bytes:
        if self._left <= 0:
            raise StopAsyncIteration
        try:
            piece = await _next(self._pieces, self._deadline)
        except httpx2.ReadTimeout:
            raise StopAsyncIteration from None  # the status says most
        self._left, piece = self._left - len(piece), piece[: self._left]
        self._brackets_left -= piece.count(b"{") + piece.count(b"[")
        if self._brackets_left < 0:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Inflated(httpx2.AsyncByteStream):
    """Inflates in small pieces, because a compressed piece may become a thousand times as long."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream
        self._inflating = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip, or zlib, as its header says
        self._rest = b""

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._stream)
        return self

    async def __anext__(self) -> bytes:
        while not self._rest:
            self._rest = await anext(self._pieces)
        try:
            piece = self._inflating.decompress(self._rest, PIECE_BYTES)
        except zlib.error as error:
            raise httpx2.DecodingError(str(error)) from error
        self._rest = self._inflating.unconsumed_tail
        return piece

    async def aclose(self) -> None:
        await self._stream.aclose()


async def bound(response: httpx2.Response) -> None:
    """
    An event hook: let the client read only the beginning of all but an answer, and inflate nothing itself.

    It reads errors and redirections whole before anybody sees them, however long they are. Compressed is only what a
    server compresses unasked (stream_end.HEADERS).
    """
    stream = cast(httpx2.AsyncByteStream, response.stream)
    if response.headers.pop("Content-Encoding", "identity").lower() in ("gzip", "x-gzip", "deflate"):
        response.stream = stream = _Inflated(stream)
    if not (response.is_success and response.request.method == "POST"):
        response.stream = _Beginning(stream)


async def _next(pieces: AsyncIterator[bytes], deadline: float) -> bytes:
    try:
        async with asyncio.timeout_at(deadline):
            return await anext(pieces)
    except TimeoutError as error:
        raise httpx2.ReadTimeout("it went on for too long") from error
