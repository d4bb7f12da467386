"""
Has the files of messages fetched and read when they first enter a prompt, once; what was read is kept with the message.

Fetching is the platform's business, parsing that of bot/files; how a file stands in a prompt is in file_form.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from bot.core.conversation import Message
from bot.core.files import LARGEST, Cut, File, FileOutcome, FileRef, Reading
from bot.core.ports import FileError, FileParser, FileReader, FileStore, Platform
from bot.core.prompt import file_form
from bot.core.prompt.entries import file_key
from bot.core.prompt.speakers import unbracketed
from bot.core.retry import Backoff
from bot.core.slots import FairSlots
from bot.core.turn import History

FILES_AT_A_TIME = 4  # files of one turn
EACH = 8  # files of one sender, in all turns
TOTAL = 24  # files; each takes up to LARGEST bytes of memory until it is read
TRIES = 3  # to fetch one
FETCH_BACKOFF = Backoff(first=0.2, longest=5.0)
FETCH_SECONDS = 60.0  # for all tries
OTHERS_SECONDS = 15.0  # that an answer waits for the files of others than those who ask, as it does for their messages
SHARE = 0.5  # of a prompt's budget, for the files that are new in it
LEAST = 50  # tokens; less of a file is not worth its name

Count = Callable[[str], int]

_NEVER_TEXT = ("audio/", "video/", "font/", "application/zip", "application/vnd.openxmlformats-")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg")


class FileIntake:
    def __init__(self, parser: FileParser, store: FileStore) -> None:
        self._parser = parser
        self._store = store
        self._slots = FairSlots(TOTAL, EACH)

    async def read(
        self, history: History, sent: Collection[str], platform: Platform, budget: int, count: Count, until: float
    ) -> History:
        """
        *history* with what was read of its files that a prompt holds unread: *sent* are the keys of its entries.

        Files of others than those who ask are waited for *until* then, by the loop's clock; those that are not read by
        then stay unread. *budget*: tokens of the whole prompt; *count* counts them. Raises LedgerError; a file that
        cannot be read is no error.
        """
        groups = _by_precedence(history, sent)
        if not groups:
            return history
        readings = await self._readings(history, [file for group in groups for file in group], platform, until)
        found = [
            [replace(file, reading=readings[file.id]) for file in group if file.id in readings] for group in groups
        ]
        fitting = await asyncio.to_thread(_fitted_in_turn, found, int(budget * SHARE), count)
        await self._store.note(fitting)
        return _with_files(history, {file.id: file for file in fitting})

    async def _readings(
        self, history: History, pending: Sequence[File], platform: Platform, until: float
    ) -> Mapping[int, Reading]:
        """By the files' ids."""
        turn = asyncio.Semaphore(FILES_AT_A_TIME)
        senders = _senders(history)
        askers = {message.author.id for message in history.question}
        reading = {
            file.id: asyncio.create_task(self._read(file.ref, f"{platform.name} {senders[file.id]}", platform, turn))
            for file in sorted(pending, key=lambda file: senders[file.id] not in askers)
        }
        try:
            await asyncio.gather(*(task for file, task in reading.items() if senders[file] in askers))
            left = max(0.0, until - asyncio.get_running_loop().time())
            done, _ = await asyncio.wait(reading.values(), timeout=left)
            return {file: task.result() for file, task in reading.items() if task in done}
        finally:
            for task in reading.values():
                task.cancel()
            await asyncio.gather(*reading.values(), return_exceptions=True)

    async def _read(self, file: FileRef, sender: str, platform: Platform, turn: asyncio.Semaphore) -> Reading:
        refused = refused_unseen(file)
        if refused is not None:
            return Reading(refused)
        if not isinstance(platform, FileReader):
            return Reading(FileOutcome.NOT_FETCHED)
        async with turn, self._slots.slot(sender):
            try:
                async with asyncio.timeout(FETCH_SECONDS):
                    content = await _fetched(file, platform)
            except FileError as error:
                return Reading(error.outcome)
            except TimeoutError:
                return Reading(FileOutcome.NOT_FETCHED)
            reading = await self._parser.read(content, file.media_type, sender)
        return replace(reading, text=unbracketed(reading.text))


def unread(history: History, sent: Collection[str]) -> set[int]:
    """The files that a prompt with these entries holds, and that nobody has opened yet."""
    return {file.id for group in _by_precedence(history, sent) for file in group}


