"""What Slack takes from others but refuses here: the asker reads one whole answer all the same."""

from __future__ import annotations

import pytest

from tests.standins.model.script import Answer
from tests.standins.slack.faults import Refused
from tests.whole.conftest import Office

WORDS = " ".join(f"word{number}" for number in range(30))


@pytest.mark.parametrize("code", ["edit_window_closed", "cant_update_message"])
async def test_where_edits_are_refused_one_whole_answer_is_visible(office: Office, code: str) -> None:
    office.model.answers.append(Answer(WORDS, chunk_size=10, chunk_delay=0.05))
    office.slack.switch_off("chat.startStream")
    office.slack.fail("chat.update", Refused(code), times=100)
    async with office.bot():
        root = await office.ask("hello")
        assert await office.answers(root) == [WORDS]
    assert office.slack.calls("chat.update")
    assert office.rows("SELECT state FROM turns") == [("shown",)]


@pytest.mark.parametrize("code", [None, "missing_scope"])
async def test_those_who_speak_have_their_names_as_far_as_slack_tells_them(office: Office, code: str | None) -> None:
    if code is not None:
        office.slack.fail("users.info", Refused(code), times=9)
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
        await office.ask("and I?", thread=root, user=office.lee)
        await office.answers(root, 2)
    _, question = office.prompts()[1][-1]
    assert "and I?" in question
    assert ("lee" in question) is (code is None)


async def test_an_answer_of_many_headings_is_shown_whole(office: Office) -> None:
    text = "\n\n".join(f"## {number}. 제목\n\n말 {number}" for number in range(60))
    office.model.answers.append(Answer(text, chunk_size=500))
    async with office.bot():
        root = await office.ask("hello")
        assert "\n\n".join(await office.answers(root)) == text
