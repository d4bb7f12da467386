"""
The calls of Slack's Web API that this program makes, with errors translated and 429s noted.

Nothing is repeated here: a post whose answer was lost may be there. When to call is decided by the callers.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError, UncertainError
from bot.core.shortage import is_shortage
from bot.network.ways import way_to
from bot.platforms.common.limiter import RATE_LIMITED, Limiter
from bot.platforms.slack.calls import sessions
from bot.platforms.slack.calls.errors import (
    ANSWER_TOO_LONG,
    INVALID_RESPONSE,
    MESSAGE_NOT_FOUND,
    NOT_SLACK,
    CallFailure,
    lost,
    platform_error,
)
from bot.platforms.slack.calls.limits import APPEND, DELETE, POST, START, STOP, UPDATE
from bot.platforms.slack.calls.page_size import PageSize
from bot.platforms.slack.calls.sessions import TIMEOUT

DEFAULT_URL = AsyncWebClient.BASE_URL
OPEN = "apps.connections.open"
REPLIES, HISTORY, CHANNELS = "conversations.replies", "conversations.history", "users.conversations"
OPEN_VIEW, UPDATE_VIEW, PUBLISH = "views.open", "views.update", "views.publish"
PROMPTS = "assistant.threads.setSuggestedPrompts"
SESSION, TITLE = "agents.sessions.setStatus", "assistant.threads.setTitle"
STATUS, REACT, UNREACT = "assistant.threads.setStatus", "reactions.add", "reactions.remove"
USER, BOT, FILE, CHANNEL = "users.info", "bots.info", "files.info", "conversations.info"
GROUPS = "usergroups.list"
UPLOAD_URL, COMPLETE_UPLOAD, DELETE_FILE = "files.getUploadURLExternal", "files.completeUploadExternal", "files.delete"
PAGE = 200  # messages or channels; Slack, "conversations.replies": recommended no more than 200 at a time
LONG_PAGE = 999  # Slack, ibid.: "a limit value under 1000"
HISTORY_PAGE = 100  # messages: most of them are looked at only for what their threads have come to

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[Message]
    next_cursor: str | None  # None: there are no more


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who sees a stream grow in a channel; the others see its first words, and the whole of it at its end."""

    user: str
    team: str  # the user's


