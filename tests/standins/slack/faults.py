"""What goes wrong in the Slack stand-in on purpose, and the record of every call. Knows nothing of bot/."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RateLimited:
    """429; nothing is performed. *retry_after* in seconds; None: no header."""

    retry_after: int | None = 1


@dataclass(frozen=True, slots=True)
class ServerError:
    """A 5xx; the call is performed first if *performed*. *html*: the body is a page, as proxies send it."""

    status: int = 503
    html: bool = False
    performed: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection breaks before an answer comes; the call is performed first unless *performed* is False."""

    performed: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """ok: false with *code*."""

    code: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something that is not Slack answers: *body* of *content_type*; nothing is performed."""

    status: int = 200
    body: str = "<html><body>It works!</body></html>"
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class Leaner:
    """The call is performed, and its answer lacks the fields *without*."""

    without: tuple[str, ...]


Fault = RateLimited | ServerError | Lost | Refused | Stranger | Leaner


@dataclass(slots=True)
class Gate:
    """Calls of a method wait here, *waiting* of them, until it is opened. *reached* is set when the first arrives."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        self._open.set()

    async def passed(self) -> None:
        self.reached.set()
        self.waiting += 1
        try:
            await self._open.wait()
        finally:
            self.waiting -= 1


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    arguments: dict[str, Any]
    status: int
    answer: dict[str, Any]  # empty when there was none
    at: float  # time.time(), when it came in

    @property
    def ok(self) -> bool:
        return bool(self.answer.get("ok"))


class Faults:
    """The faults to come, per method, in their order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._queued: dict[str, deque[Fault]] = defaultdict(deque)
        self._gates: dict[str, Gate] = {}

    def add(self, method: str, fault: Fault, times: int = 1) -> None:
        self._queued[method].extend([fault] * times)

    def forget(self, method: str) -> None:
        """No fault of *method* is left to come."""
        self._queued[method].clear()

    def hold(self, method: str) -> Gate:
        """Let every call of *method* wait, before it does anything, until the gate is opened."""
        gate = self._gates[method] = Gate()
        return gate

    def release(self, method: str) -> None:
        """Let further calls of *method* pass; those that wait already wait on."""
        del self._gates[method]

    def next(self, method: str) -> Fault | None:
        queue = self._queued[method]
        return queue.popleft() if queue else None

    async def gate(self, method: str) -> None:
        if method in self._gates:
            await self._gates[method].passed()

    def note(self, method: str, arguments: dict[str, Any], status: int, answer: dict[str, Any], at: float) -> None:
        self.calls.append(Call(method, arguments, status, answer, at))

    def of(self, method: str, where: Callable[[Call], bool] = lambda _: True) -> list[Call]:
        return [call for call in self.calls if call.method == method and where(call)]


def now() -> float:
    return time.time()
