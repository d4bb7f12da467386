"""
What keys, addresses and hosts look like. Each function returns what is wrong with a value, or None.

No sentence holds a key, or the password of an address.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_SCHEMES = ("bot", "bearer", "token")  # of the header that a token is sent in, and sometimes copied from


def text_problem(value: str) -> str | None:
    """Of any value. Python gives bytes of the environment that are no UTF-8 as halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return "it is not UTF-8 text. Save it as UTF-8"
    return None


def secret_problem(value: str) -> str | None:
    """Of a key or a token, without blanks at its ends: they go into an HTTP header, so they are one word of ASCII."""
    if not value:
        return "it holds nothing but blanks. Set it, or leave it out"
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return "the quotes around it are taken as a part of it here. Leave them out"
    if "…" in value or "..." in value:
        return "it has dots where characters were left out. Copy all of it"
    first, *more = value.split()
    if more and first.rstrip(":").lower() in _SCHEMES:
        return f"it is one word: copy it without the word {first} before it, and without spaces"
    if more:
        return "it is one word, and has blanks or line breaks in it: copy it again, without spaces"
    wrong = re.search(r"[^!-~]", value)
    if wrong is not None:
        place = f"character {wrong.start() + 1} is U+{ord(wrong[0]):04X}"
        return f"it has a character that keys do not have ({place}): copy it again"
    return None


def url_problem(value: str) -> str | None:
    """Of the address of an API."""
    if re.search(r"\s|[\x00-\x1f\x7f]", value):
        return "it has blanks or line breaks in it. Leave them out"
    if not value.startswith(("http://", "https://")):
        return "it should start with http:// or https://"
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "its host or port is none: a port is a number from 1 to 65535"
    if not host:
        return "it has no host after http:// or https://"
    if port == 0:
        return "its port is 0: a port is a number from 1 to 65535"
    return None


def host_problem(value: str) -> str | None:
    """Of what a listener is bound to."""
    if re.fullmatch(r"[\w.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*", value):
        return None
    return "it should be a name or an address alone, such as 0.0.0.0 or ::1, without http:// and without a port"


def shown_url(url: str) -> str:
    """*url* for logs: without user, password, query and fragment, which may hold keys."""
    unreadable = "(an address that cannot be read)"
    if not url.startswith(("http://", "https://")):  # what is what, nobody knows
        return unreadable if re.search(r"[@?#]", url) else url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return unreadable
    place = f"[{host}]" if ":" in host else host
    if port is not None:
        place = f"{place}:{port}"
    return SplitResult(parts.scheme, place, parts.path, "", "").geturl()


def logs_in(url: str) -> bool:
    """
    Whether a user or a password in *url* takes the header that a key is sent in; Azure's deployments have another one.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return "@" in parts.netloc and "/openai/deployments/" not in parts.path.lower()
