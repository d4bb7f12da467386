"""Removes mentions that only call us, because people do not read them as part of the text. Pure."""

from __future__ import annotations

import re


def uncalled(text: str, own: str) -> str:
    """
    *text* without our own mentions, where they only call us: at the beginning and the end of a line.

    *own*: a regular expression for one of them; it matches no blank space.
    """
    # The pattern matches a run of blanks or mentions only from its beginning. Trying each of 40,000 characters would
    # take seconds.
    called = re.compile(rf"(?:(?<![ \t])[ \t]++)?(?:{own}[ \t]*+)++")
    return called.sub(lambda run: "" if _at_end_of_line(text, *run.span()) else run[0], text)


def _at_end_of_line(text: str, start: int, end: int) -> bool:
    """Whether a line begins at *start*, or ends at *end*."""
    return text[start - 1 : start] in ("", "\n") or text[end : end + 1] in ("", "\n")
