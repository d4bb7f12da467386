"""Rate limits of the Discord stand-in: buckets, the global limit, and the ban of those who make too many errors."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from dataclasses import dataclass, field

from tests.standins.slack.workspace import Clock

INVALID = (401, 403, 429)
BAN_SECONDS = 600.0


@dataclass(slots=True)
class Bucket:
    """*used* requests of *limit* since the window began, which ends at *resets*."""

    limit: int
    seconds: float
    name: str
    used: int = 0
    resets: float = 0.0

    def admits(self, now: float) -> bool:
        if now >= self.resets:
            self.used, self.resets = 0, now + self.seconds
        if self.used >= self.limit:
            return False
        self.used += 1
        return True

    def headers(self, now: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": f"{self.resets:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, self.resets - now):.3f}",
            "X-RateLimit-Bucket": self.name,
        }


@dataclass(frozen=True, slots=True)
class Excess:
    """A 429 that is due. *bucket* is that of the route, also where another limit refused."""

    retry_after: float
    scope: str
    bucket: Bucket | None = None

    def headers(self, now: float) -> dict[str, str]:
        own = {"Retry-After": str(math.ceil(self.retry_after)), "X-RateLimit-Scope": self.scope, "Via": "1.1 google"}
        if self.scope == "global":
            return own | {"X-RateLimit-Global": "true"}
        return own | (self.bucket.headers(now) if self.bucket else {})


@dataclass(slots=True)
class Limits:
    """
    *enforced*: False lets everything pass, and buckets are not told of. *invalid_allowed*: requests that end in 401,
    403 or 429, within ten minutes; those of a shared limit do not count.
    """

    clock: Clock
    enforced: bool = True
    global_a_second: int = 50
    invalid_allowed: int = 10_000
    refused: dict[str, int] = field(default_factory=dict)  # 429s by the names of requests
    invalid: deque[float] = field(default_factory=deque)
    banned_until: float = 0.0
    _custom: dict[str, tuple[int, float]] = field(default_factory=dict)
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    _global: deque[float] = field(default_factory=deque)

    def set(self, name: str, limit: int, seconds: float) -> None:
        """Another limit for the bucket that requests of this name share."""
        self._custom[name] = (limit, seconds)
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if key[0] != name}

    def bucket(self, name: str, major: str, usual: tuple[int, float]) -> Bucket:
        """Two routes of one name share it; *major* is the channel, guild or webhook of the path."""
        if (name, major) not in self._buckets:
            limit, seconds = self._custom.get(name, usual)
            self._buckets[name, major] = Bucket(limit, seconds, hashlib.sha256(name.encode()).hexdigest()[:32])
        return self._buckets[name, major]

    def exceeded(self, bucket: Bucket, *, counts_globally: bool) -> Excess | None:
        """Count a request, or say why it is refused."""
        if not self.enforced:
            return None
        now = self.clock()
        while self._global and self._global[0] <= now - 1.0:
            self._global.popleft()
        if counts_globally and len(self._global) >= self.global_a_second:
            oldest = self._global[0] if self._global else now
            return Excess(max(0.001, oldest + 1.0 - now), "global", bucket)
        if not bucket.admits(now):
            return Excess(max(0.001, bucket.resets - now), "user", bucket)
        if counts_globally:
            self._global.append(now)
        return None

    def note(self, status: int, *, shared: bool) -> None:
        if status not in INVALID or shared:
            return
        now = self.clock()
        self.invalid.append(now)
        while self.invalid and self.invalid[0] < now - BAN_SECONDS:
            self.invalid.popleft()
        if len(self.invalid) >= self.invalid_allowed:
            self.banned_until = now + BAN_SECONDS

    def banned(self) -> float:
        """For how many seconds Cloudflare still turns this address away."""
        return max(0.0, self.banned_until - self.clock())
