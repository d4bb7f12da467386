"""Whoever asked can see all that is known of an answer, in their language; others cannot."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.standins.asking import client
from tests.standins.model.script import Answer
from tests.standins.slack.api.views import View
from tests.whole.conftest import Office
from tests.whole.test_summaries import ON, question, scripted, summarized, until_cut

pytestmark = pytest.mark.usefixtures("no_burst")

RECEIPT = "threadbot_receipt"
HOSTILE = "<!channel> <@U0USER00002> `*_~ \u202egnp.exe\n\n&lt;!here&gt; {value} %s"


def answer(office: Office, root: str, number: int = 0) -> str:
    """The ts of one of the bot's messages."""
    mine = [each for each in office.slack.thread(office.general, root) if each.user == office.slack.bot_user]
    return mine[number].ts


async def opened(office: Office, ts: str, user: str) -> View:
    """The modal that the message shortcut opens for *user*."""
    before = len(office.slack.calls("views.open"))
    await office.slack.people.choose(user, office.general, ts, RECEIPT)
    await office.slack.wait_for(lambda: len(office.slack.calls("views.open")) > before)
    assert all(call.ok for call in office.slack.calls("views.open")), office.slack.calls("views.open")[-1].answer
    return office.slack.views.modal(user)


async def test_the_asker_sees_what_was_sent_and_what_it_came_to(office: Office) -> None:
    office.model.answers.append(
        Answer("창원입니다.", usage_extra={"completion_tokens_details": {"reasoning_tokens": 7}})
    )
    async with office.bot(system_prompt="Be brief.", openai_temperature=0.5, openai_seed=42):
        root = await office.ask("마지막 게임은 어디?")
        await office.answers(root)
        office.slack.workspace.users[office.kim]["locale"] = "en-US"
        shown = (await opened(office, answer(office, root), office.kim)).shown
    for line in (
        "Turn 1: answered",
        "Model: gpt-6-luna",
        "Response: chatcmpl-standin",
        "System fingerprint: fp_standin",
        "Finish reason: stop",
        "Temperature: 0.5",
        "Seed: 42",
        "Of them for reasoning: 7",
        "Of them from the cache:",
        "First token after:",
        "Complete after:",
        "Prompt, as estimated before:",
        "Cost: $",
        "Be brief.",
        "마지막 게임은 어디?",
        "Nothing.",
    ):
        assert line in shown


async def test_it_speaks_korean_to_whoever_reads_slack_in_korean(office: Office) -> None:
    office.slack.workspace.users[office.kim]["locale"] = "ko-KR"
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
        view = await opened(office, answer(office, root), office.kim)
    assert view.title == "상세 정보"
    assert "종료 이유: stop" in view.shown
    assert re.search(r"끝날 때까지: \d+\.\d\d초", view.shown)


async def test_of_an_answer_that_was_gone_on_with_it_says_so(office: Office) -> None:
    office.slack.workspace.users[office.kim]["locale"] = "ko-KR"
    office.model.answers.extend([Answer("one ", finish_reason="length"), Answer("two")])
    async with office.bot():
        root = await office.ask("count")
        await office.answers(root)
        await office.slack.press(office.kim, office.general, answer(office, root), "threadbot_continue")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["one two"])
        shown = (await opened(office, answer(office, root), office.kim)).shown
    assert "1번째 답변: 완료" in shown
    assert "이어서 쓰라는 요청" in shown


async def test_others_read_why_they_do_not_see_it_and_admins_do(office: Office) -> None:
    async with office.bot(threadbot_admins=frozenset({office.lee})):
        park = office.slack.add_user("park")
        root = await office.ask("a secret")
        await office.answers(root)
        refused = await opened(office, answer(office, root), park)
        assert refused.shown == "Only the person who asked can see the details of this answer."
        assert "a secret" in (await opened(office, answer(office, root), office.lee)).shown


async def test_the_button_opens_it_and_a_made_up_number_does_not(office: Office) -> None:
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
        elsewhere = office.slack.add_channel("elsewhere")
        for channel, value, seen in (
            (office.general, "1:1", "Turn 1: answered"),
            (office.general, "1:", "Turn 1: answered"),
            (office.general, "1:99", "I have no details"),
            (office.general, "99:", "I have no details"),
            (elsewhere, "1:1", "I have no details"),
        ):
            button: Any = {"type": "plain_text", "text": "Details"}
            element = {"type": "button", "action_id": RECEIPT, "text": button, "value": value}
            posted = await client(office.slack).chat_postMessage(
                channel=channel, text="x", blocks=[{"type": "actions", "elements": [element]}]
            )
            count = len(office.slack.views.modals)
            await office.slack.press(office.kim, channel, str(posted["ts"]), RECEIPT)
            await office.slack.wait_for(lambda count=count: len(office.slack.views.modals) > count)  # type: ignore[misc]
            assert seen in office.slack.views.modal(office.kim).shown