class SlackApi:
    """
    Raises PlatformError, and UncertainError when a call may have been carried out all the same. Until a call has
    succeeded, an answer that is not of Slack's form means that the address is wrong: NOT_SLACK, which does not pass.

    *session* is shared by all calls while it is open; without one the SDK opens one for each call.
    """

    def __init__(self, bot_token: str, api_url: str, limits: Limiter) -> None:
        self._client = sessions.client(api_url, token=bot_token)
        self.limits = limits
        self._answered = False  # Slack has, once

    def use(self, session: aiohttp.ClientSession | None) -> None:
        self._client.session = session

    async def auth_test(self) -> AsyncSlackResponse:
        """
        The answer, with `team_id` and `user_id`, and its headers: `x-oauth-scopes` names what the token may do.

        `bot_id` is in the answers to bot tokens.
        """
        answer = await self._call("auth.test", self._client.auth_test())
        if not (answer.get("team_id") and answer.get("user_id")):
            raise PlatformError(NOT_SLACK, passing=False)
        return answer

    async def open_connection(self, app_token: str) -> str:
        """A single-use address for a Socket Mode connection."""
        answer = await self._call(OPEN, self._client.apps_connections_open(app_token=app_token))
        return _field(answer, "url")

    async def post(
        self, channel: str, content: Message, *, thread: str | None = None, metadata: Message | None = None
    ) -> str:
        """Post a message, in *thread* if there is one. Returns its ts."""
        call = self._client.chat_postMessage(
            channel=channel,
            thread_ts=thread,
            metadata=dict(metadata) if metadata else None,
            unfurl_links=False,
            unfurl_media=False,
            **content,
        )
        return _field(await self._call(POST, call, channel), "ts")

    async def update(self, channel: str, ts: str, content: Message) -> None:
        # Unlike chat.postMessage, chat.update parses by default: "@channel" would become a mention.
        # Blocks that are not named again would stay, beside a plain text that replaces them.
        arguments = {"blocks": [], "parse": "none", "link_names": False, **content}
        await self._call(UPDATE, self._client.chat_update(channel=channel, ts=ts, **arguments))

    async def delete(self, channel: str, ts: str) -> None:
        await self._call(DELETE, self._client.chat_delete(channel=channel, ts=ts))

    async def start_stream(self, channel: str, thread: str, text: str, recipient: Recipient | None) -> str:
        """Begin a message of Markdown that grows. Returns its ts. Without *recipient* in direct messages only."""
        call = self._client.chat_startStream(
            channel=channel,
            thread_ts=thread,
            markdown_text=text,
            recipient_team_id=recipient.team if recipient else None,
            recipient_user_id=recipient.user if recipient else None,
        )
        return _field(await self._call(START, call), "ts")

    async def append_stream(self, channel: str, ts: str, text: str) -> None:
        """Add *text* to what a stream shows. Made twice, it is there twice."""
        await self._call(APPEND, self._client.chat_appendStream(channel=channel, ts=ts, markdown_text=text))

    async def stop_stream(
        self,
        channel: str,
        ts: str,
        text: str = "",
        *,
        blocks: Sequence[Message] = (),
        metadata: Message | None = None,
        session: str | None = None,
    ) -> None:
        """End a stream, with *text* added and *blocks* below it. *session*: the status of its thread's from then on."""
        call = self._client.chat_stopStream(
            channel=channel,
            ts=ts,
            markdown_text=text or None,
            blocks=[dict(block) for block in blocks] or None,
            metadata=dict(metadata) if metadata else None,
            session_status=session,
        )
        await self._call(STOP, call)

    async def replies(self, channel: str, thread: str, oldest: str) -> AsyncGenerator[Message, None]:
        """The messages of a thread from *oldest* on, with all metadata; Slack puts the root first in any case."""
        cursor, size = None, PageSize(PAGE, PAGE)
        while True:
            page = await self.replies_page(channel, thread, oldest, cursor, size)
            for message in page.items:
                yield message
            cursor = page.next_cursor
            if cursor is None:
                return

    async def reply(self, channel: str, thread: str, ts: str) -> Message | None:
        """One message of a thread; None where it is not there."""
        try:
            async with aclosing(self.replies(channel, thread, ts)) as messages:
                async for message in messages:
                    if message.get("ts") == ts:
                        return message
                    if message.get("ts") != thread:  # later ones follow
                        break
        except PlatformError as error:
            if error.code not in ("thread_not_found", MESSAGE_NOT_FOUND):
                raise
        return None

    async def replies_page(self, channel: str, thread: str, oldest: str, cursor: str | None, size: PageSize) -> Page:
        """As replies(), one page."""
        call = partial(
            self._client.conversations_replies,
            channel=channel,
            ts=thread,
            oldest=oldest,
            inclusive=True,
            cursor=cursor,
            include_all_metadata=True,
        )
        return await self._messages(REPLIES, call, size)

    async def history_page(self, channel: str, cursor: str | None, size: PageSize) -> Page:
        """A channel's messages, without the replies in its threads, newest first."""
        call = partial(self._client.conversations_history, channel=channel, cursor=cursor)
        return await self._messages(HISTORY, call, size)

    async def channels_page(self, types: str, cursor: str | None) -> Page:
        """The channels that we are in, of *types* (public_channel, private_channel, mpim, im; with commas)."""
        call = self._client.users_conversations(types=types, exclude_archived=True, limit=PAGE, cursor=cursor)
        return _page(await self._call(CHANNELS, call), "channels")

    async def _messages(self, method: str, call: Callable[..., Awaitable[AsyncSlackResponse]], size: PageSize) -> Page:
        """Asked again for fewer, where they are too long to be read at once: a cursor serves pages of any size."""
        while True:
            try:
                answer = await self._call(method, call(limit=size.limit))
            except PlatformError as error:
                if error.code != ANSWER_TOO_LONG or not size.shrink():
                    raise
            else:
                size.grow()
                return _page(answer, "messages")

    async def set_status(self, channel: str, thread: str, status: str) -> None:
        """Set a thread's status; an empty one clears it. Slack clears it as well when we post there."""
        call = self._client.assistant_threads_setStatus(channel_id=channel, thread_ts=thread, status=status)
        await self._call(STATUS, call)

    async def set_session(self, channel: str, thread: str, status: str, title: str = "") -> bool:
        """
        Set the status of a thread's agent session; *title* is a new one's. Returns whether Slack shows a stop button.

        Slack, "agent_session_stopped event": without the subscription there is a warning, and no button.
        """
        more = {"title": title} if title else {}
        call = self._client.agents_sessions_setStatus(channel_id=channel, thread_ts=thread, status=status, **more)
        answer = await self._call(SESSION, call)
        warnings = [answer.get("warning"), *((answer.get("response_metadata") or {}).get("warnings") or ())]
        return not any("missing_agent_session_stopped" in str(warning) for warning in warnings)

    async def set_title(self, channel: str, thread: str, title: str) -> None:
        call = self._client.assistant_threads_setTitle(channel_id=channel, thread_ts=thread, title=title)
        await self._call(TITLE, call)

    async def suggest(self, channel: str, title: str, prompts: Sequence[Mapping[str, str]]) -> None:
        """Suggested prompts for a direct message channel of an agent's; at most four."""
        call = self._client.assistant_threads_setSuggestedPrompts(
            channel_id=channel, title=title, prompts=[dict(prompt) for prompt in prompts]
        )
        await self._call(PROMPTS, call)

    async def open_view(self, trigger: str, view: Message) -> str:
        """Open a modal for the person who has just done something. Returns its id."""
        answer = await self._call(OPEN_VIEW, self._client.views_open(trigger_id=trigger, view=dict(view)))
        return str((answer.get("view") or {}).get("id") or "")

    async def update_view(self, view_id: str, view: Message) -> None:
        await self._call(UPDATE_VIEW, self._client.views_update(view_id=view_id, view=dict(view)))

    async def publish_home(self, user: str, view: Message) -> None:
        await self._call(PUBLISH, self._client.views_publish(user_id=user, view=dict(view)))

    async def react(self, channel: str, ts: str, name: str) -> None:
        await self._call(REACT, self._client.reactions_add(channel=channel, timestamp=ts, name=name))

    async def unreact(self, channel: str, ts: str, name: str) -> None:
        await self._call(UNREACT, self._client.reactions_remove(channel=channel, timestamp=ts, name=name))

    async def user(self, user: str) -> Message:
        """A user object, with `locale`."""
        return await self._object(USER, self._client.users_info(user=user, include_locale=True), "user")

    async def user_groups(self) -> Sequence[Message]:
        """The user groups of the workspace, disabled ones, too: people still mention them."""
        answer = await self._call(GROUPS, self._client.usergroups_list(include_disabled=True))
        return [each for each in answer.get("usergroups") or () if isinstance(each, Mapping)]

    async def bot(self, bot: str) -> Message:
        """A bot object, by the id (B…) that is in its messages."""
        return await self._object(BOT, self._client.bots_info(bot=bot), "bot")

    async def file(self, file: str) -> Message:
        """A file object."""
        return await self._object(FILE, self._client.files_info(file=file), "file")

    async def upload_url(self, name: str, length: int) -> tuple[str, str]:
        """Where to send a file of *length* bytes, and its id. Nobody sees it before complete_upload()."""
        answer = await self._call(UPLOAD_URL, self._client.files_getUploadURLExternal(filename=name, length=length))
        return _field(answer, "upload_url"), _field(answer, "file_id")

    async def upload(self, address: str, content: bytes) -> None:
        """Send a file to where upload_url() said. The address is all that it takes: no token goes there."""
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as session,
                session.post(address, data=content, allow_redirects=False, **way_to(address)) as response,
            ):
                status = response.status
        except Exception as error:
            if not isinstance(error, (*CallFailure, ValueError)) and not is_shortage(error):
                raise
            raise lost(error, address) from error
        if status != 200:
            raise PlatformError(f"upload_http_{status}", passing=status >= 500 or status == 429)

    async def complete_upload(self, file: str, title: str, thread: ThreadRef) -> None:
        """Share a file that was sent, in *thread*. Its message may come a while after the answer."""
        call = self._client.files_completeUploadExternal(
            files=[{"id": file, "title": title}], channel_id=thread.channel, thread_ts=thread.thread
        )
        await self._call(COMPLETE_UPLOAD, call)

    async def delete_file(self, file: str) -> None:
        await self._call(DELETE_FILE, self._client.files_delete(file=file))

    async def channel(self, channel: str) -> Message:
        """A channel object."""
        return await self._object(CHANNEL, self._client.conversations_info(channel=channel), "channel")

    async def _object(self, method: str, call: Awaitable[AsyncSlackResponse], name: str) -> Message:
        found = (await self._call(method, call)).get(name)
        return found if isinstance(found, Mapping) else {}

    async def _call(self, method: str, call: Awaitable[AsyncSlackResponse], channel: str = "") -> AsyncSlackResponse:
        try:
            answer = await call
        except Exception as error:
            if not isinstance(error, CallFailure) and not is_shortage(error):
                raise
            translated = self._placed(platform_error(error, self._client.base_url))
            if translated.code == RATE_LIMITED:
                self.limits.note(method, translated.retry_after, channel)
            raise translated from error
        self._answered = True
        return answer

    def _placed(self, error: PlatformError) -> PlatformError:
        if error.code == INVALID_RESPONSE and not self._answered:
            return PlatformError(NOT_SLACK, passing=False)
        return error


def _field(answer: AsyncSlackResponse, name: str) -> str:
    """The field that every answer to this method has. If an answer lacks it, the call was carried out nevertheless."""
    if value := answer.get(name):
        return str(value)
    raise UncertainError(INVALID_RESPONSE)


def _page(answer: AsyncSlackResponse, name: str) -> Page:
    cursor = (answer.get("response_metadata") or {}).get("next_cursor")
    return Page(answer.get(name) or (), cursor or None)
