"""How the stand-ins' own tests speak with a Slack: with its SDK, and over a bare socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import Slack


def client(slack: Slack, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(token=token or slack.bot_token, base_url=slack.api_url, retry_handlers=[])


async def code(slack: Slack, method: str, token: str | None = None, **arguments: Any) -> str:
    """The error that a call is refused with."""
    with pytest.raises(SlackApiError) as error:
        await client(slack, token).api_call(method, json=arguments)
    return str(error.value.response["error"])


@asynccontextmanager
async def socket(slack: Slack) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A connection in Socket Mode that has been greeted."""
    url = (await client(slack).apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as connected:
        assert (await connected.receive_json())["type"] == "hello"
        yield connected
