"""
Keeps track of a reply's parts: which are in the thread, which may be, and what each of them shows.

Each part is noted before and after it is posted. After a crash or a lost response, we look for it before posting it
again. Each platform implements PartCalls to post, edit, delete and find one part; its Reply decides what the parts
show, and when.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from functools import partial
from typing import Generic, TypeVar

from bot.core.errors import PlatformError, ReplyDeleted, UncertainError
from bot.core.ports import ReplyRequest

logger = logging.getLogger(__name__)

Content = TypeVar("Content")  # what one message shows; equal contents look the same

Check = Callable[[], None]
"""Called after the last wait before a new message: raises HaltedError where none may be posted any more."""

Make = Callable[[Check], Awaitable[str | None]]
"""Makes one message and returns its id; None if the platform refused and another form is tried."""

Noted = Callable[[Make], Awaitable[str | None]]
"""Runs a Make, notes the part before and after, and returns the Make's result."""


class HaltedError(Exception):
    """The next message would be a new one, and none may be posted: Reply.halt()."""


@dataclass(frozen=True, slots=True)
class WantedPart(Generic[Content]):
    """The content that one part should show."""

    number: int
    content: Content
    final: bool  # a part of the whole answer; else of one that is still being written
    last: bool  # no part comes after it


class PartCalls(ABC, Generic[Content]):
    """
    A platform's calls for one part. All of them raise PlatformError.

    Each change asks PartLog.check() right before it.
    """

    @abstractmethod
    async def post(self, part: WantedPart[Content], noted: Noted) -> bool:
        """
        Post a part: run the call that makes the message in *noted*, and nothing else.

        Whether it now shows all of the part's content; False while the platform streams the message.
        """

    @abstractmethod
    async def edit(self, part: WantedPart[Content], id: str) -> bool:  # noqa: A002 - the platform's word
        """Let the message *id* show the part. Returns as post() does."""

    @abstractmethod
    async def delete(self, id: str, *, final: bool) -> None:  # noqa: A002 - as above
        """*final*: no more work follows in the thread."""

    @abstractmethod
    async def find(self, missing: Mapping[int, datetime], known: Collection[str]) -> Mapping[int, str]:
        """
        The ids of those parts of *missing* (number → intended at) that stand in the thread.

        *known* are the ids of other parts. A thread that is no longer there holds none.
        """

    @abstractmethod
    def is_gone(self, error: PlatformError) -> bool:
        """Whether an edit or a deletion was refused because the message is no longer there."""

    def is_fixed(self, error: PlatformError) -> bool:  # noqa: ARG002 - no platform has to have such
        """Whether the platform no longer lets us edit this message, so that we must post another."""
        return False


class Deletion(Enum):
    DONE = auto()
    GONE = auto()  # the platform says that it was not there
    REFUSED = auto()  # it stays


