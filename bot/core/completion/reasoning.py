"""
Reasoning that a server leaves inside the text of an answer, told apart while the text comes. Pure.

Models write it between marks of their own, and servers that do not know a model's marks hand them on. Some templates
hold the opening mark, so that only the closing one comes. A mark of which the answer itself speaks is text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

LONGEST_MARK = 200  # characters, with attributes
_NEAR = 4  # characters before a mark that tell whether it is a word of a sentence

_SAID = r"(?:think(?:ing)?|thought|reasoning)"


@dataclass(frozen=True, slots=True)
class _Marks:
    """*doubtful*: such a beginning may be an answer's, unless the closing mark follows."""

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    doubtful: bool = False


def _marks(opening: str, closing: str, *, doubtful: bool = False) -> _Marks:
    flags = re.NOFLAG if doubtful else re.IGNORECASE
    return _Marks(re.compile(opening, flags), re.compile(closing, flags), doubtful)


def _tags(names: str) -> _Marks:
    tag = rf"(?:[a-z]\w{{0,15}}:)?{names}"
    return _marks(rf"<{tag}(?:\s[^<>]{{0,160}})?>", rf"</{tag}\s{{0,8}}>")


_FINAL = r"<\|channel\|>final[^<>]{0,80}<\|message\|>"  # gpt-oss, "harmony response format"
# By model, where it is one's own: Seed-OSS writes seed:think, Kimi ◁think▷, Magistral [THINK], gpt-oss channels, Gemma
# channels of another form, Command A START_THINKING, Sky-T1 begin_of_thought, Apertus inner_prefix, MedGemma unused94.
_ALL: Sequence[_Marks] = (
    _tags(r"(?:deep_?|ant|inner_)?think(?:ing)?(?:_\w{1,48})?"),
    _tags(r"thoughts?(?:_process)?"),
    _tags(r"reason(?:ing)?(?:_(?:content|process|steps?|trace))?"),
    *map(_tags, ("reflection", "scratchpad", "longcat_think", "chain_of_thought", "cot")),
    _tags(r"(?:inner|internal)_(?:thoughts?|monologue)"),
    _marks(r"\[think(?:ing)?\](?!\()", r"\[/think(?:ing)?\]"),
    _marks(rf"◁{_SAID}▷", rf"◁/{_SAID}▷"),
    _marks(rf"<[|｜]{_SAID}[|｜]>", rf"<[|｜](?:/|end_?of_?|end_?){_SAID}[|｜]>"),
    _marks(rf"<\|(?:begin|start)_(?:of_)?{_SAID}\|>", rf"<\|end_(?:of_)?{_SAID}\|>"),
    _marks(rf"<(?:begin|start)_of_{_SAID}>", rf"<end_of_{_SAID}>"),
    _marks(rf"<\|{_SAID}_start\|>", rf"<\|{_SAID}_end\|>"),
    _marks(r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),
    _marks(r"<unused94>", r"<unused95>"),
    _marks(r"(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary)[^<>]{0,80}<\|message\|>", _FINAL),
    _marks(r"<\|channel>(?:thought|analysis)\b", r"<channel\|>"),
    # Open WebUI; without its attribute it is a section that a reader opens
    _marks(r'<details\b[^<>]{0,40}\stype="reasoning"[^<>]{0,120}>', r"</details>", doubtful=True),
    # gpt-oss, where the server took the special tokens away and left the words between them
    _marks(r"analysis(?=[A-Z])", r"assistant(?:commentary[^{}]{0,80})?final(?=\S)", doubtful=True),
    # Granite
    _marks(r"Here(?: is|'s) my thought process:", r"Here(?: is|'s) my response:", doubtful=True),
)
_CLOSING = re.compile("|".join(marks.closing.pattern for marks in _ALL if not marks.doubtful), re.IGNORECASE)
_OPENING = re.compile("|".join(f"(?:{marks.opening.pattern})" for marks in _ALL if not marks.doubtful), re.IGNORECASE)
_UNOPENED = _Marks(_OPENING, _CLOSING, doubtful=True)

