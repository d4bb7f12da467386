"""Text files and PDFs: which bytes are text, and where it is cut."""

from __future__ import annotations

import codecs
import unicodedata

import pytest

from bot.core.files import Cut, FileOutcome, Reading
from bot.files.child import read
from bot.files.limits import Limits
from tests.files.making import locked_pdf, pdf, picture

LIMITS = Limits()
KOREAN = "이름,나이\n김민수,31\n"


def text_of(content: bytes, limits: Limits = LIMITS) -> str:
    reading = read(content, "text/plain", limits)
    assert reading.outcome is FileOutcome.READ
    return reading.text


@pytest.mark.parametrize(
    ("content", "text"),
    {
        "UTF-8": (KOREAN.encode(), KOREAN),
        "UTF-8 with a mark": (codecs.BOM_UTF8 + KOREAN.encode(), KOREAN),
        "UTF-16": (codecs.BOM_UTF16_LE + KOREAN.encode("utf-16-le"), KOREAN),
        "UTF-16, the other way": (codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be"), KOREAN),
        "UTF-16 without a mark": ("name;age\nMin-su;31\n".encode("utf-16-le"), "name;age\nMin-su;31\n"),
        "UTF-32": (codecs.BOM_UTF32_LE + KOREAN.encode("utf-32-le"), KOREAN),
        "Korean as Excel saves it": (KOREAN.encode("cp949"), KOREAN),
        "a syllable that only CP949 has": ("똠방각하가 여기에 있습니다".encode("cp949"), "똠방각하가 여기에 있습니다"),
        "Western European": ("déjà vu, façade – “naïve”".encode("cp1252"), "déjà vu, façade – “naïve”"),
        "one broken byte in UTF-8": (KOREAN.encode() + b"\xff", KOREAN + "\N{REPLACEMENT CHARACTER}"),
        "Korean as macOS writes it": (unicodedata.normalize("NFD", KOREAN).encode(), KOREAN),
        "ends of lines": (b"a\r\nb\rc\n", "a\nb\nc\n"),
        "a NUL or two": (b"first\x00\nsecond, which is long enough to be text\x00\n" * 9, None),
        "colors of a terminal": (b"\x1b[31mred\x1b[0m\tor not", "\x1b[31mred\x1b[0m\tor not"),
        "code": (b"#include <stdio.h>\n\tint x = 1 & 2;\n", "#include <stdio.h>\n\tint x = 1 & 2;\n"),
    }.values(),
)
def test_text_is_read_as_it_was_written(content: bytes, text: str | None) -> None:
    expected = text if text is not None else content.decode().replace("\x00", "")

    assert text_of(content) == expected


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(range(256)) * 9, bytes(500), bytes(range(256)) * 40])
def test_what_is_no_text_is_named_so(content: bytes) -> None:
    assert read(content, "text/plain", LIMITS) == Reading(FileOutcome.UNSUPPORTED)


@pytest.mark.parametrize("content", [b"", b" \n\t\n", codecs.BOM_UTF8])
def test_an_empty_file_is_empty(content: bytes) -> None:
    assert read(content, "text/csv", LIMITS) == Reading(FileOutcome.EMPTY)


@pytest.mark.parametrize("media_type", ["image/tiff", "image/heic", "audio/mpeg", "video/mp4"])
def test_a_type_that_nobody_reads_is_unsupported(media_type: str) -> None:
    assert read(b"harmless words", media_type, LIMITS) == Reading(FileOutcome.UNSUPPORTED)


@pytest.mark.parametrize("media_type", ["image/png", "image/webp", "application/pdf"])
def test_a_page_of_html_in_the_place_of_a_picture_is_broken(media_type: str) -> None:
    assert read(b"<!DOCTYPE html><title>Sign in</title>", media_type, LIMITS) == Reading(FileOutcome.BROKEN)


def test_a_drawing_in_svg_is_read_as_the_text_that_it_is() -> None:
    assert read(b"<svg></svg>", "image/svg+xml", LIMITS).text == "<svg></svg>"


def test_a_long_text_is_cut_at_the_end_of_a_line_and_says_how_much_of_it_there_is() -> None:
    reading = read(b"0123456789abcde\n" * 10, "", Limits(characters=100))

    assert reading == Reading(FileOutcome.READ, "0123456789abcde\n" * 6, cut=Cut(96, 160, "characters"))


def test_a_long_line_is_cut_where_it_must_be() -> None:
    assert read(b"x" * 101, "", Limits(characters=100)).cut == Cut(100, 101, "characters")
    assert read(b"x" * 100, "", Limits(characters=100)).cut is None


# PDFs


def test_the_pages_of_a_pdf_are_read_in_their_order() -> None:
    assert read(pdf("first page", "second page"), "", LIMITS).text == "first page\n\nsecond page"


def test_a_long_pdf_is_cut_after_a_whole_page() -> None:
    pages = [f"page {n}" for n in range(9)]

    assert read(pdf(*pages), "", Limits(pages=2)) == Reading(
        FileOutcome.READ, "page 0\n\npage 1", cut=Cut(2, 9, "pages")
    )
    assert read(pdf(*pages), "", Limits(characters=20)).cut == Cut(2, 9, "pages")


def test_a_first_page_that_is_too_long_is_cut_itself() -> None:
    reading = read(pdf("word " * 100, "more"), "", Limits(characters=50))

    assert len(reading.text) <= 50
    assert reading.cut == Cut(len(reading.text), None, "characters")


def test_a_scan_has_no_text() -> None:
    assert read(pdf(streams=[b"q 1 0 0 1 0 0 cm Q"]), "", LIMITS) == Reading(FileOutcome.NO_TEXT)


def test_a_password_locks_a_pdf_unless_it_is_one_against_changes() -> None:
    assert read(locked_pdf("open sesame"), "", LIMITS) == Reading(FileOutcome.LOCKED)
    assert read(locked_pdf(""), "", LIMITS).text == "a secret"


def test_a_pdf_that_unpacks_to_hundreds_of_megabytes_is_too_complex() -> None:
    bomb = pdf(streams=[b"BT (x) Tj ET " + b" " * 100_000_000])

    assert len(bomb) < 200_000
    assert read(bomb, "", LIMITS) == Reading(FileOutcome.TOO_COMPLEX)


def test_a_pdf_of_garbage_is_broken() -> None:
    assert read(b"%PDF-1.7\n" + b"garbage " * 100, "", LIMITS) == Reading(FileOutcome.BROKEN)
    assert read(pdf("x")[:200], "application/pdf", LIMITS).outcome in (FileOutcome.BROKEN, FileOutcome.NO_TEXT)
    assert read(picture(), "application/pdf", LIMITS).outcome is FileOutcome.READ  # what it is counts
