"""
The words of commands: a closed list for each setting, in English and Korean, by value.

They are written as people write them. Case, spaces between Korean words and a final . ! ~ … do not matter. Courtesies
and places are not part of them: decide/commands.py removes those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import TypeVar

T = TypeVar("T")

# How a Korean request ends, from the plainest to the politest: 해, 해 줘, 해 주세요, …
_DO = ("해", "해라", "해요", "하세요", "해 줘", "해 줘요", "해 주세요", "해 주십시오", "해 줄래", "해 주시겠어요")
_GIVE = (" 줘", " 줘요", " 주세요", " 주십시오", " 줄래", " 주시겠어요")
_DONT = ("마", "마라", "마요", "말아", "말아 줘", "말아 줘요", "말아 주세요", "마세요", "마십시오")


def _each(beginnings: Iterable[str], endings: Iterable[str]) -> list[str]:
    return ["".join(pair) for pair in product(beginnings, endings)]


_ANSWER = ("답", "대답", "답변", "응답")
_WHEN_MENTIONED = ("멘션할 때만", "멘션했을 때만", "멘션에만", "부를 때만", "불렀을 때만")

_LONG = ("긴 답변은", "긴 답변을", "긴 답은", "긴 대답은", "긴 응답은")
_SEND = ("보내", "올려")


def _in_korean(form: str) -> list[str]:
    plain = _each(_LONG, [f" {form}"])
    return [*plain, *_each(_each(plain, [" "]), _DO), *_each(_each(plain, [f" {verb}" for verb in _SEND]), _GIVE)]


MODE_WORDS: Mapping[str, tuple[str, ...]] = {
    "quiet": (
        "quiet", "be quiet", "stay quiet", "keep quiet", "go quiet", "quiet mode", "silence", "be silent",
        "stay silent", "hush", "shush", "mute", "mute yourself", "don't answer", "do not answer", "don't reply",
        "do not reply", "stop answering", "stop replying", "never answer",
        "조용히", "조용", "조용 모드", "조용히 있어", "음소거",
        *_each(["조용히 ", "조용히 좀 ", "좀 조용히 "], _DO), *_each(["조용히 있어"], _GIVE),
        *_each(_each(_ANSWER, ["하지 "]), _DONT),
    ),
    "auto": (
        "listen", "listen again", "start listening", "start listening again", "listen in", "auto", "auto mode",
        "unmute", "unmute yourself", "stop being quiet", "you can talk again", "you may talk again",
        "들어", "다시 들어", "듣기", "다시 듣기", "자동", "자동 모드", "음소거 해제", "다시 말해도 돼",
        "말해도 돼", "말해도 돼요", "말해도 됩니다", "말씀하셔도 됩니다",
        *_each(["들어", "다시 들어"], _GIVE), *_each(["음소거 해제 "], _DO),
    ),
    "mention": (
        "mention only", "mentions only", "only mentions", "only mention", "mention mode", "only on mention",
        *_each(["only ", "answer only ", "only answer ", "reply only ", "only reply "],
               ["when mentioned", "if mentioned", "when i mention you", "if i mention you", "to mentions"]),
        "멘션만", "멘션 모드", *_WHEN_MENTIONED, *_each(_each(_WHEN_MENTIONED, _ANSWER), _DO),
    ),
}  # fmt: skip

LONG_ANSWERS_WORDS: Mapping[str, tuple[str, ...]] = {
    "file": (
        *_each(["long answers ", "send long answers "], ["as file", "as a file", "as files", "in a file"]),
        *_in_korean("파일로"),
    ),
    "messages": (
        *_each(["long answers ", "send long answers "], ["as messages", "as a message", "in messages"]),
        *_in_korean("메시지로"),
    ),
}  # fmt: skip


def listed(words: Mapping[str, Iterable[str]], read: Callable[[str], T]) -> Callable[[str], T | None]:
    """A setting's *said* for a closed list of *words* by value, each value as *read* reads it."""
    values = {_key(phrase): read(value) for value, phrases in words.items() for phrase in phrases}
    return lambda said: values.get(_key(said))


def _key(text: str) -> str:
    """Korean spacing varies: 조용히 해줘, 조용히 해 줘."""
    return text.replace(" ", "") if _HANGUL.search(text) else text


_HANGUL = re.compile(r"[가-힣]")
