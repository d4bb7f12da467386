"""What came of a question during which the bot died, as a reader of its thread can tell. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from bot.core.texts import sentence
from bot.core.turn import Notice
from tests.faults.steps import Change, Script

FENCE = "```"
STOPPED = {key: sentence(Notice(key), "ko") for key in ("stopped", "stopped_unanswered")}


@dataclass(frozen=True, slots=True)
class Counts:
    """What may not be; all 0 is what must hold."""

    lost: int = 0  # no answer
    doubled: int = 0  # paragraphs that can be read more than once
    cut: int = 0  # an answer that is not whole, or not in order
    left: int = 0  # beside the answer: placeholders, notices, a status, a reaction
    asked_again: int = 0  # the model, for an answer that was complete
    wrong: int = 0  # requests otherwise than the platform's documentation says
    missed: int = 0  # the process did not die where it should: nothing was tested

    @property
    def clean(self) -> bool:
        return not any(asdict(self).values())


def judged(replies: Sequence[str], script: Script, change: Change | None = None) -> Counts:
    """
    Of our messages in a thread, in their order, after the question was changed so.

    White space does not count, and code may be closed in one message and opened again in the next.
    """
    if change == "delete":
        return Counts(left=len(replies))
    squashed = [_squashed(reply) for reply in replies]
    open_code = any(reply.count(FENCE) % 2 for reply in replies)
    counts = _stopped(squashed, script) if change == "stop" else _whole(squashed, script)
    return replace(counts, cut=counts.cut or int(open_code))


def _whole(squashed: Sequence[str], script: Script) -> Counts:
    whole = _squashed(script.long)
    parts = [reply for reply in squashed if reply and reply in whole]
    shown = "".join(parts)
    return Counts(
        lost=int(not parts),
        doubled=_doubled(shown, script),
        cut=int(bool(parts) and shown != whole),
        left=len(squashed) - len(parts),
    )


def _stopped(squashed: Sequence[str], script: Script) -> Counts:
    """The beginning of the answer, as far as it was written, and that it was stopped."""
    shown = "".join(squashed)
    told = [said for text in STOPPED.values() if shown.endswith(said := _squashed(text))]
    beginning = shown.removesuffix(told[0]) if told else shown
    whole = _squashed(script.long)
    return Counts(lost=int(not told), doubled=_doubled(beginning, script), cut=int(not whole.startswith(beginning)))


def _doubled(shown: str, script: Script) -> int:
    return sum(shown.count(_squashed(paragraph)) > 1 for paragraph in script.paragraphs)


def _squashed(shown: str) -> str:
    lines = [line for line in shown.splitlines() if not line.startswith(FENCE)]
    return "".join("".join(lines).split())
