"""
Finds out whom a text without a mention speaks to, by names as people use them in English and Korean chats. Pure.

policy.py decides on the result. Platforms call it to set Posted.calls_bot.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

PRODUCT_NAMES = ("threadbot", "thread bot", "스레드봇", "쓰레드봇")
"""Names that call the bot in every workspace, besides its local name."""

LONGEST_NAME = 80  # characters; Slack's limit. A pattern of a longer name takes long to compile

_GREETING = (
    r"(?:(?:hey|hi|hello|ok|okay|so|and|yo|dear|thanks|thank you|안녕|안녕하세요|저기|야|그럼|그런데)[,!.~]*\s+)?"
)
_HONORIFIC = r"(?:님|씨|군|양)?"
_CALLING = r"(?:아|야|이야|이여|여)"  # the particles of calling somebody
_TOPIC = r"(?:은|는|이|가|도|한테|에게|께|을|를|의|이랑|랑|하고|과|와|만)"
_SEPARATOR = r"[,:;!?~…、，：]"
# After a name, these words talk about the bot rather than to it: “threadbot is slow today”.
_TELLING = (
    "is|isn't|was|wasn't|has|had|hasn't|does|did|doesn't|didn't|said|says|told|tells|answered|answers|replied|thinks|"
    "will|won't|would|can|can't|cannot|could|couldn't|should|keeps|seems|looks|got|gets|gave|went|just|already|never|"
    "always|and|or|which|who|that|'s"
)
_ASKING = r"\s+(?:you|i|we|he|she|it|they|this|that|there)\b"  # but “threadbot can you …” speaks to it


def calls(text: str, names: Collection[str]) -> bool:
    """
    Whether *text* calls one of *names* at its beginning or its end.

    Talking about it (“threadbot is slow”, “스레드봇은 느리네”) is no call; a question (“스레드봇은 어떻게 생각해?”) is.
    """
    stripped = text.strip()
    if not names or not stripped:
        return False
    opening, closing = _patterns(frozenset(names))
    if closing.search(stripped):
        return True
    found = opening.match(stripped)
    if found is None:
        return False
    return found["told"] is None or asks(stripped)


def calls_another(text: str, names: Collection[str]) -> bool:
    """
    Whether *text* clearly begins by calling somebody else: one of *names*, or “@somebody”.

    A bare name at the beginning may be the subject of a sentence. With a comma, a colon or a vocative particle it calls
    that person.
    """
    stripped = text.strip()
    if _AT_SOMEBODY.match(stripped) or _TITLED.match(stripped):
        return True
    return any(_vocative(name).match(stripped) for name in names if 1 < len(name.strip()) <= LONGEST_NAME)


def asks(text: str) -> bool:
    """Whether *text* ends with a question."""
    at = max(text.rfind(mark) for mark in _QUESTION_MARKS)
    return at >= 0 and _WORD.search(text, at) is None


@lru_cache(maxsize=16)
def _patterns(names: frozenset[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    name = _any_of(names)
    opening = re.compile(
        rf"{_GREETING}@?{name}{_HONORIFIC}(?:{_CALLING}(?![가-힣])|(?P<told>{_TOPIC}(?![가-힣])|\s+(?:{_TELLING})\b(?!{_ASKING})|'s\b)"
        rf"|(?![\w/@-]|\.\w))",
        re.IGNORECASE,
    )
    closing = re.compile(
        rf"(?:(?:[,!?.~…]|고마워|고마워요|감사해요|감사합니다|\bthanks|\bthank you)\s+@?{name}{_HONORIFIC}{_CALLING}?"
        rf"|\s@?{name}{_CALLING})\s*[.!?~…]*\Z",
        re.IGNORECASE,
    )
    return opening, closing


@lru_cache(maxsize=256)
def _vocative(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"{_GREETING}@?{_any_of([name])}{_HONORIFIC}(?:\s*{_SEPARATOR}|{_CALLING}(?![가-힣])|\s*[-–—]\s)",
        re.IGNORECASE,
    )


def _any_of(names: Collection[str]) -> str:
    spelled = sorted((name.strip() for name in names if name.strip()), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(name) for name in spelled) + ")"


_AT_SOMEBODY = re.compile(rf"{_GREETING}@[\w.-]*\w(?:[ ,:!?]|\Z)", re.IGNORECASE)
_TITLED = re.compile(rf"{_GREETING}[가-힣]{{2,5}}(?:님|씨){_SEPARATOR}")
_QUESTION_MARKS = "?？"
_WORD = re.compile(r"\w")  # a question may be followed by anything else: brackets, Markdown, a smiley
