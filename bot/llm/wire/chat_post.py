"""
Posting a body to `/chat/completions`: the SDK's client, errors and streams, without what it repeats for each request.

The SDK (3.54) copies and merges options, headers and the address, and reads the address three times: half a millisecond
until it is sent, of which nothing differs between two of our requests. This is the one place here that uses what the
SDK does not make public. The tests of this module fail when a new version takes it away or sends something else.
"""

from __future__ import annotations

import json
import ssl
from asyncio import to_thread
from collections.abc import Mapping
from typing import Any

import anyio
import httpx2
from openai import APIConnectionError, APITimeoutError, AsyncOpenAI

from bot.llm.wire.answer_forms import AnswerStream, NotAnswered

PATH = "chat/completions"

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class ChatPost:
    """Posts with *client*, over *http*, which is the one that it was made with."""

    def __init__(self, client: AsyncOpenAI, http: httpx2.AsyncClient) -> None:
        self._client, self._http = client, http
        self._same: httpx2.Request | None = None  # all but the body

    async def post(self, body: Mapping[str, Any]) -> AnswerStream:
        """
        Raises what the SDK's own post() raises: APIStatusError, APITimeoutError, APIConnectionError, HTTPError.

        And NotAnswered.
        """
        same = self._same = self._same or await self._without_body()
        request = httpx2.Request(
            "POST",
            same.url,
            headers=same.headers,
            content=_JSON.encode(body).encode(),
            extensions=same.extensions,
        )
        response = await self._sent(request)
        if response.request.method != request.method:  # it was redirected, and what was asked got lost on the way
            await response.aclose()
            raise NotAnswered
        if not response.is_success:
            if not response.is_closed:
                await response.aread()
            raise self._client._make_status_error_from_response(response)  # noqa: SLF001 - it reads what errors say
        return AnswerStream(response=response, client=self._client)

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await self._http.send(request, stream=True)
        except httpx2.TimeoutException as error:
            raise APITimeoutError(request=request) from error
        except (httpx2.RequestError, ssl.SSLError, anyio.EndOfStream) as error:
            raise APIConnectionError(request=request) from error

    async def _without_body(self) -> httpx2.Request:
        """The SDK's headers tell the system it runs on, and what it reads for that may take a while."""
        await to_thread(self._client.platform_headers)
        headers = httpx2.Headers()
        for name, value in [*self._client.auth_headers.items(), *self._client.default_headers.items()]:
            if isinstance(value, str):
                headers[name] = value
            else:  # one that is left out
                headers.pop(name, None)
        url, query = self._client.base_url.join(PATH), self._client.default_query
        url = url.copy_merge_params({name: str(value) for name, value in query.items()}) if query else url
        request = self._http.build_request("POST", url, headers=headers)
        del request.headers["Content-Length"]  # that of a request without a body
        return request
