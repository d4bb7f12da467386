"""
What a part of a reply is made of: Discord's Markdown, small lines of ours below it, and buttons. Pure.

A message tells itself what of it is an answer and what are notices, whatever their words: notices are the lines at its
end that begin with `-# `, and an answer ends with none. own_message.py reads that. The calls that post a message are in
calls/api.py, the order of the parts is in reply/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.markdown import close_open, split
from bot.platforms.common.links import with_targets
from bot.platforms.discord.markup.buttons import Row
from bot.platforms.discord.markup.dialect import dialect
from bot.platforms.discord.markup.references import resolved
from bot.platforms.discord.markup.text import cleaned, cut, literal, units

LIMIT = 2_000  # of a message; Discord, "Create Message"
PART_LIMIT = 1_900  # of what it holds of an answer, as Discord takes it; most notices fit in beside that
SHORTENED = 1_200  # characters of an answer that are shown where the whole of it is in a file
NOTE = "-# "  # Discord, "Markdown Text 101": small text
SUPPRESS_EMBEDS = 1 << 2  # Discord, "Message Flags": no previews of links
_SMALLEST = 100  # characters; what becomes longer than a message even then is cut anywhere


@dataclass(frozen=True, slots=True)
class Piece:
    """
    The content of one message: *text*, in Discord's Markdown and safe; our sentences below it, and controls.

    *file*: the text of a file that stands in the same message; empty for none.
    """

    text: str
    notes: tuple[str, ...] = ()
    controls: tuple[Row, ...] = ()
    file: str = ""


def pieces(text: str, notes: Sequence[str] = (), controls: Sequence[Row] = ()) -> list[Piece]:
    """
    What the parts of a whole answer show, each fit for one message; none when there is nothing to show.

    *notes* and *controls* stand below the last of them.
    """
    texts = _texts(_prepared(text))
    if not texts and not notes:
        return []
    return _with_notes(texts, notes, controls)


def shortened(text: str, notes: Sequence[str], controls: Sequence[Row] = ()) -> list[Piece]:
    """The same for how a whole answer begins, which is not blank; *notes* say where the rest is."""
    return _with_notes(_texts(_prepared(text), SHORTENED)[:1], notes, controls)


def with_file(text: str, notes: Sequence[str], controls: Sequence[Row] = ()) -> Piece:
    """How a whole answer begins, and all of it as a file, in one message. *notes* say so, and are not left out."""
    return replace(shortened(text, notes, controls)[-1], file=text)


def beginning(text: str, controls: Sequence[Row] = ()) -> list[Piece]:
    """The same of an answer that is still being written: what is open is closed, what has only begun left out."""
    texts = _texts(close_open(_prepared(text, whole=False)))
    return _with_notes(texts, (), controls) if texts else []


def content(piece: Piece) -> Mapping[str, Any]:
    """The fields of "Create Message" and "Edit Message" that make up what is seen."""
    shown = "\n".join([*([piece.text] if piece.text else []), *_note_lines(piece.notes)])
    return {"content": shown.rstrip(), "components": list(piece.controls), "flags": SUPPRESS_EMBEDS}


def _with_notes(texts: Sequence[str], notes: Sequence[str], controls: Sequence[Row]) -> list[Piece]:
    """The notes are a message of their own where they do not fit below the last text."""
    *before, last = texts or [""]
    if last and units("\n".join([last, *_note_lines(notes)])) > LIMIT:
        before, last = [*before, last], ""
    return [*(Piece(each) for each in before), Piece(last, tuple(notes), tuple(controls))]


def _note_lines(notes: Sequence[str]) -> list[str]:
    """They may name files that anybody has named."""
    lines = [NOTE + shown for note in notes for line in note.splitlines() if (shown := literal(line))]
    shown = "\n".join(lines)
    return lines if units(shown) <= LIMIT else (cut(shown, LIMIT - 1) + "…").split("\n")


def _prepared(text: str, *, whole: bool = True) -> str:
    return with_targets(resolved(cleaned(text), whole=whole))


def _texts(markdown: str, most: int = PART_LIMIT) -> list[str]:
    """In Discord's dialect, each of at most *most* units."""
    return [shown for each in split(markdown, most) for shown in _fitted(each, most, most)]


def _fitted(markdown: str, most: int, length: int) -> list[str]:
    """
    A text of *length* characters or less that stands alone, in pieces where Discord's dialect makes it too long: the
    columns of tables are filled up.

    It is not what comes before or behind it that decides, so what is shown once stays where it is.
    """
    shown = dialect(markdown).strip("\n")
    if units(shown) <= most:
        return [shown] if shown.strip() else []
    length = length * 2 // 3
    if length < _SMALLEST:
        return [shown[at : at + most // 2] for at in range(0, len(shown), most // 2)]
    return [each for part in split(markdown, length) for each in _fitted(part, most, length)]
