"""A setting that exists in this test alone goes the whole way: words, database, what holds, what confirms it."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from bot.core.decide.commands import Command, parse
from bot.core.decide.policy import Action, decide
from bot.core.preferences.registry import MODE, SETTINGS, Mode
from bot.core.preferences.setting import Preference, Resolved, Scope, Setting, resolve
from bot.core.turn import Notice, Turn
from bot.store.ledger.ledger import SqlLedger
from bot.store.tables import audit
from tests.store.ledger.test_thread_facts import START, Talk

LOUDNESS = re.compile(r"(?:loudness|음량) (\d{1,2})")


def said(words: str) -> float | None:
    found = LOUDNESS.fullmatch(words)
    return int(found[1]) / 10 if found and int(found[1]) <= 10 else None


VOLUME = Setting(
    "volume",
    0.5,
    read=float,
    said=said,
    scopes=frozenset({Scope.WORKSPACE, Scope.CHANNEL}),
    sentence="{key}_{place}",
    sentence_values=lambda value: {"volume": str(value)},
)
REGISTRY = (*SETTINGS, VOLUME)
SENTENCES = {
    "en": {"volume_channel": "In this channel I speak at {volume}.", "volume_direct": "I speak to you at {volume}."},
    "ko": {"volume_channel": "이 채널에서는 음량 {volume}으로 말하겠습니다."},
}


@pytest.fixture
def talk(ledger: SqlLedger) -> Talk:
    return Talk(ledger)


async def tell(talk: Talk, words: str, *, direct: bool = False) -> Action:
    """Somebody mentions the bot, or writes to it directly, at the top level then."""
    posted = talk.message(words, addressed=not direct, direct=direct, top=direct)
    return (await talk.ledger.record(posted, partial(decide, settings=REGISTRY))).decision.action


async def confirming(talk: Talk) -> Turn:
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    return turn


def confirmation(turn: Turn, language: str) -> str:
    assert turn.command is not None
    return SENTENCES[language][turn.command.key].format(**turn.command.values)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("loudness 7", Command(VOLUME, 0.7)),
        ("Please, loudness 10 in this channel!", Command(VOLUME, 1.0, Scope.CHANNEL)),
        ("이 채널에서는 음량 0", Command(VOLUME, 0.0, Scope.CHANNEL)),
        ("loudness 11", None),
        ("loudness 7?", None),
        ("loudness 7 in this thread", None),
        ("quiet in this thread", Command(MODE, Mode.QUIET, Scope.THREAD)),
    ],
)
def test_its_words_are_read(words: str, command: Command[object] | None) -> None:
    assert parse(words, REGISTRY) == command


def test_nobody_else_knows_it() -> None:
    assert parse("loudness 7") is None


@pytest.mark.parametrize(("words", "language"), [("loudness 7", "en"), ("음량 7", "ko")])
async def test_it_is_stored_and_holds_and_is_confirmed(talk: Talk, words: str, language: str) -> None:
    assert await tell(talk, words) is Action.OBEY
    turn = await confirming(talk)
    holding = (await talk.ledger.history(turn)).preferences
    assert holding[VOLUME] == Resolved(0.7, Scope.CHANNEL, START + timedelta(seconds=1)), "a thread has none of its own"
    assert holding[MODE] == Resolved(Mode.AUTO)
    assert turn.command == Notice("volume_channel", {"volume": "0.7"})
    assert confirmation(turn, language) == SENTENCES[language]["volume_channel"].format(volume="0.7")


async def test_a_value_that_is_nothing_in_python_is_a_value(talk: Talk) -> None:
    await tell(talk, "loudness 0")
    assert (await talk.ledger.history(await confirming(talk))).preferences[VOLUME].value == 0.0


async def test_it_stands_in_the_record_of_who_set_what(talk: Talk) -> None:
    await tell(talk, "loudness 7", direct=True)
    assert confirmation(await confirming(talk), "en") == "I speak to you at 0.7."
    rows = await talk.ledger._database.read(lambda c: c.execute(select(audit.c.subject, audit.c.details)).all())  # noqa: SLF001
    assert [row.details for row in rows] == [{"key": "volume", "value": "0.7"}]


def test_what_is_no_value_of_it_counts_as_not_set() -> None:
    stored = [
        Preference(Scope.CHANNEL, "volume", "loud"),
        Preference(Scope.THREAD, "volume", "0.9"),
        Preference(Scope.WORKSPACE, "volume", "0.3"),
    ]
    assert resolve(stored, VOLUME) == Resolved(0.3, Scope.WORKSPACE)
    assert resolve(stored[:2], VOLUME) == Resolved(0.5)
