"""
What the Slack stand-in sends an app, and how it got there.

How one attempt is made is in socket.py and http.py. Knows nothing of bot/.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.standins.slack.workspace import Json

Kind = Literal["events_api", "interactive", "slash_commands"]
"""Only events are sent again: who presses a button or types a command sees that it failed, and may do it again."""

MAX_RETRIES = 3
REAL_SCHEDULE = (3.0, 60.0, 300.0)  # seconds until each retry, as Slack does it: after 3 s, 1 min, 5 min
IN_TIME = 3.0  # seconds until an acknowledgement is late


@dataclass(slots=True)
class Delivery:
    """One payload on its way to the app; an attempt is one envelope, or one request."""

    payload: Json
    kind: Kind = "events_api"
    envelope_ids: list[str] = field(default_factory=list)
    sent_at: list[float] = field(default_factory=list)  # time.time(), per attempt that reached the app
    attempts: int = 0
    reason: str = ""  # of the retry
    given_up: bool = False  # the app asked for no retries
    acknowledged_at: float | None = None
    response: Json | None = None  # what the acknowledgement carried
    answered: Callable[[Json | None], None] | None = None  # told of the acknowledgement that came in time

    @property
    def acknowledged(self) -> bool:
        return self.acknowledged_at is not None

    @property
    def in_time(self) -> bool:
        """Whether it was acknowledged within 3 s of the attempt before it; who acted sees a failure otherwise."""
        if self.acknowledged_at is None or not self.sent_at:
            return False
        return self.acknowledged_at - max(sent for sent in self.sent_at if sent <= self.acknowledged_at) <= IN_TIME

    @property
    def event(self) -> Json:
        event: Json = self.payload.get("event", {})
        return event

    def acknowledge(self, at: float, response: Json | None) -> None:
        """The first acknowledgement counts."""
        if self.acknowledged:
            return
        self.acknowledged_at, self.response = at, response
        if self.answered is not None and self.in_time:
            self.answered(response)


class Carrier(ABC):
    """
    Sends events until one attempt is acknowledged, anything else once.

    Retries happen when redeliver() is called, or by themselves after the seconds of *schedule*.
    """

    def __init__(self, schedule: Sequence[float]) -> None:
        self._schedule = schedule
        self._tasks: set[asyncio.Task[None]] = set()
        self.deliveries: list[Delivery] = []

    async def deliver(
        self, payload: Json, kind: Kind = "events_api", answered: Callable[[Json | None], None] | None = None
    ) -> Delivery:
        """*answered* is told of an acknowledgement in time, and what it carried."""
        delivery = Delivery(payload, kind, answered=answered)
        self.deliveries.append(delivery)
        await self._send(delivery)
        if self._schedule and kind == "events_api":
            self._begin(self._retry_on_time(delivery))
        return delivery

    async def redeliver(self, *, everything: bool = False) -> list[Delivery]:
        """
        Send events that were not acknowledged once more, at most MAX_RETRIES times each. Returns what was sent.

        *everything*: what was acknowledged too, as happens when the acknowledgement is lost.
        """
        events = [each for each in self.deliveries if each.kind == "events_api" and not each.given_up]
        due = [d for d in events if (everything or not d.acknowledged) and d.attempts <= MAX_RETRIES]
        for delivery in due:
            await self._send(delivery)
        return due

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @abstractmethod
    async def _send(self, delivery: Delivery) -> None:
        """One more attempt."""

    async def _retry_on_time(self, delivery: Delivery) -> None:
        for seconds in self._schedule:
            await asyncio.sleep(seconds)
            if delivery.acknowledged or delivery.given_up:
                return
            await self._send(delivery)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
