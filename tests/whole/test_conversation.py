"""A mention becomes a reply in its thread, and the thread remembers."""

import asyncio

import pytest

from tests.standins.model.script import Answer
from tests.standins.slack.workspace import BOT_USER
from tests.whole.conftest import Office


async def test_a_mention_is_answered_once_in_a_thread_under_it(office: Office) -> None:
    office.model.answers.append(Answer("NC 다이노스입니다."))
    async with office.bot():
        asked = await office.ask("2020년 코리안 시리즈를 우승한 야구팀이 어디?")
        assert await office.answers(asked) == ["NC 다이노스입니다."]
    assert office.prompts() == [[("user", "2020년 코리안 시리즈를 우승한 야구팀이 어디?")]]


async def test_a_later_mention_goes_on_with_the_whole_history(office: Office) -> None:
    office.model.answers.extend([Answer("NC 다이노스입니다."), Answer("창원 NC파크입니다.")])
    async with office.bot(system_prompt="You are a helpful assistant."):
        root = await office.ask("2020년 우승팀은?")
        await office.answers(root)
        await office.ask("마지막 게임은 어디?", thread=root)
        assert await office.answers(root, 2) == ["NC 다이노스입니다.", "창원 NC파크입니다."]
    assert office.prompts()[1] == [
        ("system", "You are a helpful assistant."),
        ("user", "2020년 우승팀은?"),
        ("assistant", "NC 다이노스입니다."),
        ("user", "마지막 게임은 어디?"),
    ]


async def test_examples_are_sent_after_the_system_prompt_and_kept_when_turns_are_dropped(office: Office) -> None:
    examples = office.database.parent / "examples.toml"
    examples.write_text("[[example]]\nuser = 'hi?'\nassistant = 'Yes.'\n")
    office.model.default = Answer("word " * 30)
    async with office.bot(system_prompt="Be brief.", threadbot_examples=examples, prompt_tokens=150):
        root = await office.ask("question 0")
        for number in range(1, 6):
            await office.answers(root, number)
            await office.ask(f"question {number}", thread=root)
        await office.answers(root, 6)
    for number, prompt in enumerate(office.prompts()):
        assert prompt[:3] == [("system", "Be brief."), ("user", "hi?"), ("assistant", "Yes.")]
        assert prompt[-1] == ("user", f"question {number}")
    assert office.prompts()[-1][3] != ("user", "question 0")
    assert office.rows("SELECT text, examples FROM system_prompts") == [("Be brief.", '[["hi?", "Yes."]]')]


async def test_the_thread_is_remembered_across_a_restart(office: Office) -> None:
    async with office.bot():
        root = await office.ask("remember 42")
        [first] = await office.answers(root)
    async with office.bot():
        await office.ask("which number?", thread=root)
        await office.answers(root, 2)
    assert office.prompts()[1] == [("user", "remember 42"), ("assistant", first), ("user", "which number?")]


async def test_the_reply_grows_while_the_model_writes(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("one two three four", chunk_size=8, gate=gate, gate_at=1))
    async with office.bot():
        root = await office.ask("count")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["one two"])
        gate.set()
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["one two three four"])


async def test_a_direct_message_needs_no_mention_and_the_first_answer_says_how_threads_work(office: Office) -> None:
    office.model.answers.extend([Answer("Hello."), Answer("Hello again."), Answer("Still here.")])
    async with office.bot():
        direct = office.slack.direct(office.kim)
        first = await office.slack.post(office.kim, direct, "hi")
        [answer] = await office.answers(first, channel=direct)
        assert answer.startswith("Hello.\n\n")
        assert "starts a conversation of its own" in answer
        second = await office.slack.post(office.kim, direct, "another matter")
        assert await office.answers(second, channel=direct) == ["Hello again."]
        await office.slack.post(office.kim, direct, "go on", first)
        assert (await office.answers(first, 2, channel=direct))[1] == "Still here."
    assert office.prompts()[1] == [("user", "another matter")]
    assert office.prompts()[2] == [("user", "hi"), ("assistant", "Hello."), ("user", "go on")]


async def test_what_others_say_in_the_thread_is_context_and_not_answered(office: Office) -> None:
    async with office.bot():
        root = await office.ask("who is on call?")
        await office.answers(root)
        said = await office.slack.post(office.lee, office.general, "이번 주는 저예요", root)
        await office.slack.wait_for(lambda: office.slack.delivered(said))
        await office.ask("so who?", thread=root)
        assert len(await office.answers(root, 2)) == 2
    role, content = office.prompts()[1][-1]
    assert role == "user"
    assert content.index("이번 주는 저예요") < content.index("so who?")
    assert "⟦lee⟧ 이번 주는 저예요" in content
    assert "⟦kim⟧ so who?" in content
    assert office.prompts()[1][0] == ("user", "who is on call?"), "a message keeps the form it was first sent in"
    asked = [call.arguments["user"] for call in office.slack.calls("users.info")]
    assert sorted(set(asked) - {BOT_USER}) == sorted({office.kim, office.lee})
    assert len([user for user in asked if user != BOT_USER]) == 2, "once each"


async def test_a_channel_that_nobody_asks_the_bot_in_is_not_recorded(office: Office) -> None:
    async with office.bot():
        await office.slack.post(office.lee, office.general, "just between us")
        await office.answers(await office.ask("hello"))
    assert [text for (text,) in office.rows("SELECT text FROM message_versions")] == [f"{office.slack.mention} hello"]


