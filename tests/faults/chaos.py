"""
`python -m tests.faults.chaos --runs 20`: every step, so many times, on SQLite and on a real PostgreSQL.

A run is a chain of lives on a new database (chain.py). What came of each is appended to chaos-results/DATABASE.jsonl
as soon as it is through; with --resume those that are there are not done again. Everything listens on the loopback and
ends with this process.
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
from tests.faults.steps import EDITED_STEPS, STEPS, STREAM_STEPS, Step
from tests.standins.postgres import Postgres

DATABASES = ("sqlite", "postgresql")
COUNTED = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True)
class Plan:
    runs: int
    databases: Sequence[str]
    results: Path  # directory
    seed: str


class Results:
    """What is known of one database's runs, in its file: one line a run."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)

    def read(self) -> dict[int, dict[str, Counts]]:
        """By run, then by step. A line that an interruption cut off is left out, and so are runs of other steps."""
        known: dict[int, dict[str, Counts]] = {}
        for told in self._lines():
            if told["steps"].keys() == {step.name for step in STEPS}:
                known[told["run"]] = {step: Counts(**numbers) for step, numbers in told["steps"].items()}
        return known

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self._file.exists():
            for line in self._file.read_text().splitlines():
                with suppress(ValueError):
                    yield json.loads(line)

    def append(self, run: int, counts: Sequence[Counts], seconds: float) -> None:
        """Starts a new line in any case: the one before may have been cut off."""
        steps = {step.name: asdict(each) for step, each in zip(STEPS, counts, strict=True)}
        with self._file.open("a") as file:
            file.write("\n" + json.dumps({"run": run, "seconds": round(seconds, 1), "steps": steps}) + "\n")


async def chaos(plan: Plan) -> None:
    """Do all runs that have no result yet; the databases at the same time, each run after run."""
    with (
        tempfile.TemporaryDirectory(prefix="threadbot-chaos-") as directory,
        Postgres.started() as postgres,
    ):
        async with Nursery.opened() as nursery, asyncio.TaskGroup() as group:
            for database in plan.databases:
                group.create_task(_runs(plan, database, nursery, postgres, Path(directory)))


async def _runs(plan: Plan, database: str, nursery: Nursery, postgres: Postgres, directory: Path) -> None:
    results = Results(plan.results / f"{database}.jsonl")
    for run in sorted(set(range(1, plan.runs + 1)) - results.read().keys()):
        with tempfile.TemporaryDirectory(dir=directory, prefix=f"{database}-{run}-") as place:
            started = time.monotonic()
            seed = f"{plan.seed}-{database}-{run}"
            chains = [
                _chain(nursery, postgres if database == "postgresql" else None, Path(place, str(number)), steps, seed)
                for number, steps in enumerate((EDITED_STEPS, STREAM_STEPS))
            ]
            counts = [count for counted in await asyncio.gather(*chains) for count in counted]
            results.append(run, counts, time.monotonic() - started)
            failed = [step.name for step, each in zip(STEPS, counts, strict=True) if not each.clean]
            _tell(f"{database}: run {run} of {plan.runs}: " + (f"FAILED at {', '.join(failed)}" if failed else "clean"))


async def _chain(
    nursery: Nursery, postgres: Postgres | None, place: Path, steps: Sequence[Step], seed: str
) -> list[Counts]:
    """On a database of its own."""
    place.mkdir()  # noqa: ASYNC240 - nobody else is kept waiting
    url = await postgres.new_database() if postgres else f"sqlite+aiosqlite:///{place}/threadbot.db"
    return await run_chain(nursery, url, place, steps, seed)


def table(plan: Plan) -> tuple[str, bool]:
    """Steps × databases with the sums of their counts, in Markdown; and whether all runs are there and clean."""
    head = ["step", *(f"{database}: runs" for database in plan.databases), *COUNTED]
    known = {database: Results(plan.results / f"{database}.jsonl").read() for database in plan.databases}
    rows, clean = [head, ["---"] * len(head)], True
    for step in STEPS:
        done = [[runs[run][step.name] for run in runs if run <= plan.runs] for runs in known.values()]
        sums = [sum(getattr(counts, name) for each in done for counts in each) for name in COUNTED]
        clean &= not any(sums) and all(len(each) == plan.runs for each in done)
        rows.append([step.name, *(str(len(each)) for each in done), *map(str, sums)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows), clean


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description="Kill the bot at every step.")
    parser.add_argument("--runs", type=int, default=20, help="of every step, on each database")
    parser.add_argument("--database", action="append", choices=DATABASES, help="only this one")
    parser.add_argument("--resume", action="store_true", help="keep the results that are there, do the others")
    parser.add_argument("--minutes", type=float, default=45.0, help="stop then; --resume goes on")
    parser.add_argument("--seed", default="chaos", help="of the model's pace")
    parser.add_argument("--results", type=Path, default=ROOT / "chaos-results")
    chosen = parser.parse_args(arguments)
    plan = Plan(chosen.runs, chosen.database or DATABASES, chosen.results, chosen.seed)
    plan.results.mkdir(exist_ok=True)
    if not chosen.resume:
        for database in plan.databases:
            Results(plan.results / f"{database}.jsonl").clear()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the stand-ins': their clients die, that is meant
    started = time.monotonic()
    whole = asyncio.run(_within(plan, chosen.minutes * 60))
    shown, clean = table(plan)
    sys.stdout.write(f"{shown}\n\n{(time.monotonic() - started) / 60:.1f} minutes\n")
    if not whole:
        _tell("Not all runs were done. Go on with --resume.")
    return 0 if clean else 1


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
