"""
Showing that a question was noticed: the status of an assistant where Slack lets us set one, else a reaction, else
nothing. When to show it is the core's business.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.platforms.slack.api import REACT, STATUS, UNREACT, SlackApi

logger = logging.getLogger(__name__)

REACTION = "eyes"
MOST_TRIES = 100  # of taking one away: about an hour and a half
NOT_HERE = frozenset(
    {"not_agent_app", "missing_scope", "feature_disabled", "not_allowed_token_type", "unknown_method", "access_denied"}
)
"""What Slack will say to every such call in this workspace."""


class _Status:
    """Goes away by itself when we post in its thread, or after two minutes."""

    giving = taking = STATUS

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def give(self, thread: ThreadRef, message: str, text: str) -> None:  # noqa: ARG002 - the thread's
        await self._api.set_status(thread.channel, thread.thread, text)

    async def take(self, thread: ThreadRef, message: str) -> None:  # noqa: ARG002 - it belongs to the thread
        await self._api.set_status(thread.channel, thread.thread, "")


class _Reaction:
    giving, taking = REACT, UNREACT

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def give(self, thread: ThreadRef, message: str, text: str) -> None:  # noqa: ARG002 - nothing to read
        await self._api.react(thread.channel, message, REACTION)

    async def take(self, thread: ThreadRef, message: str) -> None:
        await self._api.unreact(thread.channel, message, REACTION)


@dataclass(slots=True)
class _Given:
    """The form that a notice was given in. Not *sure*: the call is under way, or nobody knows what became of it."""

    form: _Status | _Reaction
    sure: bool = False
    over: bool = False


@dataclass(slots=True)
class _Left:
    """A notice that could not be taken away yet, in one of these forms. *due* is time.monotonic()."""

    forms: Sequence[_Status | _Reaction]
    due: float
    tries: int = 1


class SlackNoticing:
    """As the Noticing port. What does not work in this workspace is found out once."""

    def __init__(self, api: SlackApi) -> None:
        self._limits = api.limits
        self._forms: list[_Status | _Reaction] = [_Status(api), _Reaction(api)]
        self._given: dict[tuple[ThreadRef, str], _Given] = {}
        self._left: dict[tuple[ThreadRef, str], _Left] = {}
        self._more_left = asyncio.Event()

    async def notice(self, thread: ThreadRef, message: str, text: str) -> None:
        self._keep(thread, message)
        for form in list(self._forms):
            given = self._given[thread, message] = _Given(form)
            if self._limits.take(form.giving) and await self._gave(form, thread, message, text):
                given.sure = True
                return
        self._given.pop((thread, message), None)

    def _keep(self, thread: ThreadRef, message: str) -> None:
        """What was still to be taken away would now take away what is given; a status is its thread's."""
        for where, which in list(self._left):
            if where == thread and (which == message or isinstance(self._left[where, which].forms[0], _Status)):
                del self._left[where, which]

    async def unnotice(self, thread: ThreadRef, message: str) -> None:
        """
        Where nothing is known of a notice, a process that died may have left one.

        What Slack does not take away just now is left to run(): an answer does not wait for it.
        """
        given = self._given.pop((thread, message), None)
        if given is not None and given.over:
            return
        forms = [given.form] if given else list(self._forms)
        if not await self._taken(forms, thread, message):
            self._left[thread, message] = _Left(forms, time.monotonic() + _wait(1))
            self._more_left.set()

    async def run(self) -> None:
        """Take away what was left, until cancelled."""
        while True:
            self._more_left.clear()
            soonest = min((left.due for left in self._left.values()), default=None)
            try:
                async with asyncio.timeout(None if soonest is None else max(0.0, soonest - time.monotonic())):
                    await self._more_left.wait()
            except TimeoutError:
                await self._take_due()

    async def _take_due(self) -> None:
        for (thread, message), left in list(self._left.items()):
            if left.due > time.monotonic():
                continue
            if await self._taken(left.forms, thread, message):
                self._left.pop((thread, message), None)
            elif left.tries == MOST_TRIES:
                logger.warning("slack: that a message was noticed still shows: %s would not end", left.forms[0].taking)
                self._left.pop((thread, message), None)
            else:
                left.tries += 1
                pause = max(self._limits.wait(form.taking) for form in left.forms)
                left.due = time.monotonic() + max(_wait(left.tries), pause)

    def posted(self, thread: ThreadRef) -> None:
        """A message of ours stands in *thread* now."""
        for (where, _), given in self._given.items():
            given.over |= where == thread and given.sure and isinstance(given.form, _Status)

    async def _gave(self, form: _Status | _Reaction, thread: ThreadRef, message: str, text: str) -> bool:
        """Whether it is there, or may be; False when another form may do better, after a lasting refusal."""
        try:
            await form.give(thread, message, text)
        except PlatformError as error:
            self._note(form, form.giving, error)
            return error.passing
        return True

    async def _taken(self, forms: Sequence[_Status | _Reaction], thread: ThreadRef, message: str) -> bool:
        """
        Whether there is no more to do: it is gone, or was never there, or Slack will never let us.

        That a reaction is there no longer is a refusal, too: it is the last form.
        """
        for form in forms:
            if not self._limits.take(form.taking):
                return False
            try:
                await form.take(thread, message)
            except PlatformError as error:
                self._note(form, form.taking, error)
                if error.passing:
                    return False
            else:
                return True
        return True

    def _note(self, form: _Status | _Reaction, method: str, error: PlatformError) -> None:
        if error.code in NOT_HERE and form in self._forms:
            logger.info("slack: %s does not work in this workspace: %s", method, error.code)
            self._forms.remove(form)


def _wait(tries: int) -> float:
    """Seconds until what could not be taken away *tries* times (from 1) is tried again."""
    return min(60.0, 0.25 * 2.0 ** min(tries, 10))
