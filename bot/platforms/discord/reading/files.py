"""
Fetching the files that people send on Discord: from its CDN alone, and without our token.

The address of a file is signed and expires, so it is not kept with the file: the message that shows it is read again
where no event told the address lately. Source: Discord, "Signed Attachment CDN URLs".
"""

from __future__ import annotations

import logging

import aiohttp
from yarl import URL

from bot.core.errors import PlatformError
from bot.core.files import FileOutcome, FileRef
from bot.core.ports import FileError
from bot.core.shortage import SHORTAGE, is_shortage
from bot.network.ways import way_to
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    lost,
)
from bot.platforms.discord.calls.limits import MESSAGE
from bot.platforms.discord.incoming.files import attachments_of, place_of
from bot.platforms.discord.places.payloads import Json, text

TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=20)  # seconds
REDIRECTS = 3  # within the CDN
MOST = 2_000  # addresses in memory
MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE")
CDN = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
DISCORD = ("discord.com", "discordapp.com")  # the API's hosts, and those of its test versions before them
_PIECE = 65_536  # bytes
_PASSING = (408, 425, 429)  # statuses, beside those from 500 on
_REFUSED = {401: FileOutcome.FORBIDDEN, 403: FileOutcome.FORBIDDEN, 404: FileOutcome.GONE, 410: FileOutcome.GONE}
_OUTCOMES = {
    UNKNOWN_CHANNEL: FileOutcome.GONE,
    UNKNOWN_MESSAGE: FileOutcome.GONE,
    MISSING_ACCESS: FileOutcome.FORBIDDEN,
    MISSING_PERMISSIONS: FileOutcome.FORBIDDEN,
}

logger = logging.getLogger(__name__)


class FileHosts:
    """*api_url* of another server than Discord: its files are at the same host, on any port."""

    def __init__(self, api_url: str) -> None:
        api = URL(api_url)
        self._host = api.raw_host or ""
        self._discord = any(f".{self._host}".endswith(f".{domain}") for domain in DISCORD)

    def serve(self, url: URL) -> bool:
        """Whether *url* can be a file's. Raises ValueError for an address that programs read differently."""
        if "@" in url.raw_authority or "\\" in url.raw_authority:
            raise ValueError("an address with a user")
        if self._discord:
            return (url.scheme, url.port) == ("https", 443) and url.raw_host in CDN
        return url.scheme in ("http", "https") and url.raw_host == self._host


class DiscordFiles:
    """The FileReader port. *api_url* says which Discord it is, and so where its files are."""

    def __init__(self, api: DiscordApi, api_url: str) -> None:
        self._api, self._hosts = api, FileHosts(api_url)
        self._addresses: dict[str, str] = {}  # by attachment, as they were told last

    def note(self, payload_type: str, data: Json) -> None:
        """Take the addresses that an event tells. Never raises."""
        if payload_type in MESSAGES:
            self._note(data)

    async def fetch(self, file: FileRef, limit: int) -> bytes:
        address = self._addresses.get(file.id)
        try:
            if address is not None:
                return await self._get(address, limit)
        except FileError as error:
            if error.passing or error.outcome not in (FileOutcome.GONE, FileOutcome.FORBIDDEN):
                raise  # else the address may have expired
        return await self._get(await self._locate(file), limit)

    def _note(self, message: Json) -> None:
        for each in attachments_of(message):
            if (id_ := text(each, "id")) and (address := text(each, "url")):
                while len(self._addresses) >= MOST:
                    del self._addresses[next(iter(self._addresses))]
                self._addresses[id_] = address

    async def _locate(self, file: FileRef) -> str:
        """Read the message again. Raises FileError."""
        place = place_of(file.locator)
        if place is None:
            raise FileError(FileOutcome.FORBIDDEN)
        channel, message = place
        try:
            found = await self._api.limits.call(
                MESSAGE, lambda: self._api.message(channel, message), final=True, channel=channel
            )
        except PlatformError as error:
            outcome = _OUTCOMES.get(error.code, FileOutcome.NOT_FETCHED)
            raise FileError(outcome, passing=error.passing) from error
        self._addresses.pop(file.id, None)
        self._note(found)
        address = next((text(each, "url") for each in attachments_of(found) if text(each, "id") == file.id), "")
        if not address:
            raise FileError(FileOutcome.GONE)
        return address

    async def _get(self, address: str, limit: int) -> bytes:
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
                return await self._followed(session, URL(address), limit)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if is_shortage(error):  # the answer waits: without the file it would be another one
                raise PlatformError(SHORTAGE, passing=True) from error
            logger.info("discord: a file could not be fetched: %s", lost(error, address).detail or type(error).__name__)
            raise FileError(FileOutcome.NOT_FETCHED, passing=not isinstance(error, ValueError)) from error

    async def _followed(self, session: aiohttp.ClientSession, url: URL, limit: int) -> bytes:
        for _ in range(REDIRECTS + 1):
            if not self._hosts.serve(url):
                raise FileError(FileOutcome.ELSEWHERE)
            headers = {"Accept-Encoding": "identity"}
            async with session.get(url, headers=headers, allow_redirects=False, **way_to(str(url))) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    return await _body(response, limit)
                url = url.join(URL(response.headers.get("Location", "")))
        raise FileError(FileOutcome.FORBIDDEN)


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if response.status >= 500 or response.status in _PASSING:
        raise FileError(FileOutcome.NOT_FETCHED, passing=True)
    if response.status != 200:
        raise FileError(_REFUSED.get(response.status, FileOutcome.NOT_FETCHED))
    if (response.content_length or 0) > limit:
        raise FileError(FileOutcome.TOO_BIG)
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        content += piece
        if len(content) > limit:
            raise FileError(FileOutcome.TOO_BIG)
    return bytes(content)
