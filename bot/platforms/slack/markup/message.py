"""
Builds the message of a part of a reply: Markdown blocks if Slack accepts them, else plain text. Pure.

A message tells itself what of it is an answer and what are notices, whatever their words: blocks of different types
where there are blocks, its metadata where there is text only. own_message.py reads that. The calls that post a message
are in api.py, the order of the parts in reply.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.markdown import close_open, spaced, split
from bot.platforms.slack.markup.buttons import Block
from bot.platforms.slack.markup.mention_tokens import defused
from bot.platforms.slack.markup.mrkdwn import mrkdwn
from bot.platforms.slack.markup.text import escape, notification, safe

PART_LIMIT = 10_000  # characters; a markdown block holds 12,000, all blocks of a message about 13,200
PLAIN_LIMIT = 3_400  # characters once escaped; chat.update refuses a `text` above 4,000, notes included
SHORTENED = 1_500  # characters of an answer that are shown where the whole of it is in a file
EVENT_TYPE = "threadbot_part"
NOTE_LINES = "notes"  # in the metadata's payload; see metadata()


@dataclass(frozen=True, slots=True)
class Piece:
    """
    What one message shows: Markdown that is safe already, small sentences of ours below it, and controls.

    *open_end*: the Markdown of a message that is still being written, as far as it has come: nothing closed, no air.
    """

    markdown: str
    notes: tuple[str, ...] = ()
    controls: tuple[Block, ...] = ()  # only where blocks are taken
    open_end: str = field(default="", compare=False)


NOTHING = Piece("")


def pieces(
    text: str,
    notes: Sequence[str] = (),
    controls: Sequence[Block] = (),
    *,
    plain: bool,
    halvings: int = 0,
) -> list[Piece]:
    """
    The contents of the parts of a whole answer, each fit for one message; none if there is nothing to show.

    *notes* and *controls* stand below the last of them.
    *halvings*: how often the limits of a message were halved, because Slack found it too long all the same.
    """
    texts = _texts(safe(text), halvings, plain=plain)
    if not texts and not notes:
        return []
    last = Piece(texts[-1] if texts else "", tuple(notes), () if plain else tuple(controls))
    return [*(Piece(each) for each in texts[:-1]), last]


def shortened(
    text: str, notes: Sequence[str], controls: Sequence[Block] = (), *, plain: bool, halvings: int = 0
) -> list[Piece]:
    """The one part that shows how a whole answer begins, which is not blank; *notes* say where the rest is."""
    first = _texts(safe(text), halvings, plain=plain, most=SHORTENED)[0]
    return [Piece(first, tuple(notes), () if plain else tuple(controls))]


def beginning(text: str, controls: Sequence[Block] = (), *, plain: bool, halvings: int = 0) -> list[Piece]:
    """The same of an answer that is still being written: what is open is closed, what has only begun left out."""
    markdown = safe(text, unfinished=True)
    # A half-written link is left as its label: `<[!channel>](http` would become a token.
    texts = _texts(defused(close_open(markdown)), halvings, plain=plain)
    if not texts:
        return []
    as_written = [] if plain else split(markdown, PART_LIMIT >> halvings)
    open_end = as_written[-1] if len(as_written) == len(texts) else ""
    last = Piece(texts[-1], (), () if plain else tuple(controls), open_end)
    return [*(Piece(each) for each in texts[:-1]), last]


def _texts(markdown: str, halvings: int, *, plain: bool, most: int = PART_LIMIT) -> list[str]:
    """Of *most* characters each, at most."""
    if not markdown.strip():
        return []
    if not plain:
        return split(spaced(markdown), most >> halvings)
    limit = most = min(most, PLAIN_LIMIT) >> halvings
    texts = split(markdown, limit)
    while any(len(mrkdwn(each)) > most for each in texts):
        limit = limit * 2 // 3  # escaping makes & < > up to five times longer
        texts = split(markdown, limit)
    return texts


def content(piece: Piece, *, plain: bool) -> Mapping[str, Any]:
    """The arguments of chat.postMessage and chat.update that make up what is seen."""
    if plain:
        return {"text": "\n\n".join([*_some(mrkdwn(piece.markdown)), *_some(_plain_notes(piece))])}
    blocks = [{"type": "markdown", "text": text} for text in _some(piece.markdown)]
    return {"text": notification(piece.markdown, piece.notes), "blocks": [*blocks, *below(piece)]}


def below(piece: Piece) -> Sequence[Mapping[str, Any]]:
    """The blocks that stand below the Markdown of a message."""
    small = bool(piece.markdown.strip())
    return [*(_note(note, small=small) for note in piece.notes), *piece.controls]


def _note(note: str, *, small: bool) -> Mapping[str, Any]:
    """A sentence below an answer is small; one that stands alone is the message."""
    text = {"type": "plain_text", "text": note}  # nothing in plain_text is a token
    return {"type": "context", "elements": [text]} if small else {"type": "section", "text": text}


def _plain_notes(piece: Piece) -> str:
    sign = "_" if piece.markdown.strip() else ""
    return "\n\n".join(f"{sign}{escape(note)}{sign}" for note in piece.notes)


def _some(text: str) -> list[str]:
    return [text] if text.strip() else []


def metadata(turn: int, part: int, piece: Piece = NOTHING, *, plain: bool = False) -> Mapping[str, Any]:
    """
    Travels with a part that shows *piece*, so that it can be found again, and read for what it is.

    It says how many lines at the end of a text without blocks are notices. Lines and not characters: Slack makes links
    of names like `main.py`. Values are strings: Slack keeps flat payloads only.
    """
    lines = len(_plain_notes(piece).split("\n")) if plain and piece.notes else 0
    payload = {"turn": str(turn), "part": str(part), NOTE_LINES: str(lines)}
    return {"event_type": EVENT_TYPE, "event_payload": payload}
