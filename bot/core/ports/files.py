"""What the core needs of those who fetch, read and keep files: a platform, bot/files and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bot.core.errors import BotError
from bot.core.files import File, FileOutcome, FileRef, Reading


class FileError(BotError):
    """A file was not fetched. *passing*: the same call may succeed later."""

    def __init__(self, outcome: FileOutcome, *, passing: bool = False) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome
        self.passing = passing


@runtime_checkable
class FileReader(Protocol):
    """A platform's capability: files that were sent there."""

    async def fetch(self, file: FileRef, limit: int) -> bytes:
        """The whole of it, if it has no more than *limit* bytes. Raises FileError."""


class FileParser(Protocol):
    async def read(self, content: bytes, media_type: str, sender: str) -> Reading:
        """
        What is in a file. *media_type*: as its sender said, so perhaps wrong. Never raises for what is in it.

        *sender*: who sent it. However much of one sender waits to be read, the files of others do not wait for it.
        """


class FileStore(Protocol):
    async def note(self, files: Sequence[File]) -> None:
        """
        Keep what was read of files that were pending, once, unless their message was erased meanwhile.

        One transaction. Raises LedgerError.
        """
