"""`threadbot turns`: the ledger's turns as a table or as JSON. No message text can be in it."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.commands import ledger
from bot.core.turn import TurnState
from bot.settings import Settings
from bot.store.receipt.turn_list import TurnSummary, list_turns

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
HEADS = ("TURN", "STATE", "TRY", "AGE", "CONVERSATION", "MODEL", "TOKENS", "TIME", "REASON")
_RIGHT = {"TURN", "TRY", "AGE", "TOKENS", "TIME"}  # numbers
_INDENT = "    "
_GIVING_WAY = (
    ("MODEL", 10),
    ("REASON", 12),
    ("CONVERSATION", 20),
    ("MODEL", 5),
)  # down to so many cells, in this order


async def turns(settings: Settings, state: TurnState | None, since: timedelta | None, limit: int) -> list[TurnSummary]:
    """Newest first. *since*: how long ago they began, at most. Raises BotError."""
    async with ledger.opened(settings) as database:
        return await list_turns(database, state=state, since=datetime.now(UTC) - since if since else None, limit=limit)


def parse_span(text: str) -> timedelta:
    """30m, 12h, 1d. Raises ValueError with what was expected."""
    found = re.fullmatch(r"(\d{1,5})([smhdw])", text.strip().lower(), re.ASCII)
    if found is None:
        raise ValueError("expected a number and s, m, h, d or w, such as 30m, 12h or 1d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


# JSON


def as_json(summaries: Sequence[TurnSummary]) -> str:
    return json.dumps([_document(one) for one in summaries], ensure_ascii=False, indent=2)


def _document(one: TurnSummary) -> dict[str, object]:
    thread = one.thread
    return {
        "turn": one.id,
        "platform": thread.platform,
        "workspace": thread.workspace,
        "channel": thread.channel,
        "thread": thread.thread,
        "state": one.state.value,
        "attempts": one.attempts,
        "reason": one.reason,
        "created_at": one.created_at.isoformat(),
        "due_at": one.due_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "calls": one.calls,
        "model": one.model,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
        "seconds": one.seconds,
        "error": one.error,
        "feedback": {"like": one.likes, "dislike": one.dislikes},
    }


# The table


def as_table(summaries: Sequence[TurnSummary], now: datetime, width: int | None = None) -> str:
    """
    One line a turn, within *width* cells of a terminal (that of this one, else 100).

    What a model's server said of an error stands below its turn.
    """
    if not summaries:
        return "No such turns."
    rows = [HEADS, *(_cells(one, now) for one in summaries)]
    room = width or shutil.get_terminal_size((100, 24)).columns
    widths = [max(cells(row[n]) for row in rows) for n in range(len(HEADS))]
    gap = "  " if sum(widths) + 2 * (len(HEADS) - 1) <= room else " "
    widths = _fitted(widths, room - len(gap) * (len(HEADS) - 1))
    lines = [gap.join(_padded(row[n], n, widths[n]) for n in range(len(HEADS))).rstrip() for row in rows]
    errors = ["", *(f"\n{_INDENT}{_printable(one.error)}" if one.error else "" for one in summaries)]
    return "\n".join(line + error for line, error in zip(lines, errors, strict=True))


def _cells(one: TurnSummary, now: datetime) -> tuple[str, ...]:
    counts = [count for count in (one.prompt_tokens, one.completion_tokens) if count is not None]
    raw = (
        str(one.id),
        " ".join([one.state.value, *votes(one.likes, one.dislikes)]),
        str(one.attempts),
        age(now - one.created_at),
        f"{one.thread.platform} {one.thread.channel} {one.thread.thread}",
        one.model or "-",
        f"{sum(counts):,}" if counts else "-",
        "-" if one.seconds is None else f"{one.seconds:.1f}s",
        one.reason or "-",
    )
    return tuple(map(_printable, raw))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


def votes(likes: int, dislikes: int) -> list[str]:
    """Such as +2 and -1; none where nobody has said anything."""
    return [f"+{likes}"] * bool(likes) + [f"-{dislikes}"] * bool(dislikes)


def age(span: timedelta) -> str:
    """In its largest unit, cut: 59s, 3m, 23h, 12d."""
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """The columns that can give way do, one after the other, until all fit."""
    fitted = list(widths)
    for head, least in _GIVING_WAY:
        n = HEADS.index(head)
        over = sum(fitted) - room
        if over > 0:
            fitted[n] = max(min(least, fitted[n]), fitted[n] - over)
    return fitted


def _padded(text: str, column: int, width: int) -> str:
    shown = _shortened(text, width)
    space = " " * (width - cells(shown))
    return space + shown if HEADS[column] in _RIGHT else shown + space


def _shortened(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    while cells(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def cells(text: str) -> int:
    """How wide a terminal draws it: Korean is two cells a character (Unicode, "East Asian Width")."""
    return sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
