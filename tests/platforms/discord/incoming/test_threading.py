"""Which conversation a message belongs to."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.core.conversation import MessageRef, ThreadRef
from bot.platforms.discord.incoming.threading import begins_topic, thread_of
from bot.platforms.discord.places import Place
from tests.platforms.discord.incoming.messages import (
    CHANNEL,
    DIRECT_MESSAGE,
    ELDER,
    ID,
    IN_THREAD,
    TEXT,
    THREAD,
    VOICE,
    message,
    reply,
)

ROOT = "334385199974000000"


@dataclass
class Index:
    """The ThreadIndex port: threads by message, and the newest one. *asked*: for which messages."""

    known: dict[str, str] = field(default_factory=dict)
    newest: str | None = None
    asked: list[str] = field(default_factory=list)

    async def thread_of(self, message: MessageRef) -> ThreadRef | None:
        self.asked.append(message.id)
        thread = self.known.get(message.id)
        return thread and ThreadRef(message.platform, message.workspace, message.channel, thread)  # type: ignore[return-value]

    async def newest_thread(self, platform: str, workspace: str, channel: str, before: int) -> ThreadRef | None:
        assert before == int(ID)
        return self.newest and ThreadRef(platform, workspace, channel, self.newest)  # type: ignore[return-value]


async def found(place: Place, said: dict[str, Any], index: Index) -> str:
    thread = await thread_of(said, place, index)
    assert (thread.platform, thread.workspace, thread.channel) == ("discord", place.workspace, place.channel)
    return thread.thread


@pytest.mark.parametrize(("place", "thread"), [(IN_THREAD, THREAD), (VOICE, CHANNEL), (TEXT, ID)])
async def test_the_place_says_which_conversation_it_is_without_a_look_into_the_ledger(
    place: Place, thread: str
) -> None:
    index = Index({ID: "5"}, newest="7")
    assert await found(place, message(), index) == thread
    assert index.asked == []
    if place.thread:
        assert await found(place, reply(), index) == thread
        assert index.asked == []


@pytest.mark.parametrize(
    ("said", "known", "thread"),
    [
        (reply(), {}, ID),
        (reply(), {ELDER: ROOT}, ROOT),  # our answer, or somebody's reply to it, that stands in the channel itself
        (reply(), {ELDER: ELDER}, ID),  # another question, which has its own thread
        (reply(), {ELDER: ROOT, ID: "5"}, "5"),  # stored already: all copies are equal
        (reply(message_reference={"type": 0, "message_id": ELDER, "channel_id": "6"}), {ELDER: ROOT}, ID),
        (reply(message_reference={"type": 0, "message_id": ELDER}), {ELDER: ROOT}, ROOT),
        (reply(message_reference=None), {ELDER: ROOT}, ID),
        (reply(message_reference={"message_id": [7]}), {ELDER: ROOT}, ID),
        (message(message_reference={"type": 1, "message_id": ELDER, "channel_id": CHANNEL}), {ELDER: ROOT}, ID),
        (message(message_reference={"message_id": ELDER}, flags=2), {ELDER: ROOT}, ID),  # published by another guild
    ],
)
async def test_a_reply_goes_on_where_the_answer_was_given(
    said: dict[str, Any], known: dict[str, str], thread: str
) -> None:
    assert await found(TEXT, said, Index(known)) == thread


@pytest.mark.parametrize(
    ("said", "known", "newest", "thread"),
    [
        (message(), {}, None, ID),
        (message(), {}, ROOT, ROOT),
        (message(), {ID: "5"}, ROOT, "5"),
        (message(content="new topic"), {}, ROOT, ID),
        (message(content="새 주제"), {}, ROOT, ID),
        (reply(), {ELDER: "5"}, ROOT, "5"),
        (reply(), {ELDER: ELDER}, ROOT, ELDER),
        (reply(), {}, ROOT, ROOT),
        (reply(content="new topic please"), {ELDER: "5"}, ROOT, ID),
    ],
)
async def test_a_direct_message_is_a_row_of_topics(
    said: dict[str, Any], known: dict[str, str], newest: str | None, thread: str
) -> None:
    assert await found(DIRECT_MESSAGE, said, Index(known, newest)) == thread


@pytest.mark.parametrize(
    "content",
    [
        "new topic",
        "New topic!",
        "**New topic.**",
        "Okay, new topic please.",
        "let's start a new topic",
        "<@80351110224678912> new topic",
        "New conversation…",
        "new topic: what is a monad?",
        "새 주제",
        "새 주제!",
        "자, 새 주제",
        "새로운 주제 부탁해",
        "새 주제: 점심 뭐 먹지?",
        "새 주제\n점심 뭐 먹지?",
        unicodedata.normalize("NFD", "새 주제"),
        "다른 주제로",
        "주제 변경",
        "a new  topic",
    ],
)
def test_a_new_topic_is_announced(content: str) -> None:
    assert begins_topic(content)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "new topic ideas",
        "what is a new topic",
        "a new topic?",
        "new",
        "topic",
        "start over",
        "새 주제를 추천해 줘",
        "주제",
        "please",
        "new topic " * 20,
        "x" * 4_000,
        ":",
        "\n\n",
        "hello\nnew topic",
        "tell me: new topic",
    ],
)
def test_what_only_talks_of_topics_announces_none(content: str) -> None:
    assert not begins_topic(content)
