"""How files are fetched: from whom, and with which address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web
from yarl import URL

from bot.core.files import FileOutcome, FileRef
from bot.core.ports import FileError
from bot.platforms.discord.calls.api import DEFAULT_URL
from bot.platforms.discord.reading.files import DiscordFiles, FileHosts
from tests.platforms.discord.reading.stage import Stage, posted
from tests.standins.discord import Discord
from tests.standins.discord.faults import Refused, ServerError
from tests.standins.discord.state.objects import Channel, Message, User

MESSAGE = "get channel message"
LIMIT = 100_000
NOTE = ("보고서.txt", "나의 글".encode(), "text/plain; charset=utf-8")


@pytest.fixture
def files(stage: Stage, discord: Discord) -> DiscordFiles:
    return DiscordFiles(stage.api, discord.api_url)


async def sent(stage: Stage, user: User, channel: Channel) -> tuple[Message, FileRef]:
    message = await stage.discord.post(user, channel, "a file", files=[NOTE])
    await stage.listen()
    [file] = posted(stage.heard[message.id]).files
    return message, file


async def outcome(files: DiscordFiles, file: FileRef, limit: int = LIMIT) -> tuple[FileOutcome, bool]:
    with pytest.raises(FileError) as error:
        await files.fetch(file, limit)
    return error.value.outcome, error.value.passing


async def test_the_message_tells_the_address(
    stage: Stage, discord: Discord, kim: User, channel: Channel, files: DiscordFiles
) -> None:
    _, file = await sent(stage, kim, channel)
    for _ in range(2):
        assert await files.fetch(file, LIMIT) == NOTE[1]
    assert len(discord.calls(MESSAGE)) == 1
    assert len(discord.cdn.requests) == 2


async def test_an_address_that_an_event_told_is_not_asked_for_until_it_expires(
    stage: Stage, discord: Discord, kim: User, channel: Channel, files: DiscordFiles
) -> None:
    message, file = await sent(stage, kim, channel)
    files.note("MESSAGE_CREATE", discord.shown(message))
    assert await files.fetch(file, LIMIT) == NOTE[1]
    assert not discord.calls(MESSAGE)
    discord.clock.advance(2 * discord.cdn.lifetime_seconds)
    assert await files.fetch(file, LIMIT) == NOTE[1]
    assert len(discord.calls(MESSAGE)) == 1


async def test_a_file_that_is_forwarded_is_fetched(
    stage: Stage, discord: Discord, kim: User, channel: Channel, files: DiscordFiles
) -> None:
    message, _ = await sent(stage, kim, channel)
    forwarded = await discord.forward(kim, message, discord.direct(kim))
    await stage.listen()
    [file] = posted(stage.heard[forwarded.id]).files
    assert await files.fetch(file, LIMIT) == NOTE[1]


async def test_no_token_is_sent_and_nobody_else_is_asked(
    stage: Stage, discord: Discord, kim: User, channel: Channel, files: DiscordFiles
) -> None:
    asked: list[str | None] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Authorization"))
        if request.path == "/away":
            raise web.HTTPFound("http://localhost:9/elsewhere")
        if request.path == "/here":
            raise web.HTTPFound("/file")
        if request.path == "/round":
            raise web.HTTPFound("/round")
        return web.Response(body=b"text")

    message, file = await sent(stage, kim, channel)
    async with server(serve) as base:

        async def fetched(address: str) -> bytes:
            files.note("MESSAGE_CREATE", {"attachments": [{"id": file.id, "url": address}]})
            return await files.fetch(replace(file, locator=""), LIMIT)

        assert await fetched(f"{base}/file") == b"text"
        assert await fetched(f"{base}/here") == b"text"
        for address in (f"{base}/away", f"{base}/round", "http://localhost:9/a", "file:///etc/passwd", "http://[", ""):
            with pytest.raises(FileError) as error:
                await fetched(address)
            assert not error.value.passing
    assert set(asked) == {None}
    assert message.id


async def test_what_is_gone_is_gone(
    stage: Stage, discord: Discord, kim: User, channel: Channel, files: DiscordFiles
) -> None:
    message, file = await sent(stage, kim, channel)
    discord.cdn.missing.add(file.id)
    assert await outcome(files, file) == (FileOutcome.GONE, False)
    files.note("MESSAGE_CREATE", discord.shown(message))
    await discord.delete(message)
    assert await outcome(files, file) == (FileOutcome.GONE, False)
    assert await outcome(files, replace(file, locator="5/7")) == (FileOutcome.GONE, False)
    assert await outcome(files, replace(file, locator="nonsense")) == (FileOutcome.FORBIDDEN, False)


async def test_what_is_refused_is_told_apart_from_what_fails(
    stage: Stage, discord: Discord, kim: User, channel: Channel, files: DiscordFiles
) -> None:
    _, file = await sent(stage, kim, channel)
    discord.fail(MESSAGE, Refused(403, 50001))
    assert await outcome(files, file) == (FileOutcome.FORBIDDEN, False)
    discord.fail(MESSAGE, ServerError(502))
    assert await outcome(files, file) == (FileOutcome.NOT_FETCHED, True)
    discord.cdn.failing = True
    assert await outcome(files, file) == (FileOutcome.NOT_FETCHED, True)
    discord.cdn.failing = False
    assert await outcome(files, file, limit=5) == (FileOutcome.TOO_BIG, False)
    assert await files.fetch(file, LIMIT) == NOTE[1]


@pytest.mark.parametrize(
    ("address", "served"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3&", True),
        ("https://CDN.discordapp.com:443/attachments/1/2/a.png", True),
        ("https://media.discordapp.net/attachments/1/2/a.png", True),
        ("http://cdn.discordapp.com/attachments/1/2/a.png", False),
        ("https://cdn.discordapp.com:8443/a", False),
        ("https://discord.com/api/v10/users/@me", False),
        ("https://cdn.discordapp.com.example.com/a", False),
        ("https://example.com/cdn.discordapp.com", False),
        ("https://127.0.0.1/a", False),
        ("ftp://cdn.discordapp.com/a", False),
        ("/a", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("api_url", [DEFAULT_URL, "https://canary.discord.com/api/v10", "https://discordapp.com/api"])
def test_discord_keeps_its_files_at_its_own_hosts(api_url: str, address: str, served: bool) -> None:
    assert FileHosts(api_url).serve(URL(address)) is served


@pytest.mark.parametrize(
    ("address", "served"),
    [
        ("http://localhost:9000/attachments/1/2/a.png", True),
        ("https://localhost/a", True),
        ("https://cdn.discordapp.com/attachments/1/2/a.png", False),
        ("http://127.0.0.1:9000/a", False),
        ("file://localhost/etc/passwd", False),
    ],
)
def test_another_server_keeps_its_files_at_its_own_host(address: str, served: bool) -> None:
    assert FileHosts("http://localhost:8000/api/v10").serve(URL(address)) is served


@pytest.mark.parametrize("address", ["https://cdn.discordapp.com@example.com/a", "https://user:a@cdn.discordapp.com/a"])
def test_an_address_with_a_user_is_none(address: str) -> None:
    with pytest.raises(ValueError, match="user"):
        FileHosts(DEFAULT_URL).serve(URL(address))


@asynccontextmanager
async def server(serve: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """Another server at the host of the API."""
    app = web.Application()
    app.add_routes([web.get("/{path:.*}", serve)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