@pytest.mark.parametrize("copies", [("app_mention", "message"), ("message", "app_mention")])
async def test_both_copies_of_a_mention_in_either_order_get_one_answer(office: Office, copies: tuple[str, str]) -> None:
    async with office.bot():
        text = f"{office.slack.mention} hello"
        asked = await office.slack.post(office.kim, office.general, text, copies=copies)  # type: ignore[arg-type] # str
        assert len(await office.answers(asked)) == 1
        await office.slack.socket_mode.redeliver(everything=True)
        await office.answers(await office.ask("another"))
    assert len(office.slack.replies(office.general, asked)) == 1
    assert len(office.model.requests) == 2


async def test_another_bot_is_not_answered(office: Office) -> None:
    async with office.bot():
        robot = office.slack.workspace.add_user("robot", is_bot=True)
        mention = f"{office.slack.mention} hello"
        asked = await office.slack.post(robot, office.general, mention, bot_id="B0ROBOT", subtype="bot_message")
        await office.slack.wait_for(lambda: all(delivery.acknowledged for delivery in office.slack.delivered(asked)))
        await office.answers(await office.ask("hello"))
    assert office.slack.replies(office.general, asked) == []
    assert len(office.model.requests) == 1


async def test_messages_that_come_while_an_answer_is_written_are_answered_together(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("first answer", hold=gate))
    async with office.bot():
        root = await office.ask("one")
        await office.model.received(1)
        for text in ("two", "three"):
            await office.ask(text, thread=root)
        await office.slack.wait_for(lambda: len(office.rows("SELECT 1 FROM messages")) == 3)
        gate.set()
        assert len(await office.answers(root, 2)) == 2
    assert office.prompts()[1][-1] == ("user", "two\n\nthree")


async def test_older_turns_are_dropped_whole_and_the_question_stays(office: Office) -> None:
    async with office.bot(system_prompt="Be brief.", prompt_tokens=300):
        root = await office.ask("question 0 " + "word " * 40)
        await office.answers(root)
        for number in range(1, 6):
            office.model.answers.append(Answer(f"answer {number} " + "text " * 30))
            await office.ask(f"question {number} " + "word " * 30, thread=root)
            await office.answers(root, number + 1)
    for number, prompt in enumerate(office.prompts()):
        assert prompt[0] == ("system", "Be brief.")
        assert prompt[-1][1].startswith(f"question {number}")
        assert [role for role, _ in prompt[1:]] == ["user", "assistant"] * ((len(prompt) - 2) // 2) + ["user"]
    assert not office.prompts()[5][1][1].startswith("question 0")
    assert [
        tokens for (tokens,) in office.rows("SELECT prompt_tokens FROM completions WHERE prompt_tokens > 300")
    ] == []


async def test_a_question_that_does_not_fit_is_refused_with_the_two_numbers(office: Office) -> None:
    async with office.bot(prompt_tokens=50):
        [answer] = await office.answers(await office.ask("너무 긴 질문 " * 40))
    assert "50토큰" in answer
    assert office.model.requests == []
    assert office.rows("SELECT state, reason FROM turns") == [("failed", "question too long")]


async def test_a_bare_mention_is_told_what_to_write(office: Office) -> None:
    async with office.bot():
        [answer] = await office.answers(await office.ask(""))
    assert answer == "I see no text to answer. Write me a question."
    assert office.model.requests == []


async def test_a_long_answer_arrives_whole_in_several_parts(office: Office) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "한국어 문장입니다. " * 40 for number in range(60))
    office.model.answers.append(Answer(text, chunk_size=500))
    async with office.bot(openai_max_tokens=30_000):
        root = await office.ask("write a lot")
        parts = await office.answers(root, 2)
    assert "".join("".join(parts).split()) == "".join(text.split())


async def test_every_completion_stores_what_the_seed_looks_at(office: Office) -> None:
    office.model.answers.append(Answer("yes", usage_extra={"prompt_tokens_details": {"cached_tokens": 0}}))
    async with office.bot(openai_seed=123, openai_temperature=0.7):
        await office.answers(await office.ask("hello"))
    [row] = office.rows(
        "SELECT response_id, model, fingerprint, prompt_tokens = counted_prompt_tokens, completion_tokens > 0,"
        " cached_tokens, finish_reason, seed, temperature, first_token_seconds <= total_seconds, cost_nanodollars > 0"
        " FROM completions"
    )
    assert row == ("chatcmpl-standin", "gpt-6-luna", "fp_standin", 1, 1, 0, "stop", 123, 0.7, 1, 1)
    body = office.model.requests[0].body
    assert (body["seed"], body["temperature"]) == (123, 0.7)


async def test_sampling_parameters_are_not_sent_unless_they_are_set(office: Office) -> None:
    async with office.bot():
        await office.answers(await office.ask("hello"))
    assert not {"seed", "temperature", "stop", "top_p"} & office.model.requests[0].body.keys()


async def test_a_model_that_nobody_has_heard_of_works(office: Office) -> None:
    async with office.bot(openai_model="my-own:7b"):
        assert len(await office.answers(await office.ask("hello"))) == 1
    assert office.rows("SELECT model, cost_nanodollars FROM completions") == [("my-own:7b", None)]
