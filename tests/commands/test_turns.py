"""`threadbot turns` and `threadbot retry` without click: what is listed, and how it reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.commands import retry as retrying
from bot.commands import turns as listing
from bot.core.conversation import ThreadRef
from bot.core.errors import BotError
from bot.core.turn import Notice, TurnState
from bot.settings import Settings
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.receipt.turn_list import TurnSummary, list_turns
from bot.store.receipt.turn_retry import Retried
from tests.store.conftest import Clock
from tests.store.steps import RESULT, ask, claimed, record, said

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def summary(**values: object) -> TurnSummary:
    fields: dict[str, object] = {
        "id": 7,
        "thread": ThreadRef("slack", "T0123456789", "C0123456789", "1763870000.123456"),
        "state": TurnState.SHOWN,
        "attempts": 1,
        "reason": None,
        "created_at": NOW - timedelta(minutes=3, seconds=59),
        "due_at": NOW - timedelta(minutes=3),
        "ended_at": NOW,
        "calls": 1,
        "model": "gpt-6-luna",
        "prompt_tokens": 4_000,
        "completion_tokens": 480,
        "seconds": 1.54,
    }
    return TurnSummary(**fields | values)  # type: ignore[arg-type] # mypy: the values of a dict have one type


def failed(**values: object) -> TurnSummary:
    nothing = {"completion_tokens": None, "prompt_tokens": None, "seconds": None}
    return summary(state=TurnState.FAILED, **nothing | values)


def test_a_line_says_where_what_and_how_much() -> None:
    assert listing.as_table([summary()], NOW, 100).splitlines() == [
        "TURN  STATE  TRY  AGE  CONVERSATION                         MODEL       TOKENS  TIME  REASON",
        "   7  shown    1   3m  slack C0123456789 1763870000.123456  gpt-6-luna   4,480  1.5s  -",
    ]


def test_what_people_think_of_an_answer_stands_beside_its_state() -> None:
    table = listing.as_table([summary(likes=2, dislikes=1), summary(likes=1), summary()], NOW, 100)
    assert [line.split("1   3m")[0].split() for line in table.splitlines()[1:]] == [
        ["7", "shown", "+2", "-1"],
        ["7", "shown", "+1"],
        ["7", "shown"],
    ]
    [one] = json.loads(listing.as_json([summary(likes=2, dislikes=1)]))
    assert one["feedback"] == {"like": 2, "dislike": 1}


def test_columns_stay_aligned_within_100_cells_whatever_is_in_them() -> None:
    found = [
        failed(id=123_456, attempts=12, reason="요청을 처리하지 못했습니다 그래서 다시 시도합니다"),
        failed(reason="model_context_length", model="some-organisation/some-model-with-a-long-name-2026-11-01"),
        failed(reason="e\N{COMBINING ACUTE ACCENT}\N{ZERO WIDTH SPACE}\x1b[31m\n"),
        summary(reason="retried", seconds=123.4, prompt_tokens=123_456),
        failed(thread=ThreadRef("discord", "1", "1234567890123456789", "1234567890123456789"), model=None),
    ]
    head, *lines = listing.as_table(found, NOW, 100).splitlines()
    assert len(lines) == len(found)
    for line in lines:
        assert listing.cells(line) <= 100
        assert "\x1b" not in line
        before = line[: line.index("discord" if "discord" in line else "slack")]
        assert listing.cells(before) == head.index("CONVERSATION")
    reasons = [line[line.rindex("-") + 1 :] for line in lines[:2]]
    assert reasons[0].strip().startswith("요청을")
    assert reasons[0].endswith("…")


def test_the_reason_column_starts_in_one_place_below_wide_letters() -> None:
    found = [failed(reason="모델", model="한국어-모델"), failed(reason="model_auth", model="gpt-6-luna")]
    _, korean, english = listing.as_table(found, NOW, 100).splitlines()
    assert listing.cells(korean[: korean.rindex("모델")]) == listing.cells(english[: english.rindex("model_auth")])


def test_no_turns_are_said_to_be_none() -> None:
    assert listing.as_table([], NOW) == "No such turns."
    assert json.loads(listing.as_json([])) == []


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-5, "0s"), (59.9, "59s"), (60, "1m"), (3_599, "59m"), (86_399, "23h"), (864_000, "10d")]
)
def test_ages_are_cut_to_their_largest_unit(seconds: float, shown: str) -> None:
    assert listing.age(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(("text", "hours"), [("1d", 24), ("12h", 12), ("30m", 0.5), ("90S", 0.025), ("1w", 168)])
def test_a_span_is_a_number_and_its_unit(text: str, hours: float) -> None:
    assert listing.parse_span(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "d", "1", "1x", "-1d", "1.5h", "1d2h", "999999999w", "١d"])
def test_another_span_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="such as 30m"):
        listing.parse_span(text)


def test_json_holds_the_whole_of_what_the_table_shortens() -> None:
    [one] = json.loads(listing.as_json([failed(reason="모델이 응답하지 않음", model="m" * 70)]))
    assert (one["reason"], one["model"]) == ("모델이 응답하지 않음", "m" * 70)
    assert one["created_at"] == "2026-11-23T11:56:01+00:00"
    assert (one["channel"], one["thread"]) == ("C0123456789", "1763870000.123456")


def test_each_way_of_being_retried_is_said() -> None:
    assert "pending" in retrying.sentence(Retried(3, TurnState.PENDING))
    assert "without asking the model again" in retrying.sentence(Retried(3, TurnState.ANSWERED))


def settings(url: str) -> Settings:
    return Settings(database_url=url)


async def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "threadbot.db"
    with pytest.raises(BotError, match="no database"):
        await listing.turns(settings(f"sqlite+aiosqlite:///{file}"), None, None, 10)
    assert not file.exists()


async def test_an_older_schema_is_left_alone_and_named(database_url: str) -> None:
    older = open_database(database_url)
    await migrate.upgrade(older, "0001")
    with pytest.raises(BotError, match=r"at revision 0001.*threadbot migrate"):
        await listing.turns(settings(database_url), None, None, 10)
    assert await migrate.current(older) == "0001"
    await older.close()


async def test_turns_are_listed_newest_first_by_state_age_and_number(database: Database) -> None:
    clock = Clock()
    ledger = SqlLedger(database, clock)
    await record(ledger, said(1.0, thread=1.0))
    first = await claimed(ledger)
    await ledger.abandon(first.claim, await ask(ledger, first), "model_unavailable")
    await ledger.complete(first.claim, await ask(ledger, first), RESULT, [], "en")
    await ledger.shown(first.claim)
    clock.advance(3600)
    await record(ledger, said(2.0, thread=2.0))
    second = await claimed(ledger)
    await ledger.abandon(second.claim, await ask(ledger, second), "model_auth")
    await ledger.conclude(second.claim, "model_auth", [Notice("model_auth")], "en")
    await ledger.shown(second.claim)
    await record(ledger, said(3.0, thread=3.0))

    async def listed(state: TurnState | None = None, since: datetime | None = None, limit: int = 10) -> list[int]:
        return [one.id for one in await list_turns(database, state=state, since=since, limit=limit)]

    assert await listed() == [3, 2, 1]
    assert await listed(limit=2) == [3, 2]
    assert await listed(since=clock() - timedelta(minutes=1)) == [3, 2]
    assert await listed(TurnState.FAILED) == [2]
    assert await listed(TurnState.PENDING) == [3]
    assert await listed(TurnState.STOPPED) == []
    newest, failing, answered = await list_turns(database, state=None, since=None, limit=10)
    assert (newest.state, newest.calls, newest.model, newest.seconds) == (TurnState.PENDING, 0, None, None)
    assert (failing.reason, failing.calls, failing.model, failing.prompt_tokens) == ("model_auth", 1, "gpt-6-luna", 81)
    assert (answered.calls, answered.model, answered.attempts) == (2, "gpt-6-luna-2026", 1)
    assert (answered.prompt_tokens, answered.completion_tokens, answered.seconds) == (81, 38, 1.5)
    assert answered.thread == ThreadRef("slack", "T1", "C1", "1.0")


async def test_the_commands_work_beside_whoever_has_the_database_open(database_url: str, database: Database) -> None:
    ledger = SqlLedger(database)
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.give_up(turn.claim, "model_auth")
    [one] = await listing.turns(settings(database_url), TurnState.FAILED, timedelta(days=1), 10)
    assert (one.id, one.reason) == (turn.claim.turn, "model_auth")
    assert "is pending" in await retrying.retry(settings(database_url), one.id)
    assert (await claimed(ledger)).claim.turn == one.id
