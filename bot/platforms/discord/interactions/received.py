"""
An interaction as Discord tells it: who pressed, called or filled in what, and where. Pure.

Nothing here raises, whatever a payload holds. Source: Discord, "Interaction Object", "Interaction Data".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.conversation import Participant
from bot.core.ports import Viewer
from bot.core.texts import DEFAULT_LANGUAGE, language_for
from bot.platforms.common.payloads import composed
from bot.platforms.discord.incoming.events import PLATFORM, moment_of
from bot.platforms.discord.incoming.participants import name_of
from bot.platforms.discord.places import DIRECT
from bot.platforms.discord.places.payloads import Json, mapping, mappings, number, snowflake, text

COMMAND, COMPONENT, MODAL_SUBMIT = 2, 3, 5  # "Interaction Type"
EPHEMERAL = 1 << 6  # "Message Flags"
TOKEN_LIVES = timedelta(minutes=15)
_DEEPEST = 4  # levels of components in a form
_LOCALE = re.compile(r"[A-Za-z0-9-]{2,16}")  # as the ledger has room for it


@dataclass(frozen=True, slots=True)
class Received:
    """
    *name* is that of the command, or the custom_id of the component or the form.

    *options*: of a slash command, by their names; or what was written into a form. *target*: the message that a message
    command is about; *message* the one that a component stands below. *place_locale*: the guild's, where it is a
    community; Discord tells one of all guilds, also where nobody has chosen it.
    """

    id: str
    token: str = field(repr=False)
    kind: int
    name: str
    user: Participant
    workspace: str
    channel: str  # or the thread
    options: Mapping[str, object] = field(default_factory=dict)
    target: Json = field(default_factory=dict)
    message: Json = field(default_factory=dict)
    place_locale: str | None = None

    @property
    def position(self) -> int:
        return int(self.id)

    @property
    def at(self) -> datetime:
        """By Discord's clock."""
        return moment_of(self.position)

    @property
    def ends_at(self) -> datetime:
        return self.at + TOKEN_LIVES

    @property
    def guild(self) -> str | None:
        return None if self.workspace == DIRECT else self.workspace

    @property
    def viewer(self) -> Viewer:
        return Viewer(PLATFORM, self.workspace, self.user.id)

    @property
    def below_private(self) -> bool:
        """Whether what was pressed stands below a message that nobody else sees."""
        return bool((number(self.message.get("flags")) or 0) & EPHEMERAL)

    def language(self, default: str = DEFAULT_LANGUAGE) -> str:
        """The language to speak to that person: their own, the guild's, or that of their text."""
        said = " ".join(value for value in self.options.values() if isinstance(value, str))
        return language_for(self.user.locale, said, default, place=self.place_locale)


def received(data: Json) -> Received | None:
    """None for what cannot be answered, or not be told from anything else."""
    member = mapping(data, "member")
    user = mapping(member, "user") or mapping(data, "user")
    id_, token, kind = text(data, "id"), text(data, "token"), number(data.get("type"))
    what, channel = mapping(data, "data"), text(data, "channel_id") or text(mapping(data, "channel"), "id")
    known = all(snowflake(each) is not None for each in (id_, channel, text(user, "id")))
    if not known or not token or kind not in (COMMAND, COMPONENT, MODAL_SUBMIT):
        return None
    return Received(
        id=id_,
        token=token,
        kind=kind,
        name=text(what, "name" if kind == COMMAND else "custom_id"),
        user=Participant(text(user, "id"), name=name_of(user, member), locale=_locale(data, "locale")),
        workspace=text(data, "guild_id") or DIRECT,
        channel=channel,
        options=_options(what) if kind == COMMAND else dict(_written(what)),
        target=mapping(mapping(mapping(what, "resolved"), "messages"), text(what, "target_id")),
        message=mapping(data, "message"),
    )


def _locale(data: Json, key: str) -> str | None:
    found = text(data, key)
    return found if _LOCALE.fullmatch(found) else None


def _options(data: Json) -> dict[str, object]:
    return {text(each, "name"): _composed(each.get("value")) for each in mappings(data, "options")}


def _composed(value: object) -> object:
    return composed(value) if isinstance(value, str) else value


def _written(data: Json, depth: int = 0) -> Iterator[tuple[str, object]]:
    """The values of a form's fields, by their ids; each in a label or a row."""
    for each in (*mappings(data, "components"), mapping(data, "component")):
        if text(each, "custom_id") and "value" in each:
            yield text(each, "custom_id"), _composed(each["value"])
        elif each and depth < _DEEPEST:
            yield from _written(each, depth + 1)
