"""
Says which JSON would take too long to read: json reads a text in one go, and holds Python's lock meanwhile, so a thread
would hold the event loop just as long.

What takes time are objects and arrays: two a microsecond, and ten times as many bytes of strings and numbers.
"""

from __future__ import annotations

import re

MOST_CONTAINERS = 50_000
"""
Objects and arrays. An edited message of Slack's with a full table (100 by 20 cells, every word styled) has 24,000, with
its text before and after; an object of Discord's for a guild that has all it may have 34,000.
"""

_TOO_MANY = re.compile(
    rb'(?:(?:[^"\[{]++|"(?:[^"\\]++|\\.)*+")*+[\[{]){%d}' % (MOST_CONTAINERS + 1),
    re.DOTALL,
)


def takes_too_long(text: str | bytes) -> bool:
    """Whether the JSON *text* has more than MOST_CONTAINERS; brackets in its strings do not count."""
    found = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    return found.count(b"{") + found.count(b"[") > MOST_CONTAINERS and _TOO_MANY.match(found) is not None
