"""
The settings that people can make in chat. Another one is another entry here, its words and its sentences. Pure.

Its words are in words.py, the sentences that confirm it in texts/.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from bot.core.preferences.setting import Setting
from bot.core.preferences.words import LONG_ANSWERS_WORDS, MODE_WORDS, listed


class Mode(StrEnum):
    """When the bot answers in a place."""

    AUTO = "auto"  # when it is mentioned, and in its own threads when a message is plainly meant for it
    MENTION = "mention"  # only when it is mentioned; in direct messages always
    QUIET = "quiet"  # never, until told otherwise


class LongAnswers(StrEnum):
    """In what form an answer comes that one message cannot hold."""

    MESSAGES = "messages"  # in as many as it takes
    FILE = "file"  # whole in a file, below its beginning, where the platform takes files of ours


MODE = Setting("mode", Mode.AUTO, read=Mode, said=listed(MODE_WORDS, Mode))
LONG_ANSWERS = Setting(
    "long_answers", LongAnswers.MESSAGES, read=LongAnswers, said=listed(LONG_ANSWERS_WORDS, LongAnswers)
)

SETTINGS: tuple[Setting[Any], ...] = (MODE, LONG_ANSWERS)
