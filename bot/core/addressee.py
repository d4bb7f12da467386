"""Who is answered, and in which language we speak to them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.conversation import Participant
from bot.core.texts import DEFAULT_LANGUAGE, language_for
from bot.core.turn import History


@dataclass(frozen=True, slots=True)
class Addressee:
    """*id* is the platform's; None when nobody asks any more, or only a command is confirmed."""

    id: str | None = None
    language: str = DEFAULT_LANGUAGE


def addressee(history: History, default: str = DEFAULT_LANGUAGE) -> Addressee:
    """Whoever asked last, in their language as far as it is known; *default*: in which we speak else."""
    if not history.messages:
        return Addressee(language=default)
    return in_language_of(history.asked.author, history.asked.version.text, default)


def in_language_of(who: Participant, text: str, default: str) -> Addressee:
    """*text* is what they said."""
    return Addressee(who.id, language_for(who.locale, text, default))
