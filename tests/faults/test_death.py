"""A process that dies at any step loses no question and answers none twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.chain import environment as environment
from tests.faults.chain import run_chain
from tests.faults.nursery import Nursery
from tests.faults.steps import STEPS
from tests.standins.postgres import Postgres


@pytest.mark.timeout(300)
async def test_a_question_gets_one_whole_answer_at_whatever_step_its_process_dies(
    postgres: Postgres, tmp_path: Path
) -> None:
    """On both databases at the same time: most of it is waiting."""
    urls = {"sqlite": f"sqlite+aiosqlite:///{tmp_path / 'sqlite' / 'threadbot.db'}"}
    urls["postgresql"] = await postgres.new_database()
    for database in urls:
        (tmp_path / database).mkdir()
    async with Nursery.opened() as nursery:
        chains = [
            run_chain(nursery, url, tmp_path / database, STEPS, f"test-{database}") for database, url in urls.items()
        ]
        counted = await asyncio.gather(*chains)
    for database, counts in zip(urls, counted, strict=True):
        failed = {step.name: each for step, each in zip(STEPS, counts, strict=True) if not each.clean}
        assert not failed, database
