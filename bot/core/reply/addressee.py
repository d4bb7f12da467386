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


def addressee_of(
    history: History,
    default: str = DEFAULT_LANGUAGE,
    *,
    asker: Participant | None = None,
    place: str | None = None,
) -> Addressee:
    """
    The author of the newest question, with the language that we speak to them: *default* where nothing tells it.

    *asker*: the same author, when more is known of them by now. *place*: the locale of where they ask.
    """
    if not history.messages:
        return Addressee(None, default, _as_file(history))
    who = asker or history.asked.author
    language = language_for(who.locale, history.asked.version.text, default, place=place)
    return Addressee(who.id, language, _as_file(history), who.home)


def _as_file(history: History) -> bool:
    return history.preferences[LONG_ANSWERS].value is LongAnswers.FILE
