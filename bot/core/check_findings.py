"""What `threadbot check` finds out: one value a line, the same for every door."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"  # cannot be checked from outside
    WARNING = "warning"  # works, and should be changed all the same
    ABSENT = "absent"  # not there, and done without


@dataclass(frozen=True, slots=True)
class Finding:
    """*remedy* says what to do; empty when there is nothing to do. Neither text carries a token."""

    subject: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def counted(number: int, noun: str) -> str:
    """“1 channel”, “2,500 channels”."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
