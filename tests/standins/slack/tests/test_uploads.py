"""The stand-in takes files of the bot's own as Slack does: in three steps, and shows them when it likes."""

from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import Slack


async def uploaded(slack: Slack, client: AsyncWebClient, content: bytes, *, sent: bytes | None = None) -> str:
    given = await client.files_getUploadURLExternal(filename="a.md", length=len(content))
    async with aiohttp.ClientSession() as session, session.post(given["upload_url"], data=sent or content) as response:
        assert response.status == (200 if sent is None else 400)
    return str(given["file_id"])


async def test_a_file_is_uploaded_shared_and_deleted() -> None:
    async with Slack() as slack:
        client = AsyncWebClient(slack.bot_token, slack.api_url)
        channel = slack.add_channel("general")
        root = await slack.post(slack.add_user("kim"), channel, "hello")
        slack.uploads.late = 1
        file = await uploaded(slack, client, b"# Hi")
        done = await client.files_completeUploadExternal(
            files=[{"id": file, "title": "Hi"}], channel_id=channel, thread_ts=root
        )
        assert done["files"] == [{"id": file, "title": "Hi"}]
        assert (await client.files_info(file=file))["file"]["shares"] == {}
        shared = (await client.files_info(file=file))["file"]["shares"]["public"][channel]
        [_, message] = slack.thread(channel, root)
        assert shared == [{"ts": message.ts, "thread_ts": root}]
        assert slack.files.stored[file].content == b"# Hi"
        await client.files_delete(file=file)
        assert message.files == [{"id": file, "mode": "tombstone"}]


async def test_what_was_not_sent_whole_cannot_be_shared() -> None:
    async with Slack() as slack:
        client, channel = AsyncWebClient(slack.bot_token, slack.api_url), slack.add_channel("general")
        file = await uploaded(slack, client, b"# Hi", sent=b"#")
        with pytest.raises(SlackApiError, match="file_not_found"):
            await client.files_completeUploadExternal(files=[{"id": file, "title": "Hi"}], channel_id=channel)
        slack.workspace.scopes = ("chat:write",)
        with pytest.raises(SlackApiError, match="missing_scope"):
            await client.files_getUploadURLExternal(filename="a.md", length=1)
