"""
Which form a reply takes once Slack has refused another one: simpler buttons, shorter parts, plain text. No calls here.

What is learned of the whole workspace that way is shared by all its replies: MessageFeatures.
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

MOST_HALVINGS = 3  # of a part's length: an eighth is refused for another reason
Wanted = Callable[[], Awaitable[Sequence[Piece]]]
"""The parts of a reply, in the form that it has now."""

SMALLEST = 6  # halvings after refused blocks, of which only those count that make more parts: 156 characters


BLOCKS = "blocks"


@dataclass(frozen=True, slots=True)
class MessageFeatures:
    """
    What messages of a workspace may be made of, shared by all its replies.

    No code says that a workspace lacks blocks: Slack makes many blocks of a markdown block, and takes 50; and it does
    not say which block of a message it refuses.
    """

    blocks: Feature[str] = field(default_factory=lambda: Feature((BLOCKS,)))
    buttons: Feature[Form] = field(default_factory=lambda: Feature(tuple(Form)))


class Fallbacks:
    """Of the reply to *turn*; sentences of ours before its end are in *language*."""

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
        """Below the last part of a whole answer."""
        return buttons.blocks(controls, self._turn, self._form)

    def stop_button(self) -> Sequence[Block]:
        """Below one that is still being written."""
        return () if self._form is Form.NONE else (buttons.stop_block(self._turn, self._language),)

    def taken(self) -> None:
        """Slack has taken a message in this form."""
        if not self.plain:
            self._blocks.taken()

    def finished(self, controls: Controls) -> None:
        """It has taken all of an answer, with *controls*."""
        if controls.offered and not self.plain:
            self._buttons.taken(self._form, by=self._turn)

    async def gives_way(self, error: PlatformError, wanted: Wanted) -> bool:
        """Whether there is another form to try, after Slack refused what is *wanted*; it is chosen then."""
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
        """Halve the parts until there are more of them; whether that may still help."""
        before = len(await wanted())
        while self._shortenings < MOST_HALVINGS and self.halvings < SMALLEST:
            self.halvings += 1
            if len(await wanted()) > before:
                self._shortenings += 1
                return True
        return False
