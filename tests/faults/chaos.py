"""
`python -m tests.faults.chaos --runs 20`: every step, so many times, on each platform, on SQLite and on a real
PostgreSQL.

A run is one chain of lives, or a few, each on a new database (chain.py). What came of each is appended to
chaos-results/PLATFORM-DATABASE.jsonl as soon as it is through; with --resume those that are there are not done again.
Everything listens on the loopback and ends with this process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tests.faults.chain import run_chain
from tests.faults.counts import Counts
from tests.faults.lives import ROOT
from tests.faults.nursery import Nursery
from tests.faults.steps import CHAINS, STEPS, Platform, Step
from tests.standins.postgres import Postgres

PLATFORMS: Sequence[Platform] = ("slack", "discord")
DATABASES = ("sqlite", "postgresql")
COUNTED = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True)
class Plan:
    runs: int
    platforms: Sequence[Platform]
    databases: Sequence[str]
    results: Path  # directory
    seed: str

    def results_of(self, platform: Platform) -> Sequence[Results]:
        """On each database."""
        return [Results(self.results, platform, database) for database in self.databases]


class Results:
    """What is known of the runs on one platform and one database, in their file: one line a run."""

    def __init__(self, directory: Path, platform: Platform, database: str) -> None:
        self.platform, self.database, self._steps = platform, database, STEPS[platform]
        self._file = directory / f"{platform}-{database}.jsonl"

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)

    def read(self) -> dict[int, dict[str, Counts]]:
        """By run, then by step. A line that an interruption cut off is left out, and so are runs of other steps."""
        known: dict[int, dict[str, Counts]] = {}
        for told in self._lines():
            if told["steps"].keys() == {step.name for step in self._steps}:
                known[told["run"]] = {step: Counts(**numbers) for step, numbers in told["steps"].items()}
        return known

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self._file.exists():
            for line in self._file.read_text().splitlines():
                with suppress(ValueError):
                    yield json.loads(line)

    def append(self, run: int, counts: Sequence[Counts], seconds: float) -> None:
        """Starts a new line in any case: the one before may have been cut off."""
        steps = {step.name: asdict(each) for step, each in zip(self._steps, counts, strict=True)}
        with self._file.open("a") as file:
            file.write("\n" + json.dumps({"run": run, "seconds": round(seconds, 1), "steps": steps}) + "\n")


async def chaos(plan: Plan) -> None:
    """Do all runs that have no result yet; platforms and databases at the same time, each run after run."""
    with (
        tempfile.TemporaryDirectory(prefix="threadbot-chaos-") as directory,
        Postgres.started() as postgres,
    ):
        async with Nursery.opened() as nursery, asyncio.TaskGroup() as group:
            for results in [each for platform in plan.platforms for each in plan.results_of(platform)]:
                group.create_task(_runs(plan, results, nursery, postgres, Path(directory)))


async def _runs(plan: Plan, results: Results, nursery: Nursery, postgres: Postgres, directory: Path) -> None:
    platform, name = results.platform, f"{results.platform}-{results.database}"
    server = postgres if results.database == "postgresql" else None
    for run in sorted(set(range(1, plan.runs + 1)) - results.read().keys()):
        with tempfile.TemporaryDirectory(dir=directory, prefix=f"{name}-{run}-") as place:
            started = time.monotonic()
            chains = [
                _chain(nursery, platform, server, Path(place, str(number)), steps, f"{plan.seed}-{name}-{run}")
                for number, steps in enumerate(CHAINS[platform])
            ]
            counts = [count for counted in await asyncio.gather(*chains) for count in counted]
            results.append(run, counts, time.monotonic() - started)
            failed = [step.name for step, each in zip(STEPS[platform], counts, strict=True) if not each.clean]
            _tell(f"{name}: run {run} of {plan.runs}: " + (f"FAILED at {', '.join(failed)}" if failed else "clean"))


async def _chain(
    nursery: Nursery, platform: Platform, postgres: Postgres | None, place: Path, steps: Sequence[Step], seed: str
) -> list[Counts]:
    """On a database of its own."""
    place.mkdir()  # noqa: ASYNC240 - nobody else is kept waiting
    url = await postgres.new_database() if postgres else f"sqlite+aiosqlite:///{place}/threadbot.db"
    return await run_chain(nursery, platform, url, place, steps, seed)


def table(plan: Plan, platform: Platform) -> tuple[str, bool]:
    """Steps × databases with the sums of their counts, in Markdown; and whether all runs are there and clean."""
    head = [f"step on {platform}", *(f"{database}: runs" for database in plan.databases), *COUNTED]
    known = [each.read() for each in plan.results_of(platform)]
    rows, clean = [head, ["---"] * len(head)], True
    for step in STEPS[platform]:
        done = [[runs[run][step.name] for run in runs if run <= plan.runs] for runs in known]
        sums = [sum(getattr(counts, name) for each in done for counts in each) for name in COUNTED]
        clean &= not any(sums) and all(len(each) == plan.runs for each in done)
        rows.append([step.name, *(str(len(each)) for each in done), *map(str, sums)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows), clean


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description="Kill the bot at every step.")
    parser.add_argument("--runs", type=int, default=20, help="of every step, on each database")
    parser.add_argument("--platform", action="append", choices=PLATFORMS, help="only this one")
    parser.add_argument("--database", action="append", choices=DATABASES, help="only this one")
    parser.add_argument("--resume", action="store_true", help="keep the results that are there, do the others")
    parser.add_argument("--minutes", type=float, default=120.0, help="stop then; --resume goes on")
    parser.add_argument("--seed", default="chaos", help="of the model's pace")
    parser.add_argument("--results", type=Path, default=ROOT / "chaos-results")
    chosen = parser.parse_args(arguments)
    platforms, databases = chosen.platform or PLATFORMS, chosen.database or DATABASES
    plan = Plan(chosen.runs, platforms, databases, chosen.results, chosen.seed)
    plan.results.mkdir(exist_ok=True)
    if not chosen.resume:
        for results in [each for platform in platforms for each in plan.results_of(platform)]:
            results.clear()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the stand-ins': their clients die, that is meant
    started = time.monotonic()
    whole = asyncio.run(_within(plan, chosen.minutes * 60))
    tables = [table(plan, platform) for platform in platforms]
    shown = "\n\n".join(text for text, _ in tables)
    sys.stdout.write(f"{shown}\n\n{(time.monotonic() - started) / 60:.1f} minutes\n")
    if not whole:
        _tell("Not all runs were done. Go on with --resume.")
    return 0 if all(clean for _, clean in tables) else 1


async def _within(plan: Plan, seconds: float) -> bool:
    """Whether all was done in this time. SIGINT and SIGTERM end it, too, with all that it started."""
    working = asyncio.create_task(chaos(plan))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        async with asyncio.timeout(seconds):
            await working
    except (TimeoutError, asyncio.CancelledError):
        return False
    return True


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
