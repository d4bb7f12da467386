"""The notice that the model is down for longer, and whether an answer in its place would be seen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.turn import Notice, ReplyPart, Turn

OUTAGE = "outage"  # the notice's key; its value `part` is the platform's id of the message that says it, once it does


def outage_notices(turn: Turn) -> Sequence[Notice]:
    """The asker was told these. They are kept until the answer is shown: they may still stand in its place."""
    return [notice for notice in turn.said if notice.key == OUTAGE]


def outage_was_said(turn: Turn) -> bool:
    """Whether a notice surely stands there; where it was only intended, the process may have died before."""
    return any("part" in notice.values for notice in outage_notices(turn))


def outage_notices_in(parts: Sequence[ReplyPart], *, below_an_answer: bool) -> Sequence[Notice]:
    """The notice as it stands in *parts*, those of its turn's reply. *below_an_answer*: no part is the notice alone."""
    if below_an_answer:
        return [Notice(OUTAGE, {"part": ""})]
    return [Notice(OUTAGE, {"part": part.id} if part.id else {}) for part in parts[:1]]


def would_be_overlooked(turn: Turn, now: datetime, after: timedelta) -> bool:
    """
    Whether an answer in place of the notice would be overlooked: nobody is told of an edit.

    Where nobody noted which part says it, the process died about then: it is the first one.
    """
    first = turn.parts[0] if turn.parts else None
    if first is None or not any(notice.values.get("part", first.id) == first.id for notice in outage_notices(turn)):
        return False
    return now - first.intended_at > after
