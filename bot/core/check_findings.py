"""The findings of `threadbot check`, one for each printed line, in the same form for every platform."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"  # cannot be checked from outside
    WARNING = "warning"  # works, but should be changed
    ABSENT = "absent"  # missing; the bot works without it


@dataclass(frozen=True, slots=True)
class Finding:
    """*remedy* says what to do; empty if there is nothing to do. Neither text contains a token."""

    subject: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def counted(number: int, noun: str) -> str:
    """“1 channel”, “2,500 channels”."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
