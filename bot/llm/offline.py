"""
The demo model: no network, no key. It answers every question by saying what it was sent.

That makes memory and trimming visible in a fresh installation. It streams, reports usage and finishes like a real
model, in Korean where the question is Korean, and every answer says what it is.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Sequence

from bot.core.check_findings import Finding, Verdict
from bot.core.ports import Chunk, CompletionRequest, PromptMessage, Sampling
from bot.core.texts import language_of
from bot.core.turn import Usage
from bot.llm import tokens

WINDOW = 128_000  # tokens
FINGERPRINT = "offline"
_QUOTED = 80  # characters of a message that are shown
_CHUNK = 12  # characters

_TEXTS = {
    "en": {
        "label": "**Offline demo.** No language model is connected; this only says what one would have been sent.",
        "sent": "I was sent {tokens} tokens: {earlier}, {system}, and your question “{question}”.",
        "none": "no earlier turns",
        "one": "1 earlier turn",
        "many": "{count} earlier turns",
        "system": "a system prompt",
        "no_system": "no system prompt",
        "oldest": "The oldest message I still see is “{oldest}”.",
        "dropped": "Older turns of this conversation were left out, to stay within the prompt budget.",
        "remedy": "For real answers set `OPENAI_API_KEY`, or `OPENAI_BASE_URL` for a server of your own.",
    },
    "ko": {
        "label": "**오프라인 데모.** 연결된 언어 모델이 없어, 모델에 보냈을 내용만 알려 드립니다.",
        "sent": "받은 내용은 {tokens}토큰으로, {earlier}, {system}, 그리고 질문 “{question}”입니다.",
        "none": "이전 대화 없음",
        "one": "이전 대화 1턴",
        "many": "이전 대화 {count}턴",
        "system": "시스템 프롬프트 있음",
        "no_system": "시스템 프롬프트 없음",
        "oldest": "아직 보이는 가장 오래된 메시지는 “{oldest}”입니다.",
        "dropped": "프롬프트 예산을 지키기 위해 이 대화의 더 오래된 턴은 제외되었습니다.",
        "remedy": "실제 답변을 받으려면 `OPENAI_API_KEY`를, 자체 서버라면 `OPENAI_BASE_URL`을 설정하세요.",
    },
}


class OfflineModel:
    """*pause* is seconds between chunks; *context_tokens* overrides the window."""

    def __init__(self, *, pause: float = 0.02, context_tokens: int | None = None) -> None:
        self._pause = pause
        self._window = context_tokens or WINDOW
        self._numbers = itertools.count(1)

    def context_window(self, model: str) -> int:  # noqa: ARG002 - there is one
        return self._window

    def count_tokens(self, model: str, text: str) -> int:  # noqa: ARG002 - there is one
        return tokens.count(text)

    def overhead(self, model: str) -> tuple[int, int]:  # noqa: ARG002 - there is one
        return tokens.overhead()

    def cost(self, model: str, usage: Usage) -> int | None:  # noqa: ARG002 - it is free
        return 0

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Chunk, None]:
        """Raises nothing. max_tokens is kept: a longer answer ends with finish_reason length."""
        prompt_tokens = tokens.count_prompt(request.messages)
        text, reason = _cut(answer(request, prompt_tokens), request.max_tokens)
        yield Chunk(response_id=f"offline-{next(self._numbers)}", model=request.model, fingerprint=FINGERPRINT)
        for start in range(0, len(text), _CHUNK):
            yield Chunk(text=text[start : start + _CHUNK])
            await asyncio.sleep(self._pause)
        usage = Usage(prompt_tokens, tokens.count(text), cached_tokens=0)
        yield Chunk(finish_reason=reason, usage=usage)

    async def explain(self, request: CompletionRequest) -> bool:  # noqa: ARG002 - there is nothing to explain
        return False

    async def probe(self, model: str, sampling: Sampling | None = None) -> Finding:  # noqa: ARG002 - as OpenAIChat
        remedy = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, to have real answers."
        return Finding("Model", Verdict.OK, "the offline demo answers", remedy)

    async def aclose(self) -> None:
        """There is nothing to close."""


def answer(request: CompletionRequest, prompt_tokens: int) -> str:
    """The whole answer, as Markdown. Pure."""
    said = [message.content for message in request.messages if message.role == "user"][request.examples :]
    question = said[-1] if said else ""
    texts = _TEXTS[language_of(question)]
    sent = texts["sent"].format(
        tokens=f"{prompt_tokens:,}",
        earlier=_earlier(texts, request.earlier_turns),
        system=texts["system" if _has_system(request.messages) else "no_system"],
        question=_quote(question),
    )
    lines = [texts["label"], sent]
    if request.earlier_turns:
        lines.append(texts["oldest"].format(oldest=_quote(said[0] if said else "")))
    if request.dropped:
        lines.append(texts["dropped"])
    return "\n\n".join((*lines, texts["remedy"]))


def _has_system(messages: Sequence[PromptMessage]) -> bool:
    return any(message.role == "system" for message in messages)


def _earlier(texts: dict[str, str], count: int) -> str:
    return texts[{0: "none", 1: "one"}.get(count, "many")].format(count=count)


def _quote(text: str) -> str:
    """The start of a message on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[:_QUOTED].rstrip() + "…"


def _cut(text: str, max_tokens: int) -> tuple[str, str]:
    """At most *max_tokens* of *text*, and the finish reason that goes with it."""
    split = tokens.split(text)
    if len(split.ids) <= max_tokens:
        return text, "stop"
    return b"".join(split.pieces[:max_tokens]).decode("utf-8", errors="ignore"), "length"
