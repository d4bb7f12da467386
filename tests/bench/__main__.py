"""
`python -m tests.bench`: Threadbot beside the smallest possible bot, in figures with their targets.

All of it runs on the loopback, in processes that end with it, in a temporary directory. --quick measures less and says
less about speed; what must hold on any machine (nothing lost, nothing doubled, few calls) it says as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from tests.bench import arena, caching, contest, guilds, measures
from tests.bench.history import LongThread, fill
from tests.bench.processes import BenchError
from tests.bench.report import Figure, Section, as_json, ratio, share, table
from tests.bench.sizes import QUICK, WHOLE, Say, Size
from tests.bench.slack_stage import slack_stage

WHOLE_SECONDS = 800.0
PROMPT_TOKENS = 16_000  # of the conversations whose input is billed


T = TypeVar("T")


async def measure(size: Size, directory: Path, say: Say) -> list[Section]:
    """Raises BenchError when something could not be measured."""
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            return [
                await contest.on_slack(size, directory, say),
                await contest.on_discord(size, directory, say),
                await guilds.memory(size, directory, say),
                await _long_threads(size, directory, say),
                await _caching(size, directory, say),
            ]
    except TimeoutError as error:
        raise BenchError(f"not done after {WHOLE_SECONDS:.0f} s") from error


async def _long_threads(size: Size, directory: Path, say: Say) -> Section:
    say(f"Threads of {size.short_thread} and of {size.long_thread} turns …")
    url = f"sqlite+aiosqlite:///{directory / 'long.db'}"
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        stage = await start(slack_stage("long", directory))
        lengths = (size.short_thread, size.long_thread)
        roots = [await stage.post(f"A thread of {turns} turns", copies=[]) for turns in lengths]
        slack = stage.addresses.slack
        await fill(
            url,
            [
                LongThread("T0STANDIN1", slack["channel"], root, slack["user"], turns)
                for root, turns in zip(roots, lengths, strict=True)
            ],
        )
        bot = await start(arena.threadbot(stage, directory, url))
        await measures.alternate_threads(
            bot, roots, min(2, size.warm_up)
        )  # the first one finds the window, once for a thread
        short, long = await measures.alternate_threads(bot, roots, size.long_rounds)
        say(f"… event to model request: the long one {long.spread}, the short one {short.spread}")
        return Section(f"{size.long_thread} turns", f"{size.short_thread} turns", _long_figures(long, short))


def _long_figures(long: measures.Spent, short: measures.Spent) -> list[Figure]:
    low, high = 0.85, 1.15
    return [
        ratio(
            "long thread: event to model request",
            long.to_request,
            short.to_request,
            at_least=low,
            at_most=high,
            unit="ms",
        ),
        ratio("long thread: CPU a reply", long.typical_cpu, short.typical_cpu, at_least=low, at_most=high, unit="ms"),
        ratio("long thread: Slack calls", sum(long.calls), sum(short.calls), at_least=low, at_most=high, unit="calls"),
    ]


async def _caching(size: Size, directory: Path, say: Say) -> Section:
    figures: list[Figure] = []
    for number, talk in enumerate(size.talks):
        say(f"A conversation of {size.talk_turns} turns, {talk.name}, {PROMPT_TOKENS} tokens of each sent …")
        folder = directory / f"talk-{number}"
        folder.mkdir()
        billed = await caching.billed(talk, size.talk_turns, PROMPT_TOKENS, folder)
        used = f"{billed.full_at_all:.0%} full from the first turn on"
        say(f"… {billed.turn_tokens:.0f} tokens a turn, {billed.cuts} cuts, {used}")
        figures += [
            ratio(f"{talk.name}: input", billed.ours, billed.sliding, at_most=0.3, unit="tokens"),
            share(f"{talk.name}: window, once full", billed.full, at_least=0.8),
        ]
    return Section("cut in blocks", "turn by turn", figures)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Threadbot beside the smallest bot.")
    parser.add_argument("--quick", action="store_true", help="a smoke test: fewer of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="threadbot-bench-") as directory:
        try:
            sections = asyncio.run(_until_told(measure(QUICK if options.quick else WHOLE, Path(directory), _tell)))
        except BenchError as error:
            _tell(str(error))
            return 2
    figures = [figure for section in sections for figure in section.figures]
    sys.stdout.write("\n\n".join(map(table, sections)) + "\n")
    if options.json:
        options.json.write_text(json.dumps(as_json(figures), indent=2) + "\n")
    return 0 if all(figure.met for figure in figures) else 1


async def _until_told(work: Coroutine[Any, Any, T]) -> T:
    """SIGTERM ends it as Ctrl-C does: with everything that was started."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError as error:
        raise BenchError("stopped") from error


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
