"""
Who said what, as a model reads it. Pure.

How a message says who speaks is in speakers.py. What one side says in a row becomes one message, because the chat
templates of many local models insist on turns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.core import budget, file_form
from bot.core.conversation import Conversation, Message, ParticipantKind
from bot.core.files import File, image_tokens
from bot.core.ports import Example, Given, PromptImage, PromptMessage, Role
from bot.core.speakers import TRUNCATED, UNNAMED, Speakers, is_named
from bot.core.turn import History, PastTurn

BETWEEN = "\n\n"  # messages of one side, said in a row
TRUNCATED_KEY = "t"  # of a line that belongs to no message
BETWEEN_TOKENS = 1  # at most: it joins the punctuation before it
UNNAMED_TOKENS = 7  # at most, of UNNAMED: its bytes


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

    *entries* name each version ("v12"), each of its files ("f7"; "f7:unseen" an image that is only named), each
    earlier completion ("c5") and TRUNCATED ("t") in *messages*, in their order.
    *window_start* is the first turn of the window that is sent; *window_position* cuts off the beginning of that turn.
    """

    messages: Sequence[PromptMessage]
    entries: Sequence[str]
    given: Sequence[Given]  # versions that get their form only now
    tokens: int
    window_start: int
    window_position: int
    earlier_turns: int
    dropped_turns: int  # by this very cut
    dropped_messages: int  # by this very cut, questions and context alike


@dataclass(frozen=True, slots=True)
class _Entry:
    """One message, ready to be sent; *tokens* with all that it costs."""

    key: str
    role: Role
    text: str
    tokens: int
    pinned: bool = False
    file: File | None = None
    image: bool = False  # the file's picture is sent

    @property
    def named(self) -> bool:
        """Whether it says who speaks. A file belongs to the message before it."""
        return self.file is None and is_named(self.text)


def build(
    *,
    system_prompt: str,
    conversation: Conversation,
    turn: int,
    history: History,
    readable: Callable[[str], str],
    counting: Counting,
    prompt_tokens: int,
    keep: float = budget.KEEP,
    examples: Sequence[Example] = (),
    reserved: Collection[str] = (),
    sees: bool = True,
) -> Prompt | budget.QuestionTooLong:
    """
    The prompt for *turn*, within *prompt_tokens*; when it is cut, down to the fraction *keep* of them.

    *reserved*: names that are ours. *sees*: whether the model takes images. *examples* follow on the system prompt, and
    stay as it does.

    The question is what comes from the turn's first message to the bot on; what was said before it since the last
    answer is context and may be dropped. What is pinned is not dropped, as long as it takes no more than half of the
    budget: the newest of it has precedence.
    """
    writer = _Writer(readable, counting, Speakers(history.said, reserved), alone=history.alone, sees=sees)
    past = [writer.past_turn(earlier) for earlier in history.past]
    first = next((n for n, message in enumerate(history.messages) if message.addressed), 0)
    context = [writer.message(message) for message in history.messages[:first]]
    question = [entry for message in history.messages[first:] for entry in writer.message(message)]
    system = writer.instructions(system_prompt, examples)
    first_line = (
        [_Entry(TRUNCATED_KEY, "user", TRUNCATED, writer.cost(TRUNCATED))] if is_truncated(conversation) else []
    )

    fixed = counting.per_prompt + _total([*system, *first_line, *question])
    older = [entry for earlier in history.pinned for entry in writer.past_turn(earlier) if entry.pinned]
    pinned = _pinned([*older, *(e for entries in [*past, *context] for e in entries)], fixed, prompt_tokens)
    window = budget.fit(
        fixed=fixed + _total(pinned.values()),
        past=[_unpinned(entries, pinned) for entries in past],
        context=[_unpinned(entries, pinned) for entries in context],
        budget=prompt_tokens,
        keep=keep,
    )
    if isinstance(window, budget.QuestionTooLong):
        return window

    left = [*older, *(e for entries in past[: window.dropped_turns] for e in entries)]
    left_context = [e for entries in context[: window.dropped_context] for e in entries]
    sent = [
        *first_line,
        *(entry for entry in left if entry.key in pinned),
        *(entry for entries in past[window.dropped_turns :] for entry in entries),
        *(entry for entry in left_context if entry.key in pinned),
        *(entry for entries in context[window.dropped_context :] for entry in entries),
        *question,
    ]
    keys = {entry.key for entry in sent}
    messages, tokens = _join(sent, counting)
    start, position = _window_start(conversation, turn, history, window)
    return Prompt(
        messages=[*(PromptMessage(entry.role, entry.text) for entry in system), *messages],
        entries=[entry.key for entry in sent],
        given=[given for given in writer.given if f"v{given.version}" in keys],
        tokens=tokens + _total(system),
        window_start=start,
        window_position=position,
        earlier_turns=len(past) - window.dropped_turns,
        dropped_turns=window.dropped_turns,
        dropped_messages=_messages_in(past[: window.dropped_turns]) + window.dropped_context,
    )


def is_truncated(conversation: Conversation) -> bool:
    """Whether the model is told that it does not see the beginning: it was too long, or cannot be read just now."""
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


