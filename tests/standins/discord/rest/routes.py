"""Routes of the API and the requests that they take. A route is named like its page of Discord, in small letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.standins.discord.rest.forms import NOTHING, Form
from tests.standins.discord.state.objects import Json

MAJOR = ("channel", "guild", "webhook", "token")


@dataclass(frozen=True, slots=True)
class Upload:
    """One `files[n]`; *number* is its n."""

    number: str
    name: str
    content_type: str | None
    content: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose form was checked. *query* has the last value of each name; *queries* all of them."""

    parameters: Mapping[str, str]
    query: Mapping[str, str]
    queries: Sequence[tuple[str, str]] = ()
    body: Json = field(default_factory=dict)
    files: Sequence[Upload] = ()
    rows: Sequence[Json] = ()  # a body that is a list
    locale: str | None = None  # X-Discord-Locale

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.queries if key == name]


@dataclass(frozen=True, slots=True)
class Answer:
    body: object
    status: int = 200


Act = Callable[[Asked], object]  # JSON, an Answer, or None for 204


@dataclass(frozen=True, slots=True)
class Route:
    """
    *path*: with parameters in braces. *limit*: requests and seconds of its bucket, which *bucket* names where others
    share it. *open*: it needs no token, and the global limit does not count it. *files*: it takes `files[n]`.
    """

    name: str
    method: str
    path: str
    act: Act
    body: Form = NOTHING
    query: Form = NOTHING
    rows: Form | None = None  # the form of each row, where the body is a list
    limit: tuple[int, float] = (10, 5.0)
    bucket: str = ""
    open: bool = False
    files: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


class Table:
    """All routes. A literal step of a path wins over a parameter: `messages/pins` over `messages/{message}`."""

    def __init__(self, routes: Sequence[Route]) -> None:
        ordered = sorted(routes, key=lambda route: route.path.count("{"))
        self._routes = [(route, route.pattern) for route in ordered]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route, pattern in self._routes:
            match = pattern.fullmatch(path)
            if match and route.method == method:
                return route, match.groupdict()
        return None

    def knows(self, path: str) -> bool:
        """Whether another method has this path."""
        return any(pattern.fullmatch(path) for _, pattern in self._routes)

    def names(self) -> set[str]:
        return {route.name for route, _ in self._routes}


def major(parameters: Mapping[str, str]) -> str:
    return "+".join(parameters[name] for name in MAJOR if name in parameters)
