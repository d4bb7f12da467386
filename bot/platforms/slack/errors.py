"""What went wrong in a call of Slack's, as the core reads it. Pure."""

from __future__ import annotations

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.core.errors import PlatformError
from bot.platforms.slack.limits import RATE_LIMITED

CONNECTION_LOST = "connection_lost"
INVALID_RESPONSE = "invalid_response"
MESSAGE_NOT_FOUND = "message_not_found"

SERVER_SIDE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", INVALID_RESPONSE})
"""Slack's own trouble: it may pass, and the call may have been carried out all the same."""

REFUSED_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "unsupported_block_type"})

TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long"})

CallFailure = (SlackApiError, aiohttp.ClientError, TimeoutError, OSError)
"""All that slack_sdk lets through from a call."""


class UncertainError(PlatformError):
    """Nobody knows whether the call was carried out: a post must be looked for before it is made again."""

    def __init__(self, code: str, retry_after: float | None = None) -> None:
        super().__init__(code, passing=True, retry_after=retry_after)


def platform_error(error: Exception) -> PlatformError:
    """Translate one of CallFailure."""
    if not isinstance(error, SlackApiError):
        return UncertainError(CONNECTION_LOST)
    response = error.response
    # An unreadable body leaves aiohttp's response in the place of the SDK's.
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 200)
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or code in (RATE_LIMITED, "rate_limited"):
        return PlatformError(RATE_LIMITED, passing=True, retry_after=_retry_after(response))
    if status >= 500:
        return UncertainError(code or f"http_{status}", _retry_after(response))
    if not code or code in SERVER_SIDE:
        return UncertainError(code or INVALID_RESPONSE)
    return PlatformError(code, passing=False)


def _retry_after(response: object) -> float | None:
    headers = getattr(response, "headers", None) or {}
    value = str(headers.get("Retry-After", ""))
    return float(value) if value.isdecimal() else None
