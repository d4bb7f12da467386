"""
Where the questions of a chain are asked and their answers read: what a stand-in has to offer for it (chain.py).

A question is named by its id on the platform. Slack's is in slack_venue.py, Discord's in discord_venue.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import ClassVar

from tests.faults.steps import Call, Platform, Step
from tests.standins.slack.faults import Gate

WAIT_SECONDS = 30.0  # for anything that should happen


class Venue(ABC):
    """A running stand-in of one platform, with one channel and one person in it."""

    platform: ClassVar[Platform]
    reads_back: ClassVar[bool]  # the bot itself reads what it has not stored: nobody brings it again

    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """Those of the bot that are about the platform."""

    def choose(self, random: Random) -> None:  # noqa: B027 - most have nothing to choose
        """What of the platform is so in one chain and otherwise in another."""

    def prepare(self, step: Step) -> None:  # noqa: B027 - as above
        """What the platform lets the bot do at *step*."""

    # The bot's connection

    @abstractmethod
    async def connected(self) -> None:
        """Return when a life of the bot can be told of events. Raises TimeoutError."""

    @abstractmethod
    async def gone(self) -> None:
        """Return when no life of the bot is connected any more. Raises TimeoutError."""

    async def bring_again(self) -> None:  # noqa: B027 - as above
        """Tell the bot again of events that it has not acknowledged, where the platform does so."""

    def acknowledged(self, question: str) -> bool:
        """Whether the platform has the bot's word for every event about *question*, where it is given one."""
        return True

    # What people do

    @abstractmethod
    async def ask(self, words: str) -> str:
        """Mention the bot in a thread of its own. Returns the question."""

    @abstractmethod
    async def edit(self, question: str, words: str) -> None: ...

    @abstractmethod
    async def delete(self, question: str) -> None: ...

    @abstractmethod
    async def stop(self, question: str) -> None:
        """Say by a reaction that its answer is to end."""

    @abstractmethod
    async def go_on(self, question: str) -> None:
        """Press the button below its answer that continues it."""

    # What goes wrong

    @abstractmethod
    def hold(self, call: Call) -> Gate:
        """Calls of the bot's wait, before they do anything, until the gate is opened."""

    # What can be seen

    @abstractmethod
    def replies(self, question: str) -> Sequence[str]:
        """The bot's messages about *question*, oldest first, as a reader sees them."""

    @abstractmethod
    def left(self, question: str) -> int:
        """What stands beside an answer that is whole, other than messages: notices, signs that more is to come."""

    @property
    def wrong(self) -> int:
        """How many requests of the bot's, so far, were not as the platform's documentation says."""
        return 0

    @abstractmethod
    def evidence(self, question: str) -> Iterator[str]:
        """A line for each message about *question*, and for each call that made them so."""
