"""Messages of the API: made, refused, read, edited, deleted; and the nonce."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standins.discord import Discord
from tests.standins.discord.state.ids import seconds_of
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import Client, socket

BUTTON = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
LONG_EMBED = {"description": "x" * 4000}


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(parts)}


def errors(body: dict[str, Any], path: str) -> str:
    """The code of the error at a path of the tree, such as `embeds.0.title`."""
    assert (body["code"], body["message"]) == (50035, "Invalid Form Body")
    place = body["errors"]
    for step in path.split(".") if path else []:
        place = place[step]
    return str(place["_errors"][0]["code"])


async def test_a_message_is_made_and_told(discord: Discord, ask: Client, channel: Channel) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        made = await ask.create(channel.id, " hello ", nonce="n1", flags=1 << 12)
        told = await connected.until("MESSAGE_CREATE")
    assert made.status == 200
    assert made.headers["Content-Type"] == "application/json"
    assert (made.body["content"], made.body["nonce"], made.body["flags"]) == ("hello", "n1", 1 << 12)
    assert made.body["author"] == made.body["author"] | {"id": discord.bot, "bot": True}
    assert (told["id"], told["nonce"]) == (made.body["id"], "n1")
    assert abs(seconds_of(made.body["id"]) - discord.clock()) < 5
    assert "nonce" not in (await ask("GET", f"/channels/{channel.id}/messages/{made.body['id']}")).body


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
        ({"content": 7}, "content", "STRING_TYPE_CONVERT"),
        ({"text": "hello"}, "text", "UNKNOWN_FIELD"),
        ({"tts": "perhaps"}, "tts", "BOOLEAN_TYPE_CONVERT"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{}] * 11}, "embeds", "BASE_TYPE_BAD_LENGTH"),
        ({"embeds": [LONG_EMBED, LONG_EMBED]}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
        ({"nonce": "x" * 26}, "nonce", "BASE_TYPE_MAX_LENGTH"),
        ({"nonce": 10**25}, "nonce", "BASE_TYPE_MAX_LENGTH"),
        ({"flags": 1 << 6}, "flags", "BITFIELD_UNKNOWN_FLAGS"),
        ({"message_reference": {"message_id": "1"}}, "message_reference", "REPLIES_UNKNOWN_MESSAGE"),
        ({"message_reference": {}}, "message_reference.message_id", "BASE_TYPE_REQUIRED"),
        ({"allowed_mentions": {"parse": ["us"]}}, "allowed_mentions.parse.0", "BASE_TYPE_CHOICES"),
        (
            {"allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        ({"components": [row(BUTTON)] * 6}, "components", "BASE_TYPE_BAD_LENGTH"),
        ({"components": [row(*[BUTTON] * 6)]}, "components.0.components", "BASE_TYPE_BAD_LENGTH"),
        ({"components": [BUTTON]}, "components.0.type", "BASE_TYPE_CHOICES"),
        (
            {"components": [row(BUTTON, BUTTON)]},
            "components.0.components.1.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            {"components": [row(BUTTON | {"custom_id": "x" * 101})]},
            "components.0.components.0.custom_id",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            {"components": [row(BUTTON | {"label": "x" * 81})]},
            "components.0.components.0.label",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"components": [row(BUTTON | {"style": 5})]},
            "components.0.components.0.url",
            "BUTTON_COMPONENT_REQUIRED",
        ),
        ({"flags": 1 << 15}, "content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
        ({"sticker_ids": ["1"]}, "sticker_ids", "STICKER_INVALID"),
    ],
)
async def test_a_form_is_refused_with_the_place_of_its_fault(
    discord: Discord, ask: Client, channel: Channel, body: dict[str, Any], path: str, code: str
) -> None:
    told = await ask("POST", f"/channels/{channel.id}/messages", {"content": "hello"} | body)
    assert told.status == 400
    assert errors(told.body, path) == code
    assert discord.violations
    assert not channel.messages


async def test_what_a_page_allows_passes(discord: Discord, ask: Client, channel: Channel) -> None:
    rows = [row(*(BUTTON | {"custom_id": f"{number}{place}"} for place in range(5))) for number in range(5)]
    poll = {"question": {"text": "Well?"}, "answers": [{"poll_media": {"text": "yes"}}]}
    layout = [{"type": 17, "components": [{"type": 10, "content": "text"}, row(BUTTON)]}]
    for body in (
        {"content": "x" * 2000, "components": rows},
        {"embeds": [{"title": "title", "fields": [{"name": "n", "value": "v"}]}]},
        {"poll": poll},
        {"flags": 1 << 15, "components": layout},
        {"content": "hello", "allowed_mentions": {"parse": ["users"], "users": []}},
    ):
        assert (await ask("POST", f"/channels/{channel.id}/messages", body)).status == 200
    assert not discord.violations


@pytest.mark.parametrize("content", ["", "  \n", None])
async def test_an_empty_message_is_refused(ask: Client, channel: Channel, content: str | None) -> None:
    assert (await ask("POST", f"/channels/{channel.id}/messages", {"content": content})).code == 50006


async def test_json_and_content_types_are_checked(discord: Discord, ask: Client, channel: Channel) -> None:
    path = f"/channels/{channel.id}/messages"
    headers = {"Content-Type": "application/json"}
    assert (await ask("POST", path, data=b"{", headers=headers)).code == 50109
    assert (await ask("POST", path, data=b"{}", headers={"Content-Type": "text/plain"})).code == 50035
    form = await ask("POST", path, data={"content": "from a form", "tts": "false"})
    assert form.status == 200, form.body
    assert form.body["content"] == "from a form"
    assert len(discord.violations) == 2


# the nonce


async def test_a_nonce_makes_one_message_within_minutes(discord: Discord, ask: Client, channel: Channel) -> None:
    first = await ask.create(channel.id, "one", nonce="n", enforce_nonce=True)
    again = await ask.create(channel.id, "two", nonce="n", enforce_nonce=True)
    assert (again.body["id"], again.body["content"]) == (first.body["id"], "one")
    assert (await ask.create(channel.id, "three", nonce="n")).body["id"] != first.body["id"]
    assert (await ask.create(channel.id, "four", nonce="other", enforce_nonce=True)).body["content"] == "four"
    discord.clock.advance(discord.messages.nonce_seconds + 1)
    assert (await ask.create(channel.id, "five", nonce="n", enforce_nonce=True)).body["content"] == "five"


async def test_a_nonce_of_a_deleted_message_makes_no_other(ask: Client, channel: Channel) -> None:
    made = (await ask.create(channel.id, nonce=7, enforce_nonce=True)).body
    assert (await ask("DELETE", f"/channels/{channel.id}/messages/{made['id']}")).status == 204
    assert (await ask.create(channel.id, nonce=7, enforce_nonce=True)).code == 10008


# references


async def test_an_unknown_reference_is_left_out_where_that_is_allowed(ask: Client, channel: Channel) -> None:
    reference = {"message_id": "1", "fail_if_not_exists": False}
    made = await ask.create(channel.id, message_reference=reference)
    assert (made.status, made.body["type"]) == (200, 0)
    assert "message_reference" not in made.body


async def test_a_forward_carries_a_snapshot_that_stays(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    asked = await discord.post(kim, channel, "before")
    forwarded = await discord.forward(kim, asked, discord.direct(kim))
    await discord.edit(asked, "after")
    path = f"/channels/{forwarded.channel}/messages/{forwarded.id}"
    told = (await ask("GET", path)).body
    assert told["message_snapshots"][0]["message"]["content"] == "before"
    assert "author" not in told["message_snapshots"][0]["message"]
    assert (told["content"], told["message_reference"]["type"]) == ("", 1)
    reference = {"type": 1, "message_id": asked.id, "channel_id": channel.id}
    own = await ask("POST", f"/channels/{channel.id}/messages", {"message_reference": reference})
    assert own.body["message_snapshots"][0]["message"]["content"] == "after"


async def test_messages_without_content_can_be_read(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    poll = {"question": {"text": "Lunch?"}, "answers": [{"poll_media": {"text": "yes"}}]}
    await discord.post(kim, channel, poll=poll)
    await discord.post(kim, channel, sticker="wave")
    await discord.post(kim, channel, voice=True, files=[("voice.ogg", b"OggS", "audio/ogg")])
    voice, sticker, polled = (await ask("GET", f"/channels/{channel.id}/messages")).body
    assert polled["poll"]["question"] == {"text": "Lunch?"}
    assert sticker["sticker_items"][0]["name"] == "wave"
    assert voice["flags"] & 1 << 13
    assert voice["attachments"][0]["duration_secs"] == 1.5


# read, edited, deleted


async def test_pages_come_newest_first(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    ids = [(await discord.post(kim, channel, str(number))).id for number in range(10)]

    async def page(query: str) -> list[int]:
        told = (await ask("GET", f"/channels/{channel.id}/messages?{query}")).body
        return [ids.index(each["id"]) for each in told]

    assert await page("") == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert await page("limit=2") == [9, 8]
    assert await page(f"limit=2&before={ids[5]}") == [4, 3]
    assert await page(f"limit=2&after={ids[5]}") == [7, 6]
    assert await page(f"limit=3&around={ids[5]}") == [6, 5, 4]
    for query in ("limit=101", "limit=0", "before=x", f"before={ids[1]}&after={ids[0]}", "newest=1"):
        assert (await ask("GET", f"/channels/{channel.id}/messages?{query}")).code == 50035


async def test_an_edit_changes_what_it_names(discord: Discord, ask: Client, channel: Channel) -> None:
    made = (await ask.create(channel.id, "before", components=[row(BUTTON)], embeds=[{"title": "t"}])).body
    path = f"/channels/{channel.id}/messages/{made['id']}"
    async with socket(discord) as connected:
        await connected.ready()
        edited = (await ask("PATCH", path, {"content": "after", "components": []})).body
        told = await connected.until("MESSAGE_UPDATE")
    assert (edited["content"], edited["components"], edited["embeds"][0]["title"]) == ("after", [], "t")
    assert edited["edited_timestamp"] == told["edited_timestamp"] is not None
    suppressed = (await ask("PATCH", path, {"flags": 1 << 2})).body
    assert (suppressed["embeds"], suppressed["flags"]) == ([], 1 << 2)
    assert (await ask("PATCH", path, {"content": "", "embeds": []})).code == 50006
    assert (await ask("PATCH", path, {"content": "x" * 2001})).code == 50035


async def test_only_own_messages_can_be_edited_and_deleted(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    theirs = await discord.post(kim, channel, "mine")
    path = f"/channels/{channel.id}/messages/{theirs.id}"
    assert (await ask("PATCH", path, {"content": "yours"})).code == 50005
    assert (await ask("DELETE", path)).code == 50013
    discord.allow(channel, "MANAGE_MESSAGES")
    assert (await ask("PATCH", path, {"flags": 1 << 2})).status == 200
    assert (await ask("DELETE", path)).status == 204
    assert (await ask("DELETE", path)).code == 10008
    assert (await ask("GET", path)).code == 10008


async def test_messages_are_deleted_in_bulk(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    ids = [(await discord.post(kim, channel, str(number))).id for number in range(3)]
    path = f"/channels/{channel.id}/messages/bulk-delete"
    assert (await ask("POST", path, {"messages": ids})).code == 50013
    discord.allow(channel, "MANAGE_MESSAGES")
    assert (await ask("POST", path, {"messages": ids[:1]})).code == 50016
    assert (await ask("POST", path, {"messages": [ids[0], ids[0]]})).code == 50034
    assert (await ask("POST", path, {"messages": [*ids[:2], "1600000000000000000"]})).status in (204, 400)
    assert (await ask("POST", path, {"messages": ids})).status == 204
    assert not channel.messages


async def test_direct_messages_are_opened_once_and_can_be_refused(discord: Discord, ask: Client, kim: User) -> None:
    opened = (await ask("POST", "/users/@me/channels", {"recipient_id": kim.id})).body
    assert (opened["type"], [each["id"] for each in opened["recipients"]]) == (1, [kim.id])
    assert (await ask("POST", "/users/@me/channels", {"recipient_id": kim.id})).body["id"] == opened["id"]
    assert (await ask.create(opened["id"])).status == 200
    kim.refuses_direct = True
    assert (await ask.create(opened["id"])).code == 50007
    assert (await ask("POST", "/users/@me/channels", {"recipient_id": "1"})).code == 50033
