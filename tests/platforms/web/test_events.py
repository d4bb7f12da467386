"""What the parent sends, read; mentions in text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.conversation import Participant, ParticipantKind, Posted, ThreadRef
from bot.platforms.web.events import NOTES_APART, answer_in, mentioned, posted, readable

MESSAGE: dict[str, Any] = {
    "id": 12,
    "channel": "general",
    "thread": 5,
    "author": {"id": "you", "kind": "person", "name": "You"},
    "text": "@Threadbot 안녕",
    "posted_at": 1_790_000_000_250,
    "deleted": False,
    "direct": False,
}


def test_a_message_becomes_what_the_core_knows_of_it() -> None:
    assert posted("playground", MESSAGE) == Posted(
        thread=ThreadRef("web", "playground", "general", "5"),
        id="12",
        position=12,
        author=Participant("you", ParticipantKind.PERSON, "You"),
        text="@Threadbot 안녕",
        posted_at=datetime(2026, 9, 21, 14, 13, 20, 250_000, tzinfo=UTC),
        addressed=True,
        direct=False,
        plain="안녕",
    )


OUTAGE = "The model cannot be reached right now. I keep your question and answer here as soon as it is back."


@pytest.mark.parametrize(
    ("metadata", "text", "answer"),
    [
        ({"turn": 7, "part": 1, NOTES_APART: True}, OUTAGE, OUTAGE),
        ({"turn": 7, "part": 1}, OUTAGE, ""),
        ({"turn": 7, "part": 1}, f"{OUTAGE}\n\n{OUTAGE}", ""),
        ({"turn": 7, "part": 1}, "An answer.", "An answer."),
    ],
)
def test_what_older_versions_wrote_instead_of_an_answer_is_none(
    metadata: dict[str, Any], text: str, answer: str
) -> None:
    assert answer_in({**MESSAGE, "text": text, "metadata": metadata}) == answer


def test_the_bots_name_without_a_mention_calls_it_too() -> None:
    called = posted("playground", {**MESSAGE, "text": "스레드봇아, 안녕"})
    assert called is not None
    assert (called.addressed, called.calls_bot) == (False, True)


def test_a_message_that_was_deleted_before_its_delivery_is_none() -> None:
    assert posted("playground", {**MESSAGE, "deleted": True}) is None


@pytest.mark.parametrize(
    "text",
    [
        "@threadbot",
        "hello @THREADBOT!",
        "@threadbot아, 안녕",
        "안녕@threadbot",
        "(@threadbot)",
        "Ask @threadbot.",
        "@threadbot\nhi",
    ],
)
def test_a_mention_is_a_word_in_any_case_that_a_particle_may_follow(text: str) -> None:
    assert mentioned(text)


@pytest.mark.parametrize(
    "text",
    [
        "threadbot",
        "@threadbots",
        "@threadbot2",
        "@threadbot-dev",
        "me@threadbot.com",
        "x/@threadbot",
        "@threadbot.org",
        "@@threadbot",
    ],
)
def test_what_only_contains_the_name_is_no_mention(text: str) -> None:
    assert not mentioned(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("@threadbot hello", "hello"),
        ("hello, @Threadbot", "hello,"),
        ("please @threadbot help @threadbot", "please help"),
        ("@threadbot\n  indented", "indented"),
        ("a < b && `@threadbots`", "a < b && `@threadbots`"),
    ],
)
def test_a_reader_sees_the_text_without_the_mention(text: str, read: str) -> None:
    assert readable(text) == read
