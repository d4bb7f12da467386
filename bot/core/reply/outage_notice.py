"""The notice that the model is down, and whether people would see an answer that replaces it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.errors import ModelError
from bot.core.turn import Notice, ReplyPart, Turn

OUTAGE = "outage"  # the notice's key; its value `part` is the platform's id of the message that shows it, once posted
_SENTENCES = {
    "model_rate_limited": "outage_busy",
    "model_timeout": "outage_silent",
    "model_cut": "outage_cut",
    "model_certificate": "outage_certificate",
    "model_proxy": "outage_proxy",
    "model_name_not_found": "outage_name_not_found",
    "model_refused": "outage_refused",
    "model_no_tls": "outage_no_tls",
    "model_server_error": "outage_server_error",
    "model_overloaded": "outage_overloaded",
    "model_gateway": "outage_gateway",
}


def outage_sentence(error: ModelError) -> str:
    """The key in texts/ of what the asker is told: why, where that is known and more than that the model is away."""
    return _SENTENCES.get(error.sentence, OUTAGE)


def outage_notices(turn: Turn) -> Sequence[Notice]:
    """The outage notices that the asker was sent. They are kept until the answer replaces them."""
    return [notice for notice in turn.said if notice.key == OUTAGE]


def outage_was_said(turn: Turn) -> bool:
    """Whether the notice was certainly posted; the process may have died after the intent was noted."""
    return any("part" in notice.values for notice in outage_notices(turn))


def outage_notices_in(parts: Sequence[ReplyPart], *, below_an_answer: bool) -> Sequence[Notice]:
    """The notice in *parts*, its turn's reply. *below_an_answer*: every part shows an answer, too."""
    if below_an_answer:
        return [Notice(OUTAGE, {"part": ""})]
    return [Notice(OUTAGE, {"part": part.id} if part.id else {}) for part in parts[:1]]


def would_be_overlooked(turn: Turn, now: datetime, after: timedelta) -> bool:
    """
    Whether people would overlook an answer in place of the notice: platforms do not notify them of an edit.

    If no part is noted as the notice, the process died at that moment, and the notice is the first part.
    """
    first = turn.parts[0] if turn.parts else None
    if first is None or not any(notice.values.get("part", first.id) == first.id for notice in outage_notices(turn)):
        return False
    return now - first.intended_at > after
