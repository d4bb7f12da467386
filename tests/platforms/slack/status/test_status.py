"""A question that was noticed looks so until it is answered, in the best form that the workspace has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from bot.core.conversation import ThreadRef
from bot.core.ports import ReplyRequest, Status
from bot.platforms.common.limiter import Limiter
from bot.platforms.slack.calls.api import SlackApi
from bot.platforms.slack.calls.limits import RATES
from bot.platforms.slack.status.status import SlackStatus
from tests.contract.world import Log
from tests.platforms.slack.conftest import door
from tests.standins.slack import Slack
from tests.standins.slack.faults import Fault, Lost, RateLimited, Refused, ServerError
from tests.standins.slack.workspace import SCOPES

STATUS, REACT, UNREACT = "assistant.threads.setStatus", "reactions.add", "reactions.remove"
SESSION, TITLE = "agents.sessions.setStatus", "assistant.threads.setTitle"


def api(slack: Slack) -> SlackApi:
    return SlackApi(slack.bot_token, slack.api_url, Limiter(RATES))


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

    async def show_status(self) -> None:
        await self.door.show_status(self.thread, self.id, "is writing…")

    async def clear_status(self) -> None:
        await self.door.clear_status(self.thread, self.id)

    async def answer(self) -> None:
        await (await self.door.open_reply(ReplyRequest(self.thread, 7, (), Log()))).finish("답")


@pytest.fixture
async def question(slack: Slack) -> Question:
    channel, kim = slack.add_channel("general"), slack.add_user("kim")
    root = await slack.post(kim, channel, "이야기")
    ts = await slack.post(kim, channel, f"{slack.mention} 질문", root)
    return Question(slack, ThreadRef("slack", slack.team, channel, root), ts)


def test_the_door_can_notice(slack: Slack) -> None:
    assert isinstance(door(slack), Status)


async def test_an_assistant_sets_its_status_and_clears_it(question: Question) -> None:
    await question.show_status()
    assert question.status == "is writing…"
    await question.clear_status()
    assert question.status is None
    assert question.calls() == [STATUS, STATUS]


async def test_a_status_that_an_answer_has_ended_is_not_cleared_again(question: Question) -> None:
    await question.show_status()
    await question.answer()
    assert question.status is None
    await question.clear_status()
    assert question.calls() == [STATUS]


@pytest.mark.parametrize("code", ["not_agent_app", "missing_scope", "feature_disabled"])
async def test_where_there_is_no_status_a_reaction_is_used_and_that_is_remembered(
    question: Question, code: str
) -> None:
    question.slack.fail(STATUS, Refused(code))
    for _ in range(2):
        await question.show_status()
        assert question.eyes
        await question.answer()
        await question.clear_status()
        assert not question.eyes
    assert question.calls() == [STATUS, REACT, UNREACT, REACT, UNREACT]


async def test_where_there_is_neither_nothing_is_tried_again(question: Question) -> None:
    question.slack.workspace.is_agent = False
    question.slack.workspace.scopes = tuple(scope for scope in SCOPES if scope != "reactions:write")
    for _ in range(2):
        await question.show_status()
        await question.clear_status()
    assert question.calls() == [STATUS, REACT]


async def test_a_thread_that_takes_no_status_says_nothing_about_the_workspace(question: Question) -> None:
    question.slack.fail(STATUS, Refused("invalid_thread_ts"))
    await question.show_status()
    assert question.eyes
    await question.clear_status()
    await question.show_status()
    assert question.status
    assert not question.eyes


async def test_what_is_as_wanted_already_is_fine(question: Question) -> None:
    question.slack.workspace.is_agent = False
    await question.show_status()
    await question.show_status()
    await question.clear_status()
    await question.clear_status()
    assert not question.eyes
    assert question.calls() == [STATUS, REACT, REACT, UNREACT, UNREACT]


@pytest.mark.parametrize("agent", [True, False])
async def test_what_a_dead_process_left_is_taken_away(question: Question, agent: bool) -> None:
    question.slack.workspace.is_agent = agent
    await question.show_status()
    question.door = door(question.slack)
    await question.clear_status()
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
    await question.show_status()
    await question.clear_status()


async def test_trouble_that_passes_is_no_reason_for_another_form(question: Question) -> None:
    question.slack.fail(STATUS, ServerError(503))
    await question.show_status()
    assert question.calls() == [STATUS]


async def test_a_busy_slack_is_left_alone(question: Question) -> None:
    question.slack.workspace.is_agent = False
    question.slack.fail(REACT, RateLimited(30))
    for _ in range(3):
        await question.show_status()
    assert question.calls() == [STATUS, REACT]


async def test_a_reaction_that_may_have_been_given_is_taken_away(question: Question) -> None:
    question.slack.workspace.is_agent = False
    question.slack.fail(REACT, Lost())
    await question.show_status()
    assert question.eyes
    await question.clear_status()
    assert not question.eyes


@pytest.mark.parametrize("form", [REACT, STATUS, SESSION])
@pytest.mark.parametrize("is_stopped", [False, True])
async def test_a_notice_that_slack_shows_after_its_end_is_taken_away(
    question: Question, form: str, is_stopped: bool
) -> None:
    question.slack.workspace.is_agent, question.slack.workspace.has_sessions = form != REACT, form == SESSION
    status = SlackStatus(api(question.slack))
    gate = question.slack.hold(form)
    giving = asyncio.create_task(status.show_status(question.thread, question.id, "is writing…"))
    await gate.reached.wait()
    giving.cancel()  # as the first words do
    question.slack.faults.release(form)
    await status.clear_status(question.thread, question.id)
    running = asyncio.create_task(status.last_try() if is_stopped else status.run())
    gate.open()
    wanted = UNREACT if form == REACT else form
    await question.slack.wait_for(lambda: question.slack.calls(wanted) and question.slack.calls(wanted)[-1].ok)
    await question.slack.wait_for(lambda: not question.eyes and question.status is None)
    await question.slack.wait_for(lambda: form != SESSION or session(question) == "active")
    assert len(question.slack.calls(wanted)) == (1 if form == REACT else 2)
    running.cancel()


async def test_what_a_dead_process_left_is_taken_away_also_after_a_notice_of_our_own(question: Question) -> None:
    question.slack.workspace.is_agent = False
    await question.show_status()
    assert question.eyes
    question.slack.workspace.is_agent = True
    status = SlackStatus(api(question.slack))
    await status.show_status(question.thread, question.id, "is writing…")
    assert question.status is not None
    await status.clear_status(question.thread, question.id, left_behind=True)
    assert not question.eyes
    await question.slack.wait_for(lambda: question.status is None)


async def test_what_is_left_on_one_message_goes_also_when_another_one_in_its_thread_is_noticed(
    question: Question,
) -> None:
    question.slack.workspace.is_agent = False
    await question.show_status()
    question.slack.workspace.is_agent = True
    status = SlackStatus(api(question.slack))
    question.slack.fail(UNREACT, ServerError(503))
    await status.clear_status(question.thread, question.id)
    assert question.eyes
    await status.show_status(question.thread, question.thread.thread, "is writing…")
    running = asyncio.create_task(status.run())
    await question.slack.wait_for(lambda: not question.eyes)
    assert question.status == "is writing…"
    running.cancel()


async def test_what_a_dead_process_left_is_gone_before_the_answer_also_while_we_find_out_what_works(
    question: Question,
) -> None:
    question.slack.workspace.is_agent = False
    await question.show_status()
    status = SlackStatus(api(question.slack))
    gate = question.slack.hold(STATUS)  # tried before a reaction
    giving = asyncio.create_task(status.show_status(question.thread, question.id, "is writing…"))
    await gate.reached.wait()
    giving.cancel()
    asyncio.get_running_loop().call_later(0.1, gate.open)
    await status.clear_status(question.thread, question.id, left_behind=True)
    assert not question.eyes


async def test_a_question_that_is_noticed_again_while_it_still_is_stays_so(question: Question) -> None:
    question.slack.workspace.is_agent = False
    status = SlackStatus(api(question.slack))
    gate = question.slack.hold(REACT)
    giving = asyncio.create_task(status.show_status(question.thread, question.id, "is writing…"))
    await gate.reached.wait()
    giving.cancel()
    question.slack.faults.release(REACT)
    await status.clear_status(question.thread, question.id)
    running = asyncio.create_task(status.run())
    again = asyncio.create_task(status.show_status(question.thread, question.id, "is writing…"))
    gate.open()
    await again
    assert question.eyes
    await status.clear_status(question.thread, question.id)
    assert not question.eyes
    assert [call.method for call in question.slack.faults.calls if call.method in (REACT, UNREACT)].count(UNREACT) == 1
    running.cancel()


# agent sessions


@pytest.fixture
def in_session(question: Question) -> Question:
    question.slack.workspace.has_sessions = True
    return question


def session(question: Question) -> str | None:
    return question.slack.agents.session(question.thread.channel, question.thread.thread)


def session_calls(question: Question) -> list[str]:
    return [call.arguments["status"] for call in question.slack.calls(SESSION)]


async def test_a_session_is_processing_until_it_is_active(in_session: Question) -> None:
    await in_session.door.show_status(in_session.thread, in_session.id, "is writing…", "경기 장소")
    assert session(in_session) == "processing"
    assert in_session.slack.calls(SESSION)[0].arguments["title"] == "경기 장소"
    await in_session.answer()
    assert session(in_session) == "processing", "a post does not end it"
    await in_session.clear_status()
    assert session(in_session) == "active"
    assert in_session.calls() == []


@pytest.mark.parametrize(
    "code", ["feature_disabled", "not_agent_app", "unknown_method", "not_allowed", "missing_scope", "invalid_arguments"]
)
async def test_where_there_are_no_sessions_a_status_is_used_and_that_is_remembered(
    in_session: Question, code: str
) -> None:
    in_session.slack.fail(SESSION, Refused(code))
    for _ in range(2):
        await in_session.show_status()
        assert in_session.status == "is writing…"
        await in_session.clear_status()
    assert len(in_session.slack.calls(SESSION)) == 1


async def test_a_session_that_a_dead_process_left_is_active_again(in_session: Question) -> None:
    await in_session.show_status()
    in_session.door = door(in_session.slack)
    await in_session.clear_status()
    assert session(in_session) == "active"


async def test_the_end_of_a_stream_ends_the_session_without_another_call(in_session: Question) -> None:
    status, thread = SlackStatus(api(in_session.slack)), in_session.thread
    await status.show_status(thread, in_session.id, "is writing…")
    assert status.has_stop_button(thread)
    status.stream_started(thread)
    await status.clear_status(thread, in_session.id)
    assert status.in_session(thread)
    status.stream_stopped(thread, session_ended=True)
    assert not status.in_session(thread)
    assert session_calls(in_session) == ["processing"]


async def test_a_stream_that_did_not_end_the_session_leaves_that_to_us(in_session: Question) -> None:
    status, thread = SlackStatus(api(in_session.slack)), in_session.thread
    await status.show_status(thread, in_session.id, "is writing…")
    status.stream_started(thread)
    await status.clear_status(thread, in_session.id)
    taking = asyncio.create_task(status.run())
    status.stream_stopped(thread, session_ended=False)
    await in_session.slack.wait_for(lambda: session(in_session) == "active")
    taking.cancel()


async def test_without_the_event_there_is_no_stop_button(in_session: Question) -> None:
    in_session.slack.workspace.hears_stops = False
    status = SlackStatus(api(in_session.slack))
    await status.show_status(in_session.thread, in_session.id, "is writing…")
    assert session(in_session) == "processing"
    assert not status.has_stop_button(in_session.thread)


async def test_a_status_is_given_again_before_it_vanishes(question: Question) -> None:
    status = SlackStatus(api(question.slack), status_seconds=0.1)
    running = asyncio.create_task(status.run())
    await status.show_status(question.thread, question.id, "is writing…")
    await question.slack.wait_for(lambda: question.calls().count(STATUS) >= 3)
    await status.clear_status(question.thread, question.id)
    assert question.status is None
    running.cancel()


async def test_a_status_that_is_given_again_too_late_is_taken_away(question: Question) -> None:
    status = SlackStatus(api(question.slack), status_seconds=0.1)
    await status.show_status(question.thread, question.id, "is writing…")
    gate = question.slack.hold(STATUS)
    running = asyncio.create_task(status.run())
    await gate.reached.wait()
    question.slack.faults.release(STATUS)
    await status.clear_status(question.thread, question.id)
    gate.open()
    await question.slack.wait_for(lambda: question.calls().count(STATUS) == 4)
    assert question.status is None
    running.cancel()


async def test_a_direct_message_without_sessions_has_a_title_as_far_as_slack_lets_us(slack: Slack) -> None:
    kim = slack.add_user("kim")
    channel = slack.direct(kim)
    root = await slack.post(kim, channel, "경기는 어디?")
    thread, status = ThreadRef("slack", slack.team, channel, root), SlackStatus(api(slack))
    slack.fail(TITLE, Refused("missing_scope"))
    for _ in range(2):
        await status.show_status(thread, root, "is writing…", "경기는 어디?")
        assert slack.workspace.channels[channel].statuses[root] == "is writing…"
    assert len(slack.calls(TITLE)) == 1
