"""
What `threadbot check` finds out about a Discord application without posting: its token, its intents, and what it may
do in which channel.

Reads nothing but what it is given. The command prints the findings.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import aiohttp

from bot.core.check_findings import Finding, Verdict, counted
from bot.core.errors import PlatformError
from bot.platforms.discord.calls.api import DEFAULT_URL, GUILD_PAGE, DiscordApi
from bot.platforms.discord.calls.errors import INVALID_TOKEN
from bot.platforms.discord.calls.limits import CHANNELS, GUILD, MEMBER, DiscordLimiter
from bot.platforms.discord.calls.requests import Json
from bot.platforms.discord.places.payloads import number, text
from bot.platforms.discord.setup import guild_check, token_kinds
from bot.platforms.discord.setup.invite import link

PORTAL = "discord.com/developers/applications"
SWITCH = f"{PORTAL} → your application → Bot → Privileged Gateway Intents → Message Content Intent"

REMEDIES: Mapping[str, str] = {
    INVALID_TOKEN: f"{token_kinds.WHERE}: Discord shows it once, and each reset makes the one before invalid.",
    "disallowed_intents": f"Switch it on: {SWITCH}. Or switch it off there: then the bot starts without it.",
    "sharding_required": "The bot is in more servers than its connections serve (2,500 each): DISCORD_SHARDS=auto.",
    "not_discord": "This is not Discord's API: check DISCORD_API_URL.",
    "connection_lost": "Check the network, the proxy and DISCORD_API_URL.",
    "missing_access": "The bot does not see it: give its role View Channels there, or the channel's right id.",
    "unknown_channel": "There is no such channel: Copy Channel ID gives its id (Settings → Advanced → Developer Mode).",
    "missing_permissions": "The line of its server above says which; Edit Channel → Permissions grants them.",
    "ratelimited": "Wait a minute and try again.",
}
"""Remedies, by the code of a PlatformError."""

APPROVED, LIMITED = 1 << 18, 1 << 19  # Discord, "Application Flags": GATEWAY_MESSAGE_CONTENT, …_LIMITED
REVIEWED_FROM = 10_000  # users; Discord, "Privileged Intents": since June 2026
CLOSE = 0.8  # of that number, or of A_SHARD: time to do something about it
MOST_GUILDS = 100  # that are looked at, with three calls each
FEW_SESSIONS = 50  # of a day's 1,000
A_SHARD = 2_500  # guilds; Discord, "Sharding"


def has_content(application: Json) -> bool:
    """Whether the application may ask for the content of all messages; where it does not say, to ask will tell."""
    flags = number(application.get("flags"))
    return flags is None or bool(flags & (APPROVED | LIMITED))


async def check(
    *,
    token: str,
    api_url: str = DEFAULT_URL,
    allowed: Collection[str] = (),
    most: int = MOST_GUILDS,
    shards: int | None = 1,
) -> list[Finding]:
    """
    The token, the application and the servers, without changing anything. Never raises for what Discord says.

    *allowed*: the ids of the servers that are answered in; empty for all. *most*: as many of them are looked at.
    *shards*: None for as many as recommended.
    """
    wrong = token_kinds.kind(token)
    if wrong is not None:
        return [Finding("Discord token", Verdict.FAILED, f"it looks like {wrong}", f"{token_kinds.WHERE}.")]
    async with aiohttp.ClientSession() as session:
        api = DiscordApi(token, api_url, DiscordLimiter())
        api.use(session)
        try:
            me, application = await api.me(), await api.application()
        except PlatformError as error:
            return [_refused(error, token)]
        found = [
            Finding("Discord token", Verdict.OK, f"{text(me, 'username')} ({text(me, 'id')})"),
            *_application(application),
            _content(application),
            await _gateway(api),
        ]
        return found + await _guilds(api, application, text(me, "id"), allowed, most, shards)


async def check_post(token: str, api_url: str, channel: str) -> Finding:
    """Post a message in *channel*, edit it and delete it again."""
    subject = "Discord post"
    async with aiohttp.ClientSession() as session:
        api = DiscordApi(token, api_url, DiscordLimiter())
        api.use(session)
        try:
            message = await api.create_message(channel, {"content": "A check: this message goes away again."})
            await api.edit_message(channel, text(message, "id"), {"content": "A check: it goes away now."})
            await api.delete_message(channel, text(message, "id"))
        except PlatformError as error:
            return failed(subject, error)
    return Finding(subject, Verdict.OK, "a message was posted, edited and deleted again")


def _application(application: Json) -> list[Finding]:
    subject, id_ = "Discord application", text(application, "id")
    if text(application, "interactions_endpoint_url"):
        detail = "its commands and buttons are sent to an Interactions Endpoint URL, so the bot does not hear of them"
        return [Finding(subject, Verdict.FAILED, detail, f"Empty the field: {PORTAL} → your application.")]
    if application.get("bot_require_code_grant") is True:
        detail = "it requires an OAuth2 code grant, so nobody can invite it by a link"
        return [Finding(subject, Verdict.FAILED, detail, f"Switch that off: {PORTAL} → your application → Bot.")]
    return [Finding(subject, Verdict.OK, f"{text(application, 'name')} ({id_})")]


def _content(application: Json) -> Finding:
    subject = "Discord message content"
    if has_content(application):
        return Finding(
            subject,
            Verdict.OK,
            "the intent is on: in its threads it hears all that is said, and goes on without a mention",
        )
    detail = (
        "the intent is off: everywhere it answers mentions, replies to it, direct messages and commands, and hears "
        "nothing else"
    )
    return Finding(subject, Verdict.ABSENT, detail, f"To go on in its threads without a mention: {SWITCH}.")


async def _gateway(api: DiscordApi) -> Finding:
    subject = "Discord gateway"
    try:
        found = await api.gateway()
    except PlatformError as error:
        return failed(subject, error)
    limit = found.get("session_start_limit") or {}
    left, total = limit.get("remaining"), limit.get("total")
    detail = f"{left} of {total} new sessions are left today; Discord recommends {_shards(found)}"
    if isinstance(left, int) and left < FEW_SESSIONS:
        return Finding(subject, Verdict.WARNING, detail, "Something starts it again and again: see its log.")
    return Finding(subject, Verdict.OK, detail)


def _shards(gateway: Json) -> str:
    return counted(number(gateway.get("shards")) or 1, "shard")


async def _guilds(
    api: DiscordApi, application: Json, own_id: str, allowed: Collection[str], most: int, shards: int | None
) -> list[Finding]:
    subject, invite = "Discord servers", link(text(application, "id"))
    try:
        users = await _users(api)
    except PlatformError as error:
        return [failed(subject, error)]
    if not users:
        return [Finding(subject, Verdict.WARNING, "it is in none", f"Invite it: {invite}")]
    answered = [each for each in users if not allowed or each in allowed]
    looked_at = answered[:most]
    found = [await _guild(api, each, own_id, invite) for each in looked_at]
    found += [
        Finding(f"Discord server {guild}", Verdict.FAILED, "it is not in that one", f"Invite it: {invite}")
        for guild in sorted(set(allowed) - users.keys())
    ]
    detail = f"it is in {len(users):,}" + (f", and answers in {len(answered):,}" if allowed else "")
    if len(answered) > len(looked_at):
        detail += f"; looked at: {len(looked_at):,} (DISCORD_ALLOWED_GUILDS names others)"
    return [_room(len(users), shards, detail), *found, _review(application, sum(users.values()), len(users))]


def _room(guilds: int, shards: int | None, detail: str) -> Finding:
    """Whether one more server has room on the connections that there are."""
    subject, most = "Discord servers", (shards or 0) * A_SHARD
    if shards is None or guilds < CLOSE * most:
        return Finding(subject, Verdict.OK, detail)
    verdict = Verdict.WARNING if guilds <= most else Verdict.FAILED
    return Finding(subject, verdict, f"{detail}; its connections serve {most:,}", "Set DISCORD_SHARDS=auto.")


async def _users(api: DiscordApi) -> Mapping[str, int]:
    """How many there are in each server, roughly, by its id."""
    users: dict[str, int] = {}
    after: str | None = None
    while True:
        page = await api.guilds(after=after)
        users |= {text(each, "id"): number(each.get("approximate_member_count")) or 0 for each in page}
        if len(page) < GUILD_PAGE:
            return users
        after = text(page[-1], "id")


async def _guild(api: DiscordApi, id_: str, own_id: str, invite: str) -> Finding:
    """The bot's permissions there."""
    calls = api.limits
    try:
        guild = await calls.call(GUILD, lambda: api.guild(id_), final=True, channel=id_)
        member = await calls.call(MEMBER, lambda: api.member(id_, own_id), final=True, channel=id_)
        channels = await calls.call(CHANNELS, lambda: api.guild_channels(id_), final=True, channel=id_)
    except PlatformError as error:
        return failed(f"Discord server {id_}", error)
    return guild_check.finding(guild, member, channels, own_id, invite)


