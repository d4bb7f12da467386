"""
Rate limits of the Slack stand-in. Off until they are switched on. Knows nothing of bot/.

The rules, per method, as one app meets them in one workspace:

- A method of a tier admits as many calls as its tier says (tier 2: 20, tier 3: 50, tier 4: 100) in any sliding minute.
- chat.postMessage admits one call a second per channel, with a burst of 5: it saves up at most five.
- Methods that Slack calls special otherwise, and those that are not listed here, are not limited.
- A call beyond that is answered 429, with Retry-After: whole seconds until it would be admitted if nobody else called
  meanwhile, at least 1. It is not performed and does not count against later ones.

Slack promises at least this much and often takes more; who keeps to it is safe there.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable

from tests.standins.slack.workspace import Json

WINDOW = 60.0  # seconds
TIERS = {2: 20, 3: 50, 4: 100}  # calls a minute
POSTS_A_SECOND, POST_BURST = 1.0, 5

TIER_OF = {
    "agents.sessions.rename": 3,
    "agents.sessions.setStatus": 3,
    "apps.connections.open": 3,
    "assistant.threads.setSuggestedPrompts": 4,
    "assistant.threads.setTitle": 4,
    "bots.info": 3,
    "chat.appendStream": 4,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "chat.startStream": 2,
    "chat.stopStream": 2,
    "chat.update": 3,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.replies": 3,
    "files.completeUploadExternal": 4,
    "files.delete": 3,
    "files.getUploadURLExternal": 4,
    "files.info": 4,
    "reactions.add": 3,
    "reactions.remove": 2,
    "usergroups.list": 2,
    "users.conversations": 3,
    "users.info": 4,
    "views.open": 4,
    "views.publish": 4,
    "views.update": 4,
}


class SlidingMinute:
    """Admits *limit* calls in any 60 seconds."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._admitted: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until a call is admitted; 0: it is, and counts."""
        while self._admitted and self._admitted[0] <= now - WINDOW:
            self._admitted.popleft()
        if len(self._admitted) >= self._limit:
            return self._admitted[0] + WINDOW - now
        self._admitted.append(now)
        return 0.0


class Bucket:
    """Admits *a_second* calls a second, and up to *burst* that were saved up."""

    def __init__(self, a_second: float, burst: int) -> None:
        self._rate, self._burst = a_second, float(burst)
        self._saved, self._seen = float(burst), 0.0

    def wait(self, now: float) -> float:
        """Seconds until a call is admitted; 0: it is, and counts."""
        self._saved = min(self._burst, self._saved + (now - self._seen) * self._rate)
        self._seen = now
        if self._saved < 1:
            return (1 - self._saved) / self._rate
        self._saved -= 1
        return 0.0


class Tiers:
    """*enforced*: whether calls are refused. *calls* and *refused* count all and the 429s, by method, while it is."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.enforced = False
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._minutes = {method: SlidingMinute(TIERS[tier]) for method, tier in TIER_OF.items()}
        self._channels: defaultdict[object, Bucket] = defaultdict(lambda: Bucket(POSTS_A_SECOND, POST_BURST))

    def retry_after(self, method: str, arguments: Json) -> int | None:
        """What a call is told to wait, in seconds; None: it is admitted."""
        if not self.enforced:
            return None
        self.calls[method] += 1
        seconds = self._wait(method, arguments)
        if seconds <= 0:
            return None
        self.refused[method] += 1
        return max(1, math.ceil(seconds))

    def share_refused(self, *methods: str) -> float:
        """The share of calls that were answered 429; of all methods, or of these."""
        named = methods or tuple(self.calls)
        calls = sum(self.calls[method] for method in named)
        return sum(self.refused[method] for method in named) / calls if calls else 0.0

    def _wait(self, method: str, arguments: Json) -> float:
        if method == "chat.postMessage":
            return self._channels[arguments.get("channel")].wait(self._clock())
        minute = self._minutes.get(method)
        return 0.0 if minute is None else minute.wait(self._clock())
