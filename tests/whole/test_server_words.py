"""What the model's server says of an error is for whoever runs the bot: in the log and in `threadbot turns`."""

from __future__ import annotations

import json
import logging

import pytest

from tests.standins.model.script import Answer, failure
from tests.whole.conftest import Office
from tests.whole.test_retry import operator

ODD = Answer(failure=failure(400, "The template cannot be rendered.", code="bad_template"))
WORDS = "400 bad_template invalid_request_error: The template cannot be rendered."


async def test_they_stand_in_the_log_and_in_the_list_of_turns_and_not_in_the_chat(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.model.default = ODD
    async with office.bot():
        root = await office.ask("hello")
        [shown] = await office.answers(root)
        [told] = [record for record in caplog.records if WORDS in record.getMessage()]
        assert (told.levelno, told.getMessage().startswith("turn 1: ")) == (logging.WARNING, True)
        assert "template" not in shown
        listed = (await operator(office, "turns")).out.splitlines()
        assert listed[1].split()[-1] == "model_bad_request"
        assert listed[2].strip() == WORDS
        [turn] = json.loads((await operator(office, "turns", "--json")).out)
        assert turn["error"] == WORDS
        await office.slack.remove(office.general, root)
        await office.slack.wait_for(lambda: office.rows("SELECT error_detail FROM completions") == [(None,)])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ODD, "model_bad_request"),
        (Answer("", finish_reason="stop"), "empty_answer"),
        (Answer("", finish_reason="content_filter"), "content_filter"),
        (Answer("", finish_reason="tool_calls", tool_call=True), "tool_calls"),
        (Answer("\u200b"), "empty_answer"),
    ],
)
async def test_a_failed_turn_keeps_its_reason(
    office: Office, answer: Answer, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.turns")
    office.model.default = answer
    async with office.bot():
        await office.answers(await office.ask("hello"))
    assert office.rows("SELECT state, reason FROM turns") == [("failed", reason)]
    [ended] = [message for message in caplog.messages if "state=failed" in message]
    assert ended.endswith(f"reason={reason}")
