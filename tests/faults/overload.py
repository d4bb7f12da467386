"""
`python -m tests.faults.overload [--quick]`: what the bot does when everybody asks at the same time, in figures.

All of it runs on the loopback, in processes that end with it. --quick is a smaller load on SQLite alone, and says only
what must hold on any machine.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.faults.load import Load, Measured, measure
from tests.standins.postgres import Postgres

ACKNOWLEDGED_SECONDS = 1.0  # at p99
MORE_MEGABYTES = 100.0  # than the bot has when it is idle


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    database: str
    load: Load
    timely: bool = False  # whether acknowledgements have to be in time
    small: bool = False  # whether there is a limit for memory


WITHIN_60, WITHIN_10 = Load(5_000, 500, 60, 2.0), Load(5_000, 500, 10, 2.0)
AT_ONCE = Load(2_000, 1_000, 0, 0.0)
WHOLE = (
    Scenario("5,000 mentions in 500 threads within 60 s", "sqlite", WITHIN_60, timely=True, small=True),
    Scenario("5,000 mentions in 500 threads within 10 s", "sqlite", WITHIN_10),
    Scenario("5,000 mentions in 500 threads within 60 s", "postgresql", WITHIN_60),
    Scenario("5,000 mentions in 500 threads within 10 s", "postgresql", WITHIN_10),
    Scenario("2,000 mentions in 1,000 threads at once, a model without delay", "sqlite", AT_ONCE),
    Scenario("2,000 mentions in 1,000 threads at once, a model without delay", "postgresql", AT_ONCE),
)
FEW = Load(200, 40, 2, 0.3, max_concurrent_turns=8)
QUICK = (Scenario("200 mentions in 40 threads within 2 s", "sqlite", FEW, small=True),)

HEAD = (
    "load", "database", "lost", "doubled", "not acknowledged", "turns", "model calls at once", "acknowledged p50, p99",
    "memory idle, peak", "events/s", "turns/s", "all answered after", "",
)  # fmt: skip


def broken(scenario: Scenario, measured: Measured) -> list[str]:
    """What does not hold, in words; empty when all does."""
    rules = {
        "mentions were lost": measured.lost == 0,
        "answers were doubled": measured.doubled == 0,
        "events were not acknowledged": measured.unacknowledged == 0,
        "too many model calls at a time": measured.at_once <= scenario.load.max_concurrent_turns,
        "acknowledged too late": not scenario.timely or measured.acknowledged_p99 < ACKNOWLEDGED_SECONDS,
        "too much memory": not scenario.small or measured.peak_megabytes <= measured.idle_megabytes + MORE_MEGABYTES,
    }
    return [words for words, kept in rules.items() if not kept]


def row(scenario: Scenario, seen: Measured) -> Sequence[str]:
    return (
        f"{scenario.name}, the model takes {scenario.load.model_seconds:g} s"
        if scenario.load.seconds
        else scenario.name,
        scenario.database,
        str(seen.lost),
        str(seen.doubled),
        str(seen.unacknowledged),
        str(seen.turns),
        f"{seen.at_once} of {scenario.load.max_concurrent_turns}",
        f"{seen.acknowledged_p50 * 1000:.0f}, {seen.acknowledged_p99 * 1000:.0f} ms",
        f"{seen.idle_megabytes:.0f}, {seen.peak_megabytes:.0f} MB",
        f"{seen.events_a_second:.0f}",
        f"{seen.turns_a_second:.0f}",
        f"{seen.seconds:.0f} s",
        "; ".join(broken(scenario, seen)) or "holds",
    )


async def overload(scenarios: Sequence[Scenario]) -> bool:
    """Measure one after the other and print what came of each. Whether all holds."""
    holds = True
    _tell(HEAD)
    _tell(["---"] * len(HEAD))
    for scenario in scenarios:
        with ExitStack() as stack:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="threadbot-overload-"))
            url = f"sqlite+aiosqlite:///{directory}/threadbot.db"
            if scenario.database == "postgresql":
                url = await stack.enter_context(Postgres.started(durable=True)).new_database()
            measured = await measure(scenario.load, Path(directory), url)
            holds &= not broken(scenario, measured)
            _tell(row(scenario, measured))
    return holds


def _tell(cells: Sequence[str]) -> None:
    sys.stdout.write("| " + " | ".join(cells) + " |\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.overload", description="Everybody asks at once.")
    parser.add_argument("--quick", action="store_true", help="a smaller load, on SQLite alone")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    chosen = parser.parse_args(arguments)
    scenarios = [each for each in (QUICK if chosen.quick else WHOLE) if chosen.database in (None, each.database)]
    return 0 if asyncio.run(overload(scenarios)) else 1


if __name__ == "__main__":
    sys.exit(main())
