"""Turns errors of Slack's calls into those of the core. Pure."""

from __future__ import annotations

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.core.errors import PlatformError, UncertainError
from bot.network.failures import failure
from bot.network.proxies import proxy_of
from bot.platforms.common.limiter import RATE_LIMITED
from bot.platforms.slack.calls.sessions import AnswerTooLong

CONNECTION_LOST = "connection_lost"
INVALID_RESPONSE = "invalid_response"
ANSWER_TOO_LONG = "answer_too_long"  # ours
NOT_SLACK = "not_slack"  # ours: what answers at the address is something else
MESSAGE_NOT_FOUND = "message_not_found"

SERVER_SIDE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", INVALID_RESPONSE})
"""Slack's own trouble: it may pass, and the call may have been carried out all the same."""

TOO_MANY_BLOCKS = "invalid_blocks"  # or one that is wrong: Slack does not say which
REFUSED_BLOCKS = frozenset({TOO_MANY_BLOCKS, "invalid_blocks_format", "unsupported_block_type"})

NOT_HERE = frozenset(
    {
        *("unknown_method", "method_deprecated", "deprecated_endpoint", "feature_disabled", "not_agent_app"),
        *("missing_scope", "not_allowed_token_type", "access_denied", "team_access_not_granted"),
    }
)
"""Slack's errors for a method that this workspace, this app or its token does not have."""

TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long"})

BEYOND_THE_MESSAGE = frozenset(
    {
        *("channel_not_found", "is_archived", "is_inactive", "not_in_channel", "channel_type_not_supported"),
        *("restricted_action", "user_is_restricted", "external_channel_migrating", "thread_not_found"),
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission"),
        *("missing_scope", "not_allowed_token_type", "access_denied", "ekm_access_denied", "org_login_required"),
        *("team_access_not_granted", "team_not_found", "team_added_to_org", "enterprise_is_restricted"),
        *("two_factor_setup_required", "method_deprecated", "deprecated_endpoint", "unknown_method"),
        *("invalid_arguments", "invalid_arg_name", "invalid_charset", "invalid_form_data", "invalid_post_type"),
        *("missing_post_type", "no_text", "invalid_metadata_format", "invalid_metadata_schema"),
        *REFUSED_BLOCKS,
        *TOO_LONG,
    }
)
"""Errors of chat.update and chat.delete that another text would not change (Slack, their errors)."""

UNREADABLE = (AttributeError, UnicodeDecodeError)
"""slack_sdk 3.47, for an answer that is no JSON object (it asks a text or a list for its `ok`), or no text at all."""

CallFailure = (SlackApiError, aiohttp.ClientError, TimeoutError, OSError, *UNREADABLE)
"""All that slack_sdk lets through from a call."""


def platform_error(error: Exception, address: str) -> PlatformError:
    """
    Translate one of CallFailure, of a call to *address*.

    An answer that is not of Slack's form is INVALID_RESPONSE, below 500.
    """
    if isinstance(error, aiohttp.InvalidURL):
        return PlatformError(NOT_SLACK, passing=False)
    if isinstance(error, AnswerTooLong):  # of what is written Slack says little
        return PlatformError(ANSWER_TOO_LONG, passing=False)
    if isinstance(error, UNREADABLE):
        return UncertainError(INVALID_RESPONSE)
    if not isinstance(error, SlackApiError):
        return lost(error, address)
    response = error.response
    # An unreadable body leaves aiohttp's response in the place of the SDK's.
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 200)
    if status == 407 and proxy_of(address):  # where it opens no tunnel, as to http://
        return lost(error, address, 407)
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) and "ok" in data else ""
    if status == 429 or code in (RATE_LIMITED, "rate_limited"):
        return PlatformError(RATE_LIMITED, passing=True, retry_after=_retry_after(response))
    if status >= 500:
        return UncertainError(code or f"http_{status}", _retry_after(response))
    if not code or code in SERVER_SIDE:
        return UncertainError(code or INVALID_RESPONSE)
    return PlatformError(code, passing=False)


def lost(error: BaseException, address: str, proxy_status: int | None = None) -> PlatformError:
    """Of a connection to *address* that could not be made, or broke off."""
    status = error.status if isinstance(error, aiohttp.ClientHttpProxyError) else proxy_status
    if (told := failure(error, address, status)) is None:
        return UncertainError(CONNECTION_LOST)
    return UncertainError(CONNECTION_LOST, detail=told.words, remedy=told.remedy)


def concerns_message(error: PlatformError) -> bool:
    """
    Whether that one message can lastingly not be changed, and another one may: edit_window_closed and the like.

    What Slack will call its next such reason is not known, so it is what is left of all refusals.
    """
    return not error.passing and error.code not in BEYOND_THE_MESSAGE


def _retry_after(response: object) -> float | None:
    headers = getattr(response, "headers", None) or {}
    value = str(headers.get("Retry-After", ""))
    return float(value) if value.isdecimal() else None
