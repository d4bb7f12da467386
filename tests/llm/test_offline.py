"""The demo model: says what it was sent, in the language of the question."""

from __future__ import annotations

from dataclasses import replace

from bot.core.check_findings import Verdict
from bot.core.ports import CompletionRequest, LanguageModel, PromptMessage
from bot.core.turn import Usage
from bot.llm import tokens
from bot.llm.offline import OfflineModel

FIRST = CompletionRequest("gpt-6-luna", [PromptMessage("user", "hello there")], 4_096)
LATER = CompletionRequest(
    "gpt-6-luna",
    [
        PromptMessage("system", "You are a helpful assistant."),
        PromptMessage("user", "내 이름은 민지야"),
        PromptMessage("assistant", "안녕하세요"),
        PromptMessage("user", "내 이름이 뭐야?"),
    ],
    4_096,
    earlier_turns=1,
    dropped=True,
)


async def ask(request: CompletionRequest, model: LanguageModel | None = None) -> tuple[str, str | None, Usage]:
    text, reason, usage = "", None, Usage()
    async for chunk in (model or OfflineModel(pause=0)).stream(request):
        text, reason, usage = text + chunk.text, chunk.finish_reason or reason, chunk.usage or usage
    return text, reason, usage


async def test_the_answer_is_labelled_and_says_what_was_sent() -> None:
    text, reason, usage = await ask(FIRST)
    assert text.startswith("**Offline demo.**")
    count = tokens.count_prompt(FIRST.messages)
    assert f"{count} tokens: no earlier turns, no system prompt, and your question “hello there”" in text
    assert "OPENAI_API_KEY" in text
    assert "oldest message" not in text
    assert "left out" not in text
    assert reason == "stop"
    assert usage == Usage(count, tokens.count(text), cached_tokens=0)


async def test_memory_and_trimming_can_be_seen_in_korean() -> None:
    text, _, _ = await ask(LATER)
    assert text.startswith("**오프라인 데모.**")
    for words in (
        "이전 대화 1턴",
        "시스템 프롬프트 있음",
        "“내 이름이 뭐야?”",
        "가장 오래된 메시지는 “내 이름은 민지야”",
    ):
        assert words in text
    assert "제외되었습니다" in text


async def test_many_turns_and_a_long_question_are_told_short() -> None:
    question = "why? {oldest} " * 50
    text, _, _ = await ask(
        replace(
            LATER, messages=[*LATER.messages[:-1], PromptMessage("user", question)], earlier_turns=12, dropped=False
        )
    )
    assert "12 earlier turns, a system prompt" in text
    assert "why? {oldest} why?" in text
    assert "…”" in text
    assert "left out" not in text
    assert len(text) < 700


async def test_it_streams_names_itself_and_is_free() -> None:
    model = OfflineModel(pause=0)
    chunks = [chunk async for chunk in model.stream(FIRST)]
    again = [chunk async for chunk in model.stream(FIRST)]
    assert sum(bool(chunk.text) for chunk in chunks) > 5
    assert chunks[0].fingerprint == "offline"
    assert chunks[0].response_id != again[0].response_id
    assert model.cost("gpt-6-luna", Usage(10, 10)) == 0


async def test_it_keeps_to_max_tokens() -> None:
    text, reason, usage = await ask(replace(LATER, max_tokens=10))
    assert reason == "length"
    assert text.startswith("**오프라인")
    assert usage.completion_tokens is not None
    assert usage.completion_tokens <= 10


async def test_its_window_can_be_made_small_and_its_probe_says_how_to_get_a_real_model() -> None:
    assert OfflineModel().context_window("x") == 128_000
    assert OfflineModel(context_tokens=500).context_window("x") == 500
    finding = await OfflineModel().probe("x")
    assert finding.verdict is Verdict.OK
    assert "OPENAI_API_KEY" in finding.remedy


async def test_an_empty_prompt_is_answered_too() -> None:
    text, reason, _ = await ask(CompletionRequest("x", [], 4_096))
    assert text
    assert reason == "stop"


async def test_examples_are_no_part_of_the_conversation() -> None:
    example = [PromptMessage("user", "an example"), PromptMessage("assistant", "a good answer")]
    text, _, _ = await ask(replace(LATER, messages=[LATER.messages[0], *example, *LATER.messages[1:]], examples=1))
    assert "가장 오래된 메시지는 “내 이름은 민지야”" in text
