"""Message objects as Discord's reference describes them, and where they stand."""

from __future__ import annotations

from typing import Any

from bot.core.conversation import Edited, Posted, ThreadRef
from bot.platforms.discord.incoming.events import Identity, read
from bot.platforms.discord.places import DIRECT, Kind, Place

GUILD, CHANNEL, THREAD, ROLE = "197038439483310086", "290926798999357250", "333949691962195969", "41771983423143936"
KIM, LEE, BOT = "53908099506183680", "53908232506183680", "80351110224678912"
ID, ELDER = "334385199974967042", "334385199974960000"  # messages
US = Identity("845027738276462632", BOT, "threadbot")

TEXT = Place(GUILD, CHANNEL, None, Kind.TEXT, own_role=ROLE)
IN_THREAD = Place(GUILD, CHANNEL, THREAD, Kind.THREAD, own_role=ROLE)
VOICE = Place(GUILD, CHANNEL, CHANNEL, Kind.VOICE, own_role=ROLE)
DIRECT_MESSAGE = Place(DIRECT, CHANNEL, None, Kind.DIRECT)


def user(id_: str = KIM, name: str = "kim", **more: Any) -> dict[str, Any]:
    return {"id": id_, "username": name, "discriminator": "0", "global_name": name.title(), "avatar": None} | more


def message(**changes: Any) -> dict[str, Any]:
    """Without what is None in *changes*."""
    usual: dict[str, Any] = {
        "id": ID,
        "channel_id": CHANNEL,
        "author": user(),
        "content": "hello",
        "timestamp": "2017-07-11T17:27:24.250000+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 0,
        "flags": 0,
    }
    return {key: value for key, value in (usual | changes).items() if value is not None}


def reply(to: str = ELDER, author: str = LEE, **changes: Any) -> dict[str, Any]:
    reference = {"type": 0, "message_id": to, "channel_id": CHANNEL, "guild_id": GUILD}
    referenced = message(id=to, author=user(author, "lee"), content="before")
    return message(**{"type": 19, "message_reference": reference, "referenced_message": referenced} | changes)


def root(place: Place) -> ThreadRef:
    return ThreadRef("discord", place.workspace, place.channel, place.thread or ID)


def posted(place: Place = TEXT, said: dict[str, Any] | None = None, **changes: Any) -> Posted:
    found = read(said or message(**changes), place, root(place), US)
    assert isinstance(found, Posted)
    return found


def edited(place: Place = TEXT, **changes: Any) -> Edited:
    found = read(message(**{"edited_timestamp": "2017-07-11T18:00:00+00:00"} | changes), place, root(place), US)
    assert isinstance(found, Edited)
    return found


def otherwise(value: Any) -> Any:
    """The same JSON with numbers for ids, and texts for counts: not as Discord writes it."""
    if isinstance(value, dict):
        return {key: otherwise(each) for key, each in value.items()}
    if isinstance(value, list):
        return [otherwise(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return int(value) if isinstance(value, str) and value.isdecimal() else value
