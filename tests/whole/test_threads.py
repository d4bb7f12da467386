"""What was said in a thread before the bot was asked there is read once; from then on events keep it current."""

from __future__ import annotations

from typing import cast

import pytest

from bot.core.prompt.speakers import TRUNCATED
from bot.core.retry import Patience, RetryPolicy
from bot.core.texts import LANGUAGES
from bot.platforms.slack.reading import thread as threads
from tests.standins.model.script import Answer, failure
from tests.standins.slack.faults import RateLimited, Refused
from tests.whole.conftest import Office

REPLIES = "conversations.replies"


async def people_talk(office: Office, *texts: str) -> str:
    """Kim and lee talk in a thread, before anybody asks the bot. Returns its root."""
    first, *others = texts
    root = await office.slack.post(office.kim, office.general, first)
    for number, text in enumerate(others):
        await office.slack.post((office.lee, office.kim)[number % 2], office.general, text, root)
    return root


async def test_a_first_mention_in_the_middle_of_a_thread_is_answered_with_all_that_was_said_before(
    office: Office,
) -> None:
    async with office.bot():
        root = await people_talk(office, "배포를 언제 할까요?", "금요일은 안 돼요", "그럼 목요일에")
        await office.ask("요약해 줘", thread=root)
        await office.answers(root)
    said = "\n\n".join(
        ("⟦kim⟧ 배포를 언제 할까요?", "⟦lee⟧ 금요일은 안 돼요", "⟦kim⟧ 그럼 목요일에", "⟦kim⟧ 요약해 줘")
    )
    assert office.prompts() == [[("user", said)]]


async def test_a_thread_is_read_once_however_many_turns_it_has(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "topic", "first thought")
        for number in range(5):
            await office.ask(f"question {number}", thread=root)
            await office.answers(root, number + 1)
            await office.slack.post(office.lee, office.general, f"thought {number}", root)
        await office.ask("last question", thread=root)
        await office.answers(root, 6)
    assert len(office.slack.calls(REPLIES)) == 1
    assert all(f"thought {number}" in office.prompts()[5][-1 - 2 * (4 - number)][1] for number in range(5))
    assert all(
        later[: len(earlier)] == earlier for earlier, later in zip(office.prompts(), office.prompts()[1:], strict=False)
    )


async def test_a_thread_that_begins_with_a_question_is_not_read(office: Office) -> None:
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
        await office.ask("and?", thread=root)
        await office.answers(root, 2)
    assert office.slack.calls(REPLIES) == []


async def test_of_a_long_thread_the_newest_part_is_read_and_the_model_is_told(office: Office) -> None:
    async with office.bot(prompt_tokens=100_000):
        root = office.slack.workspace.add_message(office.general, office.kim, "the root").ts
        for number in range(1, 1_200):
            office.slack.workspace.add_message(office.general, office.lee, f"말 {number}.", root)
        await office.ask("요약해 줘", thread=root)
        await office.answers(root)
        await office.ask("더 짧게", thread=root)
        await office.answers(root, 2)
    first, second = office.prompts()
    lines = first[0][1].split("\n\n")
    assert (lines[0], lines[1], lines[-2]) == (TRUNCATED, "⟦lee⟧ 말 201.", "⟦lee⟧ 말 1199.")
    assert len(lines) == 1 + threads.KEPT
    assert second[0] == first[0]
    assert len(office.slack.calls(REPLIES)) == 3
    assert [prompt.split()[0] for (prompt,) in office.rows("SELECT prompt FROM completions")] == ["t", "t"]


async def test_a_mention_that_is_read_is_context_and_no_question(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "topic")
        office.slack.workspace.add_message(office.general, office.lee, f"{office.slack.mention} quiet", root)
        office.slack.workspace.add_message(office.general, office.lee, f"{office.slack.mention} who are you?", root)
        await office.ask("hello", thread=root)
        await office.answers(root)
        await office.answers(await office.ask("another"))
    assert len(office.slack.replies(office.general, root)) == 1
    assert office.prompts()[0] == [("user", "⟦kim⟧ topic\n\n⟦lee⟧ quiet\n\n⟦lee⟧ who are you?\n\n⟦kim⟧ hello")]


async def test_a_message_that_was_edited_is_read_as_it_is_now(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "version 1")
        await office.slack.edit(office.general, root, "version 2")
        await office.ask("which?", thread=root)
        await office.answers(root)
    assert office.prompts() == [[("user", "version 2\n\nwhich?")]]


async def test_our_answers_that_no_database_knows_are_the_assistants_without_sentences_of_ours(office: Office) -> None:
    refused = Answer(failure=failure(401, "Incorrect API key provided", code="invalid_api_key"))
    office.model.answers.extend([Answer("NC 다이노스입니다.", finish_reason="length"), refused, Answer("창원입니다.")])
    async with office.bot():
        root = await office.ask("2020년 우승팀은?")
        [shown] = await office.answers(root)
        assert "계속" in shown
        await office.ask("실패할 질문", thread=root)
        assert "모델이 제 키를" in (await office.answers(root, 2))[1]
    office.database.unlink()
    async with office.bot():
        await office.ask("마지막 게임은 어디?", thread=root)
        await office.answers(root, 3)
    assert office.prompts()[-1] == [
        ("user", "2020년 우승팀은?"),
        ("assistant", "NC 다이노스입니다."),
        ("user", "실패할 질문\n\n마지막 게임은 어디?"),
    ]


