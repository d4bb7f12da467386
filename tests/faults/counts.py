"""What came of a question during which the bot died, as a reader of its thread can tell. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bot.core.texts import sentence
from bot.core.turn import Notice
from tests.faults.steps import LONG, PARAGRAPHS, Change

STOPPED = {key: sentence(Notice(key), "ko") for key in ("stopped", "stopped_unanswered")}


@dataclass(frozen=True, slots=True)
class Counts:
    """What may not be; all 0 is what must hold."""

    lost: int = 0  # no answer
    doubled: int = 0  # paragraphs that can be read more than once
    cut: int = 0  # an answer that is not whole, or not in order
    left: int = 0  # beside the answer: placeholders, notices, a status, a reaction
    asked_again: int = 0  # the model, for an answer that was complete
    missed: int = 0  # the process did not die where it should: nothing was tested

    @property
    def clean(self) -> bool:
        return not any(asdict(self).values())


def judged(replies: Sequence[str], change: Change | None = None) -> Counts:
    """Of our messages in a thread, in their order, after the question was changed so; white space does not count."""
    if change == "delete":
        return Counts(left=len(replies))
    squashed = [_squashed(reply) for reply in replies]
    if change == "stop":
        return _stopped(squashed)
    whole = _squashed(LONG)
    parts = [reply for reply in squashed if reply and reply in whole]
    shown = "".join(parts)
    return Counts(
        lost=int(not parts),
        doubled=_doubled(shown),
        cut=int(bool(parts) and shown != whole),
        left=len(squashed) - len(parts),
    )


def _stopped(squashed: Sequence[str]) -> Counts:
    """The beginning of the answer, as far as it was written, and that it was stopped."""
    shown = "".join(squashed)
    told = [said for text in STOPPED.values() if shown.endswith(said := _squashed(text))]
    beginning = shown.removesuffix(told[0]) if told else shown
    return Counts(lost=int(not told), doubled=_doubled(beginning), cut=int(not _squashed(LONG).startswith(beginning)))


def _doubled(shown: str) -> int:
    return sum(shown.count(_squashed(paragraph)) > 1 for paragraph in PARAGRAPHS)


def _squashed(shown: str) -> str:
    return "".join(shown.split())
