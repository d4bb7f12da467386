"""One attempt at a turn: the values that belong together from the claim of the turn to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.core.conversation import Participant
from bot.core.interruption import Interruption
from bot.core.ports import ConversationStore, Directory, Platform, Reply
from bot.core.reply.addressee import Addressee, addressee_of
from bot.core.reply.presenter import Presenter
from bot.core.turn import History, ReplyPart, Turn

NOT_READ = History(past=(), messages=(), alone=True)


class Attempt:
    """
    A claimed turn, with its reply, the history, and the person who asked, as far as they are known.

    *history* is NOT_READ, and *addressee* nobody in particular, until read_history(). *status_on* is the message on
    which this attempt shows a status, by the platform's id. *ending* is set before the write that gives the claim away.
    *model_answers* is set once a call is under way. *in_vain* counts the calls for the question that brought something,
    and no answer, those of earlier attempts included. The *language* of our sentences is the *default_language* where
    neither the asker's locale, nor the place's, nor the question says another one.
    """

    def __init__(
        self,
        turn: Turn,
        platform: Platform,
        interruption: Interruption,
        open_reply: Callable[[Attempt], Awaitable[Reply]],
        default_language: str,
        history: History | None = None,
    ) -> None:
        """*history* was read with the claim; the first read_history() uses it."""
        self.turn = turn
        self.in_vain = turn.in_vain
        self.ending = False
        self.platform = platform
        self.interruption = interruption
        self.default_language = default_language
        self.history = NOT_READ
        self._read = history
        self.addressee = Addressee()
        self.status_on: str | None = None
        self.model_answers = asyncio.Event()
        self._open_reply = open_reply
        self.presenter = self._new_presenter()

    @property
    def language(self) -> str:
        return self.addressee.language

    @property
    def question(self) -> str | None:
        """The platform's id of the newest question; None if there is none, or only a command is confirmed."""
        return self.history.asked.platform_id if self.is_asked else None

    @property
    def is_asked(self) -> bool:
        """Whether the history still holds a question: all of them may be deleted or hidden."""
        return any(message.addressed for message in self.history.messages)

    async def read_history(self, conversations: ConversationStore) -> None:
        """Read the history; call again if it may have changed. Raises LedgerError."""
        read, self._read = self._read, None
        self.history = read if read is not None else await conversations.history(self.turn)
        self.address()
        self.presenter.continued = self._continued

    def address(self, asker: Participant | None = None) -> None:
        """Set the addressee to the person who asked. *asker*: the same person with more details, if known."""
        thread, platform = self.turn.conversation.thread, self.platform
        place = platform.place_locale(thread) if isinstance(platform, Directory) else None
        self.addressee = addressee_of(self.history, self.default_language, asker=asker, place=place)

    def reopen_reply(self, parts: Sequence[ReplyPart]) -> None:
        """Open the reply again, with *parts*: a failure may have left it in an unknown state."""
        self.turn = replace(self.turn, parts=parts)
        self.presenter = self._new_presenter()

    def _new_presenter(self) -> Presenter:
        presenter = Presenter(lambda: self._open_reply(self), self.platform.pace)
        presenter.continued = self._continued
        return presenter

    @property
    def _continued(self) -> str:
        return self.history.continued.text if self.history.continued else ""
