"""The app's own tabs: Home says who the bot is and what one has used, Messages suggests how to begin."""

from __future__ import annotations

import pytest

from tests.standins.slack.api.views import View
from tests.standins.slack.faults import Refused
from tests.whole.conftest import Office

PROMPTS = "assistant.threads.setSuggestedPrompts"


async def home(office: Office, user: str) -> View:
    count = len(office.slack.calls("views.publish"))
    await office.slack.open_app(user)
    await office.slack.wait_for(lambda: len(office.slack.calls("views.publish")) > count)
    return office.slack.views.homes[user]


async def test_home_tells_who_the_bot_is_and_what_one_has_used(office: Office) -> None:
    async with office.bot():
        await office.answers(await office.ask("hello"))
        await office.answers(await office.ask("not mine", user=office.lee))
        view = await home(office, office.kim)
        [(prompt, completion)] = office.rows("SELECT prompt_tokens, completion_tokens FROM completions WHERE id = 1")
        assert f"Questions: 1 · tokens sent: {prompt} · tokens in answers: {completion} · $" in view.shown
        for words in ("I am threadbot.", "gpt-6-luna", "What I see and keep", ":pushpin: keep it in mind", "quiet"):
            assert words in view.shown
        await office.answers(await office.ask("again"))
        assert "Questions: 2 ·" in (await home(office, office.kim)).shown


async def test_home_speaks_korean_to_somebody_who_has_never_asked(office: Office) -> None:
    park = office.slack.add_user("park", "ko-KR")
    async with office.bot():
        view = await home(office, park)
    assert "저는 threadbot입니다." in view.shown
    assert "질문 0개" in view.shown


async def test_home_names_no_model_where_the_offline_demo_answers(office: Office) -> None:
    async with office.bot(openai_api_key=None, openai_base_url=None):
        shown = (await home(office, office.kim)).shown
    assert "No language model is connected yet" in shown
    assert "gpt-6-luna" not in shown


@pytest.mark.parametrize("model", ["<!channel>&*_~`", "x" * 4_000])
async def test_a_hostile_name_of_a_model_is_no_markup(office: Office, model: str) -> None:
    async with office.bot(openai_model=model):
        assert "<!channel>" not in (await home(office, office.kim)).shown


async def test_the_messages_tab_suggests_prompts_in_the_users_language(office: Office) -> None:
    office.slack.workspace.users[office.kim]["locale"] = "ko-KR"
    office.slack.workspace.scopes = (*office.slack.workspace.scopes, "assistant:write")
    async with office.bot():
        await office.slack.open_app(office.kim, "messages")
        direct = office.slack.workspace.channels[office.slack.direct(office.kim)]
        await office.slack.wait_for(lambda: direct.prompts)
    [prompts] = direct.prompts.values()
    assert len(prompts) == 4
    assert prompts[0]["title"] == "설명해 주세요"
    assert "thread_ts" not in office.slack.calls(PROMPTS)[0].arguments


async def test_where_prompts_are_refused_that_is_remembered(office: Office) -> None:
    office.slack.fail(PROMPTS, Refused("not_agent_app"), times=5)
    async with office.bot():
        await office.slack.open_app(office.kim, "messages")
        await office.slack.wait_for(lambda: office.slack.calls(PROMPTS))
        await office.slack.open_app(office.kim, "messages")
        await home(office, office.kim)
        assert len(office.slack.calls(PROMPTS)) == 1


async def test_a_direct_message_in_the_messages_tab_is_answered_in_its_thread(office: Office) -> None:
    direct = office.slack.direct(office.kim)
    async with office.bot():
        root = await office.slack.post(office.kim, direct, "hello")
        [reply] = await office.answers(root, channel=direct)
        assert reply