async def test_a_message_that_is_no_answer_of_ours_has_none(office: Office) -> None:
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
        assert (await opened(office, root, office.kim)).shown.startswith("I have no details")


async def test_what_was_left_out_pinned_and_deleted_is_named_with_the_reason(office: Office) -> None:
    office.model.answers.extend([Answer("One."), Answer("Two.")])
    async with office.bot():
        root = await office.ask("the first secret")
        await office.answers(root)
        await office.slack.react(office.lee, office.general, root, "see_no_evil")
        await office.slack.react(office.lee, office.general, answer(office, root), "pushpin")
        await office.ask("and now?", thread=root)
        await office.answers(root, 2)
        shown = (await opened(office, answer(office, root, 1), office.kim)).shown
    sent, unsent = shown.split("What it was not sent, and why")
    assert "the first secret" not in sent
    assert "the bot, pinned" in sent
    assert "hidden by a reaction (lee)" in unsent or f"hidden by a reaction ({office.lee})" in unsent


@pytest.mark.parametrize("summarize", [True, False])
async def test_what_no_longer_fits_is_named_and_whether_a_summary_tells_of_it(office: Office, summarize: bool) -> None:
    scripted(office, lambda _: Answer("They counted in Greek."))
    async with office.bot(**{**ON, "threadbot_summarize": summarize}):
        root, turns = await until_cut(office)
        if summarize:
            await summarized(office)
        await question(office, turns + 1, root)
        shown = (await opened(office, answer(office, root, turns), office.kim)).shown
    sent, unsent = shown.split("What it was not sent, and why")
    assert ("Summary of what was said before" in sent) is summarize
    assert ("They counted in Greek." in sent) is summarize
    assert ("in the summary only" in unsent) is summarize
    assert ("too long ago for the prompt budget" in unsent) is not summarize


async def test_hostile_names_and_texts_change_nothing(office: Office) -> None:
    office.slack.workspace.users[office.kim]["profile"]["display_name"] = HOSTILE[:80]
    async with office.bot():
        root = await office.ask(HOSTILE * 50)
        await office.answers(root)
        await office.ask("again", thread=root, user=office.lee)
        await office.answers(root, 2)
        view = await opened(office, answer(office, root, 1), office.lee)
    assert "\u202e" not in view.shown
    kinds = {block["text"]["type"] for block in view.content["blocks"]}
    assert kinds == {"plain_text"}, "nothing that others wrote is read as markup"


async def test_a_long_thread_fits(office: Office) -> None:
    async with office.bot(prompt_tokens=100_000):
        root = await office.slack.post(office.kim, office.general, "begin")
        for number in range(120):
            await office.slack.post(office.lee, office.general, f"{number} " + "긴 이야기 " * 20, root)
        await office.ask("so?", thread=root)
        await office.answers(root)
        view = await opened(office, answer(office, root), office.kim)
    assert len(view.content["blocks"]) <= 100
    assert "older ones: threadbot prompt 1" in view.shown


async def test_a_slack_that_does_not_say_in_which_language_is_not_waited_for(office: Office) -> None:
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
        gate = office.slack.hold("users.info")
        park = office.slack.add_user("park", "ko-KR")
        await office.slack.people.choose(park, office.general, answer(office, root), RECEIPT)
        await office.slack.wait_for(lambda: office.slack.calls("views.open"), 3)
        gate.open()
        assert office.slack.calls("views.open")[0].ok


@pytest.mark.parametrize("value", ["", "1", "x:y", "1:1:good", "-1:2", "1:1\n"])
async def test_a_value_that_is_not_ours_is_acknowledged_and_opens_nothing(office: Office, value: str) -> None:
    async with office.bot():
        await office.answers(await office.ask("hello"))
        button: Any = {"type": "plain_text", "text": "Details"}
        element = {"type": "button", "action_id": RECEIPT, "text": button, "value": value or "?"}
        posted = await client(office.slack).chat_postMessage(
            channel=office.general, text="x", blocks=[{"type": "actions", "elements": [element]}]
        )
        [delivery] = await office.slack.press(office.kim, office.general, str(posted["ts"]), RECEIPT)
        await office.slack.wait_for(lambda: delivery.acknowledged)
    assert office.slack.views.modals == []
