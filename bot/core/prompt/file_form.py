"""
How a file stands in a prompt, and what users are told of those that do not. Pure.

    ⟦file ⟦report.csv⟧⟧                                 a line; then what was read of it
    ⟦end of ⟦report.csv⟧⟧
    ⟦file ⟦long.txt⟧: the first 200 of 900 characters⟧   only its beginning was read
    ⟦image ⟦photo.jpg⟧⟧                                  its picture follows
    ⟦file ⟦songs.zip⟧: not readable: …⟧

Nothing that is said, sent or called by any name can look like this: the brackets are taken out of all that. Two of them
in a row are in no label of a speaker either, whatever the name (see speakers.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from bot.core.files import LARGEST, Cut, File, FileOutcome, image_tokens
from bot.core.prompt.entries import file_key
from bot.core.prompt.speakers import cleaned, without_ours
from bot.core.turn import History, Notice

WITHOUT_WORDS = "(sent without words)"  # what somebody says who sends a file alone
_MEGABYTE = 2**20

_REASONS = {  # for a model; users read those of texts/
    FileOutcome.PENDING: "nobody has opened it yet",
    FileOutcome.EMPTY: "it is empty",
    FileOutcome.NO_TEXT: "it is a PDF without text, perhaps a scan",
    FileOutcome.BROKEN: "it is damaged",
    FileOutcome.LOCKED: "it is protected with a password",
    FileOutcome.TOO_MANY_PIXELS: "the image is too large",
    FileOutcome.TOO_COMPLEX: "it takes too long to read",
    FileOutcome.UNSUPPORTED: "only images, text and PDFs can be read",
    FileOutcome.NOT_READ: "something went wrong",
    FileOutcome.TOO_BIG: "the file is too large",
    FileOutcome.TOO_MANY: "there are too many files",
    FileOutcome.GONE: "it was deleted",
    FileOutcome.ELSEWHERE: "it is kept on another service",
    FileOutcome.FORBIDDEN: "access to it is not allowed",
    FileOutcome.NOT_FETCHED: "it could not be downloaded",
}
_UNSEEN = "this model cannot see images"


def name_of(file: File) -> str:
    """On one line, without what is ours to write."""
    return cleaned(file.ref.name) or cleaned(file.ref.id) or "?"


def form(file: File, *, sees: bool) -> str:
    """The text that stands for *file* in a prompt; with *sees*, an image's picture follows on it."""
    name, reading = name_of(file), file.reading
    if reading.outcome is not FileOutcome.READ:
        return f"⟦file ⟦{name}⟧: not readable: {_REASONS[reading.outcome]}⟧"
    if reading.image:
        return f"⟦image ⟦{name}⟧⟧" if sees else f"⟦image ⟦{name}⟧: not shown: {_UNSEEN}⟧"
    part = f": {_part(reading.cut)}" if reading.cut else ""
    return f"⟦file ⟦{name}⟧{part}⟧\n{without_ours(reading.text)}\n⟦end of ⟦{name}⟧⟧"


def tokens(file: File, count: Callable[[str], int]) -> int:
    """Of all that a model that sees is given of it."""
    reading = file.reading
    return count(form(file, sees=True)) + (image_tokens(reading.width, reading.height) if reading.image else 0)


def _part(cut: Cut) -> str:
    whole = "" if cut.total is None else f" of {cut.total:,}"
    return f"the first {cut.kept:,}{whole} {cut.unit}"


def notices(history: History, *, sees: bool, sent: Collection[str] | None = None) -> Sequence[Notice]:
    """
    What those who ask are to know of files: which were not read, or not to their end.

    All of the question's are named, and of its context those that were *sent*, by the keys of a prompt's entries; None:
    those that were opened.
    """
    beside = [file for message in history.context for file in message.files]
    files = [file for file in beside if sent is None or file_key(file, sees=sees) in sent]
    files = [*files, *(file for message in history.question for file in message.files)]
    files = [file for file in files if not file.pending or (sent is not None and file_key(file, sees=sees) in sent)]
    unread: dict[FileOutcome, list[str]] = {}
    for file in files:
        if file.reading.outcome is not FileOutcome.READ:
            unread.setdefault(file.reading.outcome, []).append(name_of(file))
    unseen = [name_of(file) for file in files if file.reading.image and not sees]
    return [
        *(_unread(outcome, names) for outcome, names in unread.items()),
        *(_cut_notice(name_of(file), file.reading.cut) for file in files if file.reading.cut),
        *([Notice("images_unseen", {"names": ", ".join(unseen)})] if unseen else []),
    ]


def _unread(outcome: FileOutcome, names: Sequence[str]) -> Notice:
    limit = {"megabytes": LARGEST // _MEGABYTE} if outcome is FileOutcome.TOO_BIG else {}
    return Notice(f"file_{outcome.value}", {"names": ", ".join(names), **limit})


def _cut_notice(name: str, cut: Cut) -> Notice:
    if cut.total is None:
        return Notice("file_beginning", {"name": name, "kept": cut.kept})
    return Notice(f"file_first_{cut.unit}", {"name": name, "kept": cut.kept, "total": cut.total})
