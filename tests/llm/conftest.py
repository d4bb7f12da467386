"""A model stand-in and a client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.llm.openai_chat import OpenAIChat
from tests.standins.model import ModelServer


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[OpenAIChat]:
    model = OpenAIChat(api_key="sk-made-up", base_url=server.url, timeout=20)
    yield model
    await model.aclose()
