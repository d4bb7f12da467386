"""
What a message of ours says when it is read back: which part of which reply it is, and what of it is an answer. Pure.

What is a notice the message tells by how message.py made it, never by the words: those may have changed since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.texts.former import without_former_sentences
from bot.platforms.slack.markup.message import EVENT_TYPE, NOTE_LINES
from bot.platforms.slack.markup.text import escape, readable, unescaped

CONTROLS = frozenset({"actions", "context_actions"})


def part_of(message: Mapping[str, Any]) -> tuple[int, int] | None:
    """The (turn, part) that a message of ours was marked with, if it was."""
    payload = _payload(message)
    turn, part = str(payload.get("turn")), str(payload.get("part"))
    return (int(turn), int(part)) if turn.isdecimal() and part.isdecimal() else None


def answer_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    *message* with nothing but what it says of an answer; its text is empty where all of it is notices.

    Markdown where that is still there, else what notifications show: Slack may give a markdown block back as other
    blocks ("Markdown block": one "may result in multiple blocks after translation").
    """
    found, text = message.get("blocks"), str(message.get("text") or "")
    blocks = [each for each in found if isinstance(each, Mapping)] if isinstance(found, Sequence) else []
    others = [each for each in blocks if each.get("type") not in CONTROLS and not _note_lines(each)]
    markdown = [escape(str(each["text"])) for each in others if each.get("type") == "markdown" and each.get("text")]
    note_lines = _payload(message).get(NOTE_LINES)
    if markdown:
        answer = "\n\n".join(markdown)
    elif blocks:
        answer = _without_notes(text, [line for block in blocks for line in _note_lines(block)])
    else:
        answer = _without_last_lines(text, note_lines)
    if note_lines is None:
        answer = without_former_sentences(answer, _shown)
    left = [] if text.strip() else others  # these are read where there is no text
    return {**message, "text": answer, "blocks": left, "attachments": []}


def _note_lines(block: Mapping[str, Any]) -> list[str]:
    """The lines of a notice, where a block is one; none elsewhere: Slack makes no such block of Markdown."""
    elements = block.get("elements")
    context = block.get("type") == "context" and isinstance(elements, list) and len(elements) == 1
    text = elements[0] if context and elements else block.get("text") if block.get("type") == "section" else None
    is_note = isinstance(text, Mapping) and text.get("type") == "plain_text" and isinstance(text.get("text"), str)
    return str(text["text"]).split("\n") if text and is_note else []


def _without_notes(text: str, notes: list[str]) -> str:
    """*text*, as notification() made it, without *notes* at its end; it may have cut the last of them."""
    lines, last = text.split("\n"), _shown(text.rpartition("\n")[2])
    while notes and not _is_shown(notes[-1], last):
        notes.pop()
    while notes and lines and _is_shown(notes.pop(), _shown(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def _is_shown(note: str, line: str) -> bool:
    """A *note* may be escaped: Slack does that to plain text in blocks, too."""
    meant = unescaped(note).strip()
    return line == meant or (line.endswith("…") and meant.startswith(line[:-1].rstrip()))


def _shown(line: str) -> str:
    """A line as people read it: Slack makes links of names like `main.py`."""
    return readable(line, "")


def _without_last_lines(text: str, count: object) -> str:
    lines = text.split("\n")
    dropped = int(count) if isinstance(count, str) and re.fullmatch("[0-9]{1,4}", count) else 0
    return "\n".join(lines[: max(len(lines) - dropped, 0)]).rstrip("\n")


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    tag = message.get("metadata")
    if not isinstance(tag, Mapping) or tag.get("event_type") != EVENT_TYPE:
        return {}
    payload = tag.get("event_payload")
    return payload if isinstance(payload, Mapping) else {}
