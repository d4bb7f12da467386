"""Long threads, written straight into the database as the ledger would have left them, turn by turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select

from bot.llm import tokens
from bot.store.database import migrate
from bot.store.database.urls import open_database
from bot.store.tables import completions, conversations, message_versions, messages, participants, turns

QUESTIONS = (
    "Which of the two migrations has to run first on the staging cluster, and may both share one window tonight?",
    "우리 서비스의 배포 순서를 다시 설명해 주세요. 데이터베이스 마이그레이션은 언제 실행하나요?",
)
ANSWERS = (
    "The one that adds the column; the other fills it. Both fit into one window, since neither locks the table.",
    "먼저 마이그레이션을 실행하고 상태를 확인한 다음 새 버전을 한 대씩 배포합니다.",
)


@dataclass(frozen=True, slots=True)
class LongThread:
    """Where a thread of *turns* turns lives on the platform."""

    workspace: str
    channel: str
    root: str  # ts
    author: str
    turns: int


async def fill(database_url: str, threads: Sequence[LongThread]) -> None:
    """Migrate the database and write the *threads*."""
    database = open_database(database_url)
    try:
        await migrate.upgrade(database)
        for number, thread in enumerate(threads):
            await database.write(lambda connection, n=number, t=thread: _write(connection, t, n))  # type: ignore[misc]  # mypy: no default in lambda
    finally:
        await database.close()


def _write(connection: Connection, thread: LongThread, number: int) -> None:
    said = datetime.now(UTC) - timedelta(days=number + 1)  # apart, so that no two messages share a ts
    moments = [said + timedelta(seconds=n) for n in range(thread.turns)]
    conversation = _conversation(connection, thread, said)
    author = _author(connection, thread)
    first_turn = 1 + (connection.execute(select(func.max(turns.c.id))).scalar() or 0)
    first_message = 1 + (connection.execute(select(func.max(messages.c.id))).scalar() or 0)
    rows = [
        _rows(thread, n, at, conversation, author, first_turn + n, first_message + n) for n, at in enumerate(moments)
    ]
    for place, table in enumerate((turns, messages, message_versions, completions)):
        connection.execute(insert(table), [row[place] for row in rows])


def _rows(
    thread: LongThread, number: int, at: datetime, conversation: int, author: int, turn: int, message: int
) -> tuple[dict[str, Any], ...]:
    """One turn: its row, the question's two, the answer's."""
    question = f"{QUESTIONS[number % 2]} ({number})"
    answer = f"{ANSWERS[number % 2]} ({number})"
    position = int(at.timestamp() * 1_000_000)
    return (
        {
            "id": turn,
            "conversation_id": conversation,
            "state": "shown",
            "due_at": at,
            "fence": 1,
            "attempts": 1,
            "first_attempt_at": at,
            "created_at": at,
            "ended_at": at,
        },
        {
            "id": message,
            "conversation_id": conversation,
            "platform": "slack",
            "workspace": thread.workspace,
            "channel": thread.channel,
            "external_id": f"{position // 1_000_000}.{position % 1_000_000:06d}",
            "position": position,
            "participant_id": author,
            "turn_id": turn,
            "addressed": True,
            "posted_at": at,
        },
        {
            "message_id": message,
            "text": question,
            "given": question,
            "tokens": tokens.count(question),
            "encoding": tokens.ENCODING,
            "at": at,
        },
        {
            "turn_id": turn,
            "purpose": "answer",
            "chosen": True,
            "outcome": "complete",
            "model": "bench",
            "prompt": "",
            "max_tokens": 4096,
            "counted_prompt_tokens": 0,
            "text": answer,
            "text_tokens": tokens.count(answer),
            "finish_reason": "stop",
            "started_at": at,
        },
    )


def _conversation(connection: Connection, thread: LongThread, at: datetime) -> int:
    row = {
        "platform": "slack",
        "workspace": thread.workspace,
        "channel": thread.channel,
        "thread": thread.root,
        "direct": False,
        "created_at": at,
    }
    identity: int = connection.execute(insert(conversations).values(row).returning(conversations.c.id)).scalar_one()
    return identity


def _author(connection: Connection, thread: LongThread) -> int:
    known = select(participants.c.id).where(participants.c.external_id == thread.author)
    found: int | None = connection.execute(known).scalar()
    if found is not None:
        return found
    row = {"platform": "slack", "workspace": thread.workspace, "external_id": thread.author, "kind": "person"}
    identity: int = connection.execute(insert(participants).values(row).returning(participants.c.id)).scalar_one()
    return identity
