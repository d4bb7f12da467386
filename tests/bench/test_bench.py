"""The bench itself, small: what it says must hold on any machine, however slow. It says nothing of times here."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.bench.processes import ROOT
from tests.bench.report import Section, limit, ratio, table

pytestmark = pytest.mark.timeout(1_200)  # the first test waits for the run


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """By name, of one quick run."""
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    command = [sys.executable, "-m", "tests.bench", "--quick", "--json", str(file)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert ran.returncode in (0, 1), ran.stderr  # 1: a target was missed, which times may be here
    return {figure["name"]: figure for figure in json.loads(file.read_text())}


@pytest.mark.parametrize("platform", ["", "Discord: "])
@pytest.mark.parametrize("name", ["lost", "doubled"])
def test_no_mention_is_lost_or_answered_twice(figures: dict[str, dict[str, Any]], platform: str, name: str) -> None:
    assert figures[f"{platform}20 at once: {name}"]["value"] == 0


def test_a_short_answer_takes_at_most_three_slack_calls(figures: dict[str, dict[str, Any]]) -> None:
    assert 1 <= figures["Slack calls for a short answer (most)"]["value"] <= 3


def test_a_short_answer_on_discord_takes_a_thread_a_post_and_at_most_two_edits(
    figures: dict[str, dict[str, Any]],
) -> None:
    made = {what: figures[f"Discord: {what} for a short answer (most)"]["value"] for what in ("threads", "posts")}
    assert made == {"threads": 1, "posts": 1}
    assert figures["Discord: edits for a short answer (most)"]["met"]
    assert figures["Discord: calls for a short answer (most)"]["met"]


def test_many_guilds_are_little_in_memory(figures: dict[str, dict[str, Any]]) -> None:
    assert figures["Discord: memory with 5 guilds of 100, answered"]["met"]


def test_a_longer_thread_takes_as_many_slack_calls(figures: dict[str, dict[str, Any]]) -> None:
    assert figures["long thread: Slack calls"]["value"] == 1


def test_a_cached_conversation_costs_less_than_a_third_with_the_window_well_used(
    figures: dict[str, dict[str, Any]],
) -> None:
    assert figures["everyday turns: input"]["value"] <= 0.3
    assert figures["everyday turns: window, once full"]["value"] >= 80


def test_what_is_measured_is_there(figures: dict[str, dict[str, Any]]) -> None:
    may_be_none = ("lost", "doubled", "edits")
    assert all(figure["value"] > 0 for name, figure in figures.items() if not any(each in name for each in may_be_none))


def test_a_missed_target_is_said() -> None:
    figures = [ratio("time", 3.0, 1.0, at_most=2.5, unit="s"), limit("lost", 0, at_most=0)]
    shown = table(Section("ours", "theirs", figures))
    assert "x 3.00" in shown
    assert [line.split()[-1] for line in shown.splitlines()[2:]] == ["MISSED", "met"]


def test_less_than_the_least_is_a_miss_too() -> None:
    assert not ratio("time", 0.5, 1.0, at_least=0.85, at_most=1.15, unit="s").met
