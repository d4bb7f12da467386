"""
Which parts of a conversation the model was not sent, and why. Pure.

The reasons are reconstructed later, from the completion's window and from the stored reactions and deletions with their
dates. A text that was sent is never listed, even if it was deleted since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.conversation import Operation, Participant
from bot.core.ports import ConversationRecord, StoredAnswer, StoredCompletion, StoredMessage, StoredReaction, TurnRecord
from bot.core.prompt.entries import TRUNCATED_KEY, read_key
from bot.core.turn import ANSWER, Place


class Reason(StrEnum):
    BUDGET = "budget"
    HIDDEN = "hidden"
    CUT = "cut"
    DELETED = "deleted"
    VARIANT = "variant"
    NO_ANSWER = "no_answer"
    LATER = "later"
    COMMAND = "command"
    NEVER_READ = "never_read"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Why:
    """*by* and *on*: who set the reaction that is the reason, and when. *on* alone: the date of the deletion."""

    reason: Reason
    by: Participant | None = None
    on: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """
    A message, an answer, or all "older messages" of the thread if they were never read.

    *id* is the platform's for a message, the completion's for an answer. *tokens* is None if unknown.
    """

    kind: str
    id: str
    turn: int | None
    author: Participant | None  # None: the bot
    at: datetime | None
    tokens: int | None
    why: Why


def left_out(asked: TurnRecord, completion: StoredCompletion, count: Callable[[str], int]) -> list[LeftOut]:
    """The entries before the question that were not sent, oldest first. *count* is for texts without a stored count."""
    view = _View(asked.turn.id, completion, asked.record)
    found = [
        *((view.place(message), _message(message, view, count)) for message in view.unsent_messages()),
        *(((answer.turn, ANSWER), _answer(answer, view)) for answer in view.unsent_answers()),
        *(((turn, ANSWER), _no_answer(turn, view)) for turn in view.unanswered()),
    ]
    found.sort(key=lambda each: each[0])
    never = [LeftOut("older messages", "", None, None, None, None, Why(Reason.NEVER_READ))]
    return [*(never if TRUNCATED_KEY in completion.entries else ()), *(each for _, each in found)]


class _View:
    """A conversation at the time of a call, as far as it can be reconstructed."""

    def __init__(self, turn: int, completion: StoredCompletion, record: ConversationRecord) -> None:
        self.turn, self.completion, self.record = turn, completion, record
        keys = [read_key(key) for key in completion.entries]
        versions = {key.id for key in keys if key.kind == "v"}
        self.sent_messages = {record.versions[each].message for each in versions if each in record.versions}
        self.sent_answers = {key.id for key in keys if key.kind == "c"}
        self._answers: dict[int, list[StoredAnswer]] = {}  # in words, by turn
        for answer in record.answers.values():
            if _has_words(answer):
                self._answers.setdefault(answer.turn, []).append(answer)
        asked = [m.position for m in record.messages.values() if m.turn == turn and m.id in self.sent_messages]
        self._asked_at = max(asked, default=-1)
        self._cuts = [reaction for reaction in record.reactions if reaction.operation is Operation.CUT]
        self._hides = [reaction for reaction in record.reactions if reaction.operation is Operation.HIDE]
        self._newest = {version.message: version for version in record.versions.values()}
        self._files: dict[int, int] = {}  # tokens, by message
        for file in record.files.values():
            self._files[file.message] = self._files.get(file.message, 0) + (file.tokens or 0)

    def place(self, message: StoredMessage) -> Place:
        return (ANSWER if message.turn is None else message.turn, message.position)

    def tokens(self, message: StoredMessage, count: Callable[[str], int]) -> int | None:
        """The tokens of its newest version and its files."""
        newest = self._newest.get(message.id)
        if newest is None:
            return None
        said = count(newest.text) if newest.tokens is None and newest.text is not None else newest.tokens
        return None if said is None else said + self._files.get(message.id, 0)

    def unsent_messages(self) -> Iterable[StoredMessage]:
        for message in self.record.messages.values():
            is_earlier = message.turn is not None and message.turn <= self.turn
            if message.id not in self.sent_messages and (is_earlier or message.position < self._asked_at):
                yield message

    def unsent_answers(self) -> Iterable[StoredAnswer]:
        """Answers with text, of earlier turns or earlier in this turn, except those that a later one continues."""
        for answer in (each for answers in self._answers.values() for each in answers):
            is_earlier = answer.turn < self.turn or (
                answer.turn == self.turn and answer.completion < self.completion.id
            )
            if is_earlier and answer.completion not in self.sent_answers and not self._was_gone_on_with(answer):
                yield answer

    def unanswered(self) -> Iterable[int]:
        """Earlier turns with a question and without an answer text."""
        asking = {message.turn for message in self.record.messages.values()}
        for turn in self.record.turns.values():
            if turn.id < self.turn and turn.id not in self._answers and turn.id in asking and not turn.command:
                yield turn.id

    def was_chosen(self, answer: StoredAnswer) -> bool:
        """Whether it was the answer of its turn when the call was made."""
        then = [one.completion for one in self._answers[answer.turn] if one.started_at <= self.completion.started_at]
        return answer.completion == max(then)

    def _was_gone_on_with(self, answer: StoredAnswer) -> bool:
        same = (one for one in self._answers[answer.turn] if one.variant == answer.variant)
        return any(one.number > answer.number and one.started_at <= self.completion.started_at for one in same)

    def was_hidden(self, message: int | None, turn: int | None) -> StoredReaction | None:
        return self._earliest(m for m in self._hides if (m.message, m.turn) == (message, turn) and self._in_force(m))

    def was_cut(self, place: Place) -> StoredReaction | None:
        return self._earliest(
            reaction for reaction in self._cuts if place < self._place_of(reaction) and self._in_force(reaction)
        )

    def perhaps_hidden(self, message: int | None, turn: int | None) -> StoredReaction | None:
        """A reaction that may have hidden it: it was removed since, or its date is by another clock than ours."""
        return self._earliest(m for m in self._hides if (m.message, m.turn) == (message, turn))

    def perhaps_cut(self, place: Place) -> StoredReaction | None:
        return self._earliest(reaction for reaction in self._cuts if place < self._place_of(reaction))

    def is_dropped(self, place: Place) -> bool:
        return self.completion.window is not None and place < self.completion.window

    def _in_force(self, reaction: StoredReaction) -> bool:
        return reaction.active and reaction.at <= self.completion.started_at

    def _place_of(self, reaction: StoredReaction) -> Place:
        if reaction.message is None:
            return (reaction.turn or 0, ANSWER)
        place = self.place(self.record.messages[reaction.message])
        return place if place <= (self.turn, ANSWER) else (0, 0)  # a later cut does not count here

    @staticmethod
    def _earliest(reactions: Iterable[StoredReaction]) -> StoredReaction | None:
        return min(reactions, key=lambda reaction: reaction.at, default=None)


def _has_words(answer: StoredAnswer) -> bool:
    return bool(answer.text) or (answer.erased_at is not None and bool(answer.tokens))


def _marked(reason: Reason, reaction: StoredReaction) -> Why:
    return Why(reason, reaction.by, reaction.at, "" if reaction.active else "taken away since")


def _why(view: _View, place: Place, message: int | None, turn: int | None, erased_at: datetime | None) -> Why:
    if erased_at is not None and erased_at <= view.completion.started_at:
        return Why(Reason.DELETED, on=erased_at)
    if reaction := view.was_hidden(message, turn):
        return _marked(Reason.HIDDEN, reaction)
    if reaction := view.was_cut(place):
        return _marked(Reason.CUT, reaction)
    if view.is_dropped(place):
        return Why(Reason.BUDGET)
    if reaction := view.perhaps_hidden(message, turn):
        return _marked(Reason.HIDDEN, reaction)
    if reaction := view.perhaps_cut(place):
        return _marked(Reason.CUT, reaction)
    return Why(Reason.UNKNOWN) if erased_at is None else Why(Reason.DELETED, on=erased_at)


def _why_message(message: StoredMessage, view: _View) -> Why:
    if message.hidden and view.perhaps_hidden(message.id, None) is None:
        return Why(Reason.COMMAND)
    if message.turn is None or message.turn > view.turn:
        return Why(Reason.LATER)
    return _why(view, view.place(message), message.id, None, message.erased_at)


def _message(message: StoredMessage, view: _View, count: Callable[[str], int]) -> LeftOut:
    tokens, why = view.tokens(message, count), _why_message(message, view)
    return LeftOut("message", message.platform_id, message.turn, message.author, message.posted_at, tokens, why)


def _answer(answer: StoredAnswer, view: _View) -> LeftOut:
    which, why = str(answer.completion), _why_answer(answer, view)
    return LeftOut("answer", which, answer.turn, None, answer.started_at, answer.tokens, why)


def _why_answer(answer: StoredAnswer, view: _View) -> Why:
    if answer.turn == view.turn:
        return Why(Reason.VARIANT)
    if answer.started_at > view.completion.started_at:
        return Why(Reason.LATER)
    if not answer.chosen and not view.was_chosen(answer):
        return Why(Reason.VARIANT)
    return _why(view, (answer.turn, ANSWER), None, answer.turn, answer.erased_at)


def _no_answer(turn: int, view: _View) -> LeftOut:
    stored = view.record.turns[turn]
    detail = stored.state.value + (f", {stored.reason}" if stored.reason else "")
    return LeftOut("answer", "", turn, None, None, None, Why(Reason.NO_ANSWER, detail=detail))
