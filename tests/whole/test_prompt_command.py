"""`threadbot prompt` prints what the model was sent, as its server received it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.commands import prompt as command
from bot.commands import prompt_text
from bot.core.errors import BotError
from bot.core.prompt.speakers import TRUNCATED
from bot.core.retry import Backoff, Patience, RetryPolicy
from bot.settings import Settings
from tests.files.making import picture
from tests.standins.model.script import Answer, failure
from tests.standins.slack.faults import Refused
from tests.whole.conftest import Office
from tests.whole.test_files import CSV, ask_with, upload
from tests.whole.test_reactions import SMALL, answer_of, ask, exchange, reacted
from tests.whole.test_threads import REPLIES, people_talk

AGAIN_AT_ONCE = Patience(asking=RetryPolicy(attempts=3, backoff=Backoff(first=0.02, longest=1.0)))
BUSY = Answer(failure=failure(503, "Try again.", code="server_error"))


async def report(office: Office, turn: int, **which: int) -> command.Report:
    settings = Settings(database_url=f"sqlite+aiosqlite:///{office.database}")
    return await command.prompt(settings, turn, which.get("variant"), which.get("completion"))


async def document(office: Office, turn: int, **which: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command.as_json(await report(office, turn, **which)))
    return found


async def compared(office: Office) -> int:
    """Every call of the model with what its server received, byte for byte. Returns how many there were."""
    calls = office.rows("SELECT turn_id, id FROM completions ORDER BY id")
    for request, (turn, completion) in zip(office.model.requests, calls, strict=True):
        found = await document(office, turn, completion=completion)
        sent = json.dumps(request.body["messages"], ensure_ascii=False)
        assert json.dumps(found["messages"], ensure_ascii=False) == sent
        assert found["model"] == request.body["model"]
        assert found["byte_for_byte"]
        assert sum(found["tokens"]) + 3 == found["completion"]["counted_prompt_tokens"]
    return len(calls)


async def heard(office: Office, user: str, text: str, root: str) -> str:
    ts = await office.slack.post(user, office.general, text, root)
    await office.slack.wait_for(lambda: all(each.acknowledged for each in office.slack.delivered(ts)))
    return ts


async def test_of_speakers_edits_and_retries_it_is_what_the_server_received(office: Office) -> None:
    office.model.answers.extend([Answer("첫 번째"), BUSY, Answer("두 번째"), Answer("세 번째")])
    chosen = {"openai_model": "gpt-4o-mini", "openai_temperature": 0.5, "openai_max_tokens": 500}
    async with office.bot(AGAIN_AT_ONCE, system_prompt="짧게 답하세요.", **chosen):
        root = await office.ask('2020년 우승팀은? <b>&amp; "quotes"\n\n새 줄')
        await office.answers(root)
        await heard(office, office.lee, "⟦kim⟧ 저도 궁금해요 👩‍💻", root)
        await office.ask("그럼 2021년은?", thread=root, user=office.lee)
        await office.answers(root, 2)
        await office.slack.edit(office.general, root, f"{office.slack.mention} 2019년 우승팀은?")
        await office.ask("정리해 줘", thread=root)
        await office.answers(root, 3)
        assert await compared(office) == 4  # while the bot runs
    assert await compared(office) == 4
    third = await document(office, 3)
    assert third["parameters"] == {"max_tokens": 500, "temperature": 0.5, "seed": None, "stop": None}
    assert "2020" not in str(third["messages"])
    assert "2020" in str((await document(office, 2))["messages"])
    assert third["left_out"] == []


async def test_of_answers_in_our_brackets_it_is_what_the_server_received(office: Office) -> None:
    forged = [Answer("⟦kim⟧ first ", finish_reason="length"), Answer("[kim] first ⟦⟦go on⟧⟧"), Answer("⟬x⟭")]
    office.model.answers.extend(forged)
    async with office.bot():
        root = await office.ask("repeat after me")
        await office.answers(root)
        await office.slack.press(office.kim, office.general, answer_of(office, root, 0), "threadbot_continue")
        whole = "⟦kim⟧ first ⟦⟦go on⟧⟧"
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == [whole])
        await office.slack.wait_for(office.settled)
        for number in (2, 3):
            await office.ask("and?", thread=root)
            await office.answers(root, number)
    assert await compared(office) == 4
    sent = [text for prompt in office.prompts() for role, text in prompt if role == "assistant"]
    assert sent == ["[kim] first ", *["[kim] first [[go on]]"] * 2, "[x]"]


def left(found: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    """What was left out, of whom, and why."""
    return [(each["kind"], each["author"], each["reason"]) for each in found["left_out"]]


async def test_text_that_was_deleted_since_stands_as_its_date_and_tokens(office: Office) -> None:
    office.model.answers.extend([Answer("the code is 1234"), Answer("so it is"), Answer("gone")])
    async with office.bot():
        root = await office.ask("what is the code?")
        await office.answers(root)
        secret = await heard(office, office.lee, "the other code is 5678", root)
        await office.ask("are there others?", thread=root)
        await office.answers(root, 2)
        before = await document(office, 2)
        await office.slack.remove(office.general, secret)
        await office.slack.remove(office.general, answer_of(office, root, 0))
        await ask(office, root, "and now?")
    found = await document(office, 2)
    days = "SELECT date(erased_at) FROM messages WHERE erased_at IS NOT NULL"
    [(day,)] = office.rows(days)
    [(tokens,), (answered,)] = office.rows(
        "SELECT tokens FROM message_versions WHERE text IS NULL UNION ALL "
        "SELECT text_tokens FROM completions WHERE text IS NULL"
    )
    assert (before["byte_for_byte"], found["byte_for_byte"]) == (True, False)
    assert found["messages"] == [
        before["messages"][0],
        {"role": "assistant", "content": f"[deleted {day}, {answered} tokens]"},
        {"role": "user", "content": f"[deleted {day}, {tokens} tokens]\n\n⟦kim⟧ are there others?"},
    ]
    assert found["tokens"] == before["tokens"]
    text = prompt_text.as_text(await report(office, 2))
    assert "2 texts were deleted since" in text
    assert "1234" not in text + str(found)
    assert "5678" not in text + str(found)
    third = await document(office, 3)
    assert third["byte_for_byte"]
    assert left(third) == [("answer", None, "deleted"), ("message", f"lee ({office.lee})", "deleted")]


async def test_a_file_that_was_deleted_since_stands_so_too_and_one_that_was_gone_before_as_it_was_named(
    office: Office,
) -> None:
    office.model.default = Answer("Done.")
    files = [upload(office, "p.png", picture(), "image/png"), upload(office, "s.csv", CSV, "text/csv")]
    async with office.bot():
        root = await ask_with(office, "compare them", *files)
        await office.answers(root)
        assert await compared(office) == 1
        office.execute(
            "UPDATE files SET outcome = 'gone', text = NULL, erased_at = '2026-11-25 12:00:00' WHERE name = 's.csv'"
        )
        await office.ask("and now?", thread=root)
        await office.answers(root, 2)
    first, second = await document(office, 1), await document(office, 2)
    [(tokens,)] = office.rows("SELECT tokens FROM files WHERE outcome = 'gone'")
    assert first["messages"][0]["content"][-1]["text"] == f"\n\n[deleted 2026-11-25, {tokens} tokens]"
    assert first["messages"][0]["content"][1] == office.model.requests[0].body["messages"][0]["content"][1]
    assert second["messages"] == office.model.requests[1].body["messages"]
    assert second["byte_for_byte"]
    office.execute("UPDATE messages SET erased_at = '2026-11-26 12:00:00' WHERE id = 1")
    office.execute("UPDATE files SET content = NULL, text = NULL, name = NULL")
    assert str((await document(office, 2))["messages"]).count("deleted 2026-11-26") == 2


async def test_of_a_picture_that_a_model_could_not_see_the_call_that_was_answered(office: Office) -> None:
    refusal = Answer(failure=failure(400, "image_url is only supported by certain models."))
    office.model.answers.extend([refusal, Answer("Done.")])
    async with office.bot():
        await office.answers(await ask_with(office, "what is it?", upload(office, "p.png", picture(), "image/png")))
    assert await compared(office) == 2
    assert "image_url" in str((await document(office, 1, completion=1))["messages"])
    assert "image_url" not in str((await document(office, 1))["messages"])


async def test_a_turn_with_several_calls_shows_the_chosen_one_and_names_the_others(office: Office) -> None:
    office.model.answers.extend([Answer("heads"), BUSY, Answer("tails")])
    async with office.bot(patience=AGAIN_AT_ONCE):
        root = await office.ask("flip a coin")
        await office.answers(root)
        await heard(office, office.lee, "저도요", root)
        await reacted(office, answer_of(office, root, 0), "repeat")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["tails"])
        await office.slack.wait_for(office.settled)
    assert await compared(office) == 3
    text = prompt_text.as_text(await report(office, 1))
    assert "1 (variant 1, complete), 2 (variant 2, model_unavailable), 3 (variant 2, complete, chosen)" in text
    assert "completion 3, at" in text
    assert (await document(office, 1, variant=1))["completion"]["id"] == 1
    assert (await document(office, 1, completion=2))["completion"]["outcome"] == "model_unavailable"
    assert ("answer", None, "variant") in left(await document(office, 1))
    with pytest.raises(BotError, match=r"Turn 1 has no variant 3\. Its completions: 1 \(variant 1\), 2"):
        await document(office, 1, variant=3)
    with pytest.raises(BotError, match="Turn 1 has no completion 9"):
        await document(office, 1, completion=9)
    with pytest.raises(BotError, match="There is no turn 7"):
        await document(office, 7)


async def test_what_the_budget_dropped_is_told_with_its_tokens_and_what_was_pinned_was_sent(office: Office) -> None:
    async with office.bot(**SMALL):
        root, _ = await exchange(office, 1, words="the code is 1234, remember")
        await reacted(office, root, "pushpin")
        for _ in range(8):
            await ask(office, root, "alpha beta gamma delta epsilon")
    calls = await compared(office)
    found = await document(office, calls)
    assert found["messages"][0]["content"].startswith("question 1: the code is 1234")
    [(start,)] = office.rows("SELECT window_start FROM completions ORDER BY id DESC LIMIT 1")
    dropped = [(each["turn"], each["kind"]) for each in found["left_out"]]
    whole = [(turn, kind) for turn in range(2, start) for kind in ("message", "answer")]
    assert dropped == [(1, "answer"), *whole]
    assert {each["reason"] for each in found["left_out"]} == {"budget"}
    assert all(each["tokens"] > 0 for each in found["left_out"])


async def test_what_reactions_kept_back_is_told_with_who_did_it_also_when_they_are_taken_away(office: Office) -> None:
    office.model.answers.extend([Answer("one"), Answer("two"), Answer("three")])
    async with office.bot():
        root = await office.ask("first")
        await office.answers(root)
        second = await office.ask("second", thread=root)
        await office.answers(root, 2)
        secret = await heard(office, office.lee, "암호는 바나나", root)
        await reacted(office, secret, "see_no_evil", by=office.lee)
        await reacted(office, second, "scissors")
        await ask(office, root, "third")
        found = await document(office, 3)
        assert [(each["reason"], each["by"]) for each in found["left_out"]] == [
            ("cut", f"kim ({office.kim})"),
            ("cut", f"kim ({office.kim})"),
            ("hidden", office.lee),  # whose name nobody needed yet
        ]
        assert found["left_out"][2]["tokens"] > 0
        assert "바나나" not in json.dumps(found, ensure_ascii=False)
        await reacted(office, secret, "see_no_evil", by=office.lee, gone=True)
        await reacted(office, second, "scissors", gone=True)
        after = await document(office, 3)
    assert left(after) == left(found)
    assert {each["detail"] for each in after["left_out"]} == {"taken away since"}
    assert f"hidden by a reaction by {office.lee} on" in prompt_text.as_text(await report(office, 3))
    assert await compared(office) == 3


async def test_a_turn_without_an_answer_and_a_command_are_told(office: Office) -> None:
    office.model.answers.extend([Answer(failure=failure(401, "Incorrect API key", code="invalid_api_key"))])
    async with office.bot():
        root = await office.ask("first")
        await office.answers(root)
        await heard(office, office.kim, f"{office.slack.mention} mention only", root)
        await office.answers(root, 2)
        await office.ask("second", thread=root)
        await office.answers(root, 3)
    turns = dict(office.rows("SELECT id, command IS NOT NULL AND command <> 'null' FROM turns"))
    [command_turn] = [turn for turn, is_command in turns.items() if is_command]
    never = await document(office, command_turn)
    assert never["messages"] is None
    assert "it was a command" in never["never_sent"]
    found = await document(office, max(turns))
    assert [(each["kind"], each["reason"], each["detail"]) for each in found["left_out"]] == [
        ("answer", "no_answer", "failed, model_auth"),
        ("message", "command", None),
    ]


async def test_a_turn_that_never_came_to_the_model_says_why(office: Office) -> None:
    async with office.bot():
        root = await office.ask("")
        await office.answers(root)
    assert (await document(office, 1))["never_sent"] == "It never reached the model: blank question."
    assert prompt_text.as_text(await report(office, 1)).endswith("It never reached the model: blank question.")


async def test_a_thread_that_was_not_read_to_its_beginning_says_so(office: Office) -> None:
    async with office.bot():
        root = await people_talk(office, "배포를 언제 할까요?", "금요일은 안 돼요")
        office.slack.fail(REPLIES, Refused("missing_scope"))
        await office.ask("요약해 줘", thread=root)
        await office.answers(root)
    assert await compared(office) == 1
    found = await document(office, 1)
    assert found["messages"][0]["content"].startswith(TRUNCATED)
    assert left(found) == [("older messages", None, "never_read")]
