"""Interactions: buttons, commands and modals, answered in time, too late, twice, and as a webhook."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standins.discord import Discord
from tests.standins.discord.interactions.interactions import Interaction
from tests.standins.discord.state.objects import Channel, Message, User
from tests.standins.discord.tests.asking import ALL_INTENTS, Client, Told, socket

BUTTON = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}
WITHOUT_TOKEN = {"Authorization": ""}


@pytest.fixture
async def message(discord: Discord, ask: Client, channel: Channel) -> Message:
    """One of the bot with a button."""
    made = await ask.create(channel.id, "press", components=[BUTTON])
    return discord.world.messages[made.body["id"]]


async def answer(ask: Client, to: Interaction, kind: int, data: dict[str, Any] | None = None, query: str = "") -> Told:
    path = f"/interactions/{to.id}/{to.token}/callback{query}"
    return await ask("POST", path, {"type": kind} | ({"data": data} if data else {}), headers=WITHOUT_TOKEN)


def hook(discord: Discord, of: Interaction, rest: str = "") -> str:
    return f"/webhooks/{discord.application}/{of.token}{rest}"


async def test_a_press_comes_whatever_the_intents_are(
    discord: Discord, kim: User, channel: Channel, message: Message
) -> None:
    kim.locale = "ko"
    async with socket(discord) as connected:
        await connected.ready(0)
        pressed = await discord.press(kim, message, "go")
        told = await connected.until("INTERACTION_CREATE")
    assert (told["id"], told["token"], told["type"], told["version"]) == (pressed.id, pressed.token, 3, 1)
    assert told["data"] == {"component_type": 2, "custom_id": "go", "id": 1}
    assert (told["guild_id"], told["channel_id"], told["message"]["id"]) == (channel.guild, channel.id, message.id)
    assert told["member"]["user"]["id"] == kim.id
    assert (told["locale"], told["application_id"]) == ("ko", discord.application)
    assert int(told["member"]["permissions"]) & 1 << 10
    with pytest.raises(LookupError):
        await discord.press(kim, message, "stop")


async def test_direct_interactions_tell_a_user_instead_of_a_member(discord: Discord, ask: Client, kim: User) -> None:
    direct = discord.direct(kim)
    made = (await ask.create(direct.id, "press", components=[BUTTON])).body
    async with socket(discord) as connected:
        await connected.ready()
        await discord.press(kim, discord.world.messages[made["id"]], "go")
        told = await connected.until("INTERACTION_CREATE")
    assert told["user"]["id"] == kim.id
    assert "member" not in told
    assert told["context"] == 1


async def test_an_answer_is_given_once_and_within_three_seconds(
    discord: Discord, ask: Client, kim: User, message: Message
) -> None:
    pressed = await discord.press(kim, message, "go")
    assert (await ask("GET", hook(discord, pressed, "/messages/@original"))).code == 10015
    assert (await answer(ask, pressed, 4, {"content": "went"})).status == 204
    assert (await answer(ask, pressed, 4, {"content": "went"})).code == 40060
    late = await discord.press(kim, message, "go")
    discord.clock.advance(3.1)
    assert (await answer(ask, late, 6)).code == 10062
    assert (await ask("POST", hook(discord, late), {"content": "late"})).code == 10015
    late.token = "wrong"
    assert (await answer(ask, late, 6)).code == 10062


async def test_a_token_lives_fifteen_minutes(discord: Discord, ask: Client, kim: User, message: Message) -> None:
    pressed = await discord.press(kim, message, "go")
    await answer(ask, pressed, 5)
    discord.clock.advance(15 * 60 - 1)
    assert (await ask("PATCH", hook(discord, pressed, "/messages/@original"), {"content": "done"})).status == 200
    discord.clock.advance(2)
    told = await ask("PATCH", hook(discord, pressed, "/messages/@original"), {"content": "done"})
    assert (told.status, told.code) == (401, 50027)


async def test_the_original_answer_is_read_changed_and_deleted(
    discord: Discord, ask: Client, kim: User, channel: Channel, message: Message
) -> None:
    pressed = await discord.press(kim, message, "go")
    told = (await answer(ask, pressed, 4, {"content": f"<@{kim.id}> @everyone"}, "?with_response=true")).body
    made = told["resource"]["message"]
    assert told["interaction"]["response_message_id"] == made["id"]
    assert (made["interaction_metadata"]["id"], made["webhook_id"]) == (pressed.id, discord.application)
    assert discord.world.messages[made["id"]].pinged == {kim.id}  # webhooks call users alone by default
    path = hook(discord, pressed, "/messages/@original")
    assert (await ask("GET", path, headers=WITHOUT_TOKEN)).body["id"] == made["id"]
    assert (await ask("PATCH", path, {"content": "new"})).body["content"] == "new"
    assert (await ask("DELETE", path)).status == 204
    assert (await ask("GET", path)).code == 10008
    assert channel.shown == [message]


async def test_a_deferred_answer_is_filled_later(discord: Discord, ask: Client, kim: User, message: Message) -> None:
    pressed = await discord.press(kim, message, "go")
    await answer(ask, pressed, 5, {"flags": 64})
    assert pressed.loading
    filled = (await ask("POST", hook(discord, pressed), {"content": "filled"})).body
    assert (filled["content"], filled["flags"]) == ("filled", 64)
    followed = (await ask("POST", hook(discord, pressed), {"content": "followed"})).body
    assert followed["id"] != filled["id"]
    path = hook(discord, pressed, f"/messages/{followed['id']}")
    assert (await ask("PATCH", path, {"content": "changed"})).body["content"] == "changed"
    assert (await ask("DELETE", path)).status == 204
    assert (await ask("GET", path)).code == 10008


async def test_a_component_updates_its_message(discord: Discord, ask: Client, kim: User, message: Message) -> None:
    await answer(ask, await discord.press(kim, message, "go"), 7, {"content": "pressed", "components": []})
    assert (message.content, message.components) == ("pressed", [])
    message.components = [BUTTON]
    pressed = await discord.press(kim, message, "go")
    await answer(ask, pressed, 6)
    assert (await ask("GET", hook(discord, pressed, "/messages/@original"))).body["id"] == message.id


async def test_an_ephemeral_answer_is_seen_by_one_person(
    discord: Discord, ask: Client, kim: User, channel: Channel, message: Message
) -> None:
    async with socket(discord) as told, socket(discord) as untold:
        await told.ready()
        await untold.ready(ALL_INTENTS & ~(1 << 12))
        pressed = await discord.press(kim, message, "go")
        await answer(ask, pressed, 4, {"content": "for you", "flags": 64})
        shown = await told.until("MESSAGE_CREATE")
        assert "MESSAGE_CREATE" not in await untold.seen()
    assert (shown["content"], shown["flags"]) == ("for you", 64)
    assert "guild_id" not in shown
    assert channel.shown == [message]
    assert pressed.original
    assert pressed.original.only_for == kim.id
    path = f"/channels/{channel.id}/messages/{pressed.original.id}"
    assert (await ask("GET", path)).code == 10008
    assert (await ask("PATCH", path, {"content": "x"})).code == 10008
    assert (await ask("PATCH", hook(discord, pressed, "/messages/@original"), {"content": "new"})).status == 200


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (1, None),
        (3, None),
        (8, {"choices": []}),
        (4, {"content": "x" * 2001}),
        (4, {"nonce": "n"}),
        (5, {"content": "deferred"}),
        (9, {"custom_id": "m", "title": "x" * 46, "components": [BUTTON]}),
        (9, {"custom_id": "m", "title": "title", "components": []}),
    ],
)
async def test_an_answer_of_a_wrong_form_is_refused_and_can_be_given_again(
    discord: Discord, ask: Client, kim: User, message: Message, kind: int, data: dict[str, Any] | None
) -> None:
    pressed = await discord.press(kim, message, "go")
    assert (await answer(ask, pressed, kind, data)).code == 50035
    assert (await answer(ask, pressed, 6)).status == 204


async def test_a_modal_is_filled_in(discord: Discord, ask: Client, kim: User, message: Message) -> None:
    pressed = await discord.press(kim, message, "go")
    row = {"type": 1, "components": [{"type": 4, "custom_id": "why", "style": 1, "label": "Why?"}]}
    await answer(ask, pressed, 9, {"custom_id": "form", "title": "Feedback", "components": [row]})
    submitted = await discord.submit(kim, pressed, {"why": "because"})
    assert submitted.data["custom_id"] == "form"
    assert submitted.data["components"][0]["components"][0]["value"] == "because"
    assert (await answer(ask, submitted, 9, {"custom_id": "m", "title": "t", "components": [row]})).code == 50035
    assert (await answer(ask, submitted, 7, {"content": "thanks"})).status == 204


async def test_interactions_do_not_count_for_the_global_limit(
    discord: Discord, ask: Client, kim: User, message: Message
) -> None:
    discord.limits.enforced, discord.limits.global_a_second = True, 0
    assert (await ask("GET", "/users/@me")).status == 429
    assert (await answer(ask, await discord.press(kim, message, "go"), 6)).status == 204


# commands


ASK = {"name": "ask", "description": "Ask", "options": [{"type": 3, "name": "text", "description": "What"}]}


async def test_commands_are_registered_and_counted(discord: Discord, ask: Client) -> None:
    base = f"/applications/{discord.application}/commands"
    first = (await ask("PUT", base, [ASK, {"name": "Details", "type": 3}])).body
    again = (await ask("PUT", base, [ASK])).body
    assert [each["name"] for each in first] == ["ask", "Details"]
    assert first[0]["id"] == again[0]["id"]
    assert discord.commands.writes == {"": 2}
    made = await ask("POST", base, {"name": "new", "description": "New"})
    assert made.status == 201
    path = f"{base}/{made.body['id']}"
    assert (await ask("PATCH", path, {"description": "Newer"})).body["description"] == "Newer"
    assert (await ask("DELETE", path)).status == 204
    assert (await ask("GET", path)).code == 10063
    assert [each["name"] for each in (await ask("GET", base)).body] == ["ask"]
    own = f"/applications/{discord.application}/guilds/{discord.guild.id}/commands"
    await ask("PUT", own, [ASK])
    assert discord.commands.writes == {"": 5, discord.guild.id: 1}
    assert (await ask("GET", "/applications/1/commands")).code == 20012


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Upper", "description": "x"},
        {"name": "two words", "description": "x"},
        {"name": "x" * 33, "description": "x"},
        {"name": "ask"},
        {"name": "ask", "description": "x" * 101},
        {"name": "Details", "type": 3, "description": "x"},
        ASK | {"name_localizations": {"xx": "ask"}},
        ASK | {"name_localizations": {"ko": "물어 보기"}},
        ASK | {"options": [*ASK["options"], {"type": 3, "name": "b", "description": "x", "required": True}]},
        ASK | {"options": [{"type": 3, "name": "text"}]},
    ],
)
async def test_a_command_of_a_wrong_form_is_refused(discord: Discord, ask: Client, command: dict[str, Any]) -> None:
    base = f"/applications/{discord.application}/commands"
    assert (await ask("PUT", base, [command])).code == 50035
    assert (await ask("PUT", base, [ASK, ASK])).code == 50035
    assert discord.commands.writes == {"": 0}


async def test_commands_are_read_in_one_language_or_in_all(discord: Discord, ask: Client) -> None:
    base = f"/applications/{discord.application}/commands"
    await ask("PUT", base, [ASK | {"name_localizations": {"ko": "물어보기"}}])
    plain = (await ask("GET", base, headers={"X-Discord-Locale": "ko"})).body[0]
    assert (plain["name"], plain["name_localized"]) == ("ask", "물어보기")
    assert "name_localizations" not in plain
    assert (await ask("GET", f"{base}?with_localizations=true")).body[0]["name_localizations"] == {"ko": "물어보기"}


async def test_commands_are_called(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    await ask("PUT", f"/applications/{discord.application}/commands", [ASK, {"name": "Details", "type": 3}])
    target = await discord.post(kim, channel, "about this")
    async with socket(discord) as connected:
        await connected.ready()
        called = await discord.call(kim, channel, "ask", text="well?")
        told = (await connected.until("INTERACTION_CREATE"))["data"]
        assert told["options"] == [{"name": "text", "type": 3, "value": "well?"}]
        await discord.use_on(kim, target, "Details")
        told = (await connected.until("INTERACTION_CREATE"))["data"]
        assert told["resolved"]["messages"][told["target_id"]]["content"] == "about this"
        completing = await discord.complete(kim, channel, "ask", "text", "we")
        assert (await connected.until("INTERACTION_CREATE"))["type"] == 4
    assert (await answer(ask, completing, 8, {"choices": [{"name": "well?", "value": "well?"}]})).status == 204
    assert completing.choices
    assert (await answer(ask, called, 7, {"content": "no message of its own"})).code == 50035
    assert (await answer(ask, called, 4, {"content": "well!"})).status == 204
    assert discord.replies(channel) == ["well!"]
    with pytest.raises(LookupError):
        await discord.call(kim, channel, "unknown")
