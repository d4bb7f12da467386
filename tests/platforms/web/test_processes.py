"""Parent and child as processes: killed, stopped, refused, started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from bot.platforms.web.workspace.supervisor import described
from tests.platforms.web.playground import alive, playground, until

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: print("bot asked", flush=True))
print("bot", os.getpid(), flush=True)
while True:
    time.sleep(60)
"""


async def test_a_mention_is_answered_and_a_follow_up_remembers(tmp_path: Path) -> None:
    async with playground(tmp_path) as room:
        await room.said("http://")
        asked = await room.post("@threadbot 안녕")  # while the bot is still starting
        await room.answered(asked, "You said **안녕**.")
        await room.post("@threadbot again", thread=asked)
        await room.answered(asked, "You said **안녕**.", "You said **안녕, again**.")


async def test_a_killed_bot_comes_back_and_gets_the_event_that_it_did_not_acknowledge(tmp_path: Path) -> None:
    async with playground(tmp_path) as room:
        await room.in_state("running")
        asked = await room.post("@threadbot [hold] please")
        await room.said("held")
        os.kill(room.bots[0], signal.SIGKILL)
        await room.said("The bot has ended (SIGKILL)")
        page = await room.get("/api/channels/general")  # the page is still there
        assert [message["id"] for message in page["messages"]] == [asked]
        (tmp_path / "released").touch()
        await room.answered(asked, "You said **[hold] please**.")
        assert len(room.bots) == 2
        await room.in_state("running")


async def test_what_is_written_while_the_bot_is_away_is_answered_when_it_is_back(tmp_path: Path) -> None:
    async with playground(tmp_path) as room:
        await room.in_state("running")
        os.kill(room.bots[0], signal.SIGKILL)
        asked = await room.post("@threadbot hello")
        await room.answered(asked, "You said **hello**.")


async def test_a_killed_parent_ends_the_bot_and_its_file_has_everything(tmp_path: Path) -> None:
    async with playground(tmp_path) as room:
        await room.in_state("running")
        asked = await room.post("@threadbot hello")
        await room.answered(asked, "You said **hello**.")
        held = await room.post("@threadbot [hold]")
        await room.said("held")
        os.kill(room.pid, signal.SIGKILL)
        (tmp_path / "released").touch()
        await until(lambda: not alive(room.bots[0]))
    async with playground(tmp_path) as room:
        await room.said("http://")
        assert await room.answers(asked) == ["You said **hello**."]
        await room.answered(held, "You said **[hold]**.")


async def test_sigterm_stops_the_bot_and_then_the_parent(tmp_path: Path) -> None:
    async with playground(tmp_path) as room:
        await room.in_state("running")
        room.process.terminate()
        assert await room.process.wait() == 0
        await room.said("bot stopped")
        assert not alive(room.bots[0])


async def test_a_bot_that_does_not_stop_in_its_time_is_killed(tmp_path: Path) -> None:
    async with playground(tmp_path, [sys.executable, "-c", STUBBORN]) as room:
        await until(lambda: room.bots)
        room.process.send_signal(signal.SIGINT)
        assert await room.process.wait() == 0  # after the grace of two seconds
        assert not alive(room.bots[0])


async def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    async with playground(tmp_path, [sys.executable, "-c", STUBBORN]) as room:
        await until(lambda: room.bots)
        loop = asyncio.get_running_loop()
        started = loop.time()
        room.process.send_signal(signal.SIGINT)
        await room.said("bot asked")
        room.process.send_signal(signal.SIGINT)
        assert await room.process.wait() == 0
        assert loop.time() - started < 2  # the grace


async def test_a_bot_that_refuses_its_settings_twice_stops_the_parent_with_its_last_words(tmp_path: Path) -> None:
    refusing = "import sys; sys.exit(sys.stderr.write('OPENAI_TEMPERATURE must be a number.\\n') and 2)"
    async with playground(tmp_path, [sys.executable, "-c", refusing]) as room:
        assert await room.process.wait() == 1
        await until(lambda: room.process.stdout is not None and room.process.stdout.at_eof())
        assert room.lines[-1] == "OPENAI_TEMPERATURE must be a number."
        assert "The bot cannot start. Its last words:" in room.lines
        assert sum("The bot has ended (exit status 2)" in line for line in room.lines) == 1


async def test_a_bot_that_fails_otherwise_is_started_again_and_the_page_says_so(tmp_path: Path) -> None:
    failing = "import sys; sys.exit(1)"
    async with playground(tmp_path, [sys.executable, "-c", failing]) as room:
        await until(lambda: sum("The bot has ended (exit status 1)" in line for line in room.lines) > 2)
        await room.in_state("restarting")
        assert room.process.returncode is None


async def test_a_command_that_is_not_there_stops_the_parent_with_a_sentence(tmp_path: Path) -> None:
    async with playground(tmp_path, ["/no/such/python"]) as room:
        assert await room.process.wait() == 1
        await room.said("The bot cannot be started: ")


async def test_a_port_that_is_in_use_is_said_with_the_setting_to_change(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with playground(tmp_path, port=port) as room:
            assert await room.process.wait() == 1
            await room.said("Set PLAYGROUND_PORT to a free port.")
    assert room.lines == [f"Port {port} on 127.0.0.1 is in use by another program. Set PLAYGROUND_PORT to a free port."]


async def test_a_file_that_another_playground_has_is_said_without_a_traceback(tmp_path: Path) -> None:
    async with playground(tmp_path) as first:
        await first.said("http://")
        async with playground(tmp_path) as second:
            assert await second.process.wait() == 1
            await second.said("another process uses it")
        assert len(second.lines) == 1


def test_an_exit_status_is_told_in_words() -> None:
    assert [described(status) for status in (0, 2, -9, -64)] == [
        "exit status 0",
        "exit status 2",
        "SIGKILL",
        "SIGRTMAX",
    ]
