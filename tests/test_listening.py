"""The listener, over real sockets: what outsiders can take of it, and that it outlives a shortage."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.listening import Bounds, listening

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
ONE = b"HTTP/1.1 200 OK"


class Asked:
    """A listener, what it noted, and the gate that its answers wait at."""

    def __init__(self) -> None:
        self.gate, self.notes, self.at_work = asyncio.Event(), list[tuple[int, str]](), 0
        self.gate.set()
        self.port = 0

    def note(self, status: int, reason: str) -> None:
        self.notes.append((status, reason))

    async def answer(self, _: web.BaseRequest) -> web.Response:
        self.at_work += 1
        await self.gate.wait()
        return web.Response(text="yes")

    async def connect(self, sent: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        return reader, writer

    async def until(self, reached: int) -> None:
        """So many requests are being answered, or were."""
        async with asyncio.timeout(100):
            while self.at_work < reached:  # noqa: ASYNC110 - what the answers count
                await asyncio.sleep(0.001)


@asynccontextmanager
async def asked(bounds: Bounds) -> AsyncIterator[Asked]:
    found = Asked()
    async with listening(found.answer, "127.0.0.1", 0, found.note, bounds) as found.port:
        yield found


async def rest(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(100):
        return await reader.read()


@pytest.mark.parametrize("first", [b"", REQUEST])
async def test_a_head_that_comes_a_byte_at_a_time_is_not_waited_for(first: bytes) -> None:
    async with asked(Bounds(head_seconds=2.0)) as found:
        reader, writer = await found.connect(first)
        if first:
            async with asyncio.timeout(100):
                await reader.readuntil(b"yes")
        reading = asyncio.create_task(rest(reader))
        writer.write(b"POST /")
        while not reading.done():
            writer.write(b"x")
            await asyncio.sleep(0.01)
        assert (await reading).startswith(b"HTTP/1.1 408 ")
        writer.close()
    assert (408, "slow head") in found.notes


async def test_a_connection_without_a_request_is_closed_without_a_word() -> None:
    async with asked(Bounds(head_seconds=2.0, idle_seconds=3.0)) as found:
        reader, writer = await found.connect(REQUEST)
        async with asyncio.timeout(100):
            await reader.readuntil(b"yes")
        assert await rest(reader) == b""  # the time for a head begins with its first byte
        writer.close()
    assert found.notes == []


async def test_a_new_connection_takes_the_place_of_the_one_that_has_waited_longest() -> None:
    async with asked(Bounds(connections=3)) as found:
        idle = [await found.connect() for _ in range(2)]
        kept, kept_writer = await found.connect(REQUEST)
        async with asyncio.timeout(100):
            await kept.readuntil(b"yes")
        writers = [kept_writer, *(writer for _, writer in idle)]
        for number in range(2):
            reader, writer = await found.connect(REQUEST)
            writers.append(writer)
            async with asyncio.timeout(100):
                assert (await reader.readuntil(b"yes")).startswith(ONE)
            assert await rest(idle[number][0]) == b""
        kept_writer.write(REQUEST)
        async with asyncio.timeout(100):
            assert (await kept.readuntil(b"yes")).startswith(ONE)
        for each in writers:
            each.close()
    assert set(found.notes) == {(503, "too many connections at a time")}


async def test_while_all_are_at_work_a_new_one_is_told_to_come_later() -> None:
    async with asked(Bounds(connections=2)) as found:
        found.gate.clear()
        working = [await found.connect(REQUEST) for _ in range(2)]
        await found.until(2)
        late, late_writer = await found.connect(REQUEST)
        refusal = await rest(late)
        assert refusal.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: " in refusal
        late_writer.close()
        found.gate.set()
        for reader, writer in working:
            async with asyncio.timeout(100):
                assert (await reader.readuntil(b"yes")).startswith(ONE)
            writer.close()


@contextmanager
def without_descriptors() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(each.name) for each in Path("/dev/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 10, limits[1]))
    taken: list[int] = []
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        for each in taken:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_a_request_that_comes_when_there_is_no_descriptor_is_answered_when_there_is_one() -> None:
    loop = asyncio.get_running_loop()
    async with asked(Bounds()) as found:
        with socket.socket() as caller:
            caller.setblocking(False)
            with without_descriptors():
                await loop.sock_connect(caller, ("127.0.0.1", found.port))
                await loop.sock_sendall(caller, REQUEST)
                async with asyncio.timeout(100):
                    while not found.notes:  # noqa: ASYNC110 - what the listener notes
                        await asyncio.sleep(0.001)
                assert found.at_work == 0
            async with asyncio.timeout(100):
                assert (await loop.sock_recv(caller, 1000)).startswith(ONE)
    assert {status for status, _ in found.notes} == {503}


async def test_what_is_no_http_is_noted_without_what_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    async with asked(Bounds()) as found:
        reader, writer = await found.connect(b"\x16\x03\x01 secret\r\n\r\n")
        assert (await rest(reader)).startswith(b"HTTP/1.0 400 ")
        writer.close()
    assert "Traceback" not in caplog.text
