"""Who is answered, in which language we speak to them, and in what form they want it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.conversation import Participant
from bot.core.preferences.registry import LONG_ANSWERS, LongAnswers
from bot.core.texts import DEFAULT_LANGUAGE, language_for
from bot.core.turn import History


@dataclass(frozen=True, slots=True)
class Addressee:
    """
    *id* is the platform's; None when nobody asks any more, or only a command is confirmed. *home* as a Participant's.

    *as_file*: a long answer comes as a file there.
    """

    id: str | None = None
    language: str = DEFAULT_LANGUAGE
    as_file: bool = False
    home: str | None = None


def addressee(history: History, default: str = DEFAULT_LANGUAGE) -> Addressee:
    """Whoever asked last, in their language as far as it is known; *default*: in which we speak else."""
    if not history.messages:
        return Addressee(None, default, _as_file(history))
    return in_language_of(history.asked.author, history, default)


def in_language_of(who: Participant, history: History, default: str) -> Addressee:
    """*who* asked last, as they are known by now."""
    language = language_for(who.locale, history.asked.version.text, default)
    return Addressee(who.id, language, _as_file(history), who.home)


def _as_file(history: History) -> bool:
    return history.preferences[LONG_ANSWERS].value is LongAnswers.FILE
