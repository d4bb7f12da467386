"""
A moment as Slack's date tokens and date elements give it, in words. Pure.

Slack shows it in the reader's time zone; we do not know that of a model, so it is given in UTC.
Source: Slack, "Formatting text for app surfaces", date formatting.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACEHOLDER = re.compile(r"\{([a-z_]{1,30})\}")
_SHOWN = (("time_secs", "%H:%M:%S UTC"), ("time", "%H:%M UTC"), ("date", "%Y-%m-%d"), ("day", "%Y-%m-%d"))
_WHOLE = "%Y-%m-%d %H:%M UTC"


def date_in_words(timestamp: object, pattern: str = "") -> str:
    """
    Of seconds since 1970; empty for what is no moment.

    *pattern* is Slack's: `Posted {date_short} at {time}`. What it says beside its placeholders is kept.
    """
    moment = _moment(timestamp)
    if moment is None:
        return ""
    if not _PLACEHOLDER.search(pattern):
        return moment.strftime(_WHOLE)
    return _PLACEHOLDER.sub(lambda found: moment.strftime(_form(found[1])), pattern)


def _form(placeholder: str) -> str:
    return next((form for beginning, form in _SHOWN if placeholder.startswith(beginning)), _WHOLE)


def _moment(timestamp: object) -> datetime | None:
    if isinstance(timestamp, str) and 0 < len(timestamp) < 14 and timestamp.isascii() and timestamp.isdecimal():
        timestamp = int(timestamp)
    if not isinstance(timestamp, int | float) or not -(10**14) < timestamp < 10**14:
        return None
    try:
        return _EPOCH + timedelta(seconds=timestamp)
    except (OverflowError, ValueError):
        return None
