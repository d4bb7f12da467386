"""How a gateway connection compresses what it sends: "Encoding and Compression" in Discord's page "Gateway"."""

from __future__ import annotations

import json
import zlib
from typing import Protocol

from tests.standins.discord.state.objects import Json


class Encoder(Protocol):
    def encode(self, payload: Json) -> str | bytes:
        """One message of the socket: text, or bytes that only this connection's context can read."""


class Plain:
    def encode(self, payload: Json) -> str | bytes:
        return json.dumps(payload, separators=(",", ":"))


class ZlibStream:
    """One context a connection; each message ends with the four bytes of a Z_SYNC_FLUSH."""

    def __init__(self) -> None:
        self._context = zlib.compressobj()

    def encode(self, payload: Json) -> str | bytes:
        return self._context.compress(_bytes(payload)) + self._context.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """
    One frame a connection, which never ends. Its blocks are raw ones, which every decoder of zstd reads: nothing has
    to be installed for it (RFC 8878, 3.1.1.1 for the header and 3.1.1.2 for blocks).
    """

    HEADER = b"\x28\xb5\x2f\xfd\x00\x58"  # the magic number, no checksum and no size, a window of 2 MiB
    BLOCK_LIMIT = 128 * 1024

    def __init__(self) -> None:
        self._begun = False

    def encode(self, payload: Json) -> str | bytes:
        content = _bytes(payload)
        header, self._begun = b"" if self._begun else self.HEADER, True
        blocks = (content[at : at + self.BLOCK_LIMIT] for at in range(0, len(content), self.BLOCK_LIMIT))
        return header + b"".join((len(block) << 3).to_bytes(3, "little") + block for block in blocks)


class ZlibPayload:
    """`compress` in IDENTIFY asks for it: each payload is compressed by itself. HELLO comes before it, as text."""

    def encode(self, payload: Json) -> str | bytes:
        return zlib.compress(_bytes(payload))


TRANSPORT: dict[str | None, type[Encoder]] = {None: Plain, "zlib-stream": ZlibStream, "zstd-stream": ZstdStream}


def _bytes(payload: Json) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()
