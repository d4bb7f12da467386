"""
The few things that can be told to the bot instead of asked: a closed list, in English and Korean. Pure.

A command is the whole message. One more word makes it a question, so that nobody is silenced by accident:
“quiet cafés in Seoul?” is about cafés. Whether a message may be a command at all is said in policy.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from bot.core.conversation import Posted
from bot.core.decide.preferences import Choice, LongAnswers, Mode, Scope, key_of
from bot.core.turn import Notice

LONGEST = 80  # characters; no command comes near
COURTESIES = (
    "please", "pls", "thanks", "thank you", "for now", "now",
    "제발", "이제", "지금은", "고마워", "고마워요", "감사합니다",
    "부탁해", "부탁해요", "부탁합니다", "부탁드려요", "부탁드립니다",
)  # fmt: skip
PLACES: Mapping[str, Scope] = {
    **dict.fromkeys(("in this channel", "for this channel", "in the channel"), Scope.CHANNEL),
    **dict.fromkeys(("in this thread", "for this thread", "in the thread"), Scope.THREAD),
    **dict.fromkeys(("이 채널에서", "이 채널에서는", "이 채널에선", "이 채널은"), Scope.CHANNEL),
    **dict.fromkeys(("이 스레드에서", "이 스레드에서는", "이 스레드에선", "이 스레드는"), Scope.THREAD),
}

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


WORDS: Mapping[Choice, tuple[str, ...]] = {
    Mode.QUIET: (
        "quiet", "be quiet", "stay quiet", "keep quiet", "go quiet", "quiet mode", "silence", "be silent",
        "stay silent", "hush", "shush", "mute", "mute yourself", "don't answer", "do not answer", "don't reply",
        "do not reply", "stop answering", "stop replying", "never answer",
        "조용히", "조용", "조용 모드", "조용히 있어", "음소거",
        *_each(["조용히 ", "조용히 좀 ", "좀 조용히 "], _DO), *_each(["조용히 있어"], _GIVE),
        *_each(_each(_ANSWER, ["하지 "]), _DONT),
    ),
    Mode.AUTO: (
        "listen", "listen again", "start listening", "start listening again", "listen in", "auto", "auto mode",
        "unmute", "unmute yourself", "stop being quiet", "you can talk again", "you may talk again",
        "들어", "다시 들어", "듣기", "다시 듣기", "자동", "자동 모드", "음소거 해제", "다시 말해도 돼",
        "말해도 돼", "말해도 돼요", "말해도 됩니다", "말씀하셔도 됩니다",
        *_each(["들어", "다시 들어"], _GIVE), *_each(["음소거 해제 "], _DO),
    ),
    Mode.MENTION: (
        "mention only", "mentions only", "only mentions", "only mention", "mention mode", "only on mention",
        *_each(["only ", "answer only ", "only answer ", "reply only ", "only reply "],
               ["when mentioned", "if mentioned", "when i mention you", "if i mention you", "to mentions"]),
        "멘션만", "멘션 모드", *_WHEN_MENTIONED, *_each(_each(_WHEN_MENTIONED, _ANSWER), _DO),
    ),
    LongAnswers.FILE: (
        *_each(["long answers ", "send long answers "], ["as file", "as a file", "as files", "in a file"]),
        *_in_korean("파일로"),
    ),
    LongAnswers.MESSAGES: (
        *_each(["long answers ", "send long answers "], ["as messages", "as a message", "in messages"]),
        *_in_korean("메시지로"),
    ),
}  # fmt: skip
"""
The closed list, as people write it. Small or large letters, spaces between Korean words and a final . ! ~ … do not
matter.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """*scope* is None where nothing was said of the place: the thread in a thread, the channel at its top level."""

    choice: Choice
    scope: Scope | None = None

    @property
    def key(self) -> str:
        """Of the preference that it sets."""
        return key_of(self.choice)

    def scope_in(self, posted: Posted) -> Scope:
        """For what place it is, written as *posted*."""
        return self.scope or (Scope.CHANNEL if posted.opens_thread else Scope.THREAD)

    def confirmation(self, posted: Posted) -> Notice:
        """What is said once it is done: what holds from now on, and how to undo it."""
        scope = self.scope_in(posted)
        place = "direct" if posted.direct and scope is Scope.CHANNEL else scope.name.lower()
        return Notice(f"{self.key}_{self.choice.value}_{place}")


def parse(words: str) -> Command | None:
    """
    The command that *words* are, or None when they are a question.

    *words*: a whole message as a person reads it, without the mention. A question mark makes everything a question but
    what is one only in its grammar: 조용히 해 줄래?
    """
    if len(words) > LONGEST:
        return None
    rest = _plain(words)
    if rest is None:
        return None
    rest, scope = _without_place(_without_courtesy(rest))
    choice = _CHOICES.get(_key(_without_courtesy(rest)))
    return None if choice is None else Command(choice, scope)


def _plain(words: str) -> str | None:
    """Small letters, one space between words, no punctuation at the ends, no commas; None for a real question."""
    text = unicodedata.normalize("NFC", words).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()
    text = _POLITE.sub(r"\1", _BEGINNING.sub("", text))
    if "?" in text or "\N{FULLWIDTH QUESTION MARK}" in text:
        return None
    return " ".join(_END.sub("", text).replace(",", " ").split())


def _key(text: str) -> str:
    """Where Hangul is written, spaces are a matter of taste: 조용히 해줘, 조용히 해 줘."""
    return text.replace(" ", "") if _HANGUL.search(text) else text


def _without_courtesy(text: str) -> str:
    """At most one at either end."""
    for word in _COURTESIES:
        if text.endswith(" " + word):
            text = text[: -len(word) - 1]
            break
    for word in _COURTESIES:
        if text.startswith(word + " "):
            return text[len(word) + 1 :]
    return text


def _without_place(text: str) -> tuple[str, Scope | None]:
    for place, scope in _PLACES:
        if text.endswith(" " + place):
            return text[: -len(place) - 1], scope
        if text.startswith(place + " "):
            return text[len(place) + 1 :], scope
    return text, None


_BEGINNING = re.compile(r"\A[:\-]\s*")  # “@threadbot: quiet”
_POLITE = re.compile(r"(줄래|주시겠어요)\s*[?\uFF1F][\s.!~…。！～?\uFF1F]*\Z")
_END = re.compile(r"[\s.!~…。！～,]+\Z")
_HANGUL = re.compile(r"[가-힣]")
_COURTESIES = sorted(COURTESIES, key=len, reverse=True)
_PLACES = sorted(PLACES.items(), key=lambda item: -len(item[0]))
_CHOICES = {_key(phrase): choice for choice, phrases in WORDS.items() for phrase in phrases}
