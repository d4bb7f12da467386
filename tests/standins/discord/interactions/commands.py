"""Application commands: registered for all guilds or for one, listed, and counted whenever they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.standins.discord.resources.access import Access
from tests.standins.discord.rest.errors import ApiError, invalid
from tests.standins.discord.rest.forms import (
    Check,
    Form,
    anything,
    flag,
    is_true,
    keyed,
    many,
    nullable,
    number,
    one_of,
    text,
)
from tests.standins.discord.rest.routes import Answer, Asked, Route
from tests.standins.discord.state.objects import Json
from tests.standins.discord.state.world import World

CHAT_INPUT, ON_USER, ON_MESSAGE = 1, 2, 3
NAME = re.compile(r"[-_'\w]{1,32}")
IN_LOCALES = (  # "Locales" in Discord's reference
    "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja"
    " zh-TW ko"
)
LOCALES = tuple(IN_LOCALES.split())
CHOICE = Form(
    {"name": text(100, 1), "value": anything, "name_localizations": nullable(keyed(text(100, 1), LOCALES))},
    ("name", "value"),
)


def _options(depth: int) -> Check:
    """Options hold options: subcommands within groups, three levels in all."""
    fields: dict[str, Check] = {
        "type": number(1, 11),
        "name": text(32, 1),
        "name_localizations": nullable(keyed(text(32, 1), LOCALES)),
        "description": text(100, 1),
        "description_localizations": nullable(keyed(text(100, 1), LOCALES)),
        "required": flag,
        "choices": many(CHOICE, 25),
        "channel_types": many(number(0, 16), 20),
        "min_value": anything,
        "max_value": anything,
        "min_length": number(0, 6000),
        "max_length": number(1, 6000),
        "autocomplete": flag,
        "file_types": many(text(32, 1), 10),
    }
    more = {"options": many(_options(depth - 1), 25)} if depth > 1 else {}
    return Form(fields | more, ("type", "name", "description"))


FIELDS: dict[str, Check] = {
    "name": text(32, 1),
    "name_localizations": nullable(keyed(text(32, 1), LOCALES)),
    "description": text(100),
    "description_localizations": nullable(keyed(text(100), LOCALES)),
    "options": nullable(many(_options(3), 25)),
    "default_member_permissions": nullable(text(32)),
    "dm_permission": nullable(flag),
    "default_permission": nullable(flag),
    "integration_types": nullable(many(one_of(0, 1), 2)),
    "contexts": nullable(many(one_of(0, 1, 2), 3)),
    "nsfw": flag,
    "handler": number(1, 2),
    "type": one_of(CHAT_INPUT, ON_USER, ON_MESSAGE, 4),
}
COMMAND = Form(FIELDS | {"id": text(20)}, ("name",))
CREATED = Form(FIELDS, ("name",))
EDITED = Form(FIELDS)
QUERY = Form({"with_localizations": flag})
ALL_GUILDS = ""


class Commands:
    """*registered*: by the guild's id, "" for all guilds. *writes*: how often each list was written to."""

    def __init__(self, world: World, access: Access) -> None:
        self._world, self._access = world, access
        self.registered: dict[str, list[Json]] = {ALL_GUILDS: []}
        self.writes: dict[str, int] = {ALL_GUILDS: 0}

    def routes(self) -> Sequence[Route]:
        base = "/applications/{application}"
        return (*self._routes(base, "global"), *self._routes(f"{base}/guilds/{{guild}}", "guild"))

    def _routes(self, base: str, kind: str) -> Sequence[Route]:
        all_, one = f"{base}/commands", f"{base}/commands/{{command}}"
        title = f"{kind} application command"
        return (
            Route(f"get {title}s", "GET", all_, self._list, query=QUERY),
            Route(f"create {title}", "POST", all_, self._create, CREATED),
            Route(f"bulk overwrite {title}s", "PUT", all_, self._overwrite, rows=COMMAND),
            Route(f"get {title}", "GET", one, self._get),
            Route(f"edit {title}", "PATCH", one, self._edit, EDITED),
            Route(f"delete {title}", "DELETE", one, self._delete),
        )

    def find(self, name: str, guild: str | None) -> Json | None:
        """The command that people see under this name: a guild's own before the one of all guilds."""
        for place in (guild or ALL_GUILDS, ALL_GUILDS):
            for each in self.registered.get(place, []):
                if each["name"] == name:
                    return each
        return None

    def _place(self, asked: Asked) -> str:
        if asked.parameters["application"] != self._world.application:
            raise ApiError(20012)
        guild = asked.parameters.get("guild", ALL_GUILDS)
        if guild:
            self._access.guild(guild)
        return guild

    def _list(self, asked: Asked) -> object:
        everything = is_true(asked.query.get("with_localizations"))
        return [_localized(each, everything, asked.locale) for each in self.registered.get(self._place(asked), [])]

    def _get(self, asked: Asked) -> object:
        return self._one(self._place(asked), asked)

    def _one(self, place: str, asked: Asked) -> Json:
        for each in self.registered.get(place, []):
            if each["id"] == asked.parameters["command"]:
                return each
        raise ApiError(10063)

    def _overwrite(self, asked: Asked) -> object:
        place = self._place(asked)
        for number_, row in enumerate(asked.rows):
            _check(row, f"{number_}.")
        keys = [_key(row) for row in asked.rows]
        if len(set(keys)) < len(keys):
            raise invalid("", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        before = {_key(each): each for each in self.registered.get(place, [])}
        self._write(place, [self._made(row, place, before.get(_key(row))) for row in asked.rows])
        return self.registered[place]

    def _create(self, asked: Asked) -> object:
        place = self._place(asked)
        _check(asked.body, "")
        others = self.registered.get(place, [])
        before = next((each for each in others if _key(each) == _key(asked.body)), None)
        made = self._made(asked.body, place, before)
        self._write(place, [*(each for each in others if each is not before), made])
        return Answer(made, 200 if before else 201)

    def _edit(self, asked: Asked) -> object:
        place = self._place(asked)
        before = self._one(place, asked)
        made = self._made(before | asked.body, place, before)
        self._write(place, [made if each is before else each for each in self.registered[place]])
        return made

    def _delete(self, asked: Asked) -> None:
        place = self._place(asked)
        gone = self._one(place, asked)
        self._write(place, [each for each in self.registered[place] if each is not gone])

    def _write(self, place: str, commands: list[Json]) -> None:
        self.registered[place] = commands
        self.writes[place] = self.writes.get(place, 0) + 1

    def _made(self, row: Json, place: str, before: Json | None) -> Json:
        """A command keeps its id as long as it keeps its name and its type."""
        usual: Json = {"type": CHAT_INPUT, "description": "", "default_member_permissions": None, "nsfw": False}
        usual |= {"name_localizations": None, "description_localizations": None, "options": []}
        usual |= {"contexts": None, "integration_types": [0]} | (
            {"guild_id": place} if place else {"dm_permission": True}
        )
        own = {"id": before["id"] if before else self._world.new_id(), "application_id": self._world.application}
        return usual | row | own | {"version": self._world.new_id()}


def _key(command: Json) -> tuple[int, str]:
    return int(command.get("type") or CHAT_INPUT), str(command["name"])


def _check(command: Json, path: str) -> None:
    kind, name = _key(command)
    described = bool(command.get("description"))
    if kind != CHAT_INPUT:
        if described or command.get("options"):
            raise invalid(f"{path}description", "APPLICATION_COMMAND_INVALID", "Context menus have neither of these.")
        return
    if not described:
        raise invalid(f"{path}description", "BASE_TYPE_REQUIRED", "This field is required")
    names = [name, *(command.get("name_localizations") or {}).values()]
    names += [option["name"] for option in command.get("options") or ()]
    if any(not NAME.fullmatch(each) or each != each.lower() for each in names):
        raise invalid(f"{path}name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    required = [bool(option.get("required")) for option in command.get("options") or ()]
    if required != sorted(required, reverse=True):
        wrong = "Required options must be placed before non-required options"
        raise invalid(f"{path}options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", wrong)


def _localized(command: Json, everything: bool, locale: str | None) -> Json:
    """Without `with_localizations` the dictionaries are left out, and one language is shown instead."""
    if everything:
        return command
    shown = {key: value for key, value in command.items() if not key.endswith("_localizations")}
    for name in ("name", "description"):
        texts = command.get(f"{name}_localizations") or {}
        if locale in texts:
            shown[f"{name}_localized"] = texts[locale]
    return shown
