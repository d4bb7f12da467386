"""What the asker is told when the model is down for longer, and what that means for the answer's place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.turn import Notice, ReplyPart, Turn

OUTAGE = "outage"  # the notice's key; its value `part` is the platform's id of the message that says it, once it does


def outage_notices(turn: Turn) -> Sequence[Notice]:
    """What the asker was told of an outage. Kept until the answer is shown: it may still stand in its place."""
    return [notice for notice in turn.said if notice.key == OUTAGE]


def was_said(turn: Turn) -> bool:
    """Whether a notice surely stands there; where it was only intended, the process may have died before."""
    return any("part" in notice.values for notice in outage_notices(turn))


def notices_in(parts: Sequence[ReplyPart], *, below_an_answer: bool) -> Sequence[Notice]:
    """The notice as it stands in *parts*, those of its turn's reply. *below_an_answer*: no part is the notice alone."""
    if below_an_answer:
        return [Notice(OUTAGE, {"part": ""})]
    return [Notice(OUTAGE, {"part": part.id} if part.id else {}) for part in parts[:1]]


def is_overlooked(turn: Turn, now: datetime, after: timedelta) -> bool:
    """
    Whether an answer in place of the notice would be overlooked: nobody is told of an edit.

    Where nobody noted which part says it, the process died about then: it is the first one.
    """
    first = turn.parts[0] if turn.parts else None
    if first is None or not any(notice.values.get("part", first.id) == first.id for notice in outage_notices(turn)):
        return False
    return now - first.intended_at > after
