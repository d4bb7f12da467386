"""A platform on which nothing is shown: for measuring what the model is sent, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.ports import PaceSettings, Platform, Receive, Reply, ReplyRequest

MUTE = "mute"


class MutePlatform(Platform):
    name = MUTE
    pace = PaceSettings(first=0.3, second=1.0, later=1.0, growth=1.0, longest=1.0)

    @property
    def ready(self) -> bool:
        return True

    @property
    def connected(self) -> bool:
        return True

    async def run(self, receive: Receive) -> None:
        """There is nobody to hear."""

    async def open_reply(self, request: ReplyRequest) -> Reply:
        return _MuteReply()

    def readable(self, text: str, names: Mapping[str, str] | None = None) -> str:
        return text


class _MuteReply(Reply):
    pause = 0.0

    async def show(self, text: str) -> None: ...

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None: ...

    def halt(self) -> None:
        return

    async def kept(self, text: str) -> str:
        return text

    async def remove(self) -> None: ...


async def nowhere(_: str) -> None:
    """A checkpoint at which nothing happens."""
