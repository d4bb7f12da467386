"""The bot's side where it is the playground's own; what it shares with every platform is in tests/contract."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.core.conversation import Incoming, Posted, ThreadRef
from bot.core.errors import PlatformError, SettingsError
from bot.core.ports import ReplyRequest
from bot.platforms.web.adapter import WebPlatform
from bot.platforms.web.life_line import life_line
from bot.platforms.web.reply import part_number, parts_of
from bot.platforms.web.workspace.live import BotState, Live
from bot.platforms.web.workspace.places import YOU, Draft
from bot.platforms.web.workspace.server import serving
from bot.platforms.web.workspace.store import Store
from tests.contract.world import Log
from tests.platforms.web.playground import ROOT, until

SECRET = "made up for these tests"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    store = Store.open(tmp_path / "playground.db")
    yield Live(store)
    store.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@asynccontextmanager
async def running(platform: WebPlatform, said: list[Posted]) -> AsyncIterator[None]:
    async def receive(incoming: Incoming) -> None:
        assert isinstance(incoming, Posted)
        said.append(incoming)

    task = asyncio.create_task(platform.run(receive))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_broken_connection_is_made_again_and_nothing_is_lost(live: Live) -> None:
    port, said = free_port(), []  # type: tuple[int, list[Posted]]
    platform = WebPlatform(f"http://127.0.0.1:{port}", SECRET)
    async with running(platform, said):
        for text in ("before", "after"):
            reopened = Live(live.store)
            reopened.post(Draft("general", YOU.id, text))
            async with serving(reopened, host="127.0.0.1", port=port, secret=SECRET, redeliver_seconds=5):
                await until(lambda text=text: text in [each.text for each in said])  # type: ignore[misc]
                assert platform.connected
            await until(lambda: not platform.connected)
    # What was stored, but not acknowledged before the connection broke, comes again: the ledger knows it already.
    assert list(dict.fromkeys(each.text for each in said)) == ["before", "after"]


async def test_the_page_is_told_whether_the_model_answers_and_again_after_a_break(live: Live) -> None:
    port = free_port()
    platform = WebPlatform(f"http://127.0.0.1:{port}", SECRET)
    async with running(platform, []):
        async with serving(live, host="127.0.0.1", port=port, secret=SECRET, redeliver_seconds=5):
            await until(lambda: live.bot is BotState.RUNNING)
            for trouble, state in (("no", BotState.SPEECHLESS), ("", BotState.RUNNING), ("no", BotState.SPEECHLESS)):
                platform.tell_model(trouble)
                await until(lambda state=state: live.bot is state)  # type: ignore[misc]
        again = Live(live.store)
        async with serving(again, host="127.0.0.1", port=port, secret=SECRET, redeliver_seconds=5):
            await until(lambda: again.bot is BotState.SPEECHLESS)


async def test_a_wrong_secret_ends_run(live: Live) -> None:
    async with serving(live, host="127.0.0.1", port=0, secret=SECRET, redeliver_seconds=5) as port:
        with pytest.raises(PlatformError, match="unauthorized") as error:
            await WebPlatform(f"http://127.0.0.1:{port}", "another").run(lambda _: asyncio.sleep(0))
        assert not error.value.passing


async def test_a_direct_message_needs_no_mention(live: Live) -> None:
    said: list[Posted] = []
    async with (
        serving(live, host="127.0.0.1", port=0, secret=SECRET, redeliver_seconds=5) as port,
        running(WebPlatform(f"http://127.0.0.1:{port}", SECRET), said),
    ):
        live.post(Draft("dm", YOU.id, "안녕"))
        await until(lambda: said)
    assert (said[0].direct, said[0].addressed, said[0].thread.channel) == (True, False, "dm")


async def test_without_a_parent_a_reply_fails_for_now_and_in_a_thread_that_is_not_there_for_good(live: Live) -> None:
    thread = ThreadRef("web", "playground", "general", "99")
    platform = WebPlatform(f"http://127.0.0.1:{free_port()}", SECRET)
    reply = await platform.open_reply(ReplyRequest(thread, 1, (), Log()))
    with pytest.raises(PlatformError) as error:
        await reply.show("x")
    assert (error.value.code, error.value.passing) == ("workspace_unreachable", True)
    await platform.close()
    async with serving(live, host="127.0.0.1", port=0, secret=SECRET, redeliver_seconds=5) as port:
        platform = WebPlatform(f"http://127.0.0.1:{port}", SECRET)
        reply = await platform.open_reply(ReplyRequest(thread, 1, (), Log()))
        with pytest.raises(PlatformError) as error:
            await reply.show("x")
        assert (error.value.code, error.value.passing) == ("thread_not_found", False)
        await platform.close()


async def test_a_part_is_found_in_a_thread_of_many_messages(live: Live) -> None:
    asked = live.post(Draft("general", YOU.id, "hello"))
    async with serving(live, host="127.0.0.1", port=0, secret=SECRET, redeliver_seconds=5) as port:
        platform = WebPlatform(f"http://127.0.0.1:{port}", SECRET)
        for number in range(250):
            live.post(Draft("general", YOU.id, str(number), asked.id))
        thread, dead = ThreadRef("web", "playground", "general", str(asked.id)), Log(deaf=True)
        await (await platform.open_reply(ReplyRequest(thread, 1, (), dead))).show("A beginning")
        log = Log(ids=dict(dead.ids), intended_at=dead.intended_at)
        await platform.open_reply(ReplyRequest(thread, 1, log.parts(), log))
        assert log.ids == {1: str(asked.id + 251)}
        await platform.close()


def test_notes_stand_below_the_last_part_or_alone() -> None:
    long = "\n\n".join("가" * 900 for _ in range(40))
    assert [part.notes for part in parts_of(long, ["small"])] == [(), ("small",)]
    assert [(part.text, part.notes) for part in parts_of("", ["small"])] == [("", ("small",))]
    assert parts_of(" ", ()) == []


def test_only_the_same_turns_metadata_names_a_part() -> None:
    assert part_number({"turn": 7, "part": 2}, 7) == 2
    assert part_number({"turn": 8, "part": 2}, 7) is None
    assert part_number({}, 7) is None


# The life line


async def test_the_life_line_tells_where_the_parent_is_and_when_it_is_gone() -> None:
    reading, writing = os.pipe()
    os.write(writing, b'{"url": "http://127.0.0.1:1", "secret": "s"}\n')
    line = await life_line(os.fdopen(reading, "rb"))
    assert (line.url, line.secret) == ("http://127.0.0.1:1", "s")
    ended = asyncio.create_task(line.ended())
    await asyncio.sleep(0)
    assert not ended.done()
    os.close(writing)
    await ended
    line.close()


@pytest.mark.parametrize("words", [b"", b"hello\n", b"[]\n", b'{"url": 1}\n'])
async def test_without_a_parent_the_life_line_says_who_starts_this_command(words: bytes) -> None:
    reading, writing = os.pipe()
    os.write(writing, words)
    os.close(writing)
    with pytest.raises(SettingsError, match="threadbot run"):
        await life_line(os.fdopen(reading, "rb"))


async def test_a_file_is_no_life_line(tmp_path: Path) -> None:
    (tmp_path / "stdin").touch()
    with (tmp_path / "stdin").open("rb") as stdin, pytest.raises(SettingsError, match="threadbot run"):
        await life_line(stdin)


# The parent starts fast


def test_the_parent_imports_no_sdk_and_no_database_of_the_bots() -> None:
    script = (
        "import sys, bot.platforms.web.workspace\n"
        "print([name for name in ('openai', 'sqlalchemy', 'slack_bolt', 'slack_sdk', 'tiktoken', 'pydantic')"
        " if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
