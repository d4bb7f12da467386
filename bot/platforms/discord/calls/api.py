"""
The calls of Discord's REST API that this program makes. Each is made once: see requests.py.

JSON goes in and comes out as Discord has it. What is written can call nobody, whatever its text is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from bot.core.errors import PlatformError, UncertainError
from bot.platforms.discord.calls.errors import INVALID_RESPONSE, NOT_DISCORD
from bot.platforms.discord.calls.limits import (
    ACTIVE_THREADS,
    APPLICATION,
    ARCHIVED_THREADS,
    CHANNEL,
    CHANNELS,
    COMMANDS,
    CREATE_DM,
    DELETE,
    DELETE_FOLLOW_UP,
    DELETE_RESPONSE,
    EDIT,
    EDIT_CHANNEL,
    EDIT_FOLLOW_UP,
    EDIT_RESPONSE,
    FOLLOW_UP,
    GATEWAY,
    GUILD,
    GUILDS,
    ME,
    MEMBER,
    MESSAGE,
    MESSAGES,
    POST,
    PUT_COMMANDS,
    REACT,
    REACTIONS,
    RESPOND,
    RESPONSE,
    SEARCH,
    START_THREAD,
    TYPE,
    USER,
    DiscordLimiter,
)
from bot.platforms.discord.calls.requests import SECONDS, Json, Requests, Upload

DEFAULT_URL = "https://discord.com/api/v10"
PAGE = 100  # messages, and archived threads; Discord, "Get Channel Messages"
GUILD_PAGE = 200  # Discord, "Get Current User Guilds"
NOBODY: Json = {"parse": [], "replied_user": False}
"""Allowed mentions of all that we write: an edit does not inherit those of the post."""
SHOWN_AT_ONCE = (4, 7)  # interaction callback types whose data is a message: a new one, or the one that was pressed


class DiscordApi:
    """Raises PlatformError, and UncertainError when a call may have been carried out all the same."""

    def __init__(self, token: str, api_url: str, limits: DiscordLimiter, seconds: float = SECONDS) -> None:
        """*seconds*: how long a call may take."""
        self.limits = limits
        self._requests = Requests(token, api_url, limits, seconds)
        self._application = ""

    def use(self, session: aiohttp.ClientSession | None) -> None:
        """Share *session* for all calls, while it is open."""
        self._requests.session = session

    @property
    def unusable(self) -> asyncio.Event:
        """Set once Discord refuses the token."""
        return self._requests.unusable

    # Who we are, and where

    async def me(self) -> Json:
        return _object(await self._requests.send(ME, "GET", "users", "@me"))

    async def application(self) -> Json:
        """Our application, with `flags` and `approximate_guild_count`. Remembered for what names it in its path."""
        try:
            answer = await self._requests.send(APPLICATION, "GET", "applications", "@me")
        except PlatformError as error:
            if error.code not in ("http_404", NOT_DISCORD):
                raise
            # A server that plays Discord may know it by its older name alone, as libraries do.
            answer = await self._requests.send(APPLICATION, "GET", "oauth2", "applications", "@me")
        found = _object(answer)
        self._application = str(found.get("id") or "")
        return found

    async def gateway(self) -> Json:
        """Where to connect, with `shards` and `session_start_limit`."""
        return _object(await self._requests.send(GATEWAY, "GET", "gateway", "bot"))

    async def guilds(self, after: str | None = None) -> list[Json]:
        """A page of the guilds that we are in, by their ids, with how many members they have, roughly."""
        query = {"limit": str(GUILD_PAGE), "with_counts": "true"} | ({"after": after} if after else {})
        return _objects(await self._requests.send(GUILDS, "GET", "users", "@me", "guilds", query=query))

    async def guild(self, guild: str) -> Json:
        """A guild with its roles."""
        return _object(await self._requests.send(GUILD, "GET", "guilds", guild, major=guild))

    async def guild_channels(self, guild: str) -> list[Json]:
        """Those of a guild, with their overwrites; no threads."""
        return _objects(await self._requests.send(CHANNELS, "GET", "guilds", guild, "channels", major=guild))

    async def member(self, guild: str, user: str) -> Json:
        return _object(await self._requests.send(MEMBER, "GET", "guilds", guild, "members", user, major=guild))

    async def user(self, user: str) -> Json:
        return _object(await self._requests.send(USER, "GET", "users", user))

    async def direct(self, user: str) -> Json:
        """The direct messages with somebody, as a channel; opened where there are none."""
        return _object(
            await self._requests.send(CREATE_DM, "POST", "users", "@me", "channels", body={"recipient_id": user})
        )

    # Channels and threads

    async def channel(self, channel: str) -> Json:
        """A channel or a thread."""
        return _object(await self._requests.send(CHANNEL, "GET", "channels", channel, major=channel))

    async def edit_channel(self, channel: str, payload: Json) -> Json:
        found = await self._requests.send(EDIT_CHANNEL, "PATCH", "channels", channel, body=payload, major=channel)
        return _object(found)

    async def start_thread(self, channel: str, message: str, name: str) -> Json:
        """Open a thread below a message; it has the message's id. Returns its channel."""
        path = ("channels", channel, "messages", message, "threads")
        return _object(await self._requests.send(START_THREAD, "POST", *path, body={"name": name}, major=channel))

    async def active_threads(self, guild: str) -> list[Json]:
        found = await self._requests.send(ACTIVE_THREADS, "GET", "guilds", guild, "threads", "active", major=guild)
        return _objects(_object(found).get("threads"))

    async def archived_threads(self, channel: str, before: str | None = None) -> Json:
        """
        A page of the public threads that were archived before that moment (ISO 8601), the last one first.

        `threads`, and `has_more`.
        """
        query = {"limit": str(PAGE)} | ({"before": before} if before else {})
        path = ("channels", channel, "threads", "archived", "public")
        return _object(await self._requests.send(ARCHIVED_THREADS, "GET", *path, query=query, major=channel))

    async def type_in(self, channel: str) -> None:
        """Show for 10 seconds, or until we post, that we write."""
        await self._requests.send(TYPE, "POST", "channels", channel, "typing", major=channel)

    # Messages

    async def message(self, channel: str, message: str) -> Json:
        path = ("channels", channel, "messages", message)
        return _object(await self._requests.send(MESSAGE, "GET", *path, major=channel))

    async def messages(
        self,
        channel: str,
        *,
        after: str | None = None,
        before: str | None = None,
        around: str | None = None,
        limit: int = PAGE,
    ) -> list[Json]:
        """At most *limit* messages, newest first also with *after*; at most one of the ids is given."""
        ids = {"after": after, "before": before, "around": around}
        query = {"limit": str(limit)} | {name: id_ for name, id_ in ids.items() if id_ is not None}
        return _objects(
            await self._requests.send(MESSAGES, "GET", "channels", channel, "messages", query=query, major=channel)
        )

    async def create_message(
        self, channel: str, payload: Json, files: Sequence[Upload] = (), *, check: Callable[[], None] | None = None
    ) -> Json:
        """Post a message, in a channel or a thread. Returns it. *check* as Requests.send() has it."""
        path = ("channels", channel, "messages")
        body = _calling_nobody(payload) | _attached(files)
        return _object(
            await self._requests.send(POST, "POST", *path, body=body, files=files, major=channel, check=check)
        )

    async def edit_message(self, channel: str, message: str, payload: Json, files: Sequence[Upload] = ()) -> Json:
        """*files* take the place of those that the message had; the same holds below."""
        path = ("channels", channel, "messages", message)
        body = _calling_nobody(payload) | _attached(files)
        return _object(await self._requests.send(EDIT, "PATCH", *path, body=body, files=files, major=channel))

    async def delete_message(self, channel: str, message: str) -> None:
        await self._requests.send(DELETE, "DELETE", "channels", channel, "messages", message, major=channel)

    async def react(self, channel: str, message: str, emoji: str) -> None:
        """*emoji*: a Unicode one."""
        path = ("channels", channel, "messages", message, "reactions", emoji, "@me")
        await self._requests.send(REACT, "PUT", *path, major=channel)

    async def reactions(self, channel: str, message: str, emoji: str, *, burst: bool = False) -> list[Json]:
        """The first users who reacted with *emoji*, a Unicode one; *burst*: those with a super reaction."""
        query = {"limit": str(PAGE), "type": "1" if burst else "0"}
        path = ("channels", channel, "messages", message, "reactions", emoji)
        return _objects(await self._requests.send(REACTIONS, "GET", *path, query=query, major=channel))

    async def search(self, guild: str, **query: str) -> Json:
        """
        A page of a search: `messages`, a list of lists, and `total_results`.

        Raises NOT_INDEXED, which passes, where Discord has only begun to index the guild.
        """
        path = ("guilds", guild, "messages", "search")
        return _object(await self._requests.send(SEARCH, "GET", *path, query=query, major=guild))

    # Commands and interactions

    async def commands(self) -> list[Json]:
        """Our global commands, with all their translations."""
        path, query = await self._commands_path(), {"with_localizations": "true"}
        return _objects(await self._requests.send(COMMANDS, "GET", *path, query=query))

    async def put_commands(self, commands: Sequence[Json]) -> list[Json]:
        """Let these be all our global commands."""
        path = await self._commands_path()
        return _objects(await self._requests.send(PUT_COMMANDS, "PUT", *path, body=[dict(each) for each in commands]))

    async def respond(self, interaction: str, token: str, payload: Json) -> None:
        """Acknowledge an interaction, within 3 seconds of it."""
        body = dict(payload)
        if body.get("type") in SHOWN_AT_ONCE:
            body["data"] = _calling_nobody(body.get("data") or {})
        path = ("interactions", interaction, token, "callback")
        await self._requests.send(RESPOND, "POST", *path, body=body, open_to_all=True)

    async def edit_response(self, token: str, payload: Json, files: Sequence[Upload] = ()) -> Json:
        """Edit what respond() showed, within 15 minutes of the interaction."""
        path = (*await self._hook(token), "messages", "@original")
        return await self._edit_shown(EDIT_RESPONSE, token, path, payload, files)

    async def follow_up(self, token: str, payload: Json) -> Json:
        """
        Post a further answer to an interaction, within 15 minutes of it. Returns the message.

        It has no nonce: one whose response was lost can neither be made again safely nor, if it is private, be found.
        """
        path, body = await self._hook(token), _calling_nobody(payload)
        return _object(await self._requests.send(FOLLOW_UP, "POST", *path, body=body, open_to_all=True, major=token))

    async def edit_follow_up(self, token: str, message: str, payload: Json, files: Sequence[Upload] = ()) -> Json:
        """Edit anything that was shown with *token*, what respond() showed included."""
        path = (*await self._hook(token), "messages", message)
        return await self._edit_shown(EDIT_FOLLOW_UP, token, path, payload, files)

    async def delete_follow_up(self, token: str, message: str) -> None:
        path = (*await self._hook(token), "messages", message)
        await self._requests.send(DELETE_FOLLOW_UP, "DELETE", *path, open_to_all=True, major=token)

    async def response(self, token: str) -> Json:
        """The message that respond() showed, as it is now."""
        path = (*await self._hook(token), "messages", "@original")
        return _object(await self._requests.send(RESPONSE, "GET", *path, open_to_all=True, major=token))

    async def delete_response(self, token: str) -> None:
        path = (*await self._hook(token), "messages", "@original")
        await self._requests.send(DELETE_RESPONSE, "DELETE", *path, open_to_all=True, major=token)

    async def _edit_shown(
        self, name: str, token: str, path: Sequence[str], payload: Json, files: Sequence[Upload]
    ) -> Json:
        body, open_to_all = _calling_nobody(payload) | _attached(files), True
        return _object(
            await self._requests.send(
                name, "PATCH", *path, body=body, files=files, open_to_all=open_to_all, major=token
            )
        )

    async def _commands_path(self) -> tuple[str, ...]:
        return ("applications", await self._own_id(), "commands")

    async def _hook(self, token: str) -> tuple[str, ...]:
        return ("webhooks", await self._own_id(), token)

    async def _own_id(self) -> str:
        """The application's, which paths name."""
        if not self._application:
            await self.application()
        return self._application


def _calling_nobody(payload: Json) -> dict[str, Any]:
    return {**payload, "allowed_mentions": NOBODY}


def _attached(files: Sequence[Upload]) -> dict[str, Any]:
    """A form's file names are ASCII in places: what they are called is said here."""
    if not files:
        return {}
    return {"attachments": [{"id": number, "filename": name} for number, (name, _) in enumerate(files)]}


def _object(found: object) -> Json:
    if not isinstance(found, Mapping):
        raise UncertainError(INVALID_RESPONSE)
    return found


def _objects(found: object) -> list[Json]:
    if not isinstance(found, list):
        raise UncertainError(INVALID_RESPONSE)
    return [each for each in found if isinstance(each, Mapping)]