# Marks that some models put around the answer itself, once they have thought.
_AROUND = re.compile(
    r"<(?P<tag>answer|response|output|final_answer)>|<\|begin_of_solution\|>|<\|START_RESPONSE\|>|"
    rf"(?:<\|start\|>assistant)?{_FINAL}|<\|message\|>",
    re.IGNORECASE,
)
_AROUND_END = re.compile(
    r"\s*(?:</(?:answer|response|output|final_answer)>|<\|end_of_solution\|>|<\|END_RESPONSE\|>|"
    r"<\|(?:return|end)\|>)\s*",
    re.IGNORECASE,
)
_BEGINNINGS = ("analysis", "here is my thought process:", "here's my thought process:")
_SIGNS = re.compile(r"[<\[◁]")
_OPEN_END = re.compile(  # of a mark that may go on; a channel of gpt-oss has several parts
    r"(?:<\|start\|>assistant)?<\|channel\|>[a-z]*[^<>\n]{0,80}(?:<(?:\|\w*\|?)?)?\Z|<\|start\|>[a-z]*<?\Z|"
    r"(?:<|\[(?=/|\Z)|◁)(?:[/|｜a-z][^<>\[\]◁▷\n]*)?\Z",
    re.IGNORECASE,
)
_TICKS = re.compile(r"`+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SENTENCE_ENDS = ".!?…。！？:)\n"
_SPOKEN_OF = re.compile(r" ?(?:(?:is|are|and|or|tags?|marks?|means?|opens?|wraps?)\b|(?:태그|는|은|이|가|를|와|과)\s)")
_WEIGHED = 40  # characters after a mark that tell whether the answer speaks of it
_QUOTES_END = (*"`\"'”’»」』", "")
_QUOTES = "`\"'“”‘’«»„(「『"


@dataclass(frozen=True, slots=True)
class Parted:
    """*unsaid*: all text before it was reasoning, too."""

    text: str = ""
    reasoning: str = ""
    unsaid: bool = False


class _Prose:
    """Whether the text that was added so far ends within code; what it ends with."""

    def __init__(self) -> None:
        self.end = ""
        self._head = ""  # of the line
        self._runs = 0  # of backticks in the line
        self._fence = ""

    def add(self, text: str) -> None:
        *lines, last = text.split("\n")
        for line in lines:
            self._line(line)
            self._end_line()
        self._line(last)
        self.end = (self.end + text)[-_NEAR:]

    @property
    def begins_line(self) -> bool:
        return not self._head.strip()

    @property
    def in_code(self) -> bool:
        return bool(self._fence or self._opens()) or self._runs % 2 == 1

    def _line(self, piece: str) -> None:
        self._runs += len(_TICKS.findall(piece))
        if piece.startswith("`") and self._ended_in_tick:
            self._runs -= 1
        self._ended_in_tick = piece.endswith("`") if piece else self._ended_in_tick
        if len(self._head) < _NEAR * 2:
            self._head = (self._head + piece)[: _NEAR * 2]

    _ended_in_tick = False

    def _end_line(self) -> None:
        opens = self._opens()
        if not self._fence:
            self._fence = opens
        elif opens == self._fence:
            self._fence = ""
        self._head, self._runs, self._ended_in_tick = "", 0, False

    def _opens(self) -> str:
        found = _FENCE.match(self._head)
        return found.group(1)[0] if found else ""


