"""
Opening views for people: the receipt of an answer, by its button or from its menu; the app's Home and Messages tabs.

What they look like is in views.py, what they hold comes from Receipts. All of it happens after Slack was told
that we have the press: nothing of it has to be kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from bot.core.conversation import MessageRef
from bot.core.errors import LedgerError, PlatformError
from bot.core.ports import Viewer
from bot.core.receipt.receipt import UNKNOWN, Receipts, Refused
from bot.core.receipt.words import sections
from bot.core.texts import label, language_for
from bot.platforms.common.features import Feature
from bot.platforms.common.payloads import Json, mapping
from bot.platforms.slack.calls.api import SlackApi
from bot.platforms.slack.incoming.actions import pressed
from bot.platforms.slack.incoming.events import PLATFORM, Identity, for_another_team, workspace
from bot.platforms.slack.markup import views
from bot.platforms.slack.markup.buttons import RECEIPT
from bot.platforms.slack.reading.names import SlackDirectory
from bot.platforms.slack.status.status import NO_STATUS

logger = logging.getLogger(__name__)

RECEIPT_SECONDS = (
    1.0  # seconds; a receipt that takes longer is preceded by a view that says so: a trigger lives for three
)
LANGUAGE_SECONDS = 0.5


class ViewOpener:
    def __init__(self, api: SlackApi, receipts: Receipts, directory: SlackDirectory) -> None:
        self._api, self._receipts, self._directory = api, receipts, directory
        self._tasks: set[asyncio.Task[None]] = set()
        self._prompts = Feature(("suggested prompts",), NO_STATUS)

    def takes(self, body: Json, us: Identity) -> bool:
        """Whether *body* asks for a view; it is opened soon. Never raises."""
        wanted = None if for_another_team(body, us) else self._wanted(body, us)
        if wanted is None:
            return False
        task = asyncio.create_task(wanted)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return True

    async def close(self) -> None:
        """Open nothing more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, PlatformError):
            logger.info("slack: a view could not be shown: %s", error.code)
        elif error is not None:
            logger.error("slack: a view could not be shown by a defect of ours", exc_info=error)

    def _wanted(self, body: Json, us: Identity) -> Coroutine[Any, Any, None] | None:
        event = mapping(body, "event")
        if event.get("type") == "app_home_opened" and isinstance(event.get("user"), str):
            who = Viewer(PLATFORM, workspace(body, us), str(event["user"]))
            return (
                self._messages(who, str(event.get("channel")))
                if event.get("tab") == "messages"
                else self._home(who, us)
            )
        user, channel = mapping(body, "user").get("id"), mapping(body, "channel").get("id")
        trigger = body.get("trigger_id")
        if not isinstance(user, str) or not isinstance(channel, str) or not isinstance(trigger, str):
            return None
        viewer = Viewer(PLATFORM, us.team_id, user)
        if body.get("type") == "message_action" and body.get("callback_id") == RECEIPT:
            return self._of_message(viewer, channel, str(body.get("message_ts")), trigger)
        press = pressed(body)
        if press is None or press.action != RECEIPT:
            return None
        return self._show(viewer, channel, trigger, press.turn, press.completion)

    # the receipt

    async def _of_message(self, viewer: Viewer, channel: str, message: str, trigger: str) -> None:
        try:
            turn = await self._receipts.store.turn_of(MessageRef(viewer.platform, viewer.workspace, channel, message))
        except LedgerError:
            turn = None
        await self._show(viewer, channel, trigger, turn, None)

    async def _show(self, viewer: Viewer, channel: str, trigger: str, turn: int | None, completion: int | None) -> None:
        making = asyncio.create_task(self._made(viewer, channel, turn, completion))
        try:
            done, _ = await asyncio.wait([making], timeout=RECEIPT_SECONDS)
            if done:
                await self._api.open_view(trigger, making.result())
                return
            waiting = views.told("loading", await self.language(viewer))
            opened = await self._api.open_view(trigger, waiting)
            await self._api.update_view(opened, await making)
        finally:
            making.cancel()

    async def _made(self, viewer: Viewer, channel: str, turn: int | None, completion: int | None) -> views.View:
        language = await self.language(viewer)
        if turn is None:
            return views.told(UNKNOWN, language)
        try:
            found = await self._receipts.receipt(viewer, channel, turn, completion)
        except Refused as refused:
            return views.told(refused.key, language)
        except LedgerError:
            return views.told("receipt_away", language)
        return views.receipt(sections(found, language), language)

    async def language(self, viewer: Viewer, text: str = "") -> str:
        """To speak to *viewer* in, who wrote *text*. Never raises, and takes half a second at most."""
        locale = None
        try:
            async with asyncio.timeout(LANGUAGE_SECONDS):
                locale = await self._receipts.store.locale(viewer)
                if locale is None:
                    locale = (await self._directory.locales([viewer.id])).get(viewer.id)
        except (TimeoutError, LedgerError):
            pass
        return language_for(locale, text, self._receipts.about.language)

    # the app's own tabs

    async def _home(self, viewer: Viewer, us: Identity) -> None:
        language = await self.language(viewer)
        try:
            use = await self._receipts.store.use(
                viewer, datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            )
        except LedgerError:
            use = None
        await self._api.publish_home(viewer.id, views.home(us.called, self._receipts.about, use, language))

    async def _messages(self, viewer: Viewer, channel: str) -> None:
        """Suggest prompts. Slack, "Agent messages tab": without a thread, and silently where there is no agent view."""
        if not self._prompts.here:
            return
        language = await self.language(viewer)
        try:
            await self._api.suggest(channel, label("prompts_title", language), views.prompts(language))
        except PlatformError as error:
            self._prompts.refused(error.code)
            logger.info("slack: prompts cannot be suggested: %s", error.code)
