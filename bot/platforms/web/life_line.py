"""
The bot's standard input ties its process to the playground's parent.

The parent writes one line with its address and the bot's secret, and then keeps the pipe open. When the parent ends in
any way, the system closes the pipe.
"""

from __future__ import annotations

import asyncio
import json
from typing import IO

from bot.core.errors import SettingsError


class LifeLine:
    """Opened by `life_line`; *url* and *secret* are for WebPlatform."""

    def __init__(self, url: str, secret: str, reader: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        self.url = url
        self.secret = secret
        self._reader = reader
        self._transport = transport

    async def ended(self) -> None:
        """Returns when the parent has ended."""
        while await self._reader.read(4096):
            pass

    def close(self) -> None:
        self._transport.close()


async def life_line(stdin: IO[bytes]) -> LifeLine:
    """
    Read the parent's line from *stdin* (sys.stdin.buffer, or any pipe).

    Raises SettingsError when there is no parent: somebody has called the command by hand.
    """
    reader = asyncio.StreamReader()
    try:
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), stdin
        )
    except ValueError as error:  # asyncio watches pipes, sockets and terminals, not files
        raise SettingsError(_NO_PARENT) from error
    try:
        greeting = json.loads(await reader.readline())
        return LifeLine(greeting["url"], greeting["secret"], reader, transport)
    except (ValueError, KeyError, TypeError) as error:
        transport.close()
        raise SettingsError(_NO_PARENT) from error


_NO_PARENT = "This command is started by `threadbot run`, which tells it where the playground is."
