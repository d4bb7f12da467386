"""
Files that come with a message: what is known of one, and what was read of it.

Who fetches and reads one is in ports/files.py, when both are done in answer/file_intake.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import ceil
from typing import Any, Literal

LARGEST = 20 * 2**20  # bytes of a file that is fetched
PATCH = 32  # pixels, each way
TOKENS_PER_PATCH = 1.2


class FileOutcome(StrEnum):
    """What became of a file. All but PENDING and READ are reasons why a model is not given it."""

    PENDING = "pending"
    READ = "read"
    EMPTY = "empty"
    NO_TEXT = "no_text"  # a PDF of pictures, as scanners make them
    BROKEN = "broken"
    LOCKED = "locked"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_COMPLEX = "too_complex"  # it would take more time or memory than a file gets
    UNSUPPORTED = "unsupported"
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"  # the others of the same turn take the room that there is
    GONE = "gone"  # from its platform
    ELSEWHERE = "elsewhere"  # its platform has a link to it only
    FORBIDDEN = "forbidden"  # to us
    NOT_FETCHED = "not_fetched"
    NOT_READ = "not_read"  # for a reason of ours


@dataclass(frozen=True, slots=True)
class FileRef:
    """
    A file as its platform names it, beside a message.

    *name* and *media_type* are what its sender or the platform says of it. *locator* is where it is kept; empty when
    the platform is to be asked first. *refused*: it is known already that it cannot be read, and why.
    """

    id: str
    name: str
    media_type: str
    size: int | None = None  # bytes
    locator: str = ""
    refused: FileOutcome | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The beginning of a file was read: *kept* of *total*. None: nobody knows how many there are."""

    kept: int
    total: int | None
    unit: Literal["characters", "pages"]

    @classmethod
    def of(cls, row: Mapping[str, Any] | None) -> Cut | None:
        """From what row() makes of one."""
        return cls(**row) if row else None

    def row(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What was read of a file: *text*, or *image*, or neither and the reason in *outcome*.

    An image is a JPEG or a PNG without anything beside its pixels, no larger than a model looks at.
    """

    outcome: FileOutcome
    text: str = ""
    image: bytes = b""
    media_type: str = ""  # of *image*
    width: int = 0  # pixels
    height: int = 0  # pixels
    cut: Cut | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message, as the ledger holds it. *tokens*: those of all that a model is given of it."""

    id: int
    ref: FileRef
    reading: Reading
    tokens: int = 0

    @property
    def pending(self) -> bool:
        return self.reading.outcome is FileOutcome.PENDING


def image_tokens(width: int, height: int) -> int:
    """
    Tokens that an image costs, at most about: 1,844 for the largest that is sent.

    Source: OpenAI, "Images and vision", on models that see patches of 32 by 32 pixels (gpt-4.1-mini and later ones).
    The factor differs between models and from what is billed; 1.2 was measured by users with gpt-5-mini and gpt-5.4.
    Models that see tiles of 512 pixels (gpt-4o) bill up to a quarter less.
    """
    return ceil(ceil(width / PATCH) * ceil(height / PATCH) * TOKENS_PER_PATCH)
