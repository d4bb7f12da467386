"""
The forms in which Slack shows that we are at work, the best first. What works where is found out in status.py.

Each has the methods that it is given and taken away with; *of_thread*: there is one for all messages of a thread;
*refresh*: the seconds after which it has to be given again; *ends_with_post*: our next message in the thread ends it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.platforms.slack.calls.api import REACT, SESSION, STATUS, TITLE, UNREACT, SlackApi

logger = logging.getLogger(__name__)

REACTION = "eyes"
FOREVER = float("inf")  # seconds
STATUS_SECONDS = 100.0  # Slack, "assistant.threads.setStatus": it is removed after two minutes


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """*text* is without our name. *title*: of a conversation that begins; empty for one that goes on."""

    thread: ThreadRef
    message: str
    text: str
    title: str = ""


class AgentSession:
    """
    The status of an agent session, with Slack's own stop button. It stays until it is set again.

    Slack says with each answer whether our app hears that button: *stoppable*, None until it has said so.
    """

    giving = taking = SESSION
    of_thread, refresh, ends_with_post = True, FOREVER, False

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self.stoppable: bool | None = None

    async def give(self, request: StatusRequest) -> None:
        thread = request.thread
        self.stoppable = await self._api.set_session(thread.channel, thread.thread, "processing", request.title)

    async def take(self, thread: ThreadRef, message: str) -> None:  # noqa: ARG002 - it belongs to the thread
        await self._api.set_session(thread.channel, thread.thread, "active")


class AssistantStatus:
    """Goes away by itself when we post in its thread, or after two minutes."""

    giving = taking = STATUS
    of_thread, ends_with_post = True, True

    def __init__(self, api: SlackApi, refresh: float = STATUS_SECONDS) -> None:
        self._api, self.refresh = api, refresh
        self._titles = True

    async def give(self, request: StatusRequest) -> None:
        thread = request.thread
        await self._api.set_status(thread.channel, thread.thread, request.text)
        if request.title and self._titles and thread.channel.startswith("D"):
            await self._set_title(thread, request.title)

    async def _set_title(self, thread: ThreadRef, title: str) -> None:
        """Only direct messages show one. After a refusal we do not ask again."""
        if not self._api.limits.take(TITLE):
            return
        try:
            await self._api.set_title(thread.channel, thread.thread, title)
        except PlatformError as error:
            self._titles = error.passing
            logger.info("slack: a conversation has no title: %s", error.code)

    async def take(self, thread: ThreadRef, message: str) -> None:  # noqa: ARG002 - it belongs to the thread
        await self._api.set_status(thread.channel, thread.thread, "")


class EyesReaction:
    giving, taking = REACT, UNREACT
    of_thread, refresh, ends_with_post = False, FOREVER, False

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def give(self, request: StatusRequest) -> None:
        await self._api.react(request.thread.channel, request.message, REACTION)

    async def take(self, thread: ThreadRef, message: str) -> None:
        await self._api.unreact(thread.channel, message, REACTION)


Form = AgentSession | AssistantStatus | EyesReaction
