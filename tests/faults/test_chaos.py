"""The fault harness itself: it sees what it is there to see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.chaos import COUNTED, Plan, Results, table
from tests.faults.counts import STOPPED, Counts, judged
from tests.faults.steps import CHUNKS, SCRIPTS, STEPS, Change, Script, Step

SCRIPT = SCRIPTS["slack"]
LONG = SCRIPT.long
FIRST, SECOND = "\n\n".join(SCRIPT.paragraphs[:20]), "\n\n".join(SCRIPT.paragraphs[20:])


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
    assert judged(replies, SCRIPT) == counts


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
    assert judged(replies, SCRIPT, change) == counts


@pytest.mark.parametrize(
    ("replies", "counts"),
    [
        (["```text\nFirst.\n```", "```text\nSecond.\n```"], Counts()),
        (["```text\nFirst.", "```text\nSecond.\n```"], Counts(cut=1)),
        (["```text\nFirst.\n```\nWhat you asked for.", "```text\nSecond.\n```"], Counts(cut=1, left=1)),
    ],
)
def test_code_may_be_closed_in_one_message_and_opened_again_in_the_next(replies: list[str], counts: Counts) -> None:
    assert judged(replies, Script(["```text\nFirst.", "Second.\n```"])) == counts


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_each_step_has_a_name_of_its_own_and_a_death(steps: Sequence[Step]) -> None:
    assert len({step.name for step in steps}) == len(steps)
    assert all((step.checkpoint is None) is not (step.call is None) for step in steps)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_the_answer_of_each_platform_is_as_long_as_its_steps_need_it(script: Script) -> None:
    assert CHUNKS - 1 <= len(script.long) / script.chunk <= CHUNKS
    assert all(judged([text], script) == Counts() for text in (script.long, script.begun + script.rest))


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(runs=2, platforms=["discord"], databases=["sqlite"], results=tmp_path, seed="")


@pytest.fixture
def results(plan: Plan) -> Results:
    [results] = plan.results_of("discord")
    return results


CLEAN = [Counts()] * len(STEPS["discord"])


def test_runs_that_are_through_are_found_again_and_a_broken_line_is_not_one(plan: Plan, results: Results) -> None:
    results.append(1, CLEAN, 1.0)
    with (plan.results / "discord-sqlite.jsonl").open("a") as file:
        file.write('{"run": 2, "steps": {"before rec')
    assert results.read().keys() == {1}
    assert table(plan, "discord")[1] is False
    results.append(2, CLEAN, 1.0)
    assert table(plan, "discord")[1] is True


def test_runs_of_one_platform_are_none_of_another(plan: Plan, results: Results) -> None:
    results.append(1, CLEAN, 1.0)
    assert [each.read() for each in plan.results_of("slack")] == [{}]


@pytest.mark.parametrize("name", COUNTED)
def test_one_count_that_is_not_zero_fails_the_whole(plan: Plan, results: Results, name: str) -> None:
    results.append(1, CLEAN, 1.0)
    results.append(2, [*CLEAN[1:], Counts(**{name: 1})], 1.0)
    assert table(plan, "discord")[1] is False