class Parting:
    """
    Parts one answer's text, piece by piece.

    *unopened*: this model is known to begin with reasoning and to mark only where that ends.
    """

    def __init__(self, *, unopened: bool = False) -> None:
        self._held = ""
        self._marks: _Marks | None = _UNOPENED if unopened else None
        self._began = unopened  # a mark, or words
        self._reasoned = False
        self._around = False
        self._opened = 0  # opening marks that the answer speaks of
        self._mark = ""  # that opened what is read now
        self._weighed = False
        self._doubted: list[str] = []
        self._blanks: list[str] = []  # before the first word
        self._last = ""  # character before what is held, within reasoning
        self._prose = _Prose()
        self.closed_unopened = False
        self.unopened = unopened

    def feed(self, text: str) -> Parted:
        if not text:
            return Parted()
        self._held += text
        return self._parted(final=False)

    def end(self, *, cut: bool) -> Parted:
        """The text that was held back. *cut*: the answer ended early, before a closing mark that may have followed."""
        parted = self._parted(final=True)
        if self._marks is None or not self._marks.doubtful:
            return parted if self._marks else Parted(parted.text + self._blank(), parted.reasoning, parted.unsaid)
        doubted, self._doubted = "".join(self._doubted), []
        if cut:
            return Parted(parted.text, doubted)
        return Parted(parted.text + self._blank() + self._mark + doubted, parted.reasoning, parted.unsaid)

    def _parted(self, *, final: bool) -> Parted:
        text: list[str] = []
        reasoning: list[str] = []
        unsaid = False
        while self._held:
            before = len(self._held), self._marks, self._began
            if self._marks is not None:
                reasoning.append(self._within(self._marks, final=final))
            elif not self._began:
                text.append(self._begin(final=final))
            else:
                said, closed = self._answer(final=final)
                text.append(said)
                if closed:
                    reasoning.append("".join(text))
                    text, unsaid = [], True
            if before == (len(self._held), self._marks, self._began):
                break
        if final and self._around and (end := _AROUND_END.fullmatch(self._held)):
            self._held = self._held[: end.start()]
        return Parted("".join(text), "".join(reasoning), unsaid)

    def _begin(self, *, final: bool) -> str:
        """Before the first word: is there a mark?"""
        start = self._held.lstrip("\ufeff \t\r\n")
        if not self._reasoned:
            self._blanks.append(self._held[: len(self._held) - len(start)])
        self._held = start
        if not start:
            return ""
        for marks in _ALL:
            if found := marks.opening.match(start):
                if found.group() == start and start.endswith("]") and not final:
                    return ""  # a link may follow
                self._open(marks, found)
                return ""
        if around := _AROUND.match(start) if self._reasoned or start.startswith("<|") else None:
            self._around, self._held = True, start[around.end() :]
        elif self._reasoned and (again := _CLOSING.match(start)):
            self._held = start[again.end() :]
        elif final or not _may_become_mark(start):
            self._began = True
            return self._blank()
        return ""

    def _open(self, marks: _Marks, found: re.Match[str]) -> None:
        self._held, self._mark, self._last, self._began = found.string[found.end() :], found.group(), "", True
        self._marks, self._weighed = marks, False

    def _blank(self) -> str:
        """Blanks before the first word, once it is known to be one: they may follow on something."""
        blank, self._blanks = "".join(self._blanks), []
        self._prose.add(blank)
        return blank

    def _within(self, marks: _Marks, *, final: bool) -> str:
        """The reasoning, up to its closing mark."""
        at, held = 0, self._held
        if not self._weighed:
            line = held[:_WEIGHED].partition("\n")[0]
            if not (final or len(line) < len(held) or marks.closing.search(held)):
                return ""
            self._weighed = True
            if _SPOKEN_OF.match(line) and self._mark:
                return self._doubt(marks)
        while found := marks.closing.search(held, at):
            if self._quoted(found.start()) and (final or found.end() < len(held)):
                if held[found.end() : found.end() + 1] in _QUOTES_END:
                    at = found.end()
                    continue
            elif self._quoted(found.start()):
                break
            self._held = held[found.end() :]
            return self._closed(marks, held[: found.start()])
        kept = found.start() if found else len(held) if final else max(at, _open_end(held, marks))
        thought, self._held = held[:kept], held[kept:]
        self._last = thought[-1:] or self._last
        if not marks.doubtful:
            return thought
        self._doubted.append(thought)
        return ""

    def _doubt(self, marks: _Marks) -> str:
        """The answer begins with a mark and may speak of it: it does, where the other one follows in the sentence."""
        found = marks.closing.search(self._held, 0, LONGEST_MARK)
        if found and "\n" not in self._held[: found.start()]:
            self._held, self._marks = self._mark + self._held, None
        else:
            self._marks = replace(marks, doubtful=True)
        return ""

    def _quoted(self, start: int) -> bool:
        return (self._held[start - 1] if start else self._last) in tuple(_QUOTES)

    def _closed(self, marks: _Marks, thought: str) -> str:
        thought = "".join(self._doubted) + thought
        self._doubted = []
        self._marks, self._began, self._reasoned = None, False, True
        self._blanks = []
        self._around = marks.closing.pattern == _FINAL
        self.closed_unopened = self.closed_unopened or marks is _UNOPENED
        self._prose = _Prose()
        return thought

    def _answer(self, *, final: bool) -> tuple[str, bool]:
        """Text, as far as it is certain; and whether a closing mark says that all of it was reasoning."""
        at, held = 0, self._held
        while sign := _SIGNS.search(held, at):
            opening, closing = _OPENING.match(held, sign.start()), _CLOSING.match(held, sign.start())
            if (found := opening or closing) is None:
                at = sign.end()
                continue
            if found.end() == len(held) and not final:
                return self._say(sign.start()), False
            said = self._say(sign.start())
            after = held[found.end() : found.end() + 1]
            if opening and self._opens_again():
                self._open(next(marks for marks in _ALL if marks.opening.match(held, sign.start())), found)
                return said, False
            if closing and self._ends_reasoning(after):
                self._held = held[found.end() :]
                self._reasoned, self._began, self.closed_unopened = True, False, True
                self._prose = _Prose()
                return said, True
            if not self._prose.in_code:
                self._opened = max(0, self._opened + (1 if opening else -1))
            return said + self._say(found.end() - sign.start()), False
        return self._say(len(held) if final and not self._around else self._certain(final=final)), False

    def _certain(self, *, final: bool) -> int:
        """Characters of what is held that no mark can begin in."""
        if self._around and (end := _ends_around(self._held)):
            return end.start()
        if final:
            return len(self._held)
        tail = max(0, len(self._held) - (40 if self._around else 100))
        found = _OPEN_END.search(self._held, tail)
        return found.start() if found else len(self._held)

    def _say(self, size: int) -> str:
        said, self._held = self._held[:size], self._held[size:]
        self._prose.add(said)
        return said

    def _opens_again(self) -> bool:
        return self._reasoned and self._prose.begins_line and not self._prose.in_code

    def _ends_reasoning(self, after: str) -> bool:
        """Whether a closing mark without an opening one ends reasoning, or is a word of a sentence."""
        if self._reasoned or self._opened or self._prose.in_code:
            return False
        end = self._prose.end
        before = end[-1:]
        if before and before in _QUOTES:
            return False
        spaced = before in (" ", "\t")
        stands_apart = not end.strip(" \t") or end.rstrip(" \t")[-1:] in _SENTENCE_ENDS.replace(":", "")
        if not after:
            return stands_apart and bool(end)
        if after in "\r\n":
            return not spaced or stands_apart
        if after in " \t":
            return bool(end) and (stands_apart or not spaced)
        if after.isalnum():
            return not spaced or stands_apart or after.isupper()
        return after not in ".,;:!?)]'\"”’`»」』" and (stands_apart or not spaced)


