"""Turns errors of Discord's calls into those of the core. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.core.errors import PlatformError, UncertainError
from bot.network.failures import Failure, failure
from bot.platforms.common.limiter import RATE_LIMITED

CONNECTION_LOST = "connection_lost"
INVALID_RESPONSE = "invalid_response"
NOT_DISCORD = "not_discord"  # ours: what answers at the address is something else
PROXY_LOGIN = 407
NOT_INDEXED = "not_indexed"  # a search, where Discord has just begun to index the guild
INVALID_TOKEN = "invalid_token"  # noqa: S105 - a code
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_INTERACTION = "unknown_channel", "unknown_message", "unknown_interaction"
UNKNOWN_GUILD, UNKNOWN_MEMBER, UNKNOWN_USER = "unknown_guild", "unknown_member", "unknown_user"
MISSING_ACCESS, MISSING_PERMISSIONS = "missing_access", "missing_permissions"
THREAD_EXISTS, THREAD_LOCKED, THREAD_ARCHIVED = "thread_exists", "thread_locked", "thread_archived"
TOO_MANY_THREADS, TOO_MANY_EDITS = "too_many_threads", "too_many_edits"
BLOCKED_BY_AUTOMOD, BLOCKED_LINKS = "blocked_by_automod", "blocked_links"
NO_UPLOADS = "uploads_limited"

WORDS: Mapping[int, str] = {
    10003: UNKNOWN_CHANNEL,
    10004: UNKNOWN_GUILD,
    10007: UNKNOWN_MEMBER,
    10008: UNKNOWN_MESSAGE,
    10013: UNKNOWN_USER,
    10015: "unknown_webhook",  # also for the token of an interaction that was not acknowledged
    10062: UNKNOWN_INTERACTION,
    30007: "too_many_webhooks",
    30046: TOO_MANY_EDITS,
    40005: "too_large",
    40060: "already_acknowledged",
    40067: "thread_tag_required",  # a forum that wants one with each post
    50001: MISSING_ACCESS,
    50006: "empty_message",
    50007: "cannot_message_user",
    50008: "not_a_text_channel",
    50013: MISSING_PERMISSIONS,
    50024: "wrong_channel_type",
    50027: "expired_interaction",  # "Invalid Webhook Token": those of interactions live for 15 minutes
    50035: "invalid_form",
    50083: THREAD_ARCHIVED,
    110000: NOT_INDEXED,
    160002: "cannot_reply",  # without the permission to read the history
    160004: THREAD_EXISTS,
    160005: THREAD_LOCKED,
    160006: TOO_MANY_THREADS,
    160007: "too_many_announcement_threads",
    200000: BLOCKED_BY_AUTOMOD,
    200001: "title_blocked_by_automod",
    240000: BLOCKED_LINKS,
    400001: NO_UPLOADS,
}
"""Discord, "JSON Error Codes": those that somebody reacts to, or should understand in a log."""

PASSING = frozenset({20016, 20022, 20028, 20029, 40003, 40004, 40062, 130000})
"""Those that say "slower" or "later", whatever the status: limits of a channel or a resource, an overload."""

LASTING_429 = frozenset({30046})
"""
What Discord answers with 429 and is no matter of seconds: an old message takes no further edit, and a new one may be
posted.
"""

CallFailure = (aiohttp.ClientError, TimeoutError, OSError)
"""All that aiohttp lets through from a call."""


class DiscordError(PlatformError):
    """Discord refused, with a JSON error code: *number*; 0 where it gave none."""

    def __init__(self, code: str, number: int, *, passing: bool = False, retry_after: float | None = None) -> None:
        super().__init__(code, passing=passing, retry_after=retry_after)
        self.number = number


def lost(error: BaseException, address: str) -> PlatformError:
    """Translate one of CallFailure, of a call to *address*."""
    if isinstance(error, aiohttp.InvalidURL):
        return PlatformError(NOT_DISCORD, passing=False)
    told = failure(error, address, error.status if isinstance(error, aiohttp.ClientHttpProxyError) else None)
    return _unreached(told)


def by_proxy(status: int, address: str) -> PlatformError:
    """Of what a proxy answered in Discord's place."""
    return _unreached(failure(ConnectionError(), address, status))


def _unreached(told: Failure | None) -> PlatformError:
    return (
        UncertainError(CONNECTION_LOST, detail=told.words, remedy=told.remedy)
        if told
        else UncertainError(CONNECTION_LOST)
    )


def refused(status: int, body: object, headers: Mapping[str, str]) -> PlatformError:
    """Translate an answer that is no success: *body* is its JSON, None where it was something else."""
    found: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    number = int(found["code"]) if str(found.get("code", "")).isdecimal() else 0
    if status == 429 and number not in LASTING_429:
        return DiscordError(RATE_LIMITED, number, passing=True, retry_after=retry_after(body, headers))
    if number == 110000:
        return DiscordError(NOT_INDEXED, number, passing=True, retry_after=retry_after(body, headers))
    if status >= 500:
        return UncertainError(f"http_{status}", retry_after(body, headers))
    if status == 401 and number in (0, 40001, 50014):
        return DiscordError(INVALID_TOKEN, number)
    if status == 403 and not number and found:
        return DiscordError(MISSING_PERMISSIONS, number)
    code = WORDS.get(number) or (f"discord_{number}" if number else f"http_{status}")
    if number in PASSING:
        return DiscordError(code, number, passing=True, retry_after=retry_after(body, headers))
    return DiscordError(code, number)


def retry_after(body: object, headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait: the body has fractions, the header is rounded up."""
    named = body.get("retry_after") if isinstance(body, Mapping) else None
    for value in (named, headers.get("Retry-After")):
        try:
            return max(0.0, float(value))  # type: ignore[arg-type] # a TypeError says that there is none
        except (TypeError, ValueError):
            continue
    return None
