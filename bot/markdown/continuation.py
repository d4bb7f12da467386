"""
Joins an answer that was cut for its length with the model's continuation of it. Pure.

Models repeat themselves when they continue: the last words, the current line, the fence of the current code block.
A certain repetition is left out. Text that may be intended is kept, because a lost line is worse than a repeated one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from bot.markdown.lines import Fence, Scan, fence_in, scan

LONGEST = 4_000  # characters that are searched for a repetition
# The shortest repetition, in columns of letters and digits (a Korean letter has two). No word doubles so much of
# itself (두리번두리번), and `}` and `|---|` have no such columns.
LEAST = 8
LEAST_OF_CODE_LINES = 20  # whole lines of code often occur twice on purpose
LEAST_OF_A_BEGUN_LINE = 3  # of code, or after a whole line
LEAST_OF_A_LINE_AFTER_A_FENCE = 1  # the model has shown that it starts over

_MARKER = re.compile(r"[ \t]*(?:[-*+>]|#{1,6}|\d{1,9}[.)])[ \t]+\S")  # of an item, a quote or a heading
_SENTENCE_END = re.compile(r"[^\W\d_][.!?…,;:][\"'”’)\]*_]*\Z")
_SENTENCE_BEGIN = re.compile(r"[\"'“‘(\[*_]*(?:[A-Z][a-z]|[가-힣])")


@dataclass(frozen=True, slots=True)
class _Block:
    """An open code block: its fence, and where the line of that fence begins."""

    fence: Fence
    start: int


def join_continuation(before: str, after: str, as_sent: Callable[[str], str], *, finished: bool = True) -> str:
    """
    *before*, which was cut anywhere, joined with its continuation *after*. The result always begins with *before*.

    *after* loses a repetition of the end of *before* that is too long to be intended, a second opening fence of the
    open code block, and a second header of the open table. Only a newline before a fence or a space between sentences
    is added between the two, because the cut may be within a word.

    *as_sent* turns *before* into the text that the model was sent, of the same length. The model repeats that text,
    so the comparison uses it.

    Unless *finished*, *after* may be incomplete, and is held back while it may still turn out to be a repetition.
    Text that was shown stays as it is, with one exception: a bare fence at the beginning, taken for the end of the
    code, may turn out to be the beginning of more.
    """
    if not before or not after.strip():
        return before + after if finished else before
    seen, said = as_sent(before), as_sent(after)
    seen_lines = scan(seen)
    if not finished and _may_be_repeated(seen, said, seen_lines.header):
        return before
    return before + _as_written(after, said, _continued(seen, said, seen_lines))


def _as_written(after: str, said: str, kept: str) -> str:
    """*kept*, an end of *said* with at most one character put before it, with the brackets of *after*."""
    put = 0 if said.endswith(kept) else 1
    return kept[:put] + after[len(after) - len(kept) + put :]


def _continued(before: str, after: str, lines: Scan) -> str:
    block = _open_block(lines)
    repeated = _overlap(before, after, block, restarted=False)
    if repeated:
        return _fitted(before, after[repeated:])
    if block and (code := _without_fence(before, after, block)) is not None:
        rest = code[_overlap(before, code, block, restarted=True) :]
        indented = rest[:1] in (" ", "\t") and len(rest) == len(code) and not _at_line_start(before)
        return "\n" + rest if indented else rest
    if not block and (rows := _without_header(lines.header, after)) is not None:
        repeated = _overlap(before, rows, block, restarted=True)
        return rows[repeated:] if repeated or _at_line_start(before) else "\n" + rows
    return _gap(before, after, block) + after


# Repetitions


def _overlap(before: str, after: str, block: _Block | None, *, restarted: bool) -> int:
    """How many characters of *after* repeat the end of *before*."""
    blank = len(after) - len(after.lstrip("\n" if block else None))
    for end in dict.fromkeys((before, before.rstrip())):
        for skipped in dict.fromkeys((0, blank)):
            length = _common(end, after[skipped:])
            if length and _is_repetition(before, end, length, block, restarted=restarted):
                return skipped + length
    return 0


def _common(before: str, after: str) -> int:
    """The length of the longest text that *before* ends with and *after* begins with."""
    for length in range(min(len(before), len(after), LONGEST), 0, -1):
        if before.endswith(after[:length]):
            return length
    return 0


def _is_repetition(before: str, end: str, length: int, block: _Block | None, *, restarted: bool) -> bool:
    """Whether the last *length* characters of *end*, with which the continuation begins, are a repetition."""
    first = len(end) - length
    common = end[first:]
    if block and first <= block.start:
        return True  # the code from its fence on
    from_a_line_on = not _at_line_start(before) and (first == 0 or end[first - 1] == "\n")
    whole_unfinished_line = from_a_line_on and "\n" not in common
    least_of_a_line = LEAST_OF_A_LINE_AFTER_A_FENCE if restarted else LEAST_OF_A_BEGUN_LINE
    if from_a_line_on and (block or "\n" in common) and _columns(common) >= least_of_a_line:
        return True
    if from_a_line_on and _starts_over(before, common):
        return True
    if restarted:
        return _columns(common) >= (LEAST_OF_A_LINE_AFTER_A_FENCE if whole_unfinished_line else LEAST)
    least = LEAST_OF_CODE_LINES if block and _at_line_start(before) else LEAST
    within_a_word = first > 0 and end[first - 1].isalnum() and end[first].isalnum()
    return _columns(common) >= least and not within_a_word and before.count(common) == 1


def _starts_over(before: str, common: str) -> bool:
    """
    Whether *common*, the whole last line of *before*, is repeated because the model began that line again.

    No line repeats its first words without a space between (`So weSo we`), or has its marker twice.
    """
    glued = len(common.split()) > 1 and not before[-1:].isspace()
    return glued or _MARKER.match(common) is not None


def _columns(text: str) -> int:
    """The width of the letters and digits of *text*, in terminal columns."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text if each.isalnum())