def _ends_around(held: str) -> re.Match[str] | None:
    """The closing mark of an answer, if the held text ends with it."""
    found = _AROUND_END.search(held, max(0, len(held) - 40))
    return found if found and found.end() == len(held) else None


def _may_become_mark(start: str) -> bool:
    """Whether what an answer begins with may still turn out to be a mark."""
    if start[0] in "<[◁":
        end = {"<": ">", "[": "]", "◁": "▷"}[start[0]]
        if start.startswith("<|"):
            return len(start) < LONGEST_MARK and "\n" not in start and not re.search(r"\|>[^<]*[^<a-z ]", start)
        return end not in start and len(start) < LONGEST_MARK and _begins_name(start[1:])
    lowered = start[:40].lower()
    return any(beginning.startswith(lowered) for beginning in _BEGINNINGS)


def _begins_name(rest: str) -> bool:
    return re.fullmatch(r"/?[a-z]?[\w:|｜]*(?:\s[^<>]*)?", rest, re.IGNORECASE) is not None


def _open_end(held: str, marks: _Marks) -> int:
    """Where a closing mark may have begun at the end of what is held."""
    tail = max(0, len(held) - 120)
    if marks.doubtful and marks is not _UNOPENED:
        return max(tail, 0)
    found = _OPEN_END.search(held, tail)
    return found.start() if found else len(held)
