"""Who is answered, and in which language we speak to them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.texts import DEFAULT_LANGUAGE, language_of
from bot.core.turn import History


@dataclass(frozen=True, slots=True)
class Addressee:
    """*id* is the platform's; None when nobody asks any more, or only a command is confirmed."""

    id: str | None = None
    language: str = DEFAULT_LANGUAGE


def addressee(history: History) -> Addressee:
    """Whoever asked last, in the language in which they did."""
    if not history.messages:
        return Addressee()
    asked = history.asked
    return Addressee(asked.author.id, language_of(asked.version.text))
