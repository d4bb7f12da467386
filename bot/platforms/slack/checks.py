"""
What `threadbot check` finds out about a Slack app: its tokens, its scopes, and whether posting works as we assume.

Reads nothing but what it is given. How findings are printed is the command's business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.core.errors import PlatformError
from bot.core.findings import Finding, Verdict
from bot.platforms.slack.api import DEFAULT_URL, TIMEOUT, SlackApi
from bot.platforms.slack.limits import Limiter
from bot.platforms.slack.manifest import APP_TOKEN_SCOPE, EVENTS, EVENTS_PATH, SCOPES
from bot.platforms.slack.message import Piece, content, metadata, part_of

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

TRIAL = (0, 1)  # turn and part that the trial message is marked with; no turn has the number 0


async def check(*, bot_token: str, app_token: str | None, api_url: str = DEFAULT_URL) -> list[Finding]:
    """
    The tokens and scopes, without changing anything. Never raises for what Slack says.

    Without *app_token* events come over HTTP.
    """
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        api = _api(bot_token, api_url, session)
        found = await _bot_token(api)
        way = _signing_secret() if app_token is None else await _app_token(api, app_token)
        return [*found, way, _events()]


async def check_post(*, bot_token: str, channel: str, api_url: str = DEFAULT_URL) -> list[Finding]:
    """Post into *channel* (an id), read the post back by its mark, edit it; and delete it, whatever else failed."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        trial = _Trial(_api(bot_token, api_url, session), channel)
        posted = await _tried("Slack: post a message", trial.post)
        if posted.verdict is not Verdict.OK:
            return [posted]
        return [
            posted,
            await _tried("Slack: read it back by its metadata", trial.read_back),
            await _tried("Slack: edit it", trial.edit),
            await _tried("Slack: delete it", trial.delete),
        ]


class _Trial:
    def __init__(self, api: SlackApi, channel: str) -> None:
        self._api, self._channel = api, channel
        self._ts = ""

    async def post(self) -> str:
        what = content(Piece("A trial of `threadbot check`. It **goes away** by itself."), plain=False)
        self._ts = await self._api.post(self._channel, what, metadata=metadata(*TRIAL))
        return f"posted as {self._ts}"

    async def read_back(self) -> str:
        marks = [part_of(message) async for message in self._api.replies(self._channel, self._ts, self._ts)]
        if TRIAL not in marks:
            raise PlatformError("metadata_not_returned", passing=False)
        return "found by its mark"

    async def edit(self) -> str:
        await self._api.update(self._channel, self._ts, content(Piece("A trial, edited."), plain=False))
        return "edited"

    async def delete(self) -> str:
        await self._api.delete(self._channel, self._ts)
        return "deleted"


async def _tried(subject: str, step: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(subject, Verdict.OK, await step())
    except PlatformError as error:
        return _failed(subject, error)


async def _bot_token(api: SlackApi) -> list[Finding]:
    subject = "Slack bot token"
    try:
        answer = await api.auth_test()
    except PlatformError as error:
        return [_failed(subject, error)]
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
        return _failed(subject, error)
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
    missing = sorted({scope.name for scope in SCOPES} - {name.strip() for name in granted.split(",")})
    if not missing:
        return Finding(subject, Verdict.OK, f"all {len(SCOPES)} are there")
    remedy = "Add them under OAuth & Permissions, then reinstall the app to the workspace."
    return Finding(subject, Verdict.FAILED, f"missing: {', '.join(missing)}", remedy)


def _events() -> Finding:
    names = ", ".join(event.name for event in EVENTS)
    remedy = f"Under Event Subscriptions, compare the bot events with: {names}. Or mention the bot and see it answer."
    return Finding("Slack event subscriptions", Verdict.UNKNOWN, "Slack does not tell which events an app gets", remedy)


def _failed(subject: str, error: PlatformError) -> Finding:
    remedy = REMEDIES.get(error.code, "See the method's errors in Slack's reference.")
    return Finding(subject, Verdict.FAILED, error.code, remedy)


def _api(bot_token: str, api_url: str, session: aiohttp.ClientSession) -> SlackApi:
    api = SlackApi(bot_token, api_url, Limiter())
    api.use(session)
    return api