def _by_precedence(history: History, sent: Collection[str]) -> Sequence[Sequence[File]]:
    """The unread files of a prompt: all of the question's, then those of each older message, the newest first."""
    question = history.question
    older = history.said[: len(history.said) - len(question)]
    groups = [[file for message in question for file in message.files], *(m.files for m in reversed(older))]
    left = ([file for file in group if file.pending and file_key(file, sees=True) in sent] for group in groups)
    return [group for group in left if group]


def _senders(history: History) -> Mapping[int, str]:
    """Who sent each file, by its id."""
    return {file.id: message.author.id for message in history.said for file in message.files}


def refused_unseen(file: FileRef) -> FileOutcome | None:
    """Why *file* is not worth fetching, by what is said of it; None when it is."""
    if file.size is not None and file.size > LARGEST:
        return FileOutcome.TOO_BIG
    kind = file.media_type.lower()
    if kind.startswith(_NEVER_TEXT) or (kind.startswith("image/") and not kind.startswith(_IMAGES)):
        return FileOutcome.UNSUPPORTED
    return None


async def _fetched(file: FileRef, platform: FileReader) -> bytes:
    for failures in range(1, TRIES):
        try:
            return await platform.fetch(file, LARGEST)
        except FileError as error:
            if not error.passing:
                raise
            await asyncio.sleep(FETCH_BACKOFF.wait(failures))
    return await platform.fetch(file, LARGEST)


def _fitted_in_turn(groups: Sequence[Sequence[File]], allowance: int, count: Count) -> Sequence[File]:
    """Each of *groups* has what those before it have left of *allowance* tokens."""
    fitting: list[File] = []
    left = allowance
    for group in groups:
        some = fitted(group, left, count)
        left -= sum(file.tokens for file in some if file.reading.outcome is FileOutcome.READ)
        fitting += some
    return fitting


def fitted(files: Sequence[File], allowance: int, count: Count) -> Sequence[File]:
    """
    *files* with their tokens, cut to *allowance* tokens in all, in the order in which they came.

    Images come first, as many as there is room for: half of one is of no use. What is left is shared by the texts,
    short ones whole.
    """
    fitting: dict[int, File] = {}
    left = allowance
    for file in files:
        if not file.reading.text:
            fitting[file.id] = _whole(file, left, count)
            left -= fitting[file.id].tokens if file.reading.image else 0
    texts = sorted((file for file in files if file.reading.text), key=lambda file: len(file.reading.text))
    for number, file in enumerate(texts):
        fitting[file.id] = _cut(file, max(0, left) // (len(texts) - number), count)
        left -= fitting[file.id].tokens
    return [fitting[file.id] for file in files]


def _whole(file: File, left: int, count: Count) -> File:
    counted = replace(file, tokens=file_form.tokens(file, count))
    return counted if counted.tokens <= left or not file.reading.image else _left_out(file, count)


def _left_out(file: File, count: Count) -> File:
    without = replace(file, reading=Reading(FileOutcome.TOO_MANY))
    return replace(without, tokens=file_form.tokens(without, count))


def _cut(file: File, limit: int, count: Count) -> File:
    """Its beginning, in at most *limit* tokens with all that stands around it."""
    whole = file.reading
    kept = replace(file, tokens=file_form.tokens(file, count))
    while kept.tokens > limit:
        length = len(kept.reading.text) * limit * 95 // (kept.tokens * 100)
        if limit < LEAST or not length:
            return _left_out(file, count)
        kept = replace(file, reading=_cut_to(whole, length))
        kept = replace(kept, tokens=file_form.tokens(kept, count))
    return kept if kept.reading.text.strip() else _left_out(file, count)


def _cut_to(reading: Reading, characters: int) -> Reading:
    """To the end of a line, if that is not far."""
    end = reading.text.rfind("\n", characters * 9 // 10, characters) + 1 or characters
    known = reading.cut is None or reading.cut.unit == "characters"
    total = reading.cut.total if reading.cut else len(reading.text)
    return replace(reading, text=reading.text[:end], cut=Cut(end, total if known else None, "characters"))


def _with_files(history: History, files: Mapping[int, File]) -> History:
    def read(messages: Sequence[Message]) -> Sequence[Message]:
        return [replace(m, files=[files.get(file.id, file) for file in m.files]) if m.files else m for m in messages]

    past = [replace(turn, messages=read(turn.messages)) for turn in history.past]
    pinned = [replace(turn, messages=read(turn.messages)) for turn in history.pinned]
    return replace(history, past=past, pinned=pinned, messages=read(history.messages))
