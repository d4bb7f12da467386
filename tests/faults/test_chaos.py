"""The fault harness itself: it sees what it is there to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.chaos import COUNTED, Plan, Results, table
from tests.faults.counts import STOPPED, Counts, judged
from tests.faults.steps import LONG, PARAGRAPHS, STEPS, Change

FIRST, SECOND = "\n\n".join(PARAGRAPHS[:20]), "\n\n".join(PARAGRAPHS[20:])


@pytest.mark.parametrize(
    ("replies", "counts"),
    [
        ([LONG], Counts()),
        ([FIRST, SECOND], Counts()),
        ([], Counts(lost=1)),
        (["잠시만요 …"], Counts(lost=1, left=1)),
        ([FIRST, SECOND, "잠시만요 …"], Counts(left=1)),
        ([FIRST], Counts(cut=1)),
        ([SECOND, FIRST], Counts(cut=1)),
        ([FIRST, FIRST, SECOND], Counts(doubled=20, cut=1)),
    ],
)
def test_what_a_reader_sees_is_judged(replies: list[str], counts: Counts) -> None:
    assert judged(replies) == counts


@pytest.mark.parametrize(
    ("change", "replies", "counts"),
    [
        ("delete", [], Counts()),
        ("delete", [FIRST], Counts(left=1)),
        ("stop", [f"{FIRST}\n{STOPPED['stopped']}"], Counts()),
        ("stop", [STOPPED["stopped_unanswered"]], Counts()),
        ("stop", [FIRST], Counts(lost=1)),
        ("stop", [], Counts(lost=1)),
        ("stop", [SECOND, STOPPED["stopped"]], Counts(cut=1)),
        ("stop", [FIRST, FIRST, STOPPED["stopped"]], Counts(doubled=20, cut=1)),
        ("stop", [STOPPED["stopped_unanswered"], STOPPED["stopped_unanswered"]], Counts(cut=1)),
        ("edit", [LONG], Counts()),
    ],
)
def test_what_a_reader_sees_after_a_change_is_judged(change: Change, replies: list[str], counts: Counts) -> None:
    assert judged(replies, change) == counts


def test_each_step_has_a_name_of_its_own_and_a_death() -> None:
    assert len({step.name for step in STEPS}) == len(STEPS)
    assert all((step.checkpoint is None) is not (step.call is None) for step in STEPS)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(runs=2, databases=["sqlite"], results=tmp_path, seed="")


def test_runs_that_are_through_are_found_again_and_a_broken_line_is_not_one(plan: Plan) -> None:
    results = Results(plan.results / "sqlite.jsonl")
    results.append(1, [Counts()] * len(STEPS), 1.0)
    with (plan.results / "sqlite.jsonl").open("a") as file:
        file.write('{"run": 2, "steps": {"before rec')
    assert results.read().keys() == {1}
    assert table(plan)[1] is False
    results.append(2, [Counts()] * len(STEPS), 1.0)
    assert table(plan)[1] is True


@pytest.mark.parametrize("name", COUNTED)
def test_one_count_that_is_not_zero_fails_the_whole(plan: Plan, name: str) -> None:
    results = Results(plan.results / "sqlite.jsonl")
    results.append(1, [Counts()] * len(STEPS), 1.0)
    results.append(2, [*[Counts()] * (len(STEPS) - 1), Counts(**{name: 1})], 1.0)
    assert table(plan)[1] is False
