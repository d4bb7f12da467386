"""
The HTTP sessions of calls to Slack: no answer is read that would hold the event loop.

So the answer has to be short (see json_bound.py). What becomes of a page of messages that is not is decided in
page_size.py.
"""

from __future__ import annotations

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.network import certificates
from bot.network.json_bound import takes_too_long
from bot.network.proxies import proxy_of
from bot.platforms.slack.calls.logs import sdk_logger

MOST_BYTES = 4 * 2**20  # uncompressed; json reads some 100 million bytes a second where a message is all styled words
TIMEOUT = aiohttp.ClientTimeout(
    total=30, sock_connect=10
)  # seconds; the SDK ignores its own when it is given a session


class AnswerTooLong(aiohttp.ClientPayloadError):
    """More than MOST_BYTES, or than json reads in time; the rest was not read, and the connection is closed."""


def opened() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=TIMEOUT, response_class=_Answer)


def client(api_url: str, *, token: str | None = None, session: aiohttp.ClientSession | None = None) -> AsyncWebClient:
    """The SDK's, which would read no NO_PROXY, and certificates of its own."""
    made = AsyncWebClient(
        token=token,
        base_url=api_url,
        ssl=certificates.context(),
        session=session,
        retry_handlers=[],
        logger=sdk_logger(),
    )
    made.proxy = proxy_of(api_url)
    return made


class _Answer(aiohttp.ClientResponse):
    async def read(self) -> bytes:
        if self._body is None:
            try:
                self._body = await self._bounded()
            except BaseException:
                self.close()
                raise
        return await super().read()

    async def _bounded(self) -> bytes:
        body = bytearray()
        async for piece in self.content.iter_any():
            body += piece
            if len(body) > MOST_BYTES:
                raise AnswerTooLong(f"an answer of more than {MOST_BYTES} bytes")
        read = bytes(body)
        if takes_too_long(read):
            raise AnswerTooLong("an answer of too many objects and arrays")
        return read
