"""
The smallest bot worth the name, to measure Threadbot against: no history, nothing stored, one file.

It knows nothing of bot/. Settings are those of Threadbot: SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_API_URL,
OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from typing import Any

from openai import AsyncOpenAI
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

EDIT_SECONDS = 1.0  # chat.update: 50 a minute (Slack, "Rate limits", tier 3)


def build(model: AsyncOpenAI, name: str) -> AsyncApp:
    client = AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(token=os.environ["SLACK_BOT_TOKEN"], client=client)

    @app.event("app_mention")
    async def answer(event: dict[str, Any], client: AsyncWebClient) -> None:
        channel, thread = event["channel"], event.get("thread_ts") or event["ts"]
        question = re.sub(r"<@\w+>", "", event["text"]).strip()
        stream = await model.chat.completions.create(
            model=name, messages=[{"role": "user", "content": question}], stream=True
        )
        text, ts, shown_at = "", "", 0.0
        async for chunk in stream:
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            if text and time.monotonic() - shown_at >= EDIT_SECONDS:
                shown_at = time.monotonic()
                if ts:
                    await client.chat_update(channel=channel, ts=ts, text=text)
                else:
                    ts = (await client.chat_postMessage(channel=channel, thread_ts=thread, text=text))["ts"]
        if ts:
            await client.chat_update(channel=channel, ts=ts, text=text)

    @app.event("message")
    async def ignore() -> None:
        """What is not acknowledged would be delivered again."""

    return app


async def main() -> None:
    async with AsyncOpenAI(max_retries=0) as model:
        app = build(model, os.environ["OPENAI_MODEL"])
        await AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start_async()  # type: ignore[no-untyped-call]  # Bolt's


if __name__ == "__main__":
    asyncio.run(main())
