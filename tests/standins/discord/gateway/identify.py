"""The gateway checks an IDENTIFY: its token, its intents, its shard, and how many come in a time."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.standins.discord.gateway.intents import KNOWN, Intent
from tests.standins.discord.state.objects import Json
from tests.standins.discord.state.world import World

WINDOW_SECONDS = 5.0
DAY_SECONDS = 86_400.0


@dataclass(slots=True)
class StartLimit:
    """ "Session Start Limit Object", and the guilds that one shard can have."""

    total: int = 1000
    max_concurrency: int = 1
    shards: int = 1  # that are recommended
    guilds_a_shard: int = 2500
    enforced: bool = True
    used: int = 0
    began: float | None = None  # of the day that *used* counts for
    _last: dict[int, float] = field(default_factory=dict)  # by the key of a shard

    def shown(self, now: float) -> Json:
        began = self._day(now)
        left = int((began + DAY_SECONDS - now) * 1000) if self.began is not None else 0
        remaining = max(0, self.total - self.used)
        limit = {"total": self.total, "remaining": remaining, "max_concurrency": self.max_concurrency}
        return limit | {"reset_after": left}

    def admits(self, shard: int, now: float) -> bool:
        """Whether this IDENTIFY comes within the concurrency; it counts for the day in any case."""
        self.began = self._day(now)
        self.used += 1
        key = shard % self.max_concurrency
        last, self._last[key] = self._last.get(key), now
        return not self.enforced or last is None or now - last >= WINDOW_SECONDS

    def exceeded(self) -> bool:
        return self.used > self.total

    def _day(self, now: float) -> float:
        if self.began is None or now - self.began >= DAY_SECONDS:
            self.used = 0
            return now
        return self.began


def malformed(body: object) -> str | None:
    """In which way an IDENTIFY is not what "Identify Structure" describes."""
    if not isinstance(body, dict):
        return "d is no object"
    if not isinstance(body.get("token"), str):
        return "no token"
    if not isinstance(body.get("intents"), int):
        return "no intents"
    properties = body.get("properties")
    if not isinstance(properties, dict) or not {"os", "browser", "device"} <= {
        str(key).lstrip("$") for key in properties
    }:
        return "properties lack os, browser or device"
    return None


def close_code(world: World, limit: StartLimit, body: Json) -> int | None:
    """With what a well-formed IDENTIFY is refused; None when it is not."""
    if body["token"] != world.token:
        return 4004
    intents, shard = body["intents"], body.get("shard", [0, 1])
    if intents < 0 or intents & ~KNOWN:
        return 4013
    if intents & ~_allowed(world):
        return 4014
    if not _is_shard(shard):
        return 4010
    served = [guild for guild in world.bot_guilds() if guild.shard(shard[1]) == shard[0]]
    return 4011 if len(served) > limit.guilds_a_shard else None


def _allowed(world: World) -> int:
    """The privileged intents are those that are switched on in the portal."""
    allowed = KNOWN
    switches = {
        Intent.MESSAGE_CONTENT: world.content,
        Intent.GUILD_MEMBERS: world.members_intent,
        Intent.GUILD_PRESENCES: world.presences_intent,
    }
    for intent, on in switches.items():
        if not on:
            allowed &= ~intent
    return allowed


def _is_shard(shard: object) -> bool:
    if not isinstance(shard, list) or len(shard) != 2 or not all(isinstance(each, int) for each in shard):
        return False
    return bool(0 <= shard[0] < shard[1])
