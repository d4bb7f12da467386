"""A question that was noticed looks so until it is answered, in the best form that the workspace has."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.core.conversation import ThreadRef
from bot.core.ports import Noticing, ReplyRequest
from tests.contract.world import Log
from tests.platforms.slack.conftest import door
from tests.standins.slack import Slack
from tests.standins.slack_faults import Fault, Lost, RateLimited, Refused, ServerError
from tests.standins.slack_workspace import SCOPES

STATUS, REACT, UNREACT = "assistant.threads.setStatus", "reactions.add", "reactions.remove"


@dataclass
class Question:
    slack: Slack
    thread: ThreadRef
    id: str

    def __post_init__(self) -> None:
        self.door = door(self.slack)

    @property
    def status(self) -> str | None:
        return self.slack.workspace.channels[self.thread.channel].statuses.get(self.thread.thread)

    @property
    def eyes(self) -> bool:
        message = self.slack.workspace.channels[self.thread.channel].messages[self.id]
        return self.slack.bot_user in message.reactions.get("eyes", ())

    def calls(self) -> list[str]:
        return [call.method for call in self.slack.faults.calls if call.method in (STATUS, REACT, UNREACT)]

    async def notice(self) -> None:
        await self.door.notice(self.thread, self.id, "is writing…")

    async def unnotice(self) -> None:
        await self.door.unnotice(self.thread, self.id)

    async def answer(self) -> None:
        await (await self.door.open_reply(ReplyRequest(self.thread, 7, (), Log()))).finish("답")


@pytest.fixture
async def question(slack: Slack) -> Question:
    channel, kim = slack.add_channel("general"), slack.add_user("kim")
    root = await slack.post(kim, channel, "이야기")
    ts = await slack.post(kim, channel, f"{slack.mention} 질문", root)
    return Question(slack, ThreadRef("slack", slack.team, channel, root), ts)


def test_the_door_can_notice(slack: Slack) -> None:
    assert isinstance(door(slack), Noticing)


async def test_an_assistant_sets_its_status_and_clears_it(question: Question) -> None:
    await question.notice()
    assert question.status == "is writing…"
    await question.unnotice()
    assert question.status is None
    assert question.calls() == [STATUS, STATUS]


async def test_a_status_that_an_answer_has_ended_is_not_cleared_again(question: Question) -> None:
    await question.notice()
    await question.answer()
    assert question.status is None
    await question.unnotice()
    assert question.calls() == [STATUS]


@pytest.mark.parametrize("code", ["not_agent_app", "missing_scope", "feature_disabled"])
async def test_where_there_is_no_status_a_reaction_is_used_and_that_is_remembered(
    question: Question, code: str
) -> None:
    question.slack.fail(STATUS, Refused(code))
    for _ in range(2):
        await question.notice()
        assert question.eyes
        await question.answer()
        await question.unnotice()
        assert not question.eyes
    assert question.calls() == [STATUS, REACT, UNREACT, REACT, UNREACT]


async def test_where_there_is_neither_nothing_is_tried_again(question: Question) -> None:
    question.slack.workspace.is_agent = False
    question.slack.workspace.scopes = tuple(scope for scope in SCOPES if scope != "reactions:write")
    for _ in range(2):
        await question.notice()
        await question.unnotice()
    assert question.calls() == [STATUS, REACT]


async def test_a_thread_that_takes_no_status_says_nothing_about_the_workspace(question: Question) -> None:
    question.slack.fail(STATUS, Refused("invalid_thread_ts"))
    await question.notice()
    assert question.eyes
    await question.unnotice()
    await question.notice()
    assert question.status
    assert not question.eyes


async def test_what_is_as_wanted_already_is_fine(question: Question) -> None:
    question.slack.workspace.is_agent = False
    await question.notice()
    await question.notice()
    await question.unnotice()
    await question.unnotice()
    assert not question.eyes
    assert question.calls() == [STATUS, REACT, REACT, UNREACT, UNREACT]


@pytest.mark.parametrize("agent", [True, False])
async def test_what_a_dead_process_left_is_taken_away(question: Question, agent: bool) -> None:
    question.slack.workspace.is_agent = agent
    await question.notice()
    question.door = door(question.slack)
    await question.unnotice()
    assert not question.eyes
    assert question.status is None


@pytest.mark.parametrize(
    "fault", [RateLimited(30), ServerError(503), Lost(), Refused("internal_error"), Refused("message_not_found")]
)
@pytest.mark.parametrize("agent", [True, False])
async def test_nothing_that_slack_says_is_raised(question: Question, agent: bool, fault: Fault) -> None:
    question.slack.workspace.is_agent = agent
    for method in (STATUS, REACT, UNREACT):
        question.slack.fail(method, fault)
    await question.notice()
    await question.unnotice()


async def test_trouble_that_passes_is_no_reason_for_another_form(question: Question) -> None:
    question.slack.fail(STATUS, ServerError(503))
    await question.notice()
    assert question.calls() == [STATUS]


async def test_a_busy_slack_is_left_alone(question: Question) -> None:
    question.slack.workspace.is_agent = False
    question.slack.fail(REACT, RateLimited(30))
    for _ in range(3):
        await question.notice()
    assert question.calls() == [STATUS, REACT]


async def test_a_reaction_that_may_have_been_given_is_taken_away(question: Question) -> None:
    question.slack.workspace.is_agent = False
    question.slack.fail(REACT, Lost())
    await question.notice()
    assert question.eyes
    await question.unnotice()
    assert not question.eyes
