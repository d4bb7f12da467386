"""
What the Slack stand-in sends an app, and how it got there.

How it is sent is in slack_socket.py and slack_http.py. Knows nothing of bot/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.standins.slack_workspace import Json

Kind = Literal["events_api", "interactive", "slash_commands"]
"""Only events are sent again: who presses a button or types a command sees that it failed, and may do it again."""

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
