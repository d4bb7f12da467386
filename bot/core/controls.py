"""What people can do to an answer where it stands. Each door draws these in its own way; what is done is an Acted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Control(StrEnum):
    STOP = "stop"  # while it is written
    CONTINUE = "continue"  # it ended for its length
    REPEAT = "repeat"  # another variant of it
    FEEDBACK = "feedback"  # good or bad
    RECEIPT = "receipt"  # what is known of it


@dataclass(frozen=True, slots=True)
class Controls:
    """
    Those that an answer is shown with, and what they are called in *language*.

    *completion* is the one that is shown: pressed when another one is, they do nothing.
    """

    offered: tuple[Control, ...] = ()
    completion: int | None = None
    language: str = "en"


NO_CONTROLS = Controls()
