"""Search Guild Messages: "open to bots" since March 2026, for applications with the message content intent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.standins.discord.resources.access import Access
from tests.standins.discord.rest.errors import ApiError
from tests.standins.discord.rest.forms import Form, flag, is_true, number, one_of, snowflake, text
from tests.standins.discord.rest.routes import Answer, Asked, Route
from tests.standins.discord.state import wire
from tests.standins.discord.state.objects import Guild, Message
from tests.standins.discord.state.permissions import Permission, in_guild
from tests.standins.discord.state.wire import Messages
from tests.standins.discord.state.world import World

HAS: dict[str, Callable[[Message], object]] = {
    "file": lambda message: message.attachments,
    "image": lambda message: any((each.content_type or "").startswith("image/") for each in message.attachments),
    "sound": lambda message: any((each.content_type or "").startswith("audio/") for each in message.attachments),
    "video": lambda message: any((each.content_type or "").startswith("video/") for each in message.attachments),
    "sticker": lambda message: message.sticker_items,
    "embed": lambda message: message.embeds,
    "link": lambda message: "http://" in message.content or "https://" in message.content,
    "poll": lambda message: message.poll,
    "snapshot": lambda message: message.snapshots,
}
AUTHORS = ("user", "bot", "webhook")
QUERY = Form(
    {
        "limit": number(1, 25),
        "offset": number(0, 9975),
        "max_id": snowflake,
        "min_id": snowflake,
        "slop": number(0, 100),
        "content": text(1024),
        "channel_id": snowflake,
        "author_type": one_of(*AUTHORS, *(f"-{each}" for each in AUTHORS)),
        "author_id": snowflake,
        "mentions": snowflake,
        "mentions_role_id": snowflake,
        "mention_everyone": flag,
        "replied_to_user_id": snowflake,
        "replied_to_message_id": snowflake,
        "pinned": flag,
        "has": one_of(*HAS, *(f"-{each}" for each in HAS)),
        "sort_by": one_of("timestamp", "relevance"),
        "sort_order": one_of("asc", "desc"),
        "include_nsfw": flag,
    }
)


class Search:
    """
    *unindexed*: so many searches are answered with 202 before one has results. *lag_seconds*: a message is found only
    when it is so old. *losing*: messages that the index never got, as "search may return slightly fewer results".
    """

    def __init__(self, world: World, access: Access, messages: Messages) -> None:
        self._world, self._access, self._messages = world, access, messages
        self.unindexed, self.retry_after, self.lag_seconds = 0, 0.1, 0.0
        self.losing: set[str] = set()

    def routes(self) -> Sequence[Route]:
        return (Route("search guild messages", "GET", "/guilds/{guild}/messages/search", self._search, query=QUERY),)

    def _search(self, asked: Asked) -> object:
        guild = self._access.guild(asked.parameters["guild"])
        if not self._world.content:
            raise ApiError(50001)
        if not in_guild(guild, self._world.bot, self._world.clock()) & Permission.READ_MESSAGE_HISTORY:
            raise ApiError(50013)
        if self.unindexed > 0:
            self.unindexed -= 1
            more = {"documents_indexed": 0, "retry_after": self.retry_after}
            return Answer(ApiError(110000, more=more).body(), 202)
        found = [each for each in self._readable(guild, asked) if _matches(each, asked, self._world)]
        found.sort(key=lambda message: int(message.id), reverse=asked.query.get("sort_order", "desc") == "desc")
        offset, limit = int(asked.query.get("offset", 0)), int(asked.query.get("limit", 25))
        page = found[offset : offset + limit]
        return self._shown(page) | {"doing_deep_historical_index": False, "total_results": len(found)}

    def _shown(self, page: Sequence[Message]) -> dict[str, object]:
        bot, places = self._world.bot, {message.channel for message in page}
        threads = [self._world.channels[each] for each in places if self._world.channels[each].thread]
        joined = [wire.thread_member(each, bot) for each in threads if each.thread and bot in each.thread.members]
        shown = [[self._messages.shown(each, content=True, reactions=False)] for each in page]
        return {"messages": shown, "threads": [wire.channel(self._world, each) for each in threads], "members": joined}

    def _readable(self, guild: Guild, asked: Asked) -> list[Message]:
        wanted = asked.all("channel_id")
        newest = self._world.clock() - self.lag_seconds
        return [
            message
            for channel in list(self._world.channels.values())
            if channel.guild == guild.id and (not wanted or channel.id in wanted)
            and (is_true(asked.query.get("include_nsfw")) or not channel.nsfw)
            and self._access.may(channel, "VIEW_CHANNEL", "READ_MESSAGE_HISTORY")
            for message in channel.shown
            if message.created <= newest and message.id not in self.losing
        ]  # fmt: skip


def _matches(message: Message, asked: Asked, world: World) -> bool:
    return all(test(message, asked, world) for test in (_at, _said, _by, _mentioning, _replying, _having))


def _at(message: Message, asked: Asked, _world: World) -> bool:
    after, before = int(asked.query.get("min_id", 0)), int(asked.query.get("max_id", 1 << 63))
    return after < int(message.id) < before


def _said(message: Message, asked: Asked, _world: World) -> bool:
    words = asked.query.get("content", "").lower().split()
    return all(word in message.content.lower() for word in words)


def _by(message: Message, asked: Asked, world: World) -> bool:
    authors = asked.all("author_id")
    if authors and message.author not in authors:
        return False
    kind = "webhook" if message.application else "bot" if world.users[message.author].bot else "user"
    return _fits(asked.all("author_type"), lambda wanted: kind == wanted)


def _mentioning(message: Message, asked: Asked, _world: World) -> bool:
    people, roles = asked.all("mentions"), asked.all("mentions_role_id")
    everyone = asked.query.get("mention_everyone")
    return (
        (not people or bool(set(people) & set(message.mentions)))
        and (not roles or bool(set(roles) & set(message.mention_roles)))
        and (everyone is None or is_true(everyone) == message.mention_everyone)
    )


def _replying(message: Message, asked: Asked, world: World) -> bool:
    users, ids = asked.all("replied_to_user_id"), asked.all("replied_to_message_id")
    if not users and not ids:
        return True
    replied = str((message.reference or {}).get("message_id"))
    author = world.messages[replied].author if replied in world.messages else ""
    return (not ids or replied in ids) and (not users or author in users)


def _having(message: Message, asked: Asked, world: World) -> bool:
    pinned = asked.query.get("pinned")
    is_pinned = message.id in world.channels[message.channel].pins
    return (pinned is None or is_true(pinned) == is_pinned) and _fits(asked.all("has"), lambda each: HAS[each](message))


def _fits(wanted: Sequence[str], test: Callable[[str], object]) -> bool:
    """Each of *wanted* holds; one with a minus must not."""
    return all(bool(test(each.lstrip("-"))) != each.startswith("-") for each in wanted)
