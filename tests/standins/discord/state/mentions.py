"""The mentions of a message, and whom it calls: "Message Formatting" and "Allowed Mentions Object"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.standins.discord.state.objects import Channel, Json, Message
from tests.standins.discord.state.world import World

USER, ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(everyone|here)\b")
ALL_PARSED: Json = {"parse": ["users", "roles", "everyone"]}
OF_WEBHOOKS: Json = {"parse": ["users"]}  # the default of interactions and webhooks


@dataclass(frozen=True, slots=True)
class Mentions:
    users: tuple[str, ...]
    roles: tuple[str, ...]
    everyone: bool


def mentioned(world: World, channel: Channel, author: str, text: str, allowed: Json) -> Mentions:
    """The mentions that are written in *text*, that *allowed* lets through, and that the author may make."""
    guild = world.guild_of(channel)
    calls_all = world.may(channel, author, "MENTION_EVERYONE")
    people = [user for user in _once(USER, text) if user in world.users and _lets(allowed, "users", user)]
    roles = [role for role in _once(ROLE, text) if guild and role in guild.roles and _lets(allowed, "roles", role)]
    called = [role for role in roles if guild and (calls_all or guild.roles[role].mentionable)]
    everyone = bool(EVERYONE.search(text)) and calls_all and "everyone" in (allowed.get("parse") or ())
    return Mentions(tuple(people), tuple(called), everyone)


def apply(world: World, message: Message, found: Mentions, *, calls: bool) -> None:
    """Note the mentions in a message. *calls*: people are called, as at its creation; an edit only highlights."""
    message.mentions, message.mention_roles = list(found.users), list(found.roles)
    message.mention_everyone = found.everyone
    reached = _reached(world, world.channels[message.channel], found) - {message.author}
    message.highlighted |= reached
    if calls:
        message.pinged |= reached


def _reached(world: World, channel: Channel, found: Mentions) -> set[str]:
    guild = world.guild_of(channel)
    reached = set(found.users)
    if guild is None:
        return reached | (set(channel.recipients) if found.everyone else set())
    for member in guild.members.values():
        if found.everyone or member.roles & set(found.roles):
            reached.add(member.user)
    return reached


def _lets(allowed: Json, kind: str, wanted: str) -> bool:
    return kind in (allowed.get("parse") or ()) or wanted in map(str, allowed.get(kind) or ())


def _once(pattern: re.Pattern[str], text: str) -> list[str]:
    return list(dict.fromkeys(pattern.findall(text)))
