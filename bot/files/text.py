"""Decodes a text file: finds its encoding, rejects binary data, and cuts a long text. Pure."""

from __future__ import annotations

import codecs
import re
import unicodedata

from bot.core.files import Cut, FileOutcome, Reading

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that one's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ("utf-8", "utf-16-le", "utf-16-be", "cp949", "cp1252")
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\ufeff\ud800-\udfff]"
)  # not: tab, ends of line and page, escape
_BINARY = 0.05  # a file with a larger share of control characters is no text
_SAMPLE = 65_536  # bytes


def load_encodings() -> None:
    """Import the codecs now: Python otherwise imports each one on first use."""
    for encoding in (*_UNMARKED, *(encoding for _, encoding in _BOMS)):
        codecs.lookup(encoding)


def read_text(content: bytes, characters: int) -> Reading:
    text = decoded(content)
    if text is None:
        return Reading(FileOutcome.UNSUPPORTED)
    return cut_text(cleaned(text), characters)


def cut_text(text: str, characters: int) -> Reading:
    """At most *characters* of *text*; ends at a line break within the last tenth, if there is one."""
    if not text.strip():
        return Reading(FileOutcome.EMPTY)
    if len(text) <= characters:
        return Reading(FileOutcome.READ, text)
    end = text.rfind("\n", characters * 9 // 10, characters) + 1 or characters
    kept = text[:end]
    if not kept.strip():
        return Reading(FileOutcome.EMPTY)
    return Reading(FileOutcome.READ, kept, cut=Cut(end, len(text), "characters"))


def cleaned(text: str) -> str:
    """
    *text* in Unicode's form NFC, with `\\n` line ends and without control characters (databases refuse NUL).

    Very many marks on one character take a time that is quadratic in their number: the process that reads has limits.
    """
    return unicodedata.normalize("NFC", _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def decoded(content: bytes) -> str | None:
    """
    The content as text; None if it is not text.

    A byte order mark decides the encoding. Otherwise it is UTF-8 if most characters decode (broken ones are replaced),
    Korean (CP949) if the bytes come in pairs, else Windows-1252.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _unless_binary(content[len(mark) :].decode(encoding, "replace"))
    if (unmarked := _unmarked_utf16(content)) is not None:
        return _unless_binary(content.decode(unmarked, "replace"))
    text = content.decode("utf-8", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    if broken > _beyond_ascii(text) - broken:
        text = content.decode("cp949" if _comes_in_pairs(content) else "cp1252", "replace")
    return _unless_binary(text)


def _unless_binary(text: str) -> str | None:
    odd = len(_CONTROL.findall(text)) + text.count("\N{REPLACEMENT CHARACTER}")
    return None if odd > len(text) * _BINARY + 1 else text


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _unmarked_utf16(content: bytes) -> str | None:
    """UTF-16 of mostly Latin text: every other byte is NUL."""
    sample = content[:_SAMPLE]
    sample = sample[: len(sample) // 2 * 2]
    if len(sample) < 4:
        return None
    half = len(sample) // 2
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if second > half * 0.7 and first < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if first > half * 0.7 and second < half * 0.05 else None


def _comes_in_pairs(content: bytes) -> bool:
    """Whether bytes beyond ASCII come in pairs, like Hangul in EUC-KR. Accented letters come alone."""
    sample = content[:_SAMPLE]
    beyond = len(re.findall(rb"[\x80-\xff]", sample))
    paired = sum(len(pair) for pair in re.findall(rb"(?:[\xa1-\xfe][\xa1-\xfe])+", sample))
    return paired > beyond * 0.8
