"""
Makes links show where they go. Pure; hosts.py finds the hosts that a label names.

Readers take a label that looks like an address for the address. So `[https://bank.com](https://evil.com)` gets its real
host appended. If the address is elsewhere (`[https://bank.com][1]`), the host is unknown, and the link is undone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.markdown import ZERO_WIDTH_SPACE, prose
from bot.platforms.common.hosts import LONGEST_ADDRESS, LONGEST_LABEL, hidden_target, names_host

_PARENTHESES = 2  # within each other in an address; the host stands before a third, which then begins no link

_ADDITION = rf"{ZERO_WIDTH_SPACE} \([^\s()]++\){ZERO_WIDTH_SPACE}"  # of ours
_ADDRESS_AND_LABEL = r"(?P<address>[a-z][a-z0-9+.-]*+:[^<>|\n]+)\|(?P<label>[^<>\n]*)"
_TOKEN = re.compile(f"<{_ADDRESS_AND_LABEL}>", re.IGNORECASE)
_SIGN = re.compile(
    rf"""(?P<escape>\\[\\\[\]`]) | (?P<ticks>`+) | (?P<opening>\[) | (?P<closing>\])(?=(?P<next>[(\[:])?)
       | (?P<break>\n[ \t]*(?=\n)) | (?P<angle><)(?={_ADDRESS_AND_LABEL}>)?""",
    re.VERBOSE | re.IGNORECASE,
)
_LINE_BEGUN = re.compile(r"(?:^|\n)[ \t>*+0-9.)-]*\Z")
_OPENED = re.compile(r"\([ \t\n]*+")
_ANGLED = re.compile(r"<(?P<url>(?:\\.|[^<>\n\\])*+)>")
_BARE = re.compile(
    rf"(?:{_ADDITION}|{ZERO_WIDTH_SPACE}|[^\x00-\x20\x7f()\\{ZERO_WIDTH_SPACE}]++|\\[!-/:-@\[-`{{-~]?)*+"
)
_TITLE = r"""(?:"(?:\\[\s\S]|[^"\\])*+"|'(?:\\[\s\S]|[^'\\])*+'|\((?:\\[\s\S]|[^()\\])*+\))"""
_CLOSED = re.compile(rf"[ \t\n]*+(?:(?<=[ \t\n]){_TITLE}[ \t\n]*+)?\)")
_ROUNDS = 4  # an addition may stand in a label; mostly the second one finds nothing to do
_LOOK_BACK = 600  # characters: two additions
_ADDED = re.compile(rf"(?:{_ADDITION}|{ZERO_WIDTH_SPACE})*+")
_ADDED_BEFORE = re.compile(rf"(?:{_ADDITION}|{ZERO_WIDTH_SPACE})++\Z")

# The brackets that are open, as a list that copies cost nothing of: the innermost, the outermost, those around it.
_Open = tuple[int, int, "_Open"] | None
# A position, whether what follows there decided on it, and what has to stand there; empty for nothing
_Addition = tuple[int, bool, str]


def with_targets(markdown: str) -> str:
    """
    *markdown* with the host behind every link whose label looks like another address, between zero-width spaces.

    The result for a beginning of a text is a beginning of the result for more of it, or will be once the last line is
    there. Twice is once.
    """
    for _ in range(_ROUNDS):
        before, markdown = markdown, _with_targets(markdown)
        if markdown == before:
            break
    return markdown


def _with_targets(markdown: str) -> str:
    found = [each for start, end in prose(markdown) for each in _Brackets(markdown, start, end).additions() if each[2]]
    parts: list[str] = []
    at = 0
    for position, _, added in sorted(dict.fromkeys(found), key=lambda addition: addition[:2]):
        if not _stands_there(markdown, position, added):
            parts += [markdown[at:position], added]
            at = position
    return "".join([*parts, markdown[at:]])


def _stands_there(text: str, position: int, added: str) -> bool:
    """Whether *added* is among the additions around *position*; those in an address are not a part of it."""
    after = _ADDED.match(text, position)
    if after and added in after[0]:
        return True
    if not text.endswith(ZERO_WIDTH_SPACE, 0, position):
        return False
    before = _ADDED_BEFORE.search(text, max(0, position - _LOOK_BACK), position)
    return before is not None and added in before[0] + (after[0] if after else "")


def with_targets_of_tokens(mrkdwn: str) -> str:
    """The same for a markup in which `<address|label>` is all that is a link."""

    def shown(token: re.Match[str]) -> str:
        added = _behind(token["label"], token["address"])
        return token[0] if mrkdwn.startswith(added, token.end()) else token[0] + added

    return _TOKEN.sub(shown, mrkdwn)


def _behind(label: str, address: str) -> str:
    host = hidden_target(label, re.sub(_ADDITION, "", address))
    return f"{ZERO_WIDTH_SPACE} ({host}){ZERO_WIDTH_SPACE}" if host else ""


class _Brackets:
    """
    The brackets of *text* from *start* to *end*, in order; nothing looks ahead but for what follows a label.

    Brackets in a code span do not count; only its end shows that it is a code span.
    """

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text, self._start, self._end = text, start, end
        self._forget()

    def _forget(self) -> None:
        """Close everything that is open, at the end of a paragraph."""
        self._open: _Open = None
        self._angle = -1
        self._ticks: dict[int, _Open] = {}  # length of a run of backticks -> what was open there

    def additions(self) -> Iterator[_Addition]:
        """The additions that make links show their targets, in no order."""
        for sign in _SIGN.finditer(self._text, self._start, self._end):
            match sign.lastgroup:
                case "escape":
                    pass
                case "opening":
                    self._push(sign.start())
                case "ticks":
                    self._take_ticks(len(sign["ticks"]))
                case "break":
                    self._forget()
                case "closing" | "next":
                    yield self._take_closing(sign.start(), sign["next"])
                case _:
                    self._angle = sign.start()
                    if sign["address"]:
                        yield sign.end("label") + 1, False, _behind(sign["label"], sign["address"])

    def _push(self, at: int) -> None:
        self._open = (at, self._open[1] if self._open else at, self._open)

    def _take_ticks(self, length: int) -> None:
        if length in self._ticks:
            self._open = self._ticks[length]
            self._ticks.clear()
        else:
            self._ticks[length] = self._open

    def _take_closing(self, at: int, following: str | None) -> _Addition:
        opened = self._open
        if opened is not None:
            self._open = opened[2]
        if following == "(":
            return self._linked(at, opened)
        if not following or (following == ":" and not self._begins_line(opened)):
            return at, False, ""
        named = opened is None or names_host(self._text[opened[0] + 1 : at][: LONGEST_LABEL + 1])
        return at + 1, True, ZERO_WIDTH_SPACE if named else ""

    def _begins_line(self, opened: _Open) -> bool:
        """Whether a definition may begin there, in a quote or an item as well."""
        return opened is not None and bool(_LINE_BEGUN.search(self._text, max(0, opened[0] - 64), opened[0]))

    def _linked(self, at: int, opened: _Open) -> _Addition:
        found = _destination(self._text, at + 1, self._end)
        if found is None:
            return at, False, ""
        url, position, cut = found
        return position, cut, _behind(self._label(at, opened), url)

    def _label(self, at: int, opened: _Open) -> str:
        """
        What may be the label that ends at *at*, or a text that is too long to be clear.

        A bracket in a tag or in an address (`<a [>`) is none, so where there may be one the outermost counts.
        """
        if opened is None:
            return " " * (LONGEST_LABEL + 1)
        start = opened[1] if self._angle > opened[1] else opened[0]
        return self._text[start + 1 : min(at, start + LONGEST_LABEL + 2)]


def _destination(text: str, at: int, end: int) -> tuple[str, int, bool] | None:
    """
    The address in the parentheses from *at* on, and where these end; or where that cannot be, and the address is cut.

    None: there is no address, or not yet.
    """
    opened = _OPENED.match(text, at, end)
    first = opened.end() if opened else at
    angled = _ANGLED.match(text, first, end)
    if angled:
        url, stop = angled["url"], angled.end()
    else:
        stop, balanced = _bare_end(text, first, end)
        url = text[first : min(stop, first + LONGEST_ADDRESS + 1)]
        if not balanced:
            return None if stop == end else (url, stop, True)
    closed = _CLOSED.match(text, stop, end)
    return (url, closed.end(), False) if closed else None


def _bare_end(text: str, at: int, end: int) -> tuple[int, bool]:
    """Where an address ends that begins at *at*, and whether its parentheses are balanced."""
    depth = 0
    while found := _BARE.match(text, at, end):
        at = found.end()
        match text[at : min(at + 1, end)]:
            case "(" if depth < _PARENTHESES:
                depth += 1
            case ")" if depth:
                depth -= 1
            case _:
                break
        at += 1
    return at, not depth
