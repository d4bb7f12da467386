"""The names of the threads that we open: their first questions, while we remember those. No calls."""

from __future__ import annotations

from bot.platforms.discord.markup.text import thread_name

MOST = 1_000  # questions: their answers begin soon, or somebody asks Discord for them again


class Titles:
    def __init__(self) -> None:
        self._titles: dict[str, str] = {}

    def note(self, message: str, text: str) -> None:
        """*text*, as people read it, was said in *message*."""
        name = thread_name(text, "")
        self._titles.pop(message, None)
        if not name:
            return
        self._titles[message] = name
        if len(self._titles) > MOST:
            del self._titles[next(iter(self._titles))]

    def forget(self, message: str) -> None:
        """It was deleted, or its thread has its name."""
        self._titles.pop(message, None)

    def of(self, message: str) -> str | None:
        """A name for the thread of *message*."""
        return self._titles.get(message)
