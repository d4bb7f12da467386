"""What keeps the model from being reached is named: in the chat, and to operators in the list of turns."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.retry import Backoff, Patience, RetryPolicy
from tests.standins.authority import Authority, in_front_of
from tests.standins.model.script import Answer, Failure, failure
from tests.standins.proxy import ForwardProxy
from tests.whole.conftest import Office
from tests.whole.test_retry import operator

ONCE = RetryPolicy(attempts=1)  # an outage begins with the first failure
QUICK = Backoff(first=0.2, longest=0.2)
Way = Callable[[Path, pytest.MonkeyPatch], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def refused(_: Path, __: pytest.MonkeyPatch) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{free.getsockname()[1]}/v1"  # bound, and nobody listens


@asynccontextmanager
async def unknown_name(_: Path, __: pytest.MonkeyPatch) -> AsyncIterator[str]:
    yield "http://nobody.invalid/v1"


@asynccontextmanager
async def wrong_certificate(directory: Path, _: pytest.MonkeyPatch) -> AsyncIterator[str]:
    async with in_front_of(1, Authority(directory).self_signed()) as port:
        yield f"https://127.0.0.1:{port}/v1"


@asynccontextmanager
async def proxy_login(_: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    async with ForwardProxy(login="kim:right") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url("kim:wrong"))
        yield "https://model.test/v1"


WAYS = pytest.mark.parametrize(
    ("way", "english", "korean", "told"),
    [
        (refused, "refuses the connection", "연결을 거부", "refuses the connection"),
        (unknown_name, "the name of its server is not found", "이름을 찾을 수 없", "nobody.invalid is not found"),
        (wrong_certificate, "its certificate is not accepted", "인증서를 신뢰할 수 없", "is self-signed"),
        (proxy_login, "the proxy here does not let me through", "프록시가 연결을 허용하지 않", "407"),
    ],
)


@WAYS
async def test_it_is_said_while_the_question_is_kept_and_when_it_is_given_up(
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: Way,
    english: str,
    korean: str,
    told: str,
) -> None:
    async with way(tmp_path, monkeypatch) as address:
        async with office.bot(Patience(asking=ONCE, outage_backoff=QUICK), openai_base_url=address):
            root = await office.ask("hello")
            await office.slack.wait_for(lambda: office.slack.replies(office.general, root))
            [shown] = office.slack.replies(office.general, root)
            assert english in shown
            assert "I keep your question" in shown
        async with office.bot(Patience(asking=ONCE, outage=timedelta(0)), openai_base_url=address):
            root = await office.ask("안녕?")
            [shown] = await office.answers(root)
            assert korean in shown
        *_, turn = json.loads((await operator(office, "turns", "--json")).out)[:1]
        assert told in turn["error"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(failure=failure(429, "slow down", code="rate_limit_exceeded")), "too busy"),
        (Answer(stall_at=0), "does not answer in time"),
        (Answer("words", cut_at=0), "keeps breaking off"),
        (Answer(failure=failure(500, "Internal server error", type="server_error")), "a fault of its own"),
        (Answer(failure=failure(503, "Service unavailable")), "overloaded or not ready"),
        (Answer(failure=Failure(502, "<html><title>Bad gateway</title></html>")), "gateway in front of the model"),
    ],
)
async def test_a_model_that_was_reached_is_not_said_to_be_out_of_reach(
    office: Office, answer: Answer, words: str
) -> None:
    office.model.answers.append(answer)
    async with office.bot(Patience(asking=ONCE), openai_timeout=0.5):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: any(words in r for r in office.slack.replies(office.general, root)))
        assert "reached" not in office.slack.replies(office.general, root)[0]
