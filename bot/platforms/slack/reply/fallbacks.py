"""
Chooses another form of a reply after Slack has refused one: simpler buttons, shorter parts, plain text. No calls here.

All replies of a workspace share what they learn about it: MessageFeatures.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bot.core.controls import Controls
from bot.core.errors import PlatformError
from bot.platforms.common.features import Feature
from bot.platforms.slack.calls.errors import REFUSED_BLOCKS, TOO_LONG, TOO_MANY_BLOCKS
from bot.platforms.slack.markup import buttons
from bot.platforms.slack.markup.buttons import Block, Form
from bot.platforms.slack.markup.message import Piece

MOST_HALVINGS = 3  # of a part's length: a refusal of an eighth must have another reason
Wanted = Callable[[], Awaitable[Sequence[Piece]]]
"""The parts of a reply, in its current form."""

SMALLEST = 6  # halvings after refused blocks, down to 156 characters; MOST_HALVINGS of them may make more parts


BLOCKS = "blocks"


@dataclass(frozen=True, slots=True)
class MessageFeatures:
    """
    The features of messages that a workspace accepts, shared by all its replies.

    No error code says that a workspace lacks blocks. Slack turns a markdown block into many blocks and accepts 50, and
    it does not say which block it refuses.
    """

    blocks: Feature[str] = field(default_factory=lambda: Feature((BLOCKS,)))
    buttons: Feature[Form] = field(default_factory=lambda: Feature(tuple(Form)))


class Fallbacks:
    """The form of the reply to *turn*. Our sentences before its end are in *language*."""

    def __init__(self, features: MessageFeatures, turn: int, language: str) -> None:
        self._blocks, self._buttons = features.blocks, features.buttons
        self._turn, self._language = turn, language
        self._form = self._buttons.best or Form.NONE
        self._plain = False
        self.halvings = 0  # of what a part may hold
        self._shortenings = 0  # those that made more parts, after blocks were refused

    @property
    def plain(self) -> bool:
        return self._plain or not self._blocks.here

    def controls(self, controls: Controls) -> Sequence[Block]:
        """The blocks below the last part of a whole answer."""
        return buttons.blocks(controls, self._turn, self._form)

    def stop_button(self) -> Sequence[Block]:
        """The blocks below an answer that is still being written."""
        return () if self._form is Form.NONE else (buttons.stop_block(self._turn, self._language),)

    def taken(self) -> None:
        """Call when Slack accepted a message in this form."""
        if not self.plain:
            self._blocks.taken()

    def finished(self, controls: Controls) -> None:
        """Call when Slack accepted a whole answer, with *controls*."""
        if controls.offered and not self.plain:
            self._buttons.taken(self._form, by=self._turn)

    async def gives_way(self, error: PlatformError, wanted: Wanted) -> bool:
        """Choose another form after Slack refused the *wanted* parts. Whether there is one."""
        if error.code in REFUSED_BLOCKS and not self.plain:
            if self._buttons_give_way(await wanted()):
                return True
            if error.code != TOO_MANY_BLOCKS or not await self._shortened(wanted):
                self._plain, self.halvings = True, 0
                self._blocks.refused(by=self._turn)
            return True
        if error.code in TOO_LONG and self.halvings < MOST_HALVINGS:
            self.halvings += 1
            return True
        return False

    def _buttons_give_way(self, wanted: Sequence[Piece]) -> bool:
        with_buttons = any(piece.controls for piece in wanted)
        simpler = self._buttons.simpler(self._form) if with_buttons else None
        self._form = self._form if simpler is None else simpler
        return simpler is not None

    async def _shortened(self, wanted: Wanted) -> bool:
        """Halve the limit until there are more parts. Whether that may still help."""
        before = len(await wanted())
        while self._shortenings < MOST_HALVINGS and self.halvings < SMALLEST:
            self.halvings += 1
            if len(await wanted()) > before:
                self._shortenings += 1
                return True
        return False
