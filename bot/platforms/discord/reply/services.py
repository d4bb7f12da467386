"""The parts that all replies share: calls, places, and our own posts. Made by the adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from bot.core.ports import InteractionStore, ThreadIndex
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.places import Places
from bot.platforms.discord.status.titles import Titles
from bot.platforms.discord.status.typing import DiscordTyping

MOST_POSTED = 5_000  # messages of ours that are remembered
REFUSED_SECONDS = 600.0  # for which a channel that refused a thread, or a file, is not asked for another one
NAMED_SECONDS = 86_400.0  # for which a permission that we lack is not named again


class Posted:
    """Which part of which turn a message of ours is, as far as this process has posted it."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[int, int]] = {}

    def note(self, message: str, turn: int, part: int) -> None:
        self._parts[message] = (turn, part)
        if len(self._parts) > MOST_POSTED:
            del self._parts[next(iter(self._parts))]

    def part_of(self, message: str) -> tuple[int, int] | None:
        """The turn, and the number of the part."""
        return self._parts.get(message)


class LatelyRefused:
    """Channels in which we were refused something lately: each refusal counts against us, and settings change."""

    def __init__(self, clock: Callable[[], float] = monotonic, seconds: float = REFUSED_SECONDS) -> None:
        self._clock, self._seconds = clock, seconds
        self._until: dict[str, float] = {}

    def note(self, channel: str) -> None:
        self._until = {each: until for each, until in self._until.items() if until > self._clock()}
        self._until[channel] = self._clock() + self._seconds

    def forget(self, channel: str = "") -> None:
        """Somebody has changed what we may do in *channel*, or in all of them."""
        if channel:
            self._until.pop(channel, None)
        else:
            self._until.clear()

    def __contains__(self, channel: str) -> bool:
        return self._until.get(channel, 0.0) > self._clock()


@dataclass(frozen=True, slots=True)
class ReplyServices:
    api: DiscordApi
    places: Places
    index: ThreadIndex
    status: DiscordTyping
    titles: Titles
    interactions: InteractionStore | None = None
    posted: Posted = field(default_factory=Posted)
    threadless: LatelyRefused = field(default_factory=LatelyRefused)  # they take no threads
    fileless: LatelyRefused = field(default_factory=LatelyRefused)  # nor files
    named: LatelyRefused = field(default_factory=lambda: LatelyRefused(seconds=NAMED_SECONDS))  # see missing.py
    direct: bool = True  # we may write to people who do not expect it
