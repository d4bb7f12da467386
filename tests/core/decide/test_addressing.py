"""Whom a text speaks to, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.decide.addressing import PRODUCT_NAMES, asks, calls, calls_another

NAMES = {"jarvis", *PRODUCT_NAMES}


@pytest.mark.parametrize(
    "text",
    [
        "threadbot, what is the time",
        "Threadbot what is the time",
        "hey threadbot can you help",
        "ok, threadbot: next one",
        "@threadbot help",
        "jarvis help",
        "what do you think, threadbot?",
        "thanks threadbot!",
        "threadbot?",
        "threadbot",
        "threadbot아 날씨 알려 줘",
        "threadbot아, 날씨",
        "스레드봇 날씨 알려 줘",
        "스레드봇아 날씨 알려 줘",
        "스레드봇님, 날씨 알려 주세요",
        "저기, 스레드봇아",
        "날씨 알려 줘 스레드봇아",
        "고마워 스레드봇",
        "스레드봇은 어떻게 생각해?",
        "threadbot is it true?",
        "쓰레드봇! 일어나",
    ],
)
def test_the_bot_is_called(text: str) -> None:
    assert calls(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "threadbot is slow today",
        "threadbot said so",
        "threadbot's answer is wrong",
        "스레드봇은 오늘 느리네",
        "스레드봇이 그렇게 말했어",
        "스레드봇한테 물어봐",
        "lee, did threadbot answer you?",
        "I asked threadbot yesterday",
        "threadbots are great",
        "threadbot.py does not start",
        "threadbot-dev is down",
        "threadbot/README says so",
        "https://example.com/threadbot",
        "mail bot@threadbot.example",
        "스레드봇팀 회의합니다",
        "jarvisse, hello",
        "see www.threadbot",
    ],
)
def test_the_bot_is_told_of_or_not_meant_at_all(text: str) -> None:
    assert not calls(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "lee, can you look?",
        "Lee: yours",
        "hey Lee, yours",
        "lee - what do you think",
        "lee?",
        "@lee can you look",
        "@somebody.else hello",
        "민호야 이거 봐 줘",
        "민호님, 이거 봐 주세요",
        "민호 씨, 이거 봐 주세요",
        "Minho Kim, yours",
        "지은님, 부탁드려요",
    ],
)
def test_somebody_else_is_called(text: str) -> None:
    assert calls_another(text, {"lee", "민호", "민호 씨", "Minho Kim"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "leeway, is that a word?",
        "lee is on holiday, who replaces him?",
        "what about lee, then",
        "민호가 뭐라고 했어?",
        "선생님이라는 말의 뜻",
        "손님 응대 문구 써 줘",
        "@app.route('/') explain",
        "@property\ndef name(self)",
        "mail a@b.example",
        "well, why?",
    ],
)
def test_nobody_else_is_called(text: str) -> None:
    assert not calls_another(text, {"lee", "민호", "a", ""})


@pytest.mark.parametrize(
    "text", ["why?", "**Which region?**", "어느 지역인가요?", "Shall I go on? 😊", "그럴까요？", "(ok?)  \n"]
)
def test_a_text_that_ends_in_a_question_asks(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", ["", "Why? Because.", "yes", "어느 지역? 서울입니다."])
def test_a_text_that_ends_otherwise_does_not(text: str) -> None:
    assert not asks(text)


@given(st.text(max_size=200), st.frozensets(st.text(max_size=10), max_size=3))
def test_no_text_and_no_name_breaks_it(text: str, names: frozenset[str]) -> None:
    calls(text, names)
    calls_another(text, names)
    asks(text)
