"""
What a long conversation's input costs where prompts are cached, beside dropping the oldest turn at every reply.

The bot's own prompts go to the model stand-in, which bills like a cache does (standins/model/cache.py). What the other
way would have cost, with the same questions and answers, is reckoned beside it. Nothing here depends on the machine.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import mean
from typing import Any

from bot.core.answer.answer import Answerer
from bot.core.answer.settings import AnswerSettings
from bot.core.completion.model_facts import ModelFacts
from bot.core.conversation import Participant, Posted, ThreadRef
from bot.core.decide.policy import decide
from bot.core.retry import Patience
from bot.core.worker.worker import persist
from bot.llm.openai_chat import OpenAIChat
from bot.store.database import migrate
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.model_facts import SqlModelFacts
from tests.bench.mute import MUTE, MutePlatform, nowhere
from tests.standins.model import ModelServer, counting
from tests.standins.model.cache import PromptCache, price, serialized
from tests.standins.model.script import Answer

SYSTEM_PROMPT = "You are a helpful assistant. Answer in the language of the question, briefly and exactly."

QUESTIONS = (
    "2020년 코리안 시리즈를 우승한 야구팀이 어디?",
    "마지막 게임이 어디에서 열렸어?",
    "우리 서비스의 배포 순서를 다시 설명해 주세요. 데이터베이스 마이그레이션은 언제 실행하나요?",
    "Which of the two migrations has to run first on the staging cluster, and may both share one window tonight?",
    "Why does the worker wait for a second before it takes the next turn of the same conversation?",
    "회의록을 세 문장으로 요약해 주고, 담당자와 기한이 있으면 따로 적어 줘.",
    "Can you write that as a shell script that stops at the first error?",
)
SENTENCES = (
    "2020년 한국시리즈 우승 야구팀은 NC 다이노스이고, 마지막 게임은 고척 스카이돔에서 열렸습니다.",
    "먼저 마이그레이션을 실행하고 상태를 확인한 다음 새 버전을 한 대씩 배포합니다.",
    "The one that adds the column runs first; the other fills it, and neither of them locks the table.",
    "If the health check fails twice in a row, stop there and roll the last instance back before you go on.",
    "담당자는 민지 님이고 기한은 다음 주 수요일까지이며, 나머지 항목은 아직 정해지지 않았습니다.",
    "Set `set -euo pipefail` at the top, so that the script ends with the first command that fails.",
    "로그에 같은 오류가 다시 보이면 연결 풀의 크기를 먼저 확인해 주세요.",
    "That is why it takes a moment longer, and why three quick messages get one answer instead of three.",
)


@dataclass(frozen=True, slots=True)
class Talk:
    """How much is said: sentences in a question and in an answer, from and to; now and then somebody pastes a log."""

    name: str
    question: tuple[int, int]
    answer: tuple[int, int]
    pasted_one_in: int = 0  # turns; 0: never


SHORT = Talk("short turns", question=(1, 1), answer=(1, 3))
EVERYDAY = Talk("everyday turns", question=(1, 2), answer=(3, 16), pasted_one_in=12)
LONG = Talk("long turns", question=(1, 4), answer=(8, 40), pasted_one_in=8)


@dataclass(frozen=True, slots=True)
class Billed:
    """Of one conversation. Costs are in uncached tokens."""

    turn_tokens: float  # of a turn, on average
    ours: int
    sliding: int  # by dropping the oldest turn at every reply
    full: float  # how full the window was, on average, since it had been full for the first time
    full_at_all: float  # the same with the turns before that
    cuts: int


def said(talk: Talk, turns: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Questions and answers, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for number in range(turns):
        question = " ".join(chance.choices(QUESTIONS, k=chance.randint(*talk.question)))
        if talk.pasted_one_in and chance.randrange(talk.pasted_one_in) == 0:
            lines = (f"2026-11-23T12:{chance.randrange(60):02}:07Z worker-{n} timeout after 30 s" for n in range(12))
            question += "\n```\n" + "\n".join(lines) + "\n```"
        answer = " ".join(chance.choices(SENTENCES, k=chance.randint(*talk.answer)))
        yield f"({number}) {question}", f"({number}) {answer}"


async def billed(talk: Talk, turns: int, budget: int, directory: Path, keep: float = 0.75) -> Billed:
    """Have the bot answer *turns* questions of one conversation within a prompt budget of *budget* tokens."""
    conversation = list(said(talk, turns))
    answers = dict(conversation)
    async with ModelServer() as server, _asker(server, budget, keep, directory) as ask:
        server.respond = lambda body: Answer(answers[body["messages"][-1]["content"]], chunk_size=10_000)
        for question, _ in conversation:
            await ask(question)
        prompts = [(request.prompt_tokens or 0, request.cached_tokens or 0) for request in server.requests]
        firsts = [request.body["messages"][1]["content"] for request in server.requests]
    cuts = [number for number in range(1, turns) if firsts[number] != firsts[number - 1]]
    used = [tokens / budget for tokens, _ in prompts]
    return Billed(
        turn_tokens=mean(counting.count(question + answer) + 8 for question, answer in conversation),
        ours=round(sum(price(*prompt) for prompt in prompts)),
        sliding=round(sliding_cost(conversation, budget)),
        full=mean(used[cuts[0] :]) if cuts else 0.0,
        full_at_all=mean(used),
        cuts=len(cuts),
    )


def sliding_cost(conversation: Sequence[tuple[str, str]], budget: int) -> float:
    """What the same input costs when each reply drops as many of the oldest turns as it has to, and no more."""
    cache, cost, first = PromptCache(), 0.0, 0
    for number, (question, _) in enumerate(conversation):
        while True:
            messages = _messages([*_roles(conversation[first:number]), ("user", question)])
            tokens = len(serialized(messages))
            if tokens <= budget:
                break
            first += 1
        cost += price(tokens, cache.cached({"model": "m", "messages": messages}))
    return cost


def _roles(turns: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for question, answer in turns:
        yield from (("user", question), ("assistant", answer))


def _messages(contents: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in [("system", SYSTEM_PROMPT), *contents]]


@asynccontextmanager
async def _asker(server: ModelServer, budget: int, keep: float, directory: Path) -> AsyncIterator[Any]:
    """A function that has one question answered by the bot's own ledger, prompt and client."""
    database = open_database(f"sqlite+aiosqlite:///{directory / 'caching.db'}")
    model = OpenAIChat(api_key="sk-bench", base_url=server.url)
    try:
        await migrate.upgrade(database)
        ledger = SqlLedger(database)
        answerer = Answerer(
            ledger=ledger,
            model=model,
            platforms={MUTE: MutePlatform()},
            settings=AnswerSettings("gpt-6-luna", SYSTEM_PROMPT, budget, 4_096, Patience().overlooked_after, keep),
            model_facts=ModelFacts(SqlModelFacts(database)),
            checkpoint=nowhere,
            persist=persist,
        )
        positions = count(1)
        thread = ThreadRef(MUTE, "W", "C", "1")  # its first message is the first question

        async def ask(question: str) -> None:
            position = next(positions)
            now = datetime.now(UTC)
            asked = Posted(thread, f"{position}", position, Participant("U1"), question, now, addressed=True)
            await ledger.record(asked, decide)
            [turn] = await ledger.claim("bench", [MUTE], 1)
            await answerer.answer(answerer.attempt(turn))

        yield ask
    finally:
        await model.aclose()
        await database.close()
