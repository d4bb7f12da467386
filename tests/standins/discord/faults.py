"""Faults that tests and the chaos harness order from the API, and the record of every request."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.standins.discord.state.objects import Json
from tests.standins.slack.faults import Gate

ANY = "*"  # the name under which a fault or a gate meets requests of every kind


@dataclass(frozen=True, slots=True)
class RateLimited:
    """429; nothing is performed. *code*: such as 30046, for limits that have one. *via*: with the header of a proxy."""

    retry_after: float = 0.1  # seconds
    scope: Literal["user", "global", "shared"] = "user"
    code: int | None = None
    via: bool = True


@dataclass(frozen=True, slots=True)
class ServerError:
    """A 5xx; the request is performed first if *performed*. *html*: the body is a page, as a proxy sends it."""

    status: int = 503
    html: bool = False
    performed: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection breaks before an answer comes; the request is performed first unless *performed* is False."""

    performed: bool = True


@dataclass(frozen=True, slots=True)
class Hung:
    """No answer ever comes, and the connection stays open; the request is performed first if *performed*."""

    performed: bool = False


@dataclass(frozen=True, slots=True)
class Delayed:
    """The answer comes late; the request is performed at once."""

    seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class Refused:
    """An error of Discord's: a JSON error code."""

    status: int = 403
    code: int = 50013
    message: str = "Missing Permissions"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something that is not Discord answers, such as a proxy's login page; nothing is performed."""

    status: int = 200
    body: str = "<html><body>It works!</body></html>"
    content_type: str = "text/html"


Fault = RateLimited | ServerError | Lost | Hung | Delayed | Refused | Stranger
KINDS: dict[str, type[Fault]] = {
    each.__name__: each for each in (RateLimited, ServerError, Lost, Hung, Delayed, Refused, Stranger)
}


@dataclass(slots=True)
class Call:
    """One request. *name* is that of Discord's page, in small letters: "create message"."""

    name: str
    method: str
    path: str
    at: float  # of the stand-in's clock, when it came in
    parameters: dict[str, str] = field(default_factory=dict)  # those of the path
    query: list[tuple[str, str]] = field(default_factory=list)
    body: Json = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    status: int = 0  # 0: no answer
    code: int = 0  # the JSON error code
    answer: object = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Faults:
    """The faults to come, by the names of requests, in their order; those under ANY after the others."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._queued: dict[str, deque[Fault]] = defaultdict(deque)
        self._gates: dict[str, Gate] = {}

    def add(self, name: str, fault: Fault, times: int = 1) -> None:
        self._queued[name].extend([fault] * times)

    def clear(self) -> None:
        self._queued.clear()

    def next(self, name: str) -> Fault | None:
        for queue in (self._queued[name], self._queued[ANY]):
            if queue:
                return queue.popleft()
        return None

    def hold(self, name: str) -> Gate:
        """Requests of this kind wait, before they do anything, until the gate is opened."""
        gate = self._gates[name] = Gate()
        return gate

    def release(self, name: str) -> None:
        """Let further ones pass; those that wait already wait on."""
        del self._gates[name]

    async def gate(self, name: str) -> None:
        for each in (name, ANY):
            if each in self._gates:
                await self._gates[each].passed()

    def of(self, name: str, where: Callable[[Call], bool] = lambda _: True) -> list[Call]:
        return [call for call in self.calls if call.name == name and where(call)]
