"""
Files that come with a message: their description and their content.

The ports that fetch and read them are in ports/files.py; answer/file_intake.py decides when.
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
    """The state of a file. All but PENDING and READ are reasons why the model does not get it."""

    PENDING = "pending"
    READ = "read"
    EMPTY = "empty"
    NO_TEXT = "no_text"  # a PDF of images, from a scanner
    BROKEN = "broken"
    LOCKED = "locked"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_COMPLEX = "too_complex"  # needs more time or memory than a file gets
    UNSUPPORTED = "unsupported"
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"  # the other files of the turn use up the limit
    GONE = "gone"  # deleted on its platform
    ELSEWHERE = "elsewhere"  # the platform only has a link to it
    FORBIDDEN = "forbidden"  # we may not fetch it
    NOT_FETCHED = "not_fetched"
    NOT_READ = "not_read"  # an error on our side


@dataclass(frozen=True, slots=True)
class FileRef:
    """
    A file as the platform describes it in a message.

    *name* and *media_type* are claims of the sender or the platform. *locator* says where the file is; empty if the
    platform must be asked first. *refused*: why it cannot be read, if that is known already.
    """

    id: str
    name: str
    media_type: str
    size: int | None = None  # bytes
    locator: str = ""
    refused: FileOutcome | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Only the beginning of a file was read: *kept* of *total* units. *total* is None if unknown."""

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
    The content of a file: *text*, or *image*, or neither and the reason in *outcome*.

    An image is a JPEG or a PNG with nothing but pixels, no larger than the model uses.
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
    """A file of a message, as the ledger holds it. *tokens* counts everything that the model gets of it."""

    id: int
    ref: FileRef
    reading: Reading
    tokens: int = 0

    @property
    def pending(self) -> bool:
        return self.reading.outcome is FileOutcome.PENDING


def image_tokens(width: int, height: int) -> int:
    """
    An upper estimate of the tokens that an image costs: 1,844 for the largest that is sent.

    Source: OpenAI, "Images and vision", on models that see patches of 32 by 32 pixels (gpt-4.1-mini and later ones).
    The factor differs between models and from the bill; users measured 1.2 with gpt-5-mini and gpt-5.4.
    Models that see tiles of 512 pixels (gpt-4o) bill up to a quarter less.
    """
    return ceil(ceil(width / PATCH) * ceil(height / PATCH) * TOKENS_PER_PATCH)