def _fitted(before: str, rest: str) -> str:
    """*rest*, which follows a repetition, without the blank space that *before* already ends with."""
    blank = before[len(before.rstrip()) :]
    return rest.removeprefix(blank) if blank else rest


def _may_be_repeated(before: str, after: str, header: str) -> bool:
    """Whether the next characters decide how much of *after* is left out."""
    beginning = after.lstrip()
    tail = before[-LONGEST:]
    line, newline, _ = beginning.partition("\n")
    if beginning.rstrip() in tail or _common(tail.rstrip(), beginning) == len(beginning):
        return True
    fence = fence_in(line)
    if not newline and (line[:1] in ("`", "~", ">") or fence):
        return set(line) <= set("`~> ") or fence is not None
    return _ends_before_a_seam(tail, beginning, header)


def _ends_before_a_seam(tail: str, beginning: str, header: str) -> bool:
    """Whether a repeated *header*, or the line after a repeated fence, is still incomplete."""
    first, newline, rest = beginning.partition("\n")
    if newline and fence_in(first):
        return not rest.strip() or rest.strip() in tail
    if not header or not first.strip():
        return False
    lines = beginning.split("\n")
    said = [line.strip() for line in header.splitlines()]
    if [line.strip() for line in lines[:2]] == said:
        return len(lines) < 3 or not lines[2].strip() or (len(lines) == 3 and lines[2] in tail)
    return len(lines) <= 2 and "\n".join(said).startswith("\n".join(line.strip() for line in lines))


# Fences


def _open_block(lines: Scan) -> _Block | None:
    """The code block that is open at the end of a text."""
    if lines.fence is None:
        return None
    start = next(line.start for line in reversed(lines.lines) if line.opens is lines.fence)
    return _Block(lines.fence, start)


def _without_fence(before: str, after: str, block: _Block) -> str | None:
    """*after* without a first line that opens *block* again; None if it has no such line."""
    line, newline, rest = after.lstrip("\n").partition("\n")
    fence = fence_in(line)
    if not fence or not newline or fence.delimiters != block.fence.delimiters:
        return None
    info, opened = fence.info.strip(), block.fence.info.strip()
    if info:
        return rest if info == opened or not opened else None
    closing_leaves_code_open = scan(f"{before}\n{line}\n{rest}").fence is not None
    opening_closes_all = scan(f"{before}\n{rest}").fence is None
    return rest if closing_leaves_code_open and opening_closes_all else None


def _gap(before: str, after: str, block: _Block | None) -> str:
    """The text between the two that *after* needs to keep its meaning."""
    if _at_line_start(before) or after[:1].isspace():
        return ""
    if after[:3] in ("```", "~~~"):
        first = after.split("\n", 1)[0]
        own_line = block.fence.closed_by(first) if block else fence_in(first) is not None
        return "\n" if own_line and before[-1] not in "`~" else ""
    words = before.rsplit(None, 1)
    sentences = _SENTENCE_END.search(before[-8:]) and _SENTENCE_BEGIN.match(after)
    return " " if sentences and not block and "/" not in words[-1] and "`" not in words[-1] else ""


def _at_line_start(text: str) -> bool:
    return text.endswith("\n")


# Tables


def _without_header(header: str, after: str) -> str | None:
    """The rows of *after*, if it begins with the *header* of the open table."""
    lines = after.lstrip("\n").split("\n", 2)
    if not header or len(lines) < 3:
        return None
    repeated = [line.strip() for line in lines[:2]] == [line.strip() for line in header.splitlines()]
    return lines[2] if repeated else None
