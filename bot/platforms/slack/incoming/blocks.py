"""
What blocks say, in the form that Slack's `text` has. Pure. Rich text is in rich_text.py.

What is to be pressed or filled in says nothing: the label of a button is no word of the message. A type that is not
known, such as one that comes later, is read by the names under which the known ones keep their words.
Source: Slack, "Reference: Block Kit".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.platforms.common.payloads import Json, few, mapping, mappings, string, within
from bot.platforms.slack.incoming.pressed import is_pressed
from bot.platforms.slack.incoming.rich_text import DEEPEST, escaped, flat, link, rich_text

_WORDS = ("title", "subtitle", "text", "body", "subtext", "description", "details", "output", "caption", "message")
_IMAGES = ("hero_image", "icon", "accessory")
_BY_NAMES = frozenset({"section", "header", "alert", "card", "carousel", "container", "plan", "task_card"})
_INNER = ("elements", "fields", "tasks", "child_blocks", "blocks", "items", "sources")
_SERIES = 20  # of a chart; Slack takes 6
_RULES = {"left": ":--", "center": ":-:", "right": "--:"}
_ANGLE = re.compile(r"<(?![@#!]|https?:|mailto:|tel:)")
_TOKEN_OR_PIPE = re.compile(r"<([^<>]*)>|\|")


def pieces_of(blocks: object, *, but: str = "") -> list[str]:
    """The texts of *blocks*, without empty ones; *but* is a type to leave out. Never raises."""
    return within(words_in(block) for block in few({"blocks": blocks}, "blocks") if block.get("type") != but)


def joined(pieces: Sequence[str]) -> str:
    return "\n".join(pieces).strip()


def words_in(block: Json, depth: int = 0) -> str:
    """
    One block, text object, element or cell, perhaps on several lines.

    A table has a blank line on either side.
    """
    type_ = string(block, "type")
    if is_pressed(type_):
        return ""
    if depth > DEEPEST:
        return flat(block)
    if type_.startswith("rich_text"):
        return rich_text({"elements": [block]}, depth)
    read = _READERS.get(type_)
    if read is not None:
        return read(block, depth)
    words = _all_words(block, depth) if not type_ or type_ in _BY_NAMES else _any_words(block, depth)
    return _lines(words) or flat(block)


def _any_words(block: Json, depth: int) -> Iterator[str]:
    """Of a type that is not known: all that holds words, in the order in which it stands there."""
    for name, value in block.items():
        if isinstance(value, str) and name in _WORDS:
            yield escaped(value)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping) and (each.get("type") or depth >= DEEPEST):
                yield words_in(each, depth + 1)
            elif isinstance(each, Mapping):
                yield from _any_words(each, depth + 1)


def _all_words(block: Json, depth: int) -> Iterator[str]:
    """By the names under which blocks keep their words, in the order in which they are shown."""
    status = string(block, "status") if block.get("type") == "task_card" else ""
    has_rich_title = bool(mapping(block, "rich_text_title"))
    for name in ("rich_text_title", *_WORDS):
        if name not in block or (name == "title" and has_rich_title):
            continue
        words = _value(block, name, depth)
        yield f"{words} ({escaped(status)})" if name == "title" and status and words else words
    for name in _INNER:
        if name in block:
            yield from (words_in(each, depth + 1) for each in mappings(block, name))
    for name in _IMAGES:
        if image := mapping(block, name):
            yield words_in({"type": "image", **image}, depth + 1)


def _value(block: Json, name: str, depth: int) -> str:
    """A text, or an object that holds one."""
    value = mapping(block, name)
    return words_in(value, depth + 1) if value else escaped(string(block, name))


def _named(kind: str, *words: str) -> str:
    """Each of *words* once."""
    said = list(dict.fromkeys(each.strip() for each in words if each.strip()))
    return f"{kind}: {', '.join(said)}" if said else ""


def _lines(words: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(each for each in words if each.strip())


def _number(value: object) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18 else ""


def _context(block: Json, depth: int) -> str:
    return " ".join(words for each in mappings(block, "elements") if (words := words_in(each, depth + 1)))


def _image(block: Json, depth: int) -> str:
    return _named("Image", _value(block, "title", depth), _value(block, "alt_text", depth))


def _video(block: Json, depth: int) -> str:
    named = _named("Video", _value(block, "title", depth), _value(block, "alt_text", depth))
    return _lines([named, _value(block, "description", depth)])


def _file(block: Json, depth: int) -> str:
    file = mapping(block, "file")
    return _named("File", _value(file, "title", depth) or _value(file, "name", depth))


def _call(block: Json, depth: int) -> str:
    return _named("Call", _value(mapping(mapping(block, "call"), "v1"), "name", depth))


def _markdown(block: Json, _depth: int) -> str:
    """Slack reads its tokens in Markdown, too; any other angle bracket is one."""
    return _ANGLE.sub("&lt;", string(block, "text"))


# Tables


def _table(block: Json, depth: int) -> str:
    found = block.get("rows")
    rows = [_cells(row, depth) for row in found] if isinstance(found, list) else []
    settings = block.get("column_settings")
    aligned = [each.get("align") if isinstance(each, Mapping) else None for each in _list(settings)]
    return _lines([_value(block, "caption", depth), _drawn(rows, aligned)])


def _cells(row: object, depth: int) -> list[str]:
    cells = [each if isinstance(each, Mapping) else {} for each in _list(row)]
    return [words_in(cell, depth + 1) for cell in cells]


def _chart(block: Json, depth: int) -> str:
    chart = mapping(block, "chart")
    if segments := mappings(chart, "segments"):
        rows = [["", ""], *([_value(each, "label", depth), _number(each.get("value"))] for each in segments)]
        return _lines([_value(block, "title", depth), _drawn(rows)])
    series = mappings(chart, "series")[:_SERIES]
    values = [
        {_value(point, "label", depth): _number(point.get("value")) for point in mappings(each, "data")}
        for each in series
    ]
    labels = dict.fromkeys(label for each in values for label in each)
    axes = mapping(chart, "axis_config")
    head = [_value(axes, "x_label", depth), *(_value(each, "name", depth) for each in series)]
    rows = [head, *([label, *(each.get(label, "") for each in values)] for label in labels)] if labels else []
    return _lines([_value(block, "title", depth), _value(axes, "y_label", depth), _drawn(rows)])


def _drawn(rows: Sequence[Sequence[str]], aligned: Sequence[object] = ()) -> str:
    """A table in Markdown, as wide as its widest row; empty where no cell says anything."""
    rows = [[_cell(each) for each in row] for row in rows]
    if not any(cell for row in rows for cell in row):
        return ""
    width = max(len(row) for row in rows)
    head = [*rows[0], *[""] * (width - len(rows[0]))]
    rules = [_RULES.get(str(aligned[n]) if n < len(aligned) else "", "---") for n in range(width)]
    drawn = "\n".join(f"| {' | '.join(row)} |" for row in [head, rules, *rows[1:]])
    return f"\n{drawn}\n"


def _cell(words: str) -> str:
    """On one line, and no sign of it ends the cell; what divides address and label in a link stays."""

    def kept(found: re.Match[str]) -> str:
        if found[0] == "|":
            return "\\|"
        target, divider, label = found[1].partition("|")
        return f"<{target}{divider}{label.replace('|', chr(92) + '|')}>"

    line = "&lt;br&gt;".join(line.strip() for line in words.strip().splitlines())
    return _TOKEN_OR_PIPE.sub(kept, line)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


_READERS: Mapping[str, Callable[[Json, int], str]] = {
    "mrkdwn": lambda block, _: string(block, "text"),
    "plain_text": lambda block, _: escaped(string(block, "text")),
    "raw_text": lambda block, _: escaped(string(block, "text")),
    "raw_number": lambda block, _: escaped(string(block, "text")) or _number(block.get("value")),
    "url": lambda block, _: link(string(block, "url"), string(block, "text")),
    "markdown": _markdown,
    "context": _context,
    "image": _image,
    "video": _video,
    "file": _file,
    "call": _call,
    "table": _table,
    "data_table": _table,
    "data_visualization": _chart,
}
"""By the type of what is read; what is not here is read by _all_words()."""