class Parts(Generic[Content]):
    """
    The parts of the reply that *request* asks for, in one attempt.

    *clear_below* removes other messages below the parts, before a part is posted again.
    """

    def __init__(
        self,
        calls: PartCalls[Content],
        request: ReplyRequest,
        clear_below: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._calls, self._clear_below = calls, clear_below
        self._log, self._platform, earlier = request.log, request.thread.platform, request.parts
        self._ids = {part.number: part.id for part in earlier if part.id is not None}
        self._missing = {part.number: part.intended_at for part in earlier if part.id is None}
        self._intended = {part.number for part in earlier}
        self._shown: dict[int, Content] = {}  # by each part, where this attempt wrote all of it
        self._written: set[int] = set()  # by this attempt
        self.halted = False
        self.fixed = False  # a part cannot be edited: only the whole answer is posted again, no beginning

    @property
    def ids(self) -> Collection[str]:
        return self._ids.values()

    @property
    def shown(self) -> Collection[Content]:
        """As far as this attempt wrote it whole."""
        return self._shown.values()

    def check_halted(self) -> None:
        if self.halted:
            raise HaltedError

    async def locate(self) -> None:
        """Look for parts that may or may not have been posted, and note those that are found."""
        if not self._missing:
            return
        for number, id_ in (await self._calls.find(dict(self._missing), list(self.ids))).items():
            self._ids[number] = id_
            await self._log.posted(number, id_)
        self._missing.clear()

    async def bring(self, wanted: Sequence[Content], *, final: bool) -> bool:
        """
        Make the first parts show what is *wanted*. Whether one of them had to be changed. Raises HaltedError.

        *final*: it is the whole answer. Raises ReplyDeleted when a part that this attempt wrote is gone: the person
        who deletes it while we write does not want it again. A part of an earlier attempt is posted again.
        """
        await self.locate()
        changed = False
        for number, content in enumerate(wanted, 1):
            if number not in self._shown or self._shown[number] != content:
                await self._write(WantedPart(number, content, final=final, last=number == len(wanted)))
                changed = True
        return changed

    async def take_away(self, *, beyond: int, final: bool = True) -> None:
        """Delete the parts after number *beyond*, the newest first. The next text edits one that cannot be deleted."""
        for number in sorted((number for number in self._ids if number > beyond), reverse=True):
            deletion = await self._deleted(self._ids[number], final=final)
            if deletion is Deletion.DONE:
                self._forget(number)
            else:  # also if it is reported as gone: an edit will show whether that is true
                self._written.discard(number)
                self._shown.pop(number, None)
            if deletion is not Deletion.REFUSED:
                await self._log.removed(number)

    async def remove(self) -> None:
        """Take all of them away."""
        await self.locate()
        await self.take_away(beyond=0)
        self._intended &= self._ids.keys()

    # One part

    async def _write(self, part: WantedPart[Content]) -> None:
        number, id_ = part.number, self._ids.get(part.number)
        self._shown.pop(number, None)  # a change whose response is lost leaves either content
        whole = await self._post(part) if id_ is None else await self._edit(part, id_)
        if whole:
            self._shown[number] = part.content
        self._written.add(number)

    async def _post(self, part: WantedPart[Content]) -> bool:
        self.check_halted()
        return await self._calls.post(part, partial(self._noted, part.number))

    async def _noted(self, number: int, make: Make) -> str | None:
        self.check_halted()  # since the call waited to be admitted, perhaps
        if number not in self._intended:
            await self._log.intend(number)
            self._intended.add(number)
            self.check_halted()
        # In doubt from here on: a cancellation or a lost response leaves a post that nobody noted.
        self._missing[number] = datetime.now(UTC)
        try:
            id_ = await make(self.check_halted)
        except UncertainError:
            raise
        except (PlatformError, HaltedError):
            del self._missing[number]  # refused: it was surely not posted
            raise
        del self._missing[number]
        if id_ is not None:
            self._ids[number] = id_
            await self._log.posted(number, id_)
        return id_

    async def _edit(self, part: WantedPart[Content], id_: str) -> bool:
        """Edit a part, or post it again if it cannot be edited."""
        try:
            return await self._calls.edit(part, id_)
        except ReplyDeleted:
            raise
        except PlatformError as error:
            gone = self._is_gone(error, part)
            if not gone and not self._is_fixed(error, part):
                raise
        if self._clear_below is not None:
            await self._clear_below()
        await self.take_away(beyond=part.number, final=part.final)  # otherwise they would come before it
        if not gone:
            await self._deleted(id_, final=part.final)
        self._forget(part.number)
        return await self._post(part)

    def _is_gone(self, error: PlatformError, part: WantedPart[Content]) -> bool:
        if error.passing or not self._calls.is_gone(error):
            return False
        if part.number in self._written:
            raise ReplyDeleted(error.code) from error
        return True

    def _is_fixed(self, error: PlatformError, part: WantedPart[Content]) -> bool:
        """Whether to post the part again because it cannot be edited; a beginning waits for the whole answer."""
        if error.passing or not self._calls.is_fixed(error):
            return False
        logger.info("%s: a part of a reply cannot be edited: %s", self._platform, error.code)
        self.fixed = True
        return part.final

    def _forget(self, number: int) -> None:
        """Forget the old id of a part that is posted again."""
        del self._ids[number]
        self._intended.discard(number)
        self._written.discard(number)
        self._shown.pop(number, None)

    async def _deleted(self, id_: str, *, final: bool) -> Deletion:
        try:
            await self._calls.delete(id_, final=final)
        except PlatformError as error:
            if error.passing:
                raise
            if self._calls.is_gone(error):
                return Deletion.GONE
            logger.warning("%s: a part of a reply cannot be deleted: %s", self._platform, error.code)
            return Deletion.REFUSED
        return Deletion.DONE
