"""That a question was noticed shows until there is an answer, in the asker's language, and not a moment too long."""

from __future__ import annotations

import pytest

from tests.standins.model_script import Answer
from tests.standins.slack_faults import Fault, Lost, RateLimited, ServerError
from tests.whole.conftest import Office

LATE = Answer("네.", latency=1.0)


@pytest.mark.parametrize(("question", "status"), [("안녕?", "답변을 작성하고 있습니다…"), ("hello?", "is writing…")])
async def test_a_status_speaks_the_language_of_the_question(office: Office, question: str, status: str) -> None:
    office.model.answers.append(LATE)
    async with office.bot():
        root = await office.ask(question)
        statuses = office.slack.workspace.channels[office.general].statuses
        await office.slack.wait_for(lambda: statuses.get(root) == status)
        assert await office.answers(root) == ["네."]
        await office.slack.wait_for(lambda: root not in statuses)


@pytest.mark.parametrize("fault", [RateLimited(1), ServerError(), Lost(performed=False)])
async def test_a_reaction_that_slack_does_not_take_away_at_once_is_taken_away_later(
    office: Office, fault: Fault
) -> None:
    office.slack.workspace.is_agent = False
    office.slack.fail("reactions.remove", fault, times=2)
    office.model.answers.append(LATE)
    async with office.bot():
        root = await office.ask("hello")
        eyes = office.slack.workspace.channels[office.general].messages[root].reactions
        await office.slack.wait_for(lambda: office.slack.bot_user in eyes.get("eyes", ()))
        assert await office.answers(root) == ["네."]
        await office.slack.wait_for(lambda: office.slack.bot_user not in eyes.get("eyes", ()), 10)
    assert len(office.slack.calls("reactions.remove")) == 3
