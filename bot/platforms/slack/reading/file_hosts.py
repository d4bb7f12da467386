"""
Which addresses the bot's token may go to for a file: Slack's file hosts, and no path of its API. Pure.

Addresses stand in events and redirects. A URL that passes here is requested as it is: the check and the HTTP client
read one object, so they cannot disagree on what it means.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from yarl import URL

_SLACK = {
    "slack.com": ("files.slack.com", "files-origin.slack.com", "slack-files.com"),
    "slack-gov.com": ("files.slack-gov.com", "slack-files-gov.com"),
}
"""
The file hosts by the API's domain. `url_private` points to `files.`; Slack redirects some of these requests to
`files-origin.`; public links are at `slack-files.com`. Slack documents no list: these are the ones that are seen.
"""

_SLASH = re.compile(r"[/\\\u2044\u2215]")
_ENCODED_TWICE = re.compile(r"%[0-9a-f]{2}")
_TRIMMED = "".join(map(chr, range(33))) + "\x7f."  # at the ends of a segment, where some servers drop them

Origin = tuple[str, str, int | None]  # scheme, host, port


class FileHosts:
    """*api_url* of another server than Slack: its files are at that origin, or at `files.` before its host."""

    def __init__(self, api_url: str) -> None:
        api = URL(api_url)
        self._api = _segments(api.raw_path) or []
        self._origins = _origins(api)

    def serve(self, url: URL) -> bool:
        """Whether *url* can be a file's. Raises ValueError for an address that programs read differently."""
        if "@" in url.raw_authority or "\\" in url.raw_authority:
            raise ValueError("an address with a user")
        if _origin(url) not in self._origins:
            return False
        segments = _segments(url.raw_path)
        return segments is not None and segments[: len(self._api)] != self._api


def _origins(api: URL) -> frozenset[Origin]:
    scheme, host, port = _origin(api)
    for domain, hosts in _SLACK.items():
        if f".{host}".endswith(f".{domain}"):
            return frozenset(("https", each, 443) for each in hosts)
    return frozenset({(scheme, host, port), (scheme, f"files.{host}", port)})


def _origin(url: URL) -> Origin:
    return url.scheme, url.raw_host or "", url.port


def _segments(path: str) -> list[str] | None:
    """
    *path* as the most generous server reads it; None where servers disagree on where it leads.

    Percent signs decoded, each kind of slash one, no empty segments, no parameters, letters in one case and form.
    """
    plain = unicodedata.normalize("NFKC", unquote(path)).casefold()
    segments = [each.partition(";")[0] for each in _SLASH.split(plain)]
    if _ENCODED_TWICE.search(plain) or any(each.strip() == ".." for each in segments):
        return None
    return [trimmed for each in segments if (trimmed := each.strip(_TRIMMED))]
