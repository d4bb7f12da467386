"""Files: uploaded, shown under signed addresses that expire, kept or dropped by an edit."""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import Client

TEN_MEBIBYTES = 10 * 1024**2


def form(body: dict[str, Any], *files: tuple[str, bytes]) -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("payload_json", json.dumps(body), content_type="application/json")
    for number, (name, content) in enumerate(files):
        data.add_field(f"files[{number}]", io.BytesIO(content), filename=name, content_type="text/plain")
    return data


async def upload(ask: Client, channel: Channel, body: dict[str, Any], *files: tuple[str, bytes]) -> Any:
    return await ask("POST", f"/channels/{channel.id}/messages", data=form(body, *files))


async def test_a_file_is_uploaded_and_fetched_until_its_address_expires(
    discord: Discord, ask: Client, channel: Channel
) -> None:
    about = [{"id": 0, "description": "an answer"}]
    made = (await upload(ask, channel, {"content": "long", "attachments": about}, ("a.txt", b"text"))).body
    shown = made["attachments"][0]
    assert (shown["filename"], shown["size"], shown["description"]) == ("a.txt", 4, "an answer")
    assert shown["url"].startswith(
        f"http://127.0.0.1:{discord.cdn_port}/attachments/{channel.id}/{shown['id']}/a.txt?ex="
    )
    assert discord.cdn_port != discord.port
    assert (await ask("GET", shown["url"])).body == b"text"
    assert (await ask("GET", shown["url"].partition("?")[0])).status == 404
    assert (await ask("GET", shown["url"].replace("hm=", "hm=0"))).status == 404
    discord.clock.advance(discord.cdn.lifetime_seconds + 1)
    assert (await ask("GET", shown["url"])).status == 404
    again = (await ask("GET", f"/channels/{channel.id}/messages/{made['id']}")).body["attachments"][0]
    assert (await ask("GET", again["url"])).body == b"text"
    assert not discord.violations


async def test_peoples_files_can_be_lost(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    message = await discord.post(kim, channel, files=[("한국어 이름.txt", "글".encode(), "text/plain")])
    told = (await ask("GET", f"/channels/{channel.id}/messages")).body[0]["attachments"][0]
    assert told["filename"] == "한국어_이름.txt"
    assert (await ask("GET", told["url"])).body == "글".encode()
    discord.cdn.missing.add(message.attachments[0].id)
    assert (await ask("GET", told["url"])).status == 404


async def test_files_have_limits_and_a_permission(discord: Discord, ask: Client, channel: Channel) -> None:
    assert (await upload(ask, channel, {}, ("big", b"x" * (TEN_MEBIBYTES + 1)))).code == 40005
    assert (await upload(ask, channel, {}, ("fits", b"x" * TEN_MEBIBYTES))).status == 200
    discord.forbid(channel, "ATTACH_FILES")
    assert (await upload(ask, channel, {}, ("a.txt", b"text"))).code == 50013


async def test_an_edit_keeps_the_files_that_it_names(discord: Discord, ask: Client, channel: Channel) -> None:
    made = (await upload(ask, channel, {}, ("a.txt", b"a"), ("b.txt", b"b"))).body
    path = f"/channels/{channel.id}/messages/{made['id']}"
    kept = (await ask("PATCH", path, {"content": "new"})).body["attachments"]
    assert [each["filename"] for each in kept] == ["a.txt", "b.txt"]
    body = {"attachments": [{"id": kept[1]["id"]}, {"id": 0, "filename": "c.txt"}]}
    changed = (await ask("PATCH", path, data=form(body, ("upload", b"c")))).body["attachments"]
    assert [each["filename"] for each in changed] == ["b.txt", "c.txt"]
    assert not discord.violations


async def test_files_are_taken_only_where_they_belong(ask: Client, channel: Channel) -> None:
    told = await ask("POST", f"/channels/{channel.id}/typing", data=form({}, ("a.txt", b"a")))
    assert told.code == 50035
