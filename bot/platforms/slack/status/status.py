"""
Shows that a question was noticed, in the best form that the workspace accepts: an agent session, an assistant's
status, a reaction, or nothing. The core decides when; the forms are in forms.py.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.core.retry import Backoff
from bot.platforms.common.features import Feature
from bot.platforms.slack.calls.api import SlackApi
from bot.platforms.slack.calls.errors import NOT_HERE
from bot.platforms.slack.status.forms import (
    FOREVER,
    STATUS_SECONDS,
    AgentSession,
    AssistantStatus,
    EyesReaction,
    Form,
    StatusRequest,
)

logger = logging.getLogger(__name__)

LAST_SECONDS = 3.0  # to clear the remaining statuses when the process stops
CALL_SECONDS = 1.0  # an answer waits at most this long for the call that shows the status
TAKING_BACKOFF = Backoff(first=0.5, longest=60.0, jitter=0.0)
MOST_TRIES = 100  # to clear one status: about an hour and a half
STREAM_SECONDS = 60.0  # to wait for the end of a stream, which also ends its session
NO_STATUS = NOT_HERE | {"not_allowed", "invalid_arguments", "invalid_arg_name"}

Where = tuple[ThreadRef, str]  # and the message


@dataclass(slots=True)
class _Given:
    """A shown request and its form. Not *sure*: the call is under way."""

    form: Form
    request: StatusRequest
    due: float  # when it is sent again; time.monotonic()
    sure: bool = False
    over: bool = False


@dataclass(slots=True)
class _Left:
    """A status that could not be cleared yet, in one of these forms. *due* is time.monotonic()."""

    forms: Sequence[Form]
    due: float
    tries: int = 1


class SlackStatus:
    """The Status port. Learns once which forms do not work in this workspace."""

    def __init__(self, api: SlackApi, status_seconds: float = STATUS_SECONDS) -> None:
        """*status_seconds*: after them an assistant's status is set again."""
        self._limits = api.limits
        self._session = AgentSession(api)
        forms: tuple[Form, ...] = (self._session, AssistantStatus(api, status_seconds), EyesReaction(api))
        self._feature = Feature(forms, NO_STATUS)
        self._calls: dict[Where, asyncio.Task[None]] = {}  # running calls that show a status
        self._given: dict[Where, _Given] = {}
        self._left: dict[Where, _Left] = {}
        self._streams: set[ThreadRef] = set()  # threads in which a stream of ours is open
        self._more_due = asyncio.Event()

    async def show_status(self, thread: ThreadRef, message: str, text: str, title: str = "") -> None:
        """If cancelled, the call still runs to its end: nobody could clear a status that appears later."""
        where, request = (thread, message), StatusRequest(thread, message, text, title)
        before = self._calls.get(where)
        call = self._calls[where] = asyncio.create_task(self._give(request, before))
        call.add_done_callback(lambda _: self._called(where, call))
        await asyncio.shield(call)

    def _called(self, where: Where, call: asyncio.Task[None]) -> None:
        if self._calls.get(where) is call:
            del self._calls[where]

    async def _give(self, request: StatusRequest, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        where = request.thread, request.message
        self._keep(*where)
        for form in self._feature.forms:
            due = time.monotonic() + form.refresh
            given = self._given[where] = _Given(form, request, due)
            if self._limits.take(form.giving) and await self._gave(form, request):
                given.sure = True
                self._more_due.set()
                return
        self._given.pop(where, None)

    def _keep(self, thread: ThreadRef, message: str) -> None:
        """A waiting removal would remove the status that is given now; a reaction to another message would stay."""
        for (where, which), left in list(self._left.items()):
            if where != thread:
                continue
            others = [form for form in left.forms if not form.of_thread]
            if which == message or not others:
                del self._left[where, which]
            else:
                left.forms = others

    async def clear_status(self, thread: ThreadRef, message: str, *, left_behind: bool = False) -> None:
        """
        If no request is known, a dead process may still have left a status, in any form.

        If Slack does not clear it now, run() tries again: an answer does not wait for that.
        """
        where = thread, message
        if (call := self._calls.get(where)) is not None:
            await asyncio.wait([call], timeout=CALL_SECONDS)
        if (call := self._calls.get(where)) is not None:
            call.add_done_callback(lambda _: self._given_too_late(where, left_behind=left_behind))
            return
        forms = self._forms_of(self._given.pop(where, None), left_behind=left_behind)
        other = [form for form in forms if not self._ends_with_stream(thread, form)]
        if not await self._taken(other, thread, message):
            self._leave(thread, message, forms, TAKING_BACKOFF.wait(1))
        elif other != forms:
            self._leave(thread, message, [self._session], STREAM_SECONDS)

    def _forms_of(self, given: _Given | None, *, left_behind: bool) -> list[Form]:
        """The forms that may be shown. A process that left one may have known other forms of the workspace."""
        known = [given.form] if given is not None and not given.over else []
        return known if given is not None and not left_behind else list(dict.fromkeys([*known, *self._feature.forms]))

    def _ends_with_stream(self, thread: ThreadRef, form: Form) -> bool:
        return form is self._session and thread in self._streams

    def _given_too_late(self, where: Where, *, left_behind: bool) -> None:
        """A status that was to be removed while the slow call that set it was still under way."""
        if where in self._calls:
            return
        given = self._given.pop(where, None)
        forms = self._forms_of(given, left_behind=left_behind) if given is not None or left_behind else []
        if forms:
            self._leave(*where, forms, 0.0)

    def _leave(self, thread: ThreadRef, message: str, forms: Sequence[Form], seconds: float) -> None:
        self._left[thread, message] = _Left(forms, time.monotonic() + seconds)
        self._more_due.set()

    async def run(self) -> None:
        """Clear the remaining statuses, and set expiring ones again, until cancelled."""
        while True:
            self._more_due.clear()
            due = [*(left.due for left in self._left.values()), *(given.due for given in self._given.values())]
            soonest = min(due, default=FOREVER)
            wait = soonest - time.monotonic()
            try:
                async with asyncio.timeout(None if wait == FOREVER else max(0.0, wait)):
                    await self._more_due.wait()
            except TimeoutError:
                await self._take_due()
                await self._refresh_due()

    async def last_try(self) -> None:
        """Call before the process ends, as the remaining statuses are then forgotten. Takes LAST_SECONDS at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                if self._calls:
                    await asyncio.wait(list(self._calls.values()))
                for (thread, message), left in list(self._left.items()):
                    await asyncio.sleep(max(self._limits.remaining(form.taking) for form in left.forms))
                    if await self._taken(left.forms, thread, message):
                        self._left.pop((thread, message), None)

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
                pause = max(self._limits.remaining(form.taking) for form in left.forms)
                left.due = time.monotonic() + max(TAKING_BACKOFF.wait(left.tries), pause)

    async def _refresh_due(self) -> None:
        for where, given in list(self._given.items()):
            if given.due > time.monotonic():
                continue
            given.due = time.monotonic() + given.form.refresh
            if given.over or not given.sure or not self._limits.take(given.form.giving):
                continue
            await self._gave(given.form, given.request)
            now = self._given.get(where)
            if now is None or now.over:  # it ended meanwhile, and now it is there again
                self._leave(*where, [given.form], 0.0)

    # For replies

    def posted(self, thread: ThreadRef) -> None:
        """A message of ours stands in *thread* now."""
        for (where, _), given in self._given.items():
            given.over |= where == thread and given.sure and given.form.ends_with_post

    def has_stop_button(self, thread: ThreadRef) -> bool:
        """Whether Slack shows one of its own in *thread* now, and tells us when it is pressed."""
        working = any(where == thread and each.sure and each.form is self._session for where, each in self._given_now())
        return working and self._session.stoppable is True

    def in_session(self, thread: ThreadRef) -> bool:
        """Whether the end of a stream in *thread* should say that the session is active again (`session_status`)."""
        left = any(where == thread and self._session in each.forms for (where, _), each in self._left.items())
        return left or any(where == thread and each.form is self._session for where, each in self._given_now())

    def stream_started(self, thread: ThreadRef) -> None:
        """From now on the end of the stream ends the session."""
        self._streams.add(thread)

    def stream_stopped(self, thread: ThreadRef, *, session_ended: bool) -> None:
        """*session_ended*: the call that ended the stream said so. Call when a stream is given up, too."""
        self._streams.discard(thread)
        for where, left in list(self._left.items()):
            if where[0] == thread and list(left.forms) == [self._session]:
                if session_ended:
                    del self._left[where]
                else:
                    left.due = time.monotonic()
                    self._more_due.set()
        if session_ended:
            for place, given in self._given_now():
                given.over |= place == thread and given.form is self._session

    def _given_now(self) -> Sequence[tuple[ThreadRef, _Given]]:
        return [(thread, given) for (thread, _), given in self._given.items() if not given.over]

    # Calls

    async def _gave(self, form: Form, request: StatusRequest) -> bool:
        """Whether the status is, or may be, shown; False after a permanent refusal, so that another form is tried."""
        try:
            await form.give(request)
        except PlatformError as error:
            self._note(form, form.giving, error)
            return error.passing
        return True

    async def _taken(self, forms: Sequence[Form], thread: ThreadRef, message: str) -> bool:
        """
        Whether nothing is left to do: the status is gone, was never shown, or Slack refuses for good.

        Slack also refuses to remove a reaction that is gone.
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
        return True

    def _note(self, form: Form, method: str, error: PlatformError) -> None:
        if self._feature.refused(error.code, form=form):
            logger.info("slack: %s does not work in this workspace: %s", method, error.code)
