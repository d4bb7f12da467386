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
SHARE_OF_TIME = 0.5  # no new page afterwards: the rest is for the longest one


# Of fonts, those that pypdf knows by name (pypdf/_cmap.py), and of its own strings.
_ENCODINGS = ("charmap", "cp932", "cp950", "gb18030", "gb2312", "gbk", "utf-16", "utf-16-be", "utf-16-le", "latin-1")


def load() -> None:
    """Import all of pypdf, which imports parts of itself only when a file needs them, and the codecs of fonts."""
    for module in pkgutil.walk_packages(pypdf.__path__, "pypdf."):
        with contextlib.suppress(ImportError):  # what needs a package that is not installed
            importlib.import_module(module.name)
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    hashlib.md5(b"", usedforsecurity=False)  # OpenSSL reads its configuration


def read_pdf(content: bytes, limits: Limits) -> Reading:
    """Raises what pypdf raises for a broken one, and that is nearly anything."""
    try:
        return _read(PdfReader(BytesIO(content)), limits)
    except (DependencyError, FileNotDecryptedError, WrongPasswordError):  # the first: AES needs another package
        return Reading(FileOutcome.LOCKED)
    except LimitReachedError:  # pypdf's own, as on what unpacks to more than 75 MB
        return Reading(FileOutcome.TOO_COMPLEX)


def _read(reader: PdfReader, limits: Limits) -> Reading:
    if reader.is_encrypted and not reader.decrypt(""):  # many have a password only against changes
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
    if len(text) > limits.characters:  # the first page alone
        kept = cut_text(text, limits.characters)
        return Reading(kept.outcome, kept.text, cut=Cut(len(kept.text), None, "characters"))
    return Reading(FileOutcome.READ, text, cut=Cut(len(pages), total, "pages") if len(pages) < total else None)
