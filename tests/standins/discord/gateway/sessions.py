"""Sessions of the gateway: what each is sent, numbered and kept, so that it can be resumed."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from tests.standins.discord.state.objects import Guild, Json
from tests.standins.slack.workspace import Clock

KEPT = 5000  # events that a session keeps for a resume


class Carrier(Protocol):
    """A connection, as far as its session knows it."""

    def send(self, payload: Json) -> None: ...

    def close_soon(self, code: int) -> None: ...


@dataclass(slots=True)
class Session:
    clock: Clock
    intents: int
    shard: tuple[int, int] | None
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    seq: int = 0
    kept: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))
    carrier: Carrier | None = None
    left_at: float | None = None  # when its connection went; None while there is one
    held: list[tuple[str, Json]] | None = None  # events that wait to be sent in another order

    def serves(self, guild: Guild | None) -> bool:
        """Events without a guild go to the first shard only."""
        number, count = self.shard or (0, 1)
        return number == (guild.shard(count) if guild else 0)

    def dispatch(self, event: str, body: Json) -> None:
        if self.held is not None:
            self.held.append((event, body))
            return
        self.seq += 1
        payload: Json = {"op": 0, "t": event, "s": self.seq, "d": body}
        self.kept.append(payload)
        if self.carrier:
            self.carrier.send(payload)

    def hold(self) -> None:
        self.held = self.held or []

    def release(self, *, backwards: bool) -> None:
        held, self.held = self.held or [], None
        for event, body in reversed(held) if backwards else held:
            self.dispatch(event, body)

    def missed(self, seq: int) -> list[Json] | None:
        """The events after *seq*; None when they are no longer known."""
        missed = [payload for payload in self.kept if payload["s"] > seq]
        return missed if len(missed) == self.seq - seq else None


class Sessions:
    """Those that are connected or can still be resumed. *resume_seconds*: for how long after a connection went."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.resume_seconds = 120.0  # "after a few minutes" for a session whose connection simply went
        self._sessions: dict[str, Session] = {}

    def open(self, intents: int, shard: tuple[int, int] | None) -> Session:
        session = Session(self._clock, intents, shard)
        self._sessions[session.id] = session
        return session

    def find(self, session_id: str) -> Session | None:
        self._forget_old()
        return self._sessions.get(session_id)

    def all(self) -> list[Session]:
        self._forget_old()
        return list(self._sessions.values())

    def forget(self, session: Session) -> None:
        self._sessions.pop(session.id, None)

    def clear(self) -> None:
        self._sessions.clear()

    def _forget_old(self) -> None:
        oldest = self._clock() - self.resume_seconds
        for session in list(self._sessions.values()):
            if session.left_at is not None and session.left_at < oldest:
                self.forget(session)
