"""
Which shards a process serves, of all that processes on one database share. Pure: who holds what is in the leases.

Each process has a lease that says that it is there and how many shards it asks for; each shard is a lease, and so is
the time that has to pass between two sessions' starts. The largest number that anybody asks for holds for all, and
nobody takes a shard of it before the last one of another number is let go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.platforms.discord.places import DIRECT
from bot.platforms.discord.places.payloads import snowflake

_SHARD = re.compile(r"shard (\d+)/(\d+)")
_PROCESS = re.compile(r"process \S+ (\d+)")
TOO_UNEVEN = 2  # shards that one process has more than another one: it gives one up


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """One of *count* connections that share all guilds; *number* from 0."""

    number: int = 0
    count: int = 1

    def __str__(self) -> str:
        return f"shard {self.number}/{self.count}"

    def serves(self, guild: str) -> bool:
        """*guild*: an id; empty or DIRECT for direct messages. Source: Discord, "Sharding"."""
        id_ = 0 if guild in ("", DIRECT) else snowflake(guild) or 0
        return (id_ >> 22) % self.count == self.number

    def start(self, concurrency: int) -> str:
        """The lease that has to pass before its session may start. Source: Discord, "Max Concurrency"."""
        return f"start {self.number % concurrency}"


ONLY = Shard()


@dataclass(frozen=True, slots=True)
class Process:
    """
    One that asks for so many *shards* and serves some; those that are *ending* it has closed, or is about to. One that
    cannot reach Discord asks for none.

    *concurrency*: of starts of sessions, as Discord tells it. *settled*: owners that have been there for long.
    """

    owner: str
    shards: int
    serving: frozenset[Shard] = frozenset()
    ending: frozenset[Shard] = frozenset()
    concurrency: int = 1
    settled: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"process {self.owner} {self.shards}"


@dataclass(frozen=True, slots=True)
class Share:
    """*shards* are to be held; of these those *unwanted* are to be closed. *whole*: nobody has to take any more."""

    shards: frozenset[Shard]
    unwanted: frozenset[Shard] = frozenset()
    whole: bool = True

    def leases(self, process: Process) -> Collection[str]:
        return [process.name, *map(str, self.shards)]


def share(held: Mapping[str, str], us: Process, *, alone: bool = False) -> Share:
    """
    What *us* is to hold where all leases are *held*, name → owner.

    Who has least takes what is free, as far as sessions may start now. A process that has just come only says so: who
    starts together shares at once. *alone*: there are no other processes.
    """
    owners = {shard: owner for name, owner in held.items() if (shard := shard_of(name))}
    asked = {owner: int(found[1]) for name, owner in held.items() if (found := _PROCESS.fullmatch(name))}
    others = {shard for shard, owner in owners.items() if owner != us.owner}
    loads = {owner: list(owners.values()).count(owner) for owner in willing(held) if owner != us.owner}
    count = max([us.shards, 1, *asked.values(), *(shard.count for shard in others)])
    kept = {each for each in us.serving if owners.get(each, us.owner) == us.owner}
    mine = kept | {each for each in us.ending if owners.get(each) == us.owner}
    free = [each for number in range(count) if (each := Shard(number, count)) not in others | mine]
    is_new = not (alone or count == 1 or us.owner in asked)
    if us.shards and not is_new and all(each.count == count for each in others | mine):
        mine |= _taken(free, us, held, min(loads.values(), default=count) - len(mine))
    unwanted = {each for each in kept if each.count != count or not us.shards}
    settled = [load for owner, load in loads.items() if owner in us.settled]
    if not free and not unwanted and settled and len(kept) - min(settled) >= TOO_UNEVEN:
        unwanted = {max(kept)}
    return Share(frozenset(mine), frozenset(unwanted), whole=mine.issuperset(free))


def willing(held: Mapping[str, str]) -> Collection[str]:
    """The processes that are there and can reach Discord, by their owners."""
    return [owner for name, owner in held.items() if (found := _PROCESS.fullmatch(name)) and int(found[1])]


def _taken(free: Iterable[Shard], us: Process, held: Collection[str], lead: int) -> set[Shard]:
    """Of those that are *free*; whoever has least is *lead* shards ahead of us."""
    taken: dict[str, Shard] = {}
    for each in free:
        start = each.start(us.concurrency)
        if start not in held and start not in taken and len(taken) <= lead:
            taken[start] = each
    return set(taken.values())


def shard_of(name: str) -> Shard | None:
    found = _SHARD.fullmatch(name)
    return Shard(int(found[1]), int(found[2])) if found else None


# How far all is stored


def stored_under(shard: Shard) -> str:
    """Where its watermark is kept; that of the only shard where it always was."""
    return "" if shard.count == 1 else str(shard)


def stored_until(watermarks: Mapping[str, int]) -> int | None:
    """
    Until when all is stored whatever a shard serves, of *watermarks* by where they are kept; None when nobody knows.

    Another number of shards cuts the guilds in another way. Of each number that was in use all shards have to be known:
    the one that is furthest behind says how far all of them are.
    """
    of_counts: dict[int, dict[int, int]] = {}
    for kept, position in watermarks.items():
        shard = shard_of(kept) if kept else ONLY
        if shard is not None:
            of_counts.setdefault(shard.count, {})[shard.number] = position
    return max((min(known.values()) for count, known in of_counts.items() if len(known) == count), default=None)
