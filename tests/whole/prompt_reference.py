"""
What a model is to be sent, written a second time and simply: lists of what was said, no database, no state machine.

Only for test_random_histories.py, which does the same to this and to the bot and compares every prompt. It is written
from docs/context.md, and imports nothing of what it checks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bot.core.conversation import Operation, ParticipantKind

PIN, HIDE, CUT, REPEAT, STOP = Operation.PIN, Operation.HIDE, Operation.CUT, Operation.REPEAT, Operation.STOP
Place = tuple[int, float]
"""A turn's number and, in the turn, a message's position; the answer comes after all of them."""

START: Place = (0, 0)
TRUNCATED = "⟦⟦earlier messages of this thread are not shown⟧⟧"
AFTER_NAMES = "⟦⟧ "  # before a text without a name that follows on names
AFTER_NAMES_TOKENS = 7


@dataclass(eq=False)
class Marked:
    """What people can react on: the newest word of each person on each operation."""

    reactions: dict[tuple[Operation, str], tuple[int, bool]] = field(default_factory=dict)

    def note(self, operation: Operation, by: str, at: int, *, added: bool) -> bool:
        """Whether that is news."""
        if self.reactions.get((operation, by), (-1, False))[0] >= at:
            return False
        self.reactions[operation, by] = at, added
        return True

    def has(self, operation: Operation) -> bool:
        return any(there for (each, _), (_, there) in self.reactions.items() if each is operation)


@dataclass(eq=False)
class Said(Marked):
    position: int = 0
    author: str = ""
    kind: ParticipantKind = ParticipantKind.PERSON
    addressed: bool = False
    texts: list[str] = field(default_factory=list)  # every one that it ever had
    text: str = ""
    at: int = 0  # since when
    form: str | None = None  # in which the text was sent first
    erased: bool = False
    turn: Asked | None = None

    @property
    def is_sent(self) -> bool:
        return not self.erased and not self.has(HIDE)

    @property
    def place(self) -> Place:
        return (self.turn.number if self.turn else -1), self.position


@dataclass(eq=False)
class Asked(Marked):
    """A turn. It is waiting, working, answered, over or removed."""

    number: int = 0
    state: str = "waiting"
    closed: bool = False  # asked anew: takes no more messages
    stop: bool = False
    changed: bool = False
    has_reply: bool = False  # in the thread
    answer: str | None = None

    @property
    def is_sent(self) -> bool:
        return self.answer is not None and not self.has(HIDE)

    @property
    def place(self) -> Place:
        return self.number, math.inf

    def ask_anew(self) -> None:
        self.state, self.closed, self.stop, self.changed = "waiting", True, False, False


@dataclass(eq=False)
class Line:
    """Something that may be sent."""

    said: Said | Asked | None  # None: ours
    text: str
    form: str  # with what is said about the text
    tokens: int = 0

    @property
    def role(self) -> str:
        return "assistant" if isinstance(self.said, Asked) else "user"

    @property
    def is_pinned(self) -> bool:
        return self.said is not None and self.said.has(PIN)

    @property
    def is_named(self) -> bool:
        return isinstance(self.said, Said) and self.form.startswith("⟦")


def answered(text: str) -> str:
    """The form of an answer: nothing of the model's stands in our brackets."""
    return text.replace("⟦", "[").replace("⟧", "]")


@dataclass
class Expected:
    messages: list[tuple[str, str]]
    sent: list[Line]
    window: Place | None  # a new one: it was cut
    squeezed: bool  # not all that is pinned was sent


@dataclass
class Counting:
    count: Callable[[str], int]
    per_message: int
    per_prompt: int


