"""
Links whose address stands elsewhere (`[label][1]`, and `[1]: https://…` below) become links of Discord's, which knows
only those that bear it. Pure.

A definition that is still being written is none: nobody knows where its address ends.
Source: CommonMark, "Link reference definitions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.markdown import prose
from bot.markdown.spans import Span, code_spans

_DEFINED = re.compile(
    r"""^[ ]{0,3}\[(?P<name>[^\[\]\n]{1,200})\]:[ \t]*+
        (?:<(?P<angled>https?://[^<>\s]++)>|(?P<bare>https?://[^<>\s]++))
        (?:[ \t]++(?:"[^"\n]*+"|'[^'\n]*+'|\([^()\n]*+\)))?[ \t]*+$""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_USED = re.compile(
    r"(?P<escape>\\.)|\[(?P<label>[^\[\]\n]{1,400})\](?:\[(?P<name>[^\[\]\n]{0,200})\]|(?![(\[:]))",
)


def resolved(markdown: str, *, whole: bool) -> str:
    """*markdown* without the definitions that something refers to. *whole*: its last line is not being written."""
    if "]:" not in markdown:
        return markdown
    places = [span for start, end in prose(markdown) for span in _without_code(markdown, start, end)]
    ends = len(markdown) if whole else markdown.rfind("\n") + 1
    definitions = [
        found
        for start, end in places
        for found in _DEFINED.finditer(markdown, start, end)
        if found.end() < ends or whole
    ]
    addresses: dict[str, str] = {}
    for found in definitions:
        addresses.setdefault(_normal(found["name"]), found["angled"] or found["bare"])
    if not addresses:
        return markdown
    own = {found.start("name") - 1 for found in definitions}  # where a definition names itself
    uses = [use for start, end in places for use in _uses(markdown, start, end, addresses) if use.start() not in own]
    used = {_name_of(use) for use in uses}
    changes = [(use.span(), f"[{use['label']}](<{addresses[_name_of(use)]}>)") for use in uses]
    changes += [(found.span(), "") for found in definitions if _normal(found["name"]) in used]
    return _changed(markdown, changes)


def _without_code(text: str, start: int, end: int) -> Iterator[Span]:
    at = start
    for first, last in code_spans(text, start, end):
        yield at, first
        at = last
    yield at, end


def _uses(text: str, start: int, end: int, addresses: Mapping[str, str]) -> Iterator[re.Match[str]]:
    for found in _USED.finditer(text, start, end):
        if found["escape"] is None and _name_of(found) in addresses:
            yield found


def _name_of(use: re.Match[str]) -> str:
    return _normal(use["name"] or use["label"])


def _normal(name: str) -> str:
    return " ".join(name.casefold().split())


def _changed(text: str, changes: list[tuple[Span, str]]) -> str:
    parts: list[str] = []
    at = 0
    for (start, end), instead in sorted(changes):
        parts += [text[at:start], instead]
        at = end + (not instead and text.startswith("\n", end))  # a line goes with its end
    return "".join([*parts, text[at:]])
