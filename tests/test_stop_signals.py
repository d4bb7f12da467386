"""The first signal stops a process, the second stops it at once; then signals do what they do by default."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

SIGINT, SIGTERM = signal.SIGINT, signal.SIGTERM

LOOPS = {"asyncio": "asyncio.new_event_loop", "uvloop": "uvloop.new_event_loop"}

CHILD = """
import asyncio, uvloop
from bot.stop_signals import StopRequest

async def main():
    stop = StopRequest()
    with stop.on_signals():
        print("running", flush=True)
        await stop.requested.wait()
        print("at once" if stop.at_once.is_set() else "stopping", flush=True)
        await stop.at_once.wait()
        print("stopping at once", flush=True)
    print("over", flush=True)
    await asyncio.Event().wait()

with asyncio.Runner(loop_factory=%s) as runner:
    runner.run(main())
"""


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS.keys())
@pytest.mark.parametrize(
    ("first", "second"), [(SIGINT, SIGINT), (SIGINT, SIGTERM), (SIGTERM, SIGINT), (SIGTERM, SIGTERM)]
)
async def test_the_first_signal_stops_and_the_second_stops_at_once(
    first: signal.Signals, second: signal.Signals, loop: str
) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD % loop, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"running\n"
        process.send_signal(first)
        assert await process.stdout.readline() == b"stopping\n"
        process.send_signal(second)
        assert await process.stdout.readline() == b"stopping at once\n"
        assert await process.stdout.readline() == b"over\n"
        process.send_signal(SIGTERM)
        assert await process.wait() == -SIGTERM
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
