"""
Who said what, as a model reads it. Pure.

How a message says who speaks is in speakers.py. What one side says in a row becomes one message (entries.py), because
the chat templates of many local models insist on turns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, dropwhile
from types import MappingProxyType

from bot.core.conversation import Conversation, Message, ParticipantKind
from bot.core.files import File
from bot.core.ports import Example, Given, PromptMessage, Role
from bot.core.prompt import budget, file_form
from bot.core.prompt.entries import (
    GO_ON_KEY,
    TRUNCATED_KEY,
    UNNAMED_TOKENS,
    Entry,
    answer_entry,
    file_key,
    instructions,
    join,
    marked,
    summarized,
)
from bot.core.prompt.speakers import GO_ON, TRUNCATED, Speakers, is_named, unbracketed
from bot.core.turn import Answer, History, PastTurn

Readable = Callable[[str, Mapping[str, str]], str]
"""A text as a person reads it, with these names for the people mentioned: see Platform."""


@dataclass(frozen=True, slots=True)
class Counting:
    """How the model at hand counts: see LanguageModel."""

    count: Callable[[str], int]
    per_message: int
    per_prompt: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """
    What is to be sent.

    *entries* are the keys of what is in *messages*, in their order: see entries.py.
    *window_start* is the first turn of the window that is sent; *window_position* cuts off the beginning of that turn.
    """

    messages: Sequence[PromptMessage]
    entries: Sequence[str]
    given: Sequence[Given]  # versions that get their form only now
    tokens: int
    window_start: int
    window_position: int
    earlier_turns: int


def build(
    *,
    system_prompt: str,
    conversation: Conversation,
    turn: int,
    history: History,
    readable: Readable,
    counting: Counting,
    prompt_tokens: int,
    keep: float = budget.KEEP,
    examples: Sequence[Example] = (),
    reserved: Collection[str] = (),
    mentioned: Mapping[str, str] = MappingProxyType({}),
    sees: bool = True,
) -> Prompt | budget.QuestionTooLong:
    """
    The prompt for *turn*, within *prompt_tokens*; when it is cut, down to the fraction *keep* of them.

    *reserved*: names that are ours. *mentioned*: those of others that the messages refer to, by id. *sees*: whether the
    model takes images. *examples* follow on the system prompt, and stay as it does.

    The question is what comes from the turn's first message to the bot on; what was said before it since the last
    answer is context and may be dropped. What is pinned is not dropped, as long as it takes no more than half of the
    budget: the newest of it has precedence. Its summary stays, too, unless the question has no room beside it.

    An answer that is to be gone on with follows on the question, and is as much a part of it: the prompt before it is
    the one that it was asked with, as far as nothing of that was changed since.
    """
    writer = Writer(readable, counting, Speakers(history.said, reserved, mentioned), alone=history.alone, sees=sees)
    written = _written(history, writer)
    system = instructions(system_prompt, examples)
    system_tokens = counting.per_prompt + sum(writer.cost(message.content) for message in system)
    fixed = system_tokens + _total(written.question) + _total(written.begun)
    first_lines = _first_lines(writer, conversation, history, prompt_tokens - fixed)
    fixed += _total(first_lines)
    fitted = _fitting(written, first_lines, fixed, prompt_tokens, keep)
    if isinstance(fitted, budget.QuestionTooLong):
        return fitted
    window, sent = fitted
    if _begins_with_us([*sent, *written.begun]):
        line = _truncated(writer)
        refitted = _fitting(written, [line, *first_lines], fixed + line.tokens, prompt_tokens, keep)
        if not isinstance(refitted, budget.QuestionTooLong):
            window, sent = refitted
            if not _begins_with_us([*sent[1:], *written.begun]):  # what it stands for had to go, too
                sent = sent[1:]
        else:  # no room for the line
            sent = list(dropwhile(lambda entry: entry.role == "assistant" or not entry.text, sent))
    keys = {entry.key for entry in sent}
    sent = [*marked(sent), *written.begun]
    joined = join(sent, counting.per_message)
    start, position = _window_start(conversation, turn, history, window)
    return Prompt(
        messages=[*system, *(each.message for each in joined)],
        entries=[entry.key for entry in sent],
        given=[given for given in writer.given if f"v{given.version}" in keys],
        tokens=system_tokens + sum(each.tokens for each in joined),
        window_start=start,
        window_position=position,
        earlier_turns=len(history.past) - window.dropped_turns,
    )


def _fitting(
    written: _Written, first_lines: Sequence[Entry], fixed: int, prompt_tokens: int, keep: float
) -> tuple[budget.Window, list[Entry]] | budget.QuestionTooLong:
    """The part of *written* that is sent; *fixed* are the tokens of the parts that have to be sent."""
    pinned = _pinned(written.before_the_question(), fixed, prompt_tokens)
    window = budget.fit(
        fixed=fixed + _total(pinned.values()),
        past=[_unpinned(entries, pinned) for entries in written.past],
        context=[_unpinned(entries, pinned) for entries in written.context],
        budget=prompt_tokens,
        keep=keep,
    )
    if isinstance(window, budget.QuestionTooLong):
        return window
    return window, [*first_lines, *written.within(window, pinned), *written.question]


@dataclass(frozen=True, slots=True)
class _Written:
    """A history, as entries."""

    older: Sequence[Entry]  # said before the window, and pinned
    past: Sequence[Sequence[Entry]]  # of each turn
    context: Sequence[Sequence[Entry]]  # of each message
    question: Sequence[Entry]
    begun: Sequence[Entry]  # what there is of an answer, and the request to go on with it

    def before_the_question(self) -> list[Entry]:
        return [*self.older, *chain(*self.past, *self.context)]

    def within(self, window: budget.Window, pinned: Mapping[str, Entry]) -> list[Entry]:
        """The messages to send: all in *window*, and the *pinned* ones of the rest, in their places."""
        turns, messages = window.dropped_turns, window.dropped_context
        left, left_context = chain(self.older, *self.past[:turns]), chain(*self.context[:messages])
        return [
            *(entry for entry in left if entry.key in pinned),
            *chain(*self.past[turns:]),
            *(entry for entry in left_context if entry.key in pinned),
            *chain(*self.context[messages:]),
        ]


def _written(history: History, writer: Writer) -> _Written:
    return _Written(  # in the order in which it was said: who is named first decides how others are
        older=[entry for earlier in history.pinned for entry in writer.past_turn(earlier) if entry.pinned],
        past=[writer.past_turn(earlier) for earlier in history.past],
        context=[writer.message(message) for message in history.context],
        question=[entry for message in history.question for entry in writer.message(message)],
        begun=writer.begun(history.continued) if history.continued else [],
    )


def _first_lines(writer: Writer, conversation: Conversation, history: History, room: int) -> list[Entry]:
    """Our text before all messages; with a summary only if there is *room* for it, in tokens."""
    lines = []
    if is_truncated(conversation, history):
        lines.append(_truncated(writer))
    if history.summary is not None:
        text = summarized(history.summary.text)
        entry = Entry(f"s{history.summary.id}", "user", text, writer.cost(text))
        if _total([*lines, entry]) <= room:
            lines.append(entry)
    return lines


def _truncated(writer: Writer) -> Entry:
    return Entry(TRUNCATED_KEY, "user", TRUNCATED, writer.cost(TRUNCATED))


def _begins_with_us(entries: Iterable[Entry]) -> bool:
    """
    Whether the assistant would speak first, which strict chat templates refuse.

    The question before it was deleted, hidden or dropped, or the thread's root is ours.
    """
    return next((entry.role for entry in entries if entry.text), "user") == "assistant"


def is_truncated(conversation: Conversation, history: History) -> bool:
    """Whether the model is told that it does not see the beginning: it was too long, or cannot be read just now."""
    if history.cut:  # it is not meant to
        return False
    return conversation.truncated or (conversation.unread_since is not None and conversation.unread_since <= 0)


def is_blank(history: History, readable: Callable[[str], str]) -> bool:
    """Whether nobody has said anything since the last answer that a model could answer."""
    said = list(history.messages)
    for earlier in reversed(history.past):
        if earlier.answer:
            break
        said.extend(earlier.messages)
    others = [message for message in said if message.author.kind is not ParticipantKind.SELF]
    return all(not message.files and not readable(message.version.text).strip() for message in others)


def _pinned(entries: Sequence[Entry], fixed: int, prompt_tokens: int) -> dict[str, Entry]:
    """By key, those that stay whatever has to go; a message stays with all of its files."""
    units: list[list[Entry]] = []
    for entry in entries:
        if entry.file is None or not units:
            units.append([])
        units[-1].append(entry)
    left = min(prompt_tokens // 2, prompt_tokens - fixed)
    pinned: dict[str, Entry] = {}
    for unit in reversed(units):
        if unit[0].pinned and _total(unit) <= left:
            pinned |= {entry.key: entry for entry in unit}
            left -= _total(unit)
    return pinned


def _unpinned(entries: Iterable[Entry], pinned: Mapping[str, Entry]) -> int:
    return _total(entry for entry in entries if entry.key not in pinned)


class Writer:
    """Gives each message its form, once, and counts it."""

    def __init__(self, readable: Readable, counting: Counting, speakers: Speakers, *, alone: bool, sees: bool) -> None:
        self._readable = readable
        self._counting = counting
        self._speakers = speakers
        self._alone = alone
        self._sees = sees
        self._named = False  # somebody, by now
        self.given: list[Given] = []

    def past_turn(self, earlier: PastTurn) -> list[Entry]:
        entries = [entry for message in earlier.messages for entry in self.message(message)]
        if earlier.answer and earlier.answer.text:
            entries.append(self.answer(earlier.answer))
        return entries

    def answer(self, answer: Answer) -> Entry:
        tokens = self._counting.per_message + answer.tokens
        return answer_entry(answer.completion, answer.text, tokens, pinned=answer.pinned)

    def begun(self, answer: Answer) -> list[Entry]:
        """The text of an answer so far, and the request to continue it."""
        return [self.answer(answer), Entry(GO_ON_KEY, "user", GO_ON, self.cost(GO_ON))]

    def message(self, message: Message) -> list[Entry]:
        """A message's text, and the files that came with it."""
        return [self._said(message), *(self._file(file, message) for file in message.files)]

    def _said(self, message: Message) -> Entry:
        version = message.version
        text, tokens = version.given, version.tokens
        if text is None or tokens is None:
            text, tokens = self._form(message)
        role: Role = "assistant" if message.author.kind is ParticipantKind.SELF else "user"
        if is_named(text):
            self._named = True
        elif text and self._named and role == "user":
            tokens += UNNAMED_TOKENS
        return Entry(f"v{version.id}", role, text, tokens + self._counting.per_message, message.pinned)

    def _file(self, file: File, message: Message) -> Entry:
        text = file_form.form(file, sees=self._sees)
        image = bool(file.reading.image) and self._sees
        unseen = bool(file.reading.image) and not self._sees
        tokens = file.tokens if file.tokens and not unseen else self._counting.count(text)
        tokens += self._counting.per_message
        return Entry(file_key(file, sees=self._sees), "user", text, tokens, message.pinned, file, image)

    def _form(self, message: Message) -> tuple[str, int]:
        said = self._readable(unbracketed(message.version.text), self._speakers.mentions)
        if message.files and not self._alone and not said.strip():
            said = file_form.WITHOUT_WORDS  # so that it is said who sends them
        text = self._speakers.form(said, message.author, addressed=message.addressed, alone=self._alone)
        tokens = self._counting.count(text)
        self.given.append(Given(message.version.id, text, tokens))
        return text, tokens

    def cost(self, text: str) -> int:
        return self._counting.per_message + self._counting.count(text)


def _total(entries: Iterable[Entry]) -> int:
    return sum(entry.tokens for entry in entries)


def _window_start(conversation: Conversation, turn: int, history: History, window: budget.Window) -> tuple[int, int]:
    """Where the window starts: (turn, position)."""
    if not window.dropped_turns and not window.dropped_context:
        if conversation.window_start <= turn:
            return conversation.window_start, conversation.window_position
        return (history.past[0].id if history.past else turn), 0  # the conversation's window has left the turn behind
    if window.dropped_context:
        return turn, history.messages[window.dropped_context].position
    if window.dropped_turns < len(history.past):
        return history.past[window.dropped_turns].id, 0
    return turn, 0
