"""The text of a PDF, page by page, with pypdf."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import importlib
import pkgutil
import time
from io import BytesIO

import pypdf
from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError, WrongPasswordError

from bot.core.files import Cut, FileOutcome, Reading
from bot.files.limits import Limits
from bot.files.text import cleaned, cut_text

BETWEEN = "\n\n"  # pages
SHARE_OF_TIME = 0.5  # then no new page begins: the rest is for the page in progress


# The font encodings that pypdf knows by name (pypdf/_cmap.py), and those of PDF strings.
_ENCODINGS = ("charmap", "cp932", "cp950", "gb18030", "gb2312", "gbk", "utf-16", "utf-16-be", "utf-16-le", "latin-1")


def load() -> None:
    """Import all of pypdf and the font codecs: pypdf otherwise imports parts of itself when a file needs them."""
    for module in pkgutil.walk_packages(pypdf.__path__, "pypdf."):
        with contextlib.suppress(ImportError):  # a module whose own dependency is not installed
            importlib.import_module(module.name)
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    hashlib.md5(b"", usedforsecurity=False)  # OpenSSL reads its configuration


def read_pdf(content: bytes, limits: Limits) -> Reading:
    """Raises pypdf's exceptions for a broken PDF, which can be nearly anything."""
    try:
        return _read(PdfReader(BytesIO(content)), limits)
    except (DependencyError, FileNotDecryptedError, WrongPasswordError):  # DependencyError: AES needs another package
        return Reading(FileOutcome.LOCKED)
    except LimitReachedError:  # pypdf's own limits, such as 75 MB for unpacked data
        return Reading(FileOutcome.TOO_COMPLEX)


def _read(reader: PdfReader, limits: Limits) -> Reading:
    if reader.is_encrypted and not reader.decrypt(""):  # many PDFs have a password against changes only
        return Reading(FileOutcome.LOCKED)
    ends = time.process_time() + limits.cpu_seconds * SHARE_OF_TIME
    total = len(reader.pages)
    pages: list[str] = []
    length = 0
    for number in range(min(total, limits.pages)):
        text = cleaned(reader.pages[number].extract_text()).strip()
        length += len(text) + len(BETWEEN)
        if pages and (length > limits.characters or time.process_time() > ends):
            break
        pages.append(text)
    return _joined(pages, total, limits)


def _joined(pages: list[str], total: int, limits: Limits) -> Reading:
    text = BETWEEN.join(page for page in pages if page)
    if not text:
        return Reading(FileOutcome.NO_TEXT)
    if len(text) > limits.characters:  # the first page alone is too long
        kept = cut_text(text, limits.characters)
        return Reading(kept.outcome, kept.text, cut=Cut(len(kept.text), None, "characters"))
    return Reading(FileOutcome.READ, text, cut=Cut(len(pages), total, "pages") if len(pages) < total else None)
