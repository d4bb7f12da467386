"""What tests of being away share: a watermark that is an hour old, and an office where things are said meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.conversation import ThreadRef
from bot.core.errors import LedgerError
from bot.core.ports import WHOLE_WORKSPACE
from bot.platforms.common.catch_up import CatchUpSettings
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.incoming.events import microseconds, position_of
from tests.platforms.slack.conftest import Heard, door, running
from tests.standins.slack import Slack
from tests.standins.slack.workspace import Message

HOUR = timedelta(hours=1)
HISTORY, REPLIES, CHANNELS = "conversations.history", "conversations.replies", "users.conversations"


def ago(span: timedelta) -> int:
    return position_of(datetime.now(UTC) - span)


@dataclass
class Marks:
    """The Watermarks port in memory."""

    positions: dict[str, int] = field(default_factory=lambda: {WHOLE_WORKSPACE: ago(HOUR)})
    threads: list[ThreadRef] = field(default_factory=list)
    gaps: dict[str, int | None] = field(default_factory=dict)  # the last one of each channel: since when
    broken: bool = False
    notes: int = 0

    async def seen_until(self, platform: str, workspace: str | None) -> Mapping[str, int]:
        assert (platform, workspace) == ("slack", Slack.team)
        if self.broken:
            raise LedgerError("the disk is full")
        return dict(self.positions)

    async def advance(self, platform: str, workspace: str | None, channel: str, position: int) -> None:
        if self.broken:
            raise LedgerError("the disk is full")
        self.notes += 1
        self.positions[channel] = max(position, self.positions.get(channel, 0))

    async def note_gap(self, platform: str, workspace: str | None, channel: str, *, since: int | None = None) -> None:
        assert (platform, workspace) == ("slack", Slack.team)
        if self.broken:
            raise LedgerError("the disk is full")
        self.gaps[channel] = since

    async def recent_threads(self, platform: str, workspace: str | None, since: datetime) -> Sequence[ThreadRef]:
        return self.threads

    async def direct_channels(self, platform: str) -> Sequence[str]:
        raise AssertionError("Slack tells them itself")

    @property
    def whole(self) -> int:
        return self.positions.get(WHOLE_WORKSPACE, 0)


def away(slack: Slack, marks: Marks, **settings: object) -> SlackPlatform:
    """A door that was away for an hour."""
    return door(slack, watermarks=marks, catch_up=CatchUpSettings(**settings))  # type: ignore[arg-type] # its fields


class Office:
    """Things are said in it while nobody listens."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.kim, self.general = slack.add_user("kim"), slack.add_channel("general")

    def say(
        self, text: str = "<@U0BOT00001> 안녕", *, before: timedelta = timedelta(0), thread: str | None = None,
        channel: str | None = None, **more: object,
    ) -> str:  # fmt: skip
        """Said *before* now; no event tells of it. Returns the ts."""
        where = channel or self.general
        message = self.slack.workspace.add_message(where, self.kim, text, thread, **more)
        return self._dated(message, before) if before else message.ts

    def _dated(self, message: Message, before: timedelta) -> str:
        place, position = self.slack.workspace.channels[message.channel].messages, microseconds(message.ts)
        assert position is not None
        del place[message.ts]
        earlier = position - before // timedelta(microseconds=1)
        message.ts = f"{earlier // 1_000_000}.{earlier % 1_000_000:06d}"
        place[message.ts] = message
        return message.ts

    def thread(self, root: str, channel: str | None = None) -> ThreadRef:
        return ThreadRef("slack", self.slack.team, channel or self.general, root)

    def calls(self, method: str) -> list[str]:
        return [str(call.arguments.get("channel")) for call in self.slack.calls(method)]


async def caught_up(slack: Slack, marks: Marks, *, since: int) -> None:
    await slack.wait_for(lambda: marks.whole > since)


async def heard_by(slack: Slack, marks: Marks, **settings: object) -> Heard:
    """What a door hears that comes back now and reads all that it missed."""
    heard, since = Heard(), position_of(datetime.now(UTC))
    async with running(slack, heard, away(slack, marks, **settings)):
        await caught_up(slack, marks, since=since - 1)
    return heard


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def office(slack: Slack) -> Office:
    return Office(slack)