@pytest.mark.parametrize("blocks", [True, False])
async def test_sentences_that_were_reworded_since_are_known_as_ours(
    office: Office, monkeypatch: pytest.MonkeyPatch, blocks: bool
) -> None:
    if not blocks:
        for method in ("chat.postMessage", "chat.update", "chat.stopStream"):
            office.slack.switch_off(method, "invalid_blocks", argument="blocks")
    refused = Answer(failure=failure(401, "Incorrect API key provided", code="invalid_api_key"))
    empty = Answer("")
    office.model.answers.extend(
        [Answer("NC 다이노스입니다.", finish_reason="length"), refused, empty, Answer("창원입니다.")]
    )
    with monkeypatch.context() as other_version:
        for sentences in LANGUAGES.values():
            for key, sentence in sentences.items():
                other_version.setitem(cast("dict[str, str]", sentences), key, f"달리 말하면: {sentence}")
        async with office.bot():
            root = await office.ask("2020년 우승팀은?")
            await office.answers(root)
            for number, asked in enumerate(("실패할 질문", "빈 답", "긴 답변은 파일로"), 2):
                await office.ask(asked, thread=root)
                await office.answers(root, number)
        assert all("달리 말하면" in shown for shown in office.slack.replies(office.general, root))
    office.database.unlink()
    async with office.bot():
        await office.ask("마지막 게임은 어디?", thread=root)
        await office.answers(root, 5)
    assert office.prompts()[-1] == [
        ("user", "2020년 우승팀은?"),
        ("assistant", "NC 다이노스입니다."),
        ("user", "실패할 질문\n\n빈 답\n\n긴 답변은 파일로\n\n마지막 게임은 어디?"),
    ]


async def test_a_thread_that_cannot_be_read_is_answered_with_what_there_is_and_read_at_the_next_turn(
    office: Office,
) -> None:
    async with office.bot():
        root = await people_talk(office, "the topic")
        office.slack.fail(REPLIES, Refused("missing_scope"))
        await office.ask("what is it?", thread=root)
        [answer] = await office.answers(root)
        assert "I could not read what was said" in answer
        await office.ask("and now?", thread=root)
        assert "I could not read" not in (await office.answers(root, 2))[1]
    first, second = office.prompts()
    assert first == [("user", f"{TRUNCATED}\n\nwhat is it?")]
    assert second[-1] == ("user", "the topic\n\nand now?")


async def test_a_429_is_waited_out(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "the topic")
        office.slack.fail(REPLIES, RateLimited(1), times=2)
        await office.ask("what is it?", thread=root)
        await office.answers(root)
    assert office.prompts() == [[("user", "the topic\n\nwhat is it?")]]


async def test_a_mention_that_an_edit_adds_to_the_root_is_answered_with_what_was_said_below_it(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "what is the topic?", "cafés")
        await office.slack.edit(office.general, root, f"{office.slack.mention} what is the topic?")
        await office.answers(root)
        await office.ask("and?", thread=root)
        await office.answers(root, 2)
    assert "cafés" in office.prompts()[1][-1][1]


async def test_a_thread_whose_root_is_gone_is_answered_without_it(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "the topic", "a thought")
        office.slack.fail(REPLIES, Refused("thread_not_found"))
        await office.ask("hello", thread=root)
        [answer] = await office.answers(root)
        assert "could not read" not in answer
        await office.ask("again", thread=root)
        await office.answers(root, 2)
    assert len(office.slack.calls(REPLIES)) == 1


async def test_what_comes_while_a_thread_is_read_is_kept_once(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "the topic")
        gate = office.slack.hold(REPLIES)
        await office.ask("what is it?", thread=root)
        await gate.reached.wait()
        await office.slack.post(office.lee, office.general, "meanwhile", root)
        await office.slack.wait_for(lambda: len(office.rows("SELECT 1 FROM messages")) == 2)
        gate.open()
        await office.answers(root)
        await office.ask("and?", thread=root)
        await office.answers(root, 2)
    assert [content.count("meanwhile") for _, content in office.prompts()[1]] == [0, 0, 1]


async def test_what_was_deleted_while_its_thread_is_read_does_not_come_back(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "the topic", "a secret")
        secret = office.slack.thread(office.general, root)[1].ts
        said = office.slack.workspace.channels[office.general].messages[secret]
        gate = office.slack.hold(REPLIES)
        await office.ask("what is it?", thread=root)
        await gate.reached.wait()
        event = {"type": "message", "subtype": "message_deleted", "channel": office.general, "deleted_ts": secret}
        stamp = {"ts": office.slack.workspace.ts(), "previous_message": said.wire()}
        await office.slack.emit(event | stamp)
        await office.slack.wait_for(lambda: office.rows("SELECT 1 FROM messages WHERE erased_at IS NOT NULL"))
        gate.open()
        await office.answers(root)
    assert "secret" not in str(office.prompts())
    assert office.rows("SELECT count(*) FROM message_versions WHERE text LIKE '%secret%'") == [(0,)]


async def test_the_asker_sees_that_the_question_was_noticed_while_a_thread_is_read(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "the deploy failed", "at step three")
        held = office.slack.hold("conversations.replies")
        await office.ask("what failed?", thread=root)
        await office.slack.wait_for(lambda: office.slack.calls("assistant.threads.setStatus"))
        assert office.model.requests == []
        held.open()
        await office.answers(root)
    assert office.slack.workspace.channels[office.general].statuses == {}


async def test_half_an_answer_in_a_thread_that_was_read_does_not_say_that_it_was_not(office: Office) -> None:
    office.model.answers.append(Answer("Half an answer that breaks", chunk_size=4, cut_at=3))
    async with office.bot(Patience(asking=RetryPolicy(attempts=1))):
        root = await people_talk(office, "the deploy failed", "at step three")
        await office.ask("what failed?", thread=root)
        [shown] = await office.answers(root)
    assert shown.startswith("Half an answ")
    assert office.rows("SELECT unread_since FROM conversations") == [(None,)]
    assert LANGUAGES["en"]["thread_unread"] not in shown
