"""
Fetching the files that people send in Slack.

The bot's token goes with the request, so it goes to Slack's file hosts alone: addresses stand in events, and those of
files that are shared from elsewhere are anybody's to choose. Which hosts these are is in file_hosts.py.
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
from bot.platforms.slack.calls.api import SlackApi
from bot.platforms.slack.calls.errors import lost
from bot.platforms.slack.incoming.files import file_of
from bot.platforms.slack.reading.file_hosts import FileHosts

TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=20)  # seconds
REDIRECTS = 3  # within Slack
_PIECE = 65_536  # bytes
_PASSING = (408, 425, 429)  # statuses, beside those from 500 on
_REFUSED = {401: FileOutcome.FORBIDDEN, 403: FileOutcome.FORBIDDEN, 404: FileOutcome.GONE, 410: FileOutcome.GONE}

logger = logging.getLogger(__name__)


class SlackFiles:
    """The FileReader port. *api_url* says which Slack it is, and so where its files are."""

    def __init__(self, api: SlackApi, bot_token: str, api_url: str) -> None:
        self._api = api
        self._headers = {"Authorization": f"Bearer {bot_token}", "Accept-Encoding": "identity"}
        self._hosts = FileHosts(api_url)

    async def fetch(self, file: FileRef, limit: int) -> bytes:
        address = file.locator or await self._locate(file)
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
                return await self._get(session, address, limit)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if is_shortage(error):  # the answer waits: without the file it would be another one
                raise PlatformError(SHORTAGE, passing=True) from error
            logger.info("slack: a file could not be fetched: %s", lost(error, address).detail or type(error).__name__)
            raise FileError(FileOutcome.NOT_FETCHED, passing=not isinstance(error, ValueError)) from error

    async def _locate(self, file: FileRef) -> str:
        """Of a file that its event only names (`file_access: check_file_info`, in Slack Connect)."""
        try:
            described = file_of({"id": file.id, **await self._api.file(file.id)})
        except PlatformError as error:
            outcome = _OUTCOMES.get(error.code, FileOutcome.NOT_FETCHED)
            raise FileError(outcome, passing=error.passing) from error
        if described is None or described.refused or not described.locator:
            raise FileError((described and described.refused) or FileOutcome.FORBIDDEN)
        return described.locator

    async def _get(self, session: aiohttp.ClientSession, address: str, limit: int) -> bytes:
        url = URL(address)
        for _ in range(REDIRECTS + 1):
            if not self._hosts.serve(url):
                raise FileError(FileOutcome.ELSEWHERE)
            async with session.get(url, headers=self._headers, allow_redirects=False, **way_to(str(url))) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    return await _body(response, limit)
                url = url.join(URL(response.headers.get("Location", "")))
        raise FileError(FileOutcome.FORBIDDEN)


_OUTCOMES = {
    "file_not_found": FileOutcome.GONE,
    "file_deleted": FileOutcome.GONE,
    "missing_scope": FileOutcome.FORBIDDEN,
    "no_permission": FileOutcome.FORBIDDEN,
    "access_denied": FileOutcome.FORBIDDEN,
}


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if response.status >= 500 or response.status in _PASSING:
        raise FileError(FileOutcome.NOT_FETCHED, passing=True)
    if response.status != 200:
        raise FileError(_REFUSED.get(response.status, FileOutcome.NOT_FETCHED))
    if is_login_page(response):
        raise FileError(FileOutcome.FORBIDDEN)
    if (response.content_length or 0) > limit:
        raise FileError(FileOutcome.TOO_BIG)
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        content += piece
        if len(content) > limit:
            raise FileError(FileOutcome.TOO_BIG)
    return bytes(content)


def is_login_page(response: aiohttp.ClientResponse) -> bool:
    """
    Whether Slack sent a page to sign in at, in the place of a file: what a token without `files:read` gets, with a 200.

    A file that is a page itself comes as an attachment.
    """
    disposition = response.headers.get("Content-Disposition", "")
    return response.content_type == "text/html" and not disposition.lower().startswith("attachment")
