"""The same dialogues on every platform: what the model is sent and what the ledger holds must be the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.standins.model import ModelServer
from tests.whole.dialogues.dialogues import ALL, Dialogue
from tests.whole.dialogues.stage import LackingError
from tests.whole.dialogues.stages import open_stage

LONG = 240  # seconds; each is played twice


async def played(name: str, dialogue: Dialogue, directory: Path, *, alone: bool = False) -> tuple[Any, Any, str]:
    """The prompts, the ledger, and what the platform lacks for the rest."""
    async with ModelServer() as model, open_stage(name, model, directory, alone=alone) as stage:
        lacks = ""
        try:
            await dialogue(stage)
        except LackingError as error:
            lacks = str(error)
        return stage.prompts(), stage.ledger(), lacks


@pytest.mark.timeout(LONG)
@pytest.mark.parametrize("dialogue", ALL, ids=lambda each: each.__name__)
async def test_a_dialogue_comes_to_the_same_on_every_platform(dialogue: Dialogue, tmp_path: Path) -> None:
    prompts, ledger, _ = await played("slack", dialogue, tmp_path)
    prompts_of_discord, ledger_of_discord, _ = await played("discord", dialogue, tmp_path)
    assert prompts
    assert prompts_of_discord == prompts
    for table, rows in ledger.items():
        assert ledger_of_discord[table] == rows, table


@pytest.mark.timeout(LONG)
@pytest.mark.parametrize("dialogue", ALL, ids=lambda each: each.__name__)
async def test_in_the_playground_it_comes_to_the_same_as_far_as_that_has_the_thing(
    dialogue: Dialogue, tmp_path: Path
) -> None:
    """The playground has one person, who says all on Slack, too."""
    prompts, ledger, lacks = await played("web", dialogue, tmp_path)
    prompts_of_slack, ledger_of_slack, _ = await played("slack", dialogue, tmp_path, alone=True)
    assert prompts == prompts_of_slack[: len(prompts)]
    if lacks:
        pytest.skip(f"played up to request {len(prompts)}: {lacks}")
    assert len(prompts) == len(prompts_of_slack)
    for table, rows in ledger_of_slack.items():
        assert ledger[table] == rows, table
