"""That a question was noticed shows until there is an answer, in the asker's language, and not a moment too long."""

from __future__ import annotations

import pytest

from tests.standins.model.script import Answer
from tests.standins.slack.faults import Fault, Lost, RateLimited, ServerError
from tests.whole.conftest import Office

LATE = Answer("네.", latency=1.0)
CUT = Answer(latency=0.8, cut_at=0)  # it is asked again half a second later, or more
NEVER = Answer("네.", latency=60)


def eyes(office: Office, root: str) -> bool:
    message = office.slack.workspace.channels[office.general].messages[root]
    return office.slack.bot_user in message.reactions.get("eyes", ())


async def waits_for_a_retry(office: Office, root: str) -> None:
    await office.slack.wait_for(lambda: eyes(office, root))
    await office.slack.wait_for(lambda: office.rows("SELECT reason FROM turns") == [("model_cut",)])


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
        await office.slack.wait_for(lambda: office.slack.bot_user not in eyes.get("eyes", ()))
    assert len(office.slack.calls("reactions.remove")) == 3


async def test_a_question_that_is_stopped_while_it_waits_for_a_retry_looks_noticed_no_more(office: Office) -> None:
    office.slack.workspace.is_agent = False
    office.model.answers.append(CUT)
    async with office.bot():
        root = await office.ask("hello")
        await waits_for_a_retry(office, root)
        await office.slack.react(office.kim, office.general, root, "octagonal_sign")
        assert await office.answers(root) == ["Stopped, as asked."]
        await office.slack.wait_for(lambda: not eyes(office, root))


async def test_what_a_process_left_behind_goes_also_where_the_next_one_shows_it_in_another_form(office: Office) -> None:
    office.slack.workspace.is_agent = False
    office.model.answers.append(NEVER)
    async with office.bot(stop_grace=0):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: eyes(office, root))
    assert eyes(office, root)
    office.slack.workspace.is_agent = True
    office.model.answers.append(LATE)
    async with office.bot():
        statuses = office.slack.workspace.channels[office.general].statuses
        await office.slack.wait_for(lambda: root in statuses)
        assert await office.answers(root) == ["네."]
        assert not eyes(office, root)


async def test_a_question_that_is_edited_away_looks_noticed_no_more(office: Office) -> None:
    office.slack.workspace.is_agent = False
    office.model.answers.append(CUT)
    async with office.bot():
        root = await office.ask("hello")
        await waits_for_a_retry(office, root)
        await office.slack.edit(office.general, root, office.slack.mention)
        await office.answers(root)
        await office.slack.wait_for(lambda: not eyes(office, root))


@pytest.mark.parametrize("answer", [NEVER, CUT])
async def test_a_question_that_is_hidden_looks_noticed_no_more(office: Office, answer: Answer) -> None:
    office.slack.workspace.is_agent = False
    office.model.answers.append(answer)
    async with office.bot():
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: eyes(office, root))
        if answer is CUT:
            await waits_for_a_retry(office, root)
        await office.slack.react(office.kim, office.general, root, "see_no_evil")
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("removed",)])
        await office.slack.wait_for(lambda: not eyes(office, root))


async def test_a_question_that_is_hidden_while_names_are_asked_for_looks_noticed_no_more(office: Office) -> None:
    office.slack.workspace.is_agent = False
    async with office.bot():
        root = await office.slack.post(office.lee, office.general, "what do you think, all of you?")
        gate = office.slack.hold("users.info")
        asked = await office.ask("hello", thread=root)
        await office.slack.wait_for(lambda: eyes(office, asked))
        await office.slack.react(office.kim, office.general, asked, "see_no_evil")
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("removed",)])
        gate.open()
        await office.slack.wait_for(lambda: not eyes(office, asked))
    assert office.model.requests == []


CHANGES = ("agents.", "assistant.", "chat.", "reactions.")


def changes(office: Office) -> list[str]:
    """The calls that change what people see."""
    return [call.method for call in office.slack.faults.calls if call.method.startswith(CHANGES)]


async def test_a_session_has_the_first_question_for_a_title_and_is_over_with_the_answer(office: Office) -> None:
    office.slack.workspace.has_sessions = True
    direct = office.slack.direct(office.kim)
    office.model.answers.append(LATE)
    async with office.bot():
        root = await office.slack.post(office.kim, direct, "경기는 어디에서 하나요?")
        await office.slack.wait_for(lambda: office.slack.agents.session(direct, root) == "processing")
        [reply] = await office.answers(root, channel=direct)
        assert reply.startswith("네.")
        await office.slack.wait_for(lambda: office.slack.agents.session(direct, root) == "active")
        assert office.slack.workspace.channels[direct].sessions[root].title == "경기는 어디에서 하나요?"


@pytest.mark.parametrize(("sessions", "agent"), [(True, True), (False, True), (False, False)])
async def test_a_short_answer_costs_at_most_four_calls_with_its_notice(
    office: Office, sessions: bool, agent: bool
) -> None:
    office.slack.workspace.has_sessions, office.slack.workspace.is_agent = sessions, agent
    async with office.bot():
        await office.answers(await office.ask("find out what works here"))
        office.model.answers.append(LATE)
        await office.answers(await office.ask("hello"))
        before = len(changes(office))
        office.model.answers.append(LATE)
        root = await office.ask("hello again")
        await office.answers(root)
        await office.slack.wait_for(lambda: not eyes(office, root))
        assert 2 <= len(changes(office)) - before <= 4


async def test_a_session_that_a_dead_process_left_is_over_once_its_answer_is_shown(office: Office) -> None:
    office.slack.workspace.has_sessions = True
    office.model.answers.append(NEVER)
    async with office.bot(stop_grace=0):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.slack.agents.session(office.general, root) == "processing")
    office.model.answers.append(Answer("네."))
    async with office.bot():
        assert await office.answers(root) == ["네."]
        await office.slack.wait_for(lambda: office.slack.agents.session(office.general, root) == "active")


async def test_a_reaction_that_is_still_to_be_taken_away_is_taken_away_before_a_clean_stop(office: Office) -> None:
    office.slack.workspace.is_agent = False
    office.slack.fail("reactions.remove", RateLimited(1))
    office.model.answers.append(LATE)
    async with office.bot():
        root = await office.ask("hello")
        assert await office.answers(root) == ["네."]
        assert office.slack.bot_user in office.slack.workspace.channels[office.general].messages[root].reactions["eyes"]
    assert not office.slack.workspace.channels[office.general].messages[root].reactions.get("eyes")


async def test_a_short_streamed_answer_costs_at_most_three_calls_with_its_notice(office: Office) -> None:
    office.slack.workspace.has_sessions = True
    async with office.bot():
        await office.answers(await office.ask("find out what works here"))
        office.model.answers.append(Answer("네, 창원에서 했습니다.", latency=0.8, chunk_size=6, chunk_delay=0.3))
        before = len(changes(office))
        root = await office.ask("hello")
        await office.answers(root)
        await office.slack.wait_for(lambda: office.slack.agents.session(office.general, root) == "active")
        made = changes(office)[before:]
    assert "chat.startStream" in made
    assert len(made) <= 3, made
