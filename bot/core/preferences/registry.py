"""
The settings that people can make in chat. A new setting needs an entry here, words and sentences. Pure.

The words are in words.py, the confirming sentences in texts/.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from bot.core.preferences.setting import Setting
from bot.core.preferences.words import LONG_ANSWERS_WORDS, MODE_WORDS, listed


class Mode(StrEnum):
    """When the bot answers in a place."""

    AUTO = "auto"  # to mentions, and in its own threads to messages that are clearly for it
    MENTION = "mention"  # only to mentions; to all direct messages
    QUIET = "quiet"  # never, until told otherwise


class LongAnswers(StrEnum):
    """The form of an answer that does not fit into one message."""

    MESSAGES = "messages"  # as many as necessary
    FILE = "file"  # a file with the whole answer, below its beginning, if the platform takes our files


MODE = Setting("mode", Mode.AUTO, read=Mode, said=listed(MODE_WORDS, Mode))
LONG_ANSWERS = Setting(
    "long_answers", LongAnswers.MESSAGES, read=LongAnswers, said=listed(LONG_ANSWERS_WORDS, LongAnswers)
)

SETTINGS: tuple[Setting[Any], ...] = (MODE, LONG_ANSWERS)
