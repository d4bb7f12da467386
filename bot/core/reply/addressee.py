"""The addressee of an answer: who it is, in which language, and in which form they want long answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.conversation import Participant
from bot.core.preferences.registry import LONG_ANSWERS, LongAnswers
from bot.core.texts import DEFAULT_LANGUAGE, language_for
from bot.core.turn import History


@dataclass(frozen=True, slots=True)
class Addressee:
    """
    *id* is the platform's; None if no question is left, or only a command is confirmed. *home* as in Participant.

    *as_file*: a long answer comes as a file there.
    """

    id: str | None = None
    language: str = DEFAULT_LANGUAGE
    as_file: bool = False
    home: str | None = None


def addressee_of(
    history: History,
    default: str = DEFAULT_LANGUAGE,
    *,
    asker: Participant | None = None,
    place: str | None = None,
) -> Addressee:
    """
    The author of the newest question, with the language of our sentences: *default* if nothing tells it.

    *asker*: the same author with more details, if known. *place*: the locale of the place.
    """
    if not history.messages:
        return Addressee(None, default, _as_file(history))
    who = asker or history.asked.author
    language = language_for(who.locale, history.asked.version.text, default, place=place)
    return Addressee(who.id, language, _as_file(history), who.home)


def _as_file(history: History) -> bool:
    return history.preferences[LONG_ANSWERS].value is LongAnswers.FILE