def _pinned(entries: Sequence[_Entry], fixed: int, prompt_tokens: int) -> dict[str, _Entry]:
    """By key, those that stay whatever has to go; a message stays with all of its files."""
    units: list[list[_Entry]] = []
    for entry in entries:
        if entry.file is None or not units:
            units.append([])
        units[-1].append(entry)
    left = min(prompt_tokens // 2, prompt_tokens - fixed)
    pinned: dict[str, _Entry] = {}
    for unit in reversed(units):
        if unit[0].pinned and _total(unit) <= left:
            pinned |= {entry.key: entry for entry in unit}
            left -= _total(unit)
    return pinned


def _unpinned(entries: Iterable[_Entry], pinned: Mapping[str, _Entry]) -> int:
    return _total(entry for entry in entries if entry.key not in pinned)


class _Writer:
    """Gives each message its form, once, and counts it."""

    def __init__(
        self, readable: Callable[[str], str], counting: Counting, speakers: Speakers, *, alone: bool, sees: bool
    ) -> None:
        self._readable = readable
        self._counting = counting
        self._speakers = speakers
        self._alone = alone
        self._sees = sees
        self._named = False  # somebody, by now
        self.given: list[Given] = []

    def instructions(self, system_prompt: str, examples: Sequence[Example]) -> list[_Entry]:
        said: list[tuple[Role, str]] = [("system", system_prompt)] if system_prompt else []
        for example in examples:
            said += [("user", example.user), ("assistant", example.assistant)]
        return [_Entry("", role, text, self.cost(text)) for role, text in said]

    def past_turn(self, earlier: PastTurn) -> list[_Entry]:
        entries = [entry for message in earlier.messages for entry in self.message(message)]
        if earlier.answer and earlier.answer.text:
            tokens = self._counting.per_message + earlier.answer.tokens
            key = f"c{earlier.answer.completion}"
            entries.append(_Entry(key, "assistant", earlier.answer.text, tokens, earlier.answer.pinned))
        return entries

    def message(self, message: Message) -> list[_Entry]:
        """What was said, and the files that came with it."""
        return [self._said(message), *(self._file(file, message) for file in message.files)]

    def _said(self, message: Message) -> _Entry:
        version = message.version
        text, tokens = version.given, version.tokens
        if text is None or tokens is None:
            text, tokens = self._form(message)
        role: Role = "assistant" if message.author.kind is ParticipantKind.SELF else "user"
        if is_named(text):
            self._named = True
        elif text and self._named and role == "user":
            tokens += UNNAMED_TOKENS
        return _Entry(f"v{version.id}", role, text, tokens + self._counting.per_message, message.pinned)

    def _file(self, file: File, message: Message) -> _Entry:
        text = file_form.form(file, sees=self._sees)
        image = bool(file.reading.image)
        unseen = image and not self._sees
        tokens = file.tokens if file.tokens and not unseen else self._counting.count(text)
        key = f"f{file.id}:unseen" if unseen else f"f{file.id}"
        tokens += self._counting.per_message
        return _Entry(key, "user", text, tokens, message.pinned, file, image=image and self._sees)

    def _form(self, message: Message) -> tuple[str, int]:
        said = self._readable(message.version.text)
        if message.files and not self._alone and not said.strip():
            said = file_form.WITHOUT_WORDS  # so that it is said who sends them
        text = self._speakers.form(said, message.author, addressed=message.addressed, alone=self._alone)
        tokens = self._counting.count(text)
        self.given.append(Given(message.version.id, text, tokens))
        return text, tokens

    def cost(self, text: str) -> int:
        return self._counting.per_message + self._counting.count(text)


def _total(entries: Iterable[_Entry]) -> int:
    return sum(entry.tokens for entry in entries)


def _messages_in(turns: Iterable[Iterable[_Entry]]) -> int:
    return sum(entry.file is None for entries in turns for entry in entries)


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


def _join(entries: Iterable[_Entry], counting: Counting) -> tuple[list[PromptMessage], int]:
    """
    Messages for the API, and their tokens.

    What one side says in a row is one message; blank ones are left out. What has no name and follows on names says so.
    """
    messages: list[PromptMessage] = []
    tokens, named = counting.per_prompt, False
    for entry in entries:
        if not entry.text:
            continue
        named = named or (entry.role == "user" and entry.named)
        unnamed = named and entry.role == "user" and not entry.named and entry.file is None
        text = UNNAMED + entry.text if unnamed else entry.text
        if messages and messages[-1].role == entry.role:
            before = messages.pop()
            messages.append(_message(entry, before.content + BETWEEN + text, before.images))
            tokens += entry.tokens - counting.per_message + BETWEEN_TOKENS
        else:
            messages.append(_message(entry, text))
            tokens += entry.tokens
    return messages, tokens


def _message(entry: _Entry, content: str, images: Sequence[PromptImage] = ()) -> PromptMessage:
    """*content* ends with the entry's text; its picture follows there."""
    if not entry.image or entry.file is None:
        return PromptMessage(entry.role, content, images)
    return PromptMessage(entry.role, content, (*images, _picture(entry.file, len(content))))


def _picture(file: File, at: int) -> PromptImage:
    reading = file.reading
    return PromptImage(at, reading.image, reading.media_type, image_tokens(reading.width, reading.height))
