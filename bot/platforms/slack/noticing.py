"""
Showing that a question was noticed: the status of an assistant where Slack lets us set one, else a reaction, else
nothing. When to show it is the core's business.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from dataclasses import dataclass

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.platforms.slack.api import REACT, STATUS, UNREACT, SlackApi

logger = logging.getLogger(__name__)

STATUS_TEXT = "is writing…"  # Slack puts the app's name before it
REACTION = "eyes"
NOT_HERE = frozenset(
    {"not_agent_app", "missing_scope", "feature_disabled", "not_allowed_token_type", "unknown_method", "access_denied"}
)
"""What Slack will say to every such call in this workspace."""


class _Status:
    """Goes away by itself when we post in its thread, or after two minutes."""

    giving = taking = STATUS

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def give(self, thread: ThreadRef, message: str) -> None:  # noqa: ARG002 - it belongs to the thread
        await self._api.set_status(thread.channel, thread.thread, STATUS_TEXT)

    async def take(self, thread: ThreadRef, message: str) -> None:  # noqa: ARG002 - it belongs to the thread
        await self._api.set_status(thread.channel, thread.thread, "")


class _Reaction:
    giving, taking = REACT, UNREACT

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def give(self, thread: ThreadRef, message: str) -> None:
        await self._api.react(thread.channel, message, REACTION)

    async def take(self, thread: ThreadRef, message: str) -> None:
        await self._api.unreact(thread.channel, message, REACTION)


@dataclass(slots=True)
class _Given:
    """The form that a notice was given in. Not *sure*: the call is under way, or nobody knows what became of it."""

    form: _Status | _Reaction
    sure: bool = False
    over: bool = False


class SlackNoticing:
    """As the Noticing port. What does not work in this workspace is found out once."""

    def __init__(self, api: SlackApi) -> None:
        self._pauses = api.pauses
        self._forms: list[_Status | _Reaction] = [_Status(api), _Reaction(api)]
        self._given: dict[tuple[ThreadRef, str], _Given] = {}

    async def notice(self, thread: ThreadRef, message: str) -> None:
        for form in list(self._forms):
            given = self._given[thread, message] = _Given(form)
            if not self._pauses.remaining(form.giving) and await self._settled(form, form.give(thread, message)):
                given.sure = True
                return
        self._given.pop((thread, message), None)

    async def unnotice(self, thread: ThreadRef, message: str) -> None:
        """Where nothing is known of a notice, a process that died may have left one."""
        given = self._given.pop((thread, message), None)
        if given is not None and given.over:
            return
        for form in [given.form] if given else list(self._forms):
            if not self._pauses.remaining(form.taking) and await self._settled(form, form.take(thread, message)):
                return

    def posted(self, thread: ThreadRef) -> None:
        """A message of ours stands in *thread* now."""
        for (where, _), given in self._given.items():
            given.over |= where == thread and given.sure and isinstance(given.form, _Status)

    async def _settled(self, form: _Status | _Reaction, call: Awaitable[None]) -> bool:
        """
        Make a call; False when another form may do better, after a lasting refusal.

        That a reaction is there already, or no longer, is one too: it is the last form.
        """
        try:
            await call
        except PlatformError as error:
            if error.code in NOT_HERE and form in self._forms:
                logger.info("slack: %s does not work in this workspace: %s", form.giving, error.code)
                self._forms.remove(form)
            return error.passing
        return True
