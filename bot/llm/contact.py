"""
Whether the model's server answers, as far as it was asked lately: at the start, and by every question.

It is asked at most once in ten minutes, and only as long as it has not answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.core.errors import ModelError, ModelProblem

PAUSE_SECONDS = 600.0

_ANSWERS = (  # the server is there, and knows key and model
    ModelProblem.RATE_LIMITED,
    ModelProblem.CONTEXT_LENGTH,
    ModelProblem.REPLY_LENGTH,
    ModelProblem.SYSTEM,
    ModelProblem.IMAGES,
    ModelProblem.BAD_REQUEST,
)

log = logging.getLogger(__name__)


class Contact:
    """*trouble* says why it does not answer; empty: it does, or nobody knows. *told* is called when that changes."""

    def __init__(self) -> None:
        self.trouble = ""
        self.told: Callable[[str], None] = lambda _: None
        self._known = False

    def answered(self) -> None:
        self._known = True
        if self.trouble:
            log.info("the model answers again")
            self._tell("")

    def failed(self, error: ModelError, trouble: str) -> None:
        """*trouble*: in words for the operator of the bot."""
        if error.problem in _ANSWERS:
            self.answered()
            return
        self._known = True
        if trouble != self.trouble:
            log.warning("the model does not answer: %s", trouble)
            self._tell(trouble)

    async def watch(self, ping: Callable[[], Awaitable[None]], pause_seconds: float = PAUSE_SECONDS) -> None:
        """Ask by *ping*, which says here what came of it, until cancelled."""
        while True:
            if self.trouble or not self._known:
                await ping()
            await asyncio.sleep(pause_seconds)

    def _tell(self, trouble: str) -> None:
        self.trouble = trouble
        self.told(trouble)
