"""
A scripted bot for the playground, a process of its own: `python -m tests.platforms.web.echo_bot FOLDER`.

It announces its pid, and answers what it is asked in three steps with what was said to it so far in the thread. A
message with `[hold]` is not acknowledged before the file FOLDER/released is there; the answer to one with `[slow]`
goes on when FOLDER/step-1 and then FOLDER/step-2 are there. `[show] TEXT` is answered with TEXT, `[notes] TEXT` with
TEXT as a note.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import defaultdict
from pathlib import Path

from bot.core.conversation import Incoming, Posted, ThreadRef
from bot.core.ports import ReplyRequest
from bot.platforms.web.adapter import WebPlatform
from bot.platforms.web.life_line import LifeLine, life_line
from tests.contract.world import Log


class EchoBot:
    def __init__(self, platform: WebPlatform, folder: Path) -> None:
        self._platform = platform
        self._folder = folder
        self._said: dict[ThreadRef, list[str]] = defaultdict(list)
        self._answering: set[asyncio.Task[None]] = set()

    async def receive(self, posted: Incoming) -> None:
        assert isinstance(posted, Posted)
        if "[hold]" in posted.text:
            tell(f"held {posted.id}")
            await self._made("released")
        if posted.addressed or posted.direct:
            task = asyncio.create_task(self._answer(posted))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, posted: Posted) -> None:
        text = self._platform.readable(posted.text)
        said = self._said[posted.thread]
        said.append(text)
        reply = await self._platform.open_reply(ReplyRequest(posted.thread, int(posted.id), (), Log()))
        if text.startswith("[show]"):
            await reply.finish(text.removeprefix("[show]").strip())
        elif text.startswith("[notes]"):
            await reply.finish("Answered.", [text.removeprefix("[notes]").strip()])
        else:
            answer = f"You said **{', '.join(said)}**."
            for step in (1, 2):
                await reply.show(answer[: step * len(answer) // 3])
                if "[slow]" in text:
                    await self._made(f"step-{step}")
            await reply.finish(answer)

    async def _made(self, name: str) -> None:
        while not (self._folder / name).exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)


async def main(folder: Path) -> None:
    line = await life_line(sys.stdin.buffer)
    platform = WebPlatform(line.url, line.secret)
    tell(f"bot {os.getpid()}")
    running = asyncio.create_task(platform.run(EchoBot(platform, folder).receive))
    try:
        await ended_or_stopped(line)
    finally:
        running.cancel()
        await asyncio.wait([running])
        line.close()


async def ended_or_stopped(line: LifeLine) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(line.ended())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    tell("bot stopped" if stop.is_set() else "parent ended")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
