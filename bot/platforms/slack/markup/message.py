"""
What a part of a reply is made of: Markdown blocks where Slack takes them, plain text where it does not. Pure.

The calls that post it are in api.py, the order of the parts in reply.py.
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


def pieces(
    text: str,
    notes: Sequence[str] = (),
    controls: Sequence[Block] = (),
    *,
    plain: bool,
    halvings: int = 0,
) -> list[Piece]:
    """
    What the parts of a whole answer show, each fit for one message; none when there is nothing to show.

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
        return {"text": "\n\n".join([*_some(mrkdwn(piece.markdown)), *(f"_{escape(note)}_" for note in piece.notes)])}
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


def answer_in(message: Mapping[str, Any]) -> str:
    """
    What a message of ours says, as wire text: Markdown where it is still there, what notifications show elsewhere.

    Slack may give a markdown block back as other blocks ("Markdown block": one "may result in multiple blocks after
    translation"). Sentences of ours may be at the end.
    """
    blocks = message.get("blocks")
    blocks = blocks if isinstance(blocks, Sequence) else ()
    markdown = [block.get("text") for block in blocks if block.get("type") == "markdown"]
    texts = [escape(text) for text in markdown if isinstance(text, str)]
    return "\n\n".join(texts) if texts else str(message.get("text") or "")


def _some(text: str) -> list[str]:
    return [text] if text.strip() else []


def metadata(turn: int, part: int) -> Mapping[str, Any]:
    """Travels with a part, so that it can be found again. Values are strings: Slack keeps flat payloads only."""
    return {"event_type": EVENT_TYPE, "event_payload": {"turn": str(turn), "part": str(part)}}


def part_of(message: Mapping[str, Any]) -> tuple[int, int] | None:
    """The (turn, part) that a message of ours was marked with, if it was."""
    tag = message.get("metadata")
    if not isinstance(tag, Mapping) or tag.get("event_type") != EVENT_TYPE:
        return None
    payload = tag.get("event_payload") or {}
    turn, part = str(payload.get("turn")), str(payload.get("part"))
    return (int(turn), int(part)) if turn.isdecimal() and part.isdecimal() else None
