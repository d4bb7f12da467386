"""Commands are registered once, when they have changed, and in spite of failures."""

from __future__ import annotations

import pytest

from bot.core.decide.commands import parse
from bot.core.texts import LABELS
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.interactions.commands import SET_BY, commands, missing
from bot.platforms.discord.interactions.registration import keep_registering, register
from tests.standins.discord import Discord
from tests.standins.discord.faults import Refused, ServerError

NAMES = {"ask", "quiet", "listen", "mention-only", "details", "help", "Details", "Try again", "Ask about this"}


async def test_they_are_registered_once_for_all_guilds(discord: Discord, api: DiscordApi) -> None:
    assert [await register(api) for _ in range(3)] == [True, False, False]
    assert discord.commands.writes == {"": 1}
    assert {each["name"] for each in discord.commands.registered[""]} == NAMES
    assert not discord.violations
    assert await register(DiscordApi(discord.token, discord.api_url, api.limits)) is False  # after a restart


async def test_all_names_and_descriptions_are_there_in_korean(discord: Discord, api: DiscordApi) -> None:
    await register(api)
    for command in discord.commands.registered[""]:
        for named in (command, *(command.get("options") or ())):
            assert named["name_localizations"].keys() == LABELS.keys() - {"en"}
            if named["description"]:
                assert named["description_localizations"].keys() == LABELS.keys() - {"en"}
        assert (command["default_member_permissions"], command["contexts"]) == (None, [0, 1])
    korean = [each["name_localizations"]["ko"] for each in discord.commands.registered[""]]
    assert len({*zip(korean, (each["type"] for each in discord.commands.registered[""]), strict=True)}) == len(korean)


@pytest.mark.parametrize(
    "changed",
    [
        {"description": "old"},
        {"name_localizations": {"ko": "물어보기"}},
        {"options": []},
        {"contexts": [0]},
        {"default_member_permissions": "0"},
    ],
)
async def test_what_has_changed_is_registered_anew(
    discord: Discord, api: DiscordApi, changed: dict[str, object]
) -> None:
    await register(api)
    discord.commands.registered[""][0] |= changed
    assert await register(api) is True
    assert await register(api) is False


async def test_what_somebody_else_registered_goes_but_not_how_an_activity_is_started(
    discord: Discord, api: DiscordApi
) -> None:
    await register(api)
    entry = dict(discord.commands.registered[""][-1]) | {"id": "5", "name": "launch", "type": 4}
    discord.commands.registered[""] += [entry]
    assert await register(api) is False
    discord.commands.registered[""] += [dict(entry) | {"id": "6", "name": "other", "type": 3}]
    wanted = missing(discord.commands.registered[""])
    assert wanted is not None
    assert {each["name"] for each in wanted} == NAMES | {"launch"}


async def test_a_failure_is_tried_again_and_ends_nothing(discord: Discord, api: DiscordApi) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    discord.fail("get global application commands", ServerError())
    discord.fail("bulk overwrite global application commands", Refused(403, 50001))
    await keep_registering(api, sleep)
    assert len(waited) == 2
    assert all(seconds > 0 for seconds in waited)
    assert discord.commands.writes == {"": 1}


def test_those_that_set_something_say_it_in_words_that_are_understood() -> None:
    said = {name: parse(words) for name, words in SET_BY.items()}
    assert {name: each and each.name for name, each in said.items()} == {
        "quiet": "mode quiet",
        "listen": "mode auto",
        "mention-only": "mode mention",
    }
    assert len(commands()) == len(NAMES)
