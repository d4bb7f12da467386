"""Which event needs which intent: "List of Intents" in Discord's page "Gateway"."""

from __future__ import annotations

from enum import IntFlag


class Intent(IntFlag):
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_INTEGRATIONS = 1 << 4
    GUILD_WEBHOOKS = 1 << 5
    GUILD_INVITES = 1 << 6
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    GUILD_SCHEDULED_EVENTS = 1 << 16
    AUTO_MODERATION_CONFIGURATION = 1 << 20
    AUTO_MODERATION_EXECUTION = 1 << 21
    GUILD_MESSAGE_POLLS = 1 << 24
    DIRECT_MESSAGE_POLLS = 1 << 25


KNOWN = sum(Intent)
IN_GUILDS = {
    "MESSAGE_REACTION": Intent.GUILD_MESSAGE_REACTIONS,
    "MESSAGE_POLL": Intent.GUILD_MESSAGE_POLLS,
    "MESSAGE": Intent.GUILD_MESSAGES,
    "TYPING": Intent.GUILD_MESSAGE_TYPING,
    "CHANNEL": Intent.GUILDS,
    "THREAD": Intent.GUILDS,
    "GUILD_ROLE": Intent.GUILDS,
    "GUILD_MEMBER": Intent.GUILD_MEMBERS,
    "GUILD": Intent.GUILDS,
}  # by the beginning of an event's name, the first that fits
IN_DIRECT = {
    "MESSAGE_REACTION": Intent.DIRECT_MESSAGE_REACTIONS,
    "MESSAGE_POLL": Intent.DIRECT_MESSAGE_POLLS,
    "MESSAGE": Intent.DIRECT_MESSAGES,
    "TYPING": Intent.DIRECT_MESSAGE_TYPING,
    "CHANNEL_PINS": Intent.DIRECT_MESSAGES,
}


def needed(event: str, *, direct: bool) -> int:
    """The intent that a session must have for *event*; 0 for one that is always sent."""
    table = IN_DIRECT if direct else IN_GUILDS
    return next((intent for name, intent in table.items() if event.startswith(name)), Intent(0))