def _review(application: Json, users: int, guilds: int) -> Finding:
    """How far it is to the number of users from which on Discord wants to review the intent."""
    subject = "Discord review"
    installed = number(application.get("approximate_user_install_count")) or 0
    if (number(application.get("flags")) or 0) & APPROVED:
        return Finding(subject, Verdict.OK, "the message content intent is approved; Discord asks again each year")
    reached = users + installed
    detail = (
        f"about {counted(reached, 'user')} in {counted(guilds, 'server')} (who is in two is counted twice); "
        f"from {REVIEWED_FROM:,} on Discord reviews who has the message content intent"
    )
    if reached >= CLOSE * REVIEWED_FROM:
        remedy = (
            f"Ask for the review in time: {PORTAL} → your application → Verification. Without the intent it works on."
        )
        return Finding(subject, Verdict.WARNING, detail, remedy)
    return Finding(subject, Verdict.OK, detail)


def _refused(error: PlatformError, token: str) -> Finding:
    subject, finding = "Discord token", failed("Discord token", error)
    if error.code != INVALID_TOKEN:
        return finding
    detail = (
        f"{error.code}: it has the form of a token of the bot {token_kinds.owner(token)}, and is not valid (any more)"
    )
    return Finding(subject, finding.verdict, detail, finding.remedy)


def failed(subject: str, error: PlatformError) -> Finding:
    remedy = error.remedy or REMEDIES.get(error.code, "See Discord's JSON error codes.")
    return Finding(subject, Verdict.FAILED, error.detail or error.code, remedy)
