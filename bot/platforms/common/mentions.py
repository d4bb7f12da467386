"""Mentions of us that only call us: a person who reads a text does not read them. Pure."""

from __future__ import annotations

import re


def uncalled(text: str, own: str) -> str:
    """
    *text* without our own mentions, where they only call us: at the beginning and the end of a line.

    *own*: a regular expression for one of them; it matches no blank space.
    """
    # A run of blanks, and one of mentions, is looked at from its beginning only: from each of its characters, 40,000
    # of them take seconds.
    called = re.compile(rf"(?:(?<![ \t])[ \t]++)?(?:{own}[ \t]*+)++")
    return called.sub(lambda run: "" if _at_end_of_line(text, *run.span()) else run[0], text)


def _at_end_of_line(text: str, start: int, end: int) -> bool:
    """Whether a line begins at *start*, or ends at *end*."""
    return text[start - 1 : start] in ("", "\n") or text[end : end + 1] in ("", "\n")
