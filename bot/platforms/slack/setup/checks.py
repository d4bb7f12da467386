"""
The part of `threadbot check` that posts nothing: checks a Slack app's tokens, its scopes and its workspace's features.

Reads nothing but what it is given. What only a post can tell is in post_check.py; the command prints the findings.
"""

from __future__ import annotations

from collections.abc import Awaitable

import aiohttp
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.core.check_findings import Finding, Verdict
from bot.core.errors import PlatformError
from bot.platforms.common.limiter import Limiter
from bot.platforms.slack.calls import sessions
from bot.platforms.slack.calls.api import DEFAULT_URL, SESSION, STATUS, Recipient, SlackApi
from bot.platforms.slack.calls.limits import RATES, START
from bot.platforms.slack.setup.manifest import APP_TOKEN_SCOPE, EVENTS, EVENTS_PATH, SCOPES

REMEDIES = {
    "invalid_auth": "Copy the token again from api.slack.com/apps.",
    "not_authed": "Set the token.",
    "not_allowed_token_type": "The two tokens may be swapped: SLACK_BOT_TOKEN is xoxb-…, SLACK_APP_TOKEN is xapp-….",
    "token_revoked": "Install the app to the workspace again and copy the new token.",
    "account_inactive": "The app was removed from the workspace: install it again and copy the new token.",
    "missing_scope": "Add the scopes of `threadbot manifest` and reinstall the app.",
    "channel_not_found": "Give the channel's id (C…), and invite the bot to it if it is private.",
    "not_in_channel": "Invite the bot to the channel: /invite @threadbot",
    "is_archived": "Choose a channel that is not archived.",
    "not_slack": "This is not Slack's API: check SLACK_API_URL.",
    "connection_lost": "Check the network, the proxy and SLACK_API_URL.",
    "ratelimited": "Wait a minute and try again.",
}

NOWHERE, NEVER, NOBODY = "C00000000", "1.000000", "U00000000"  # a channel, a ts and a user that no workspace has
WITHOUT = {  # what becomes of answers
    START: "answers are posted and edited while they grow",
    SESSION: "the assistant's status is shown instead, and no stop button of Slack's",
    STATUS: ":eyes: are shown on a question instead",
}
LACKING = frozenset(
    {
        *("unknown_method", "method_deprecated", "feature_disabled", "feature_not_enabled", "not_agent_app"),
        *("not_allowed", "channel_type_not_supported", "access_denied", "team_access_not_granted", "no_permission"),
    }
)
"""Refusals of a method that this workspace, its plan or this app does not have."""
MISPLACED = frozenset(
    {
        *("channel_not_found", "invalid_channel", "not_in_channel", "thread_not_found", "invalid_thread_ts"),
        *("message_not_found", "user_not_found", "session_not_found"),
    }
)
"""Refusals of a place: Slack knows the method."""


async def check(*, bot_token: str, app_token: str | None, api_url: str = DEFAULT_URL) -> list[Finding]:
    """
    The tokens and scopes, without changing anything. Never raises for what Slack says.

    Without *app_token* events come over HTTP.
    """
    async with sessions.opened() as session:
        api = opened(bot_token, api_url, session)
        found = await _bot_token(api)
        way = _signing_secret() if app_token is None else await _app_token(api, app_token)
        sound = found[0].verdict is Verdict.OK
        return [*found, way, _events(), *(await _features(api) if sound else ())]


async def _bot_token(api: SlackApi) -> list[Finding]:
    subject = "Slack bot token"
    try:
        answer = await api.auth_test()
    except PlatformError as error:
        return [failed(subject, error)]
    detail = f"{answer.get('user')} ({answer.get('user_id')}) in {answer.get('team')} ({answer.get('team_id')})"
    return [Finding(subject, Verdict.OK, detail), _scopes(answer)]


