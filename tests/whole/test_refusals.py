"""What Slack takes from others but refuses here: the asker reads one whole answer all the same."""

from __future__ import annotations

import pytest

from tests.standins.model_script import Answer
from tests.standins.slack_faults import Refused
from tests.whole.conftest import Office

WORDS = " ".join(f"word{number}" for number in range(30))


@pytest.mark.parametrize("code", ["edit_window_closed", "cant_update_message"])
async def test_where_edits_are_refused_one_whole_answer_is_visible(office: Office, code: str) -> None:
    office.model.answers.append(Answer(WORDS, chunk_size=10, chunk_delay=0.05))
    office.slack.fail("chat.update", Refused(code), times=100)
    async with office.bot():
        root = await office.ask("hello")
        assert await office.answers(root) == [WORDS]
    assert office.slack.calls("chat.update")
    assert office.rows("SELECT state FROM turns") == [("shown",)]
