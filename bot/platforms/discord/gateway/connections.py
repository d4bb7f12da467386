"""
The connections of this process: one for each shard that it holds by lease, of all that processes share.

A lease is renewed every few seconds. Who cannot renew it closes the connection before it ends, so that no two processes
are connected for the same guilds. Who holds what is decided in shards.py.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from uuid import uuid4

from bot.core.errors import LedgerError, PlatformError
from bot.platforms.common.chores import started
from bot.platforms.common.leases import Lease, Leases
from bot.platforms.discord.gateway.connection import SHARDING_REQUIRED, Connection, Patience
from bot.platforms.discord.gateway.shards import Process, Shard, Share, share, willing
from bot.platforms.discord.gateway.starts import Starts
from bot.platforms.discord.incoming.events import PLATFORM

logger = logging.getLogger(__name__)

MARGIN = 0.2  # of a lease, for closing a connection before its end
SETTLED = 2.0  # leases that a process has to be there for before others give it any of theirs
EARLY_SECONDS = 1.0  # before another session may start: until then we connect, and wait for the moment
STARTING_SECONDS = 5.0  # from opening a connection, for which the next one of its kind waits for its start
AFTER_SECONDS = 0.02  # the end of a lease of another process, when it is gone
WHILE_FREE = 0.25  # of the time between two renewals, while shards are held by nobody
LEAVE_SECONDS = 3.0

Connect = Callable[[Shard], Connection]
Serve = Callable[[Connection], Awaitable[None]]
"""Keeps a connection until it is cancelled; raises PlatformError when that is pointless."""


class Connections:
    """*shards*: how many connections this process asks for; None for as many as Discord recommends."""

    def __init__(
        self, connect: Connect, starts: Starts, leases: Leases, patience: Patience, shards: int | None = 1
    ) -> None:
        self._connect, self._starts, self._leases, self._patience = connect, starts, leases, patience
        self._owner, self._shards = uuid4().hex, shards
        self._wanted = shards or 1
        self._open: dict[Shard, tuple[Connection, asyncio.Task[None]]] = {}
        self._ending: set[Shard] = set()  # of these
        self._ends_at = float("-inf")  # what we hold, as we see it
        self._whole = False
        self._next_end = float("inf")  # of what others hold, unless they renew it
        self._since: dict[str, float] = {}  # when we first saw each process
        self._failing = False
        self._connected_at: dict[Shard, float] = {}  # last
        self._rests_until = float("-inf")

    @property
    def connected(self) -> bool:
        """Whether all that we hold are, and others hold the rest, as far as others are there."""
        some = self._whole or (self._open and self._leases.shared)
        if not some or time.monotonic() >= self._ends_at:
            return False
        return all(connection.connected for connection, _ in self._open.values())

    async def serve(self, serve: Serve) -> None:
        """Until cancelled. Raises PlatformError when to try on is pointless."""
        try:
            await self._ask_for_shards()
            while True:
                await self._renew(serve)
                await self._wait()
                await self._reap()
        finally:
            await asyncio.shield(asyncio.ensure_future(self._leave()))

    async def _ask_for_shards(self) -> None:
        """And how many may start at a time. The only connection asks for that itself."""
        if self._shards != 1:
            await started(PLATFORM, self._starts.address)
        if self._shards is None:
            self._wanted = self._starts.recommended
            logger.info("discord: %d shards are recommended", self._wanted)

    # Our connections

    async def _renew(self, serve: Serve) -> None:
        began, chosen = time.monotonic(), Share(frozenset())
        self._next_end = float("inf")  # unless we are told

        def choose(leases: Mapping[str, Lease]) -> Collection[str]:
            nonlocal chosen
            held = self._seen(leases)
            us = self._process(held)
            chosen = share(held, us, alone=not self._leases.shared)
            return chosen.leases(us)

        holding = asyncio.ensure_future(self._leases.hold(PLATFORM, self._owner, self._patience.lease, choose))
        try:
            while not holding.done():
                await asyncio.wait([holding], timeout=self._left())
                self._close_what_is_over()
        finally:
            await asyncio.wait([holding], timeout=LEAVE_SECONDS)
            holding.cancel()  # does nothing once it is done
            [held] = await asyncio.gather(holding, return_exceptions=True)
        if isinstance(held, LedgerError):
            self._note_failure(held)
        elif isinstance(held, BaseException):
            raise held
        else:
            seconds = (1 - MARGIN) * self._patience.lease if self._leases.shared else float("inf")
            self._ends_at, self._failing = began + seconds, False
            if self._leases.shared and chosen.whole and not self._whole and not chosen.shards:
                logger.info("discord: other processes are connected, this one stands by")
            self._whole = chosen.whole
            self._follow({each for each in chosen.shards if str(each) in held} - chosen.unwanted, serve)

    def _seen(self, leases: Mapping[str, Lease]) -> Mapping[str, str]:
        """The owners of *leases*, by their names. A start counts until another one may be prepared."""
        now = time.monotonic()
        ends = [left for owner, left in leases.values() if owner not in ("", self._owner)]
        self._next_end = now + min(ends, default=float("inf"))
        held = {name: owner for name, (owner, left) in leases.items() if owner or left > EARLY_SECONDS}
        starting = [
            shard
            for shard, (connection, _) in self._open.items()
            if not connection.connected and now - self._connected_at[shard] < STARTING_SECONDS
        ]
        return held | {shard.start(self._starts.concurrency): "" for shard in starting}

    def _left(self) -> float | None:
        """Seconds until what we have open is to be closed; None where nothing is."""
        if not self._open.keys() - self._ending or self._ends_at == float("inf"):
            return None
        return max(0.0, self._ends_at - time.monotonic())

    def _close_what_is_over(self) -> None:
        """Of what ends nobody is waited for: to store what has come may take long."""
        if time.monotonic() >= self._ends_at:
            for shard in self._open.keys() - self._ending:
                self._end(shard, "not held any more")

    def _process(self, held: Mapping[str, str]) -> Process:
        now = time.monotonic()
        self._since = {owner: self._since.get(owner, now) for owner in held.values()}
        long_ago = now - SETTLED * self._patience.lease
        if self._is_cut_off(now) and any(owner != self._owner for owner in willing(held)):
            logger.warning("discord: there is no connection for long, other processes may try")
            self._rests_until = now + self._patience.give_up
        return Process(
            self._owner,
            0 if now < self._rests_until else self._wanted,
            serving=frozenset(self._open.keys() - self._ending),
            ending=frozenset(self._ending),
            concurrency=self._starts.concurrency,
            settled=frozenset(owner for owner, since in self._since.items() if since <= long_ago),
        )

    def _is_cut_off(self, now: float) -> bool:
        """Whether something that we hold has not been connected for long."""
        for shard, (connection, _) in self._open.items():
            if connection.connected:
                self._connected_at[shard] = now
        longest_ago = now - self._patience.give_up
        return any(self._connected_at[shard] < longest_ago for shard in self._open.keys() - self._ending)

    def _note_failure(self, error: LedgerError) -> None:
        if not self._failing:
            logger.warning("discord: the database cannot be used to hold the connection: %s", error)
        self._failing = True

    # Conclusions

    def _follow(self, shards: set[Shard], serve: Serve) -> None:
        for shard in self._open.keys() - self._ending - shards:
            self._end(shard, "let go of")
        for shard in sorted(shards - self._open.keys()):
            connection = self._connect(shard)
            self._open[shard] = connection, asyncio.ensure_future(serve(connection))
            self._connected_at[shard] = time.monotonic()
            if self._leases.shared:
                logger.info("discord: %s is held by this process", shard)

    def _end(self, shard: Shard, why: str) -> None:
        if self._leases.shared:
            logger.info("discord: %s is %s by this process", shard, why)
        self._ending.add(shard)
        self._open[shard][1].cancel()

    async def _wait(self) -> None:
        """Until it is time to renew, or a connection has ended."""
        left = self._left()
        # While shards are free, the next one may be taken as soon as another session may start.
        renew = self._patience.renew if self._whole else self._patience.renew * WHILE_FREE
        # What a dead process had is taken as soon as it is free.
        until_free = max(0.0, self._next_end - time.monotonic()) + AFTER_SECONDS
        seconds = min(renew, until_free, float("inf") if left is None else left)
        tasks = [task for _, task in self._open.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)
        self._close_what_is_over()

    async def _reap(self) -> None:
        """Raises the PlatformError with which a connection has ended."""
        for shard, (_, task) in list(self._open.items()):
            if not task.done():
                continue
            del self._open[shard]
            ended = shard in self._ending
            self._ending.discard(shard)
            if not (ended and task.cancelled()):
                await self._mend(task)

    async def _mend(self, task: asyncio.Task[None]) -> None:
        try:
            task.result()
        except PlatformError as error:
            before = self._wanted
            if error.code != SHARDING_REQUIRED or self._shards is not None:
                raise
            await self._ask_for_shards()
            if self._wanted <= before:
                raise

    async def _leave(self) -> None:
        """Close all, then let go of it: who waits for it need not wait for its end."""
        tasks = [task for _, task in self._open.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._open.clear()
        self._ends_at = float("-inf")
        with suppress(LedgerError, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._leases.hold(PLATFORM, self._owner, self._patience.lease, lambda _held: ())
