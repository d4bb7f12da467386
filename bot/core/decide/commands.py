"""
Parses commands: messages that make a setting of preferences/registry.py instead of asking a question. Pure.

A command is the whole message. One more word makes it a question, so that nobody is silenced by accident:
“quiet cafés in Seoul?” is about cafés. The words of each setting are in preferences/words.py; policy.py decides which
messages can be commands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.core.conversation import Posted
from bot.core.preferences.registry import SETTINGS
from bot.core.preferences.setting import Preference, Scope, Setting
from bot.core.turn import Notice

T = TypeVar("T")

LONGEST = 80  # characters; every command is much shorter
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


@dataclass(frozen=True, slots=True)
class Command(Generic[T]):
    """
    A message that sets *setting* to *value*.

    *scope* is None if the message names no place. Then the command holds for the thread, or for the channel if it was
    sent at the top level, as far as the setting allows. If people see no threads there, it holds for the channel.
    """

    setting: Setting[T]
    value: T
    scope: Scope | None = None

    @property
    def name(self) -> str:
        """For the log."""
        return f"{self.setting.key} {self.setting.written(self.value)}"

    def preference(self, posted: Posted) -> Preference:
        """The preference to store for *posted*."""
        if posted.threadless:
            scope = self.setting.nearest(Scope.CHANNEL)
        else:
            scope = self.scope or self.setting.nearest(Scope.CHANNEL if posted.opens_thread else Scope.THREAD)
        return Preference(scope, self.setting.key, self.setting.written(self.value), posted.posted_at)

    def confirmation(self, posted: Posted) -> Notice:
        """The confirmation: the new state, and how to undo it."""
        done = self.preference(posted)
        place = "direct" if posted.direct and done.scope is Scope.CHANNEL else done.scope.name.lower()
        key = self.setting.sentence.format(key=done.key, value=done.value, place=place)
        return Notice(key, self.setting.sentence_values(self.value))


def parse(words: str, settings: Iterable[Setting[Any]] = SETTINGS) -> Command[Any] | None:
    """
    The command of *settings* that *words* give, or None if they are a question.

    *words*: a whole message as a person reads it, without the mention. A question mark makes it a question, except for
    a polite request in the form of one: 조용히 해 줄래?
    """
    if len(words) > LONGEST:
        return None
    rest = _plain(words)
    if rest is None:
        return None
    rest, scope = _without_place(_without_courtesy(rest))
    rest = _without_courtesy(rest)
    possible = [setting for setting in settings if scope is None or scope in setting.scopes]
    said = ((setting, setting.said(rest)) for setting in possible)
    return next((Command(setting, value, scope) for setting, value in said if value is not None), None)


def _plain(words: str) -> str | None:
    """Lower case, one space between words, no commas, no punctuation at the ends; None for a real question."""
    text = unicodedata.normalize("NFC", words).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()
    text = _POLITE.sub(r"\1", _BEGINNING.sub("", text))
    if "?" in text or "\N{FULLWIDTH QUESTION MARK}" in text:
        return None
    return " ".join(_END.sub("", text).replace(",", " ").split())


def _without_courtesy(text: str) -> str:
    """*text* without courtesies, at most one at either end."""
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
_COURTESIES = sorted(COURTESIES, key=len, reverse=True)
_PLACES = sorted(PLACES.items(), key=lambda item: -len(item[0]))