async def _app_token(api: SlackApi, app_token: str) -> Finding:
    subject = "Slack app token"
    try:
        await api.open_connection(app_token)
    except PlatformError as error:
        if error.code == "missing_scope":
            remedy = f"Give the app-level token the scope {APP_TOKEN_SCOPE.name}."
            return Finding(subject, Verdict.FAILED, error.code, remedy)
        return failed(subject, error)
    return Finding(subject, Verdict.OK, "a Socket Mode connection can be opened")


def _signing_secret() -> Finding:
    detail = "only a request that Slack has signed can tell whether it is this app's"
    remedy = (
        f"While `threadbot run` runs, save the address of {EVENTS_PATH} again under Event Subscriptions: Slack asks "
        "the bot at once, and the bot's log says why a request was refused."
    )
    return Finding("Slack signing secret", Verdict.UNKNOWN, detail, remedy)


def _scopes(answer: AsyncSlackResponse) -> Finding:
    subject = "Slack scopes"
    granted = answer.headers.get("x-oauth-scopes")
    if granted is None:
        return Finding(subject, Verdict.UNKNOWN, "Slack did not say which scopes the token has")
    lacking = [scope for scope in SCOPES if scope.name not in {name.strip() for name in granted.split(",")}]
    if not lacking:
        return Finding(subject, Verdict.OK, f"all {len(SCOPES)} are there")
    missing = [scope.name for scope in lacking if not scope.without]
    if not missing:
        told = "; ".join(f"without {scope.name} {scope.without}" for scope in lacking)
        return Finding(subject, Verdict.ABSENT, f"all that are needed are there; {told}")
    missing += [f"{scope.name} (optional)" for scope in lacking if scope.without]
    remedy = "Add them under OAuth & Permissions, then reinstall the app to the workspace."
    return Finding(subject, Verdict.FAILED, f"missing: {', '.join(missing)}", remedy)


async def _features(api: SlackApi) -> list[Finding]:
    """Probe features with calls for a place that does not exist, so nothing is shown anywhere."""
    nobody = Recipient(NOBODY, "T00000000")
    return [
        await _feature("Slack: streams", START, api.start_stream(NOWHERE, NEVER, "…", nobody)),
        await _feature("Slack: agent sessions", SESSION, api.set_session(NOWHERE, NEVER, "active")),
        await _feature("Slack: status", STATUS, api.set_status(NOWHERE, NEVER, "")),
    ]


async def _feature(subject: str, method: str, call: Awaitable[object]) -> Finding:
    try:
        await call
    except PlatformError as error:
        if error.code in LACKING:
            return absent(subject, error, method)
        if error.code not in MISPLACED:
            return failed(subject, error) if error.code in REMEDIES else _untold(subject, error.code)
    return Finding(subject, Verdict.OK, f"Slack knows {method}; `threadbot check --post` tries it")


def absent(subject: str, error: PlatformError, method: str) -> Finding:
    return Finding(subject, Verdict.ABSENT, f"not here ({error.code}): {WITHOUT[method]}")


def _untold(subject: str, code: str) -> Finding:
    return Finding(subject, Verdict.UNKNOWN, f"Slack says {code}", "`threadbot check --post CHANNEL` tries it.")


def _events() -> Finding:
    names = ", ".join(event.name for event in EVENTS)
    remedy = f"Under Event Subscriptions, compare the bot events with: {names}. Or mention the bot and see it answer."
    return Finding("Slack event subscriptions", Verdict.UNKNOWN, "Slack does not tell which events an app gets", remedy)


def failed(subject: str, error: PlatformError) -> Finding:
    remedy = error.remedy or REMEDIES.get(error.code, "See the method's errors in Slack's reference.")
    return Finding(subject, Verdict.FAILED, error.detail or error.code, remedy)


def opened(bot_token: str, api_url: str, session: aiohttp.ClientSession) -> SlackApi:
    api = SlackApi(bot_token, api_url, Limiter(RATES))
    api.use(session)
    return api
