"""The control API of a stand-in that is a process of its own, for whoever drives it: control.py, model.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp


class ControlClient:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        """*url* ends with /control/."""
        self._url, self._session = url, session

    async def get(self, what: str) -> Any:
        async with self._session.get(self._url + what) as response:
            return await _told(response)

    async def post(self, what: str, body: Mapping[str, Any]) -> Any:
        async with self._session.post(self._url + what, json=body) as response:
            return await _told(response)


async def _told(response: aiohttp.ClientResponse) -> Any:
    response.raise_for_status()
    return await response.json()
