"""The names that a prompt shows: what is read of a history to find them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import cast

from bot.core.conversation import Conversation, Message, Participant, ThreadRef, Version
from bot.core.off_loop import SHORT
from bot.core.ports import KnownName, Platform, References
from bot.core.prompt.names import named
from bot.core.turn import Claim, History, PastTurn, Turn, TurnState

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
THREAD = ThreadRef("slack", "T1", "C1", "1.0")


class People:
    """A Directory that knows nobody."""

    own_id = "UBOT"

    def own_name(self, workspace: str) -> str | None:
        return f"helper in {workspace}"

    def __init__(self) -> None:
        self.read_in: dict[str, threading.Thread] = {}  # by text

    def references(self, text: str) -> References:
        self.read_in[text] = threading.current_thread()
        return References([text], [])

    async def names(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:
        return {}

    async def locales(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:
        return {}

    def place_locale(self, thread: ThreadRef) -> str | None:
        return None

    async def channel_names(self, thread: ThreadRef, channels: Collection[str]) -> Mapping[str, str]:
        return {}


class NoNames:
    """A NameStore that is empty."""

    async def names(self, thread: ThreadRef, participants: Collection[str]) -> Mapping[str, KnownName]:
        return {}

    async def name_participants(
        self, thread: ThreadRef, names: Mapping[str, str], locales: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        raise AssertionError("nobody has a name")


def message(number: int, text: str, given: str | None = None) -> Message:
    return Message(number, f"{number}.0", number, Participant("U1"), Version(number, text, given), True, NOW)


async def test_no_text_of_a_history_is_read_in_the_event_loop() -> None:
    """Of those that were sent before neither: a hundred messages of 40,000 characters would hold it for too long."""
    people = People()
    sent, new = "USENT" * SHORT, "UNEW" * SHORT
    history = History([PastTurn(1, [message(1, sent, sent)], None)], [message(2, new)], alone=False)
    turn = Turn(Claim(2, "worker", 1), Conversation(1, THREAD, direct=False), TurnState.RUNNING, 1, NOW)

    await named(history, turn, cast("Platform", people), NoNames())

    assert people.read_in.keys() == {sent, new}
    assert threading.current_thread() not in people.read_in.values()


async def test_our_own_name_is_the_one_that_people_see_there() -> None:
    """Whoever speaks alone needs no names, and may write ours in the middle of a text."""
    turn = Turn(Claim(2, "worker", 1), Conversation(1, THREAD, direct=False), TurnState.RUNNING, 1, NOW)
    history = History([], [message(1, "UBOT")], alone=True)
    assert (await named(history, turn, cast("Platform", People()), NoNames())).names == {"UBOT": "helper in T1"}
