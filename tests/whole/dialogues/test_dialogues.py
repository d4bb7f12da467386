"""The same dialogues on every platform: what the model is sent and what the ledger holds must be the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.standins.model import ModelServer
from tests.whole.dialogues.dialogues import ALL, Dialogue
from tests.whole.dialogues.stages import open_stage

LONG = 240  # seconds; each is played twice


@pytest.mark.timeout(LONG)
@pytest.mark.parametrize("dialogue", ALL, ids=lambda each: each.__name__)
async def test_a_dialogue_comes_to_the_same_on_every_platform(dialogue: Dialogue, tmp_path: Path) -> None:
    told = {}
    for name in ("slack", "discord"):
        async with ModelServer() as model, open_stage(name, model, tmp_path) as stage:
            await dialogue(stage)
            told[name] = (stage.prompts(), stage.ledger())
    (prompts, ledger), (prompts_of_discord, ledger_of_discord) = told["slack"], told["discord"]
    assert prompts
    assert prompts_of_discord == prompts
    for table, rows in ledger.items():
        assert ledger_of_discord[table] == rows, table