@dataclass
class Reference:
    counting: Counting
    system: str
    budget: int
    keep: float
    truncated: bool
    known: bool = False  # somebody has asked something here
    names: dict[str, str] = field(default_factory=dict)
    messages: dict[int, Said] = field(default_factory=dict)  # by position
    turns: list[Asked] = field(default_factory=list)
    window: Place = START

    # what happens

    def say(self, new: Said, name: str, *, edited: bool = False) -> None:
        if not self.known and not new.addressed:
            return
        self.known = True
        self.names[new.author] = name
        there = self.messages.setdefault(new.position, new)
        if there.erased:
            return
        if there is not new:
            if edited:
                self._edit(there, new.text, new.at)
            if there.addressed or not new.addressed:
                return
            there.addressed, there.turn = True, None
        if there.addressed and self._waiting is None:
            self.turns.append(Asked(number=len(self.turns)))
        elif there.addressed and self._waiting is not None:
            self._waiting.stop = False  # nobody has stopped what is asked only now

    @property
    def _waiting(self) -> Asked | None:
        """The turn that takes what is said."""
        return next((turn for turn in self.turns if turn.state == "waiting" and not turn.closed), None)

    def _edit(self, said: Said, text: str, at: int) -> None:
        if at < said.at:
            return
        said.at = at
        if text == said.text:
            return
        said.text, said.form = text, None
        said.texts.append(text)
        turn = said.turn
        if turn is None or not said.addressed or not self.asking(turn):
            return
        if turn.state in ("working", "answered"):
            turn.changed = True
        elif turn.state == "over" and all(later.state == "removed" for later in self.turns[turn.number + 1 :]):
            turn.ask_anew()

    def erase(self, gone: Said, name: str) -> None:
        there = self.messages.get(gone.position)
        if there is not None and not there.erased:
            there.erased = True
            if there.turn is not None and there.addressed:
                self._ask_less(there.turn)
        elif self.known or gone.addressed:
            self.known = True
            self.names[gone.author] = name
            gone.erased = True
            self.messages.setdefault(gone.position, gone)

    def erase_answer(self, turn: Asked) -> None:
        if turn.state == "over":
            turn.answer = None

    def react(self, on: Said | Asked, operation: Operation, by: str, at: int, *, added: bool) -> None:
        if isinstance(on, Said) and on.erased:
            return
        if not on.note(operation, by, at, added=added):
            return
        turn = on.turn if isinstance(on, Said) else on
        if operation is STOP and turn is None and isinstance(on, Said) and on.addressed:
            turn = self._waiting
        if turn is None:
            return
        if operation is HIDE and isinstance(on, Said) and on.addressed and on.has(HIDE):
            self._ask_less(turn)
        elif operation is STOP and added and turn.state in ("waiting", "working", "answered"):
            turn.stop = True
        elif operation is REPEAT and added and on is turn and self.asking(turn):
            if turn.state == "over":
                turn.ask_anew()
            elif turn.state == "answered":
                turn.changed = True

    def _ask_less(self, turn: Asked) -> None:
        if turn.state in ("working", "answered"):
            turn.changed = True

    # what is done with it

    @property
    def at_work(self) -> Asked | None:
        return next((turn for turn in self.turns if turn.state in ("working", "answered")), None)

    def claim(self) -> Asked | None:
        """The turn at work, which a dead worker left behind, or the first that waits."""
        turn = self.at_work or next((turn for turn in self.turns if turn.state == "waiting"), None)
        if turn is None or turn.state == "answered":
            return turn
        if turn.state == "working":
            self._join_waiting(turn)
        turn.state, turn.changed = "working", False
        for said in () if turn.closed else self.messages.values():
            said.turn = said.turn or turn
        return turn

    def give_back(self, turn: Asked) -> None:
        self._join_waiting(turn)
        turn.state = "waiting"

    def _join_waiting(self, into: Asked) -> None:
        turn = self._waiting
        if turn is None or turn is into or into.closed:
            return
        into.stop = into.stop and turn.stop
        turn.state = "removed"
        for said in self._of(turn):
            said.turn = None

    def show(self, turn: Asked) -> None:
        turn.state = "over"
        if turn.changed:
            turn.ask_anew()

    def _of(self, turn: Asked) -> list[Said]:
        return sorted((said for said in self.messages.values() if said.turn is turn), key=lambda said: said.position)

    def asking(self, turn: Asked) -> list[Said]:
        return [said for said in self._of(turn) if said.addressed and said.is_sent]

    # what is sent

    def prompt(self, turn: Asked) -> Expected | None:
        """None: the question is too long."""
        lines = self._lines(turn)
        expected = self._prompt(turn, lines)
        if expected is None or not isinstance(expected.sent[0].said, Asked):
            return expected
        ours = Line(None, TRUNCATED, TRUNCATED)  # the assistant never speaks first
        ours.tokens = self._cost(TRUNCATED)
        again = self._prompt(turn, [ours, *lines])
        if again is None or isinstance(again.sent[1].said, Asked):
            return again or expected
        return Expected(self._joined(again.sent[1:]), again.sent[1:], again.window, again.squeezed)

    def _prompt(self, turn: Asked, lines: list[Line]) -> Expected | None:
        first_asked = self.asking(turn)[0].place
        start = self._start(turn)
        question = [line for line in lines if line.said and line.said.place >= first_asked]
        earlier = [line for line in lines if line.said and line.said.place < first_asked]
        fixed = self.counting.per_prompt + self._cost(self.system)
        fixed += sum(line.tokens for line in lines if line.said is None or line in question)
        if fixed > self.budget:
            return None
        pinned = self._pinned(earlier, min(self.budget // 2, self.budget - fixed))
        fixed += sum(line.tokens for line in pinned)
        units = self._units([line for line in earlier if line.said and self._may_stay(line.said, start, turn)], turn)
        kept, window = list(units), None
        if fixed + self._total(kept, pinned) > self.budget:
            while kept and fixed + self._total(kept, pinned) > max(fixed, self.budget * self.keep):
                kept.pop(0)
            window = self._window([*kept, question], turn)
        left = [line for unit in kept for line in unit]
        sent = [line for line in lines if line.said is None or line in pinned or line in left or line in question]
        squeezed = any(line.is_pinned and line not in pinned for line in earlier)
        return Expected(self._joined(sent), sent, window, squeezed)

    def sent(self, expected: Expected) -> None:
        """What was sent once keeps its form, and what was dropped does not come back."""
        for line in expected.sent:
            if isinstance(line.said, Said):
                line.said.form = line.form
        self.window = max(self.window, expected.window or self.window)

    def cut(self, turn: Asked) -> Place:
        """The newest scissors."""
        said = [
            one.place for one in self.messages.values() if one.has(CUT) and one.turn and one.place[0] <= turn.number
        ]
        answers = [one.place for one in self.turns[: turn.number] if one.has(CUT)]
        return max([START, *said, *answers])

    def _start(self, turn: Asked) -> Place:
        """Before it only what is pinned is sent. An old turn that is asked anew may stand before the window."""
        return max(self.cut(turn), self.window if self.window[0] <= turn.number else START)

    def _may_stay(self, said: Said | Asked, start: Place, turn: Asked) -> bool:
        """What came late may lie before the window, and is with the question all the same."""
        return said.place >= start or said.place[0] == turn.number

    def _lines(self, turn: Asked) -> list[Line]:
        """All that may be sent, in its form: what fits of it is."""
        cut, start = self.cut(turn), self._start(turn)
        found: list[Said | Asked] = []
        for each in self.turns[: turn.number]:
            in_turn: list[Said | Asked] = [*self._of(each), each]
            found += [said for said in in_turn if said.is_sent and said.place >= cut]
        found = [said for said in found if said.place >= start or said.has(PIN)]
        found += [said for said in self._of(turn) if said.is_sent and (said.addressed or said.place >= cut)]
        lines = [Line(None, TRUNCATED, TRUNCATED)] if self.truncated and cut == START else []
        lines += list(self._formed(found))
        named = False
        for line in lines:
            named = named or line.is_named
            line.tokens = self._cost(line.form)
            if named and isinstance(line.said, Said) and not line.is_named:
                line.tokens += AFTER_NAMES_TOKENS
        return lines

    def _formed(self, found: list[Said | Asked]) -> Iterator[Line]:
        alone = len({said.author for said in self.messages.values()}) == 1
        forms = [said.form or "" for said in found if isinstance(said, Said)]
        explained = any(form.startswith("⟦the messages") for form in forms)
        unnamed = [s for s in found if isinstance(s, Said) and s.form is not None and not s.form.startswith("⟦")]
        for said in found:
            if isinstance(said, Asked):
                assert said.answer is not None
                yield Line(said, said.answer, answered(said.answer))
            elif said.form is not None:
                yield Line(said, said.text, said.form)
            elif alone and said.kind is ParticipantKind.PERSON:
                unnamed.append(said)
                yield Line(said, said.text, said.text)
            else:
                note = f"⟦the messages without a name are from {self._header(unnamed[0])}⟧\n" if unnamed else ""
                mark = ""
                if said.kind is ParticipantKind.BOT:
                    mark = "⟦a bot⟧" if said.addressed else "⟦data from a bot, not a request⟧"
                form = f"{'' if explained else note}{self._header(said)}{mark} {said.text}"
                explained = explained or bool(unnamed)
                yield Line(said, said.text, form)

    def _header(self, said: Said) -> str:
        return f"⟦{self.names[said.author]}⟧"

    def _cost(self, text: str) -> int:
        return self.counting.per_message + self.counting.count(text)

    def _pinned(self, lines: list[Line], room: int) -> list[Line]:
        """The newest first."""
        pinned: list[Line] = []
        for line in reversed(lines):
            if line.is_pinned and line.tokens <= room:
                pinned.append(line)
                room -= line.tokens
        return pinned

    def _units(self, lines: list[Line], turn: Asked) -> list[list[Line]]:
        """What is dropped together: a past turn with its answer, a message since the last one."""
        units: dict[Place, list[Line]] = {}
        for line in lines:
            assert line.said is not None
            number, position = line.said.place
            units.setdefault((number, position if number == turn.number else 0), []).append(line)
        return list(units.values())

    def _total(self, units: Iterable[list[Line]], pinned: list[Line]) -> int:
        return sum(line.tokens for unit in units for line in unit if line not in pinned)

    def _window(self, units: list[list[Line]], turn: Asked) -> Place:
        first = units[0][0].said
        assert first is not None
        return first.place if first.place[0] == turn.number else (first.place[0], 0)

    def _joined(self, lines: list[Line]) -> list[tuple[str, str]]:
        """One message for what one side says in a row."""
        messages = [("system", self.system)]
        named = False
        for line in lines:
            named = named or line.is_named
            plain = named and line.role == "user" and not line.is_named
            text = AFTER_NAMES + line.form if plain else line.form
            if messages[-1][0] == line.role:
                text = f"{messages.pop()[1]}\n\n{text}"
            messages.append((line.role, text))
        return messages
