"""
`threadbot tokens`: a file of messages in, each with its pieces and ids and the count as the API counts it out.

Reading, counting and wording; cli.py opens the file, prints and exits.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.core.errors import BotError
from bot.core.turn import Usage
from bot.llm import prices, tokens

ROLES = ("system", "developer", "user", "assistant", "tool")
OLDER_PER_MESSAGE = 4  # gpt-3.5-turbo-0301's rule, found in many notebooks; a name took the place of the role
_KINDS = {str: "text", bool: "true or false", int: "number", float: "number", list: "list", dict: "object"}


class UnusableFileError(BotError):
    """The file is not a list of messages; the message names the place and says what is wrong there."""


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    content: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    id: int
    bytes: bytes  # UTF-8; may be a part of a character


@dataclass(frozen=True, slots=True)
class CountedMessage:
    role: str
    name: str | None
    pieces: tuple[Piece, ...]  # of the content
    tokens: int  # with what the API adds for the message, its role and its name
    older_tokens: int  # the same by the older rule


@dataclass(frozen=True, slots=True)
class Report:
    """*total* is what the API bills as prompt tokens; *cost_nanodollars* is None when no price is known."""

    model: str
    messages: tuple[CountedMessage, ...]
    total: int
    older_total: int
    cost_nanodollars: int | None


# Reading


def parse(raw: bytes) -> list[Message]:
    """
    Messages from JSON: {"messages": [...]} or a list. Raises UnusableFileError.

    An assistant's content may be null, beside a tool call; the call itself is not counted: only OpenAI knows how.
    """
    document = _document(raw)
    if isinstance(document, dict):
        if "messages" not in document:
            raise UnusableFileError('expected a list of messages, or an object with "messages"; it has no "messages"')
        document = document["messages"]
    if not isinstance(document, list):
        raise UnusableFileError(f"messages: expected a list, got {_kind(document)}")
    if not document:
        raise UnusableFileError("messages: expected at least one message, got an empty list")
    return [_message(f"messages[{index}]", item) for index, item in enumerate(document)]


def _document(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnusableFileError(f"byte {error.start + 1}: not UTF-8") from error
    except json.JSONDecodeError as error:
        raise UnusableFileError(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise UnusableFileError("not usable: nested too deeply") from error
    except ValueError as error:  # a number of more than 4,300 digits
        raise UnusableFileError("not usable: a number is too long") from error


def _message(place: str, item: object) -> Message:
    if not isinstance(item, dict):
        raise UnusableFileError(f"{place}: expected an object with role and content, got {_kind(item)}")
    for key in ("role", "content"):
        if key not in item:
            raise UnusableFileError(f"{place}: {key} is missing")
    role = _text(f"{place}.role", item["role"])
    if role not in ROLES:
        raise UnusableFileError(f"{place}.role: expected one of {', '.join(ROLES)}, got {json.dumps(role[:40])}")
    name = item.get("name")
    content = "" if item["content"] is None and role == "assistant" else _content(f"{place}.content", item["content"])
    return Message(role, content, _text(f"{place}.name", name) if name else None)


def _content(place: str, content: object) -> str:
    if not isinstance(content, list):
        return _text(place, content)
    return "".join(_part(f"{place}[{index}]", part) for index, part in enumerate(content))


def _part(place: str, part: object) -> str:
    if not isinstance(part, dict):
        raise UnusableFileError(f"{place}: expected an object, got {_kind(part)}")
    if part.get("type") != "text":
        got = json.dumps(part.get("type"))[:40]
        raise UnusableFileError(f'{place}.type: only parts of type "text" can be counted, got {got}')
    return _text(f"{place}.text", part.get("text"))


def _text(place: str, value: object) -> str:
    if not isinstance(value, str):
        raise UnusableFileError(f"{place}: expected text, got {_kind(value)}")
    return value


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "null")


# Counting


def report(messages: Sequence[Message], model: str, base_url: str | None = None) -> Report:
    """The tokens of the messages as a prompt, and their cost at *model*'s list price."""
    counted = tuple(_counted(message) for message in messages)
    total = tokens.PER_PROMPT + sum(message.tokens for message in counted)
    usage = Usage(prompt_tokens=total, completion_tokens=0)
    older_total = sum(message.older_tokens for message in counted)
    return Report(model, counted, total, older_total, prices.cost(model, usage, base_url))


def _counted(message: Message) -> CountedMessage:
    split = tokens.split(message.content)
    pieces = tuple(Piece(id, piece) for id, piece in zip(split.ids, split.pieces, strict=True))  # noqa: A001
    bare = len(pieces) + tokens.count(message.role)
    name = tokens.count(message.name) if message.name else 0
    newer = tokens.PER_MESSAGE + bare + (tokens.PER_NAME + name if name else 0)
    older = OLDER_PER_MESSAGE + bare + (name - 1 if name else 0)
    return CountedMessage(message.role, message.name, pieces, newer, older)


# Wording


def as_json(report: Report) -> str:
    document = {
        "model": report.model,
        "encoding": tokens.ENCODING,
        "messages": [_message_json(message) for message in report.messages],
        "prompt_tokens": report.total,
        "older_rule_tokens": report.older_total,
        "cost_nanodollars": report.cost_nanodollars,
    }
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate in a name


def _message_json(message: CountedMessage) -> dict[str, object]:
    named = {"name": message.name} if message.name else {}
    pieces = [_piece_json(piece) for piece in message.pieces]
    return {"role": message.role, **named, "tokens": message.tokens, "content_tokens": len(pieces), "pieces": pieces}


def _piece_json(piece: Piece) -> dict[str, object]:
    """A part of a character has no text, but its bytes in hexadecimal."""
    try:
        return {"id": piece.id, "text": piece.bytes.decode()}
    except UnicodeDecodeError:
        return {"id": piece.id, "text": None, "bytes": piece.bytes.hex()}


def as_text(report: Report) -> str:
    """For people. A piece that is a part of a character is shown in hexadecimal, the last one with the character."""
    lines = [line for number, message in enumerate(report.messages, 1) for line in _message_lines(number, message)]
    return "\n".join([*lines, *_total_lines(report)])


def _message_lines(number: int, message: CountedMessage) -> Iterator[str]:
    name = f" ({_escaped(message.name)})" if message.name else ""
    added = message.tokens - len(message.pieces)
    yield f"{number}. {message.role}{name}: {len(message.pieces)} + {added} = {message.tokens} tokens"
    yield "   " + "|".join(_shown(message.pieces))
    yield "   " + " ".join(str(piece.id) for piece in message.pieces)
    yield ""


def _total_lines(report: Report) -> Iterator[str]:
    per_message, per_prompt = tokens.overhead()
    yield f"{report.total:,} prompt tokens, as the API counts them ({tokens.ENCODING}):"
    yield f"{per_message} are added for each message, its role among them, and {per_prompt} once for the reply."
    yield (
        f"{report.older_total:,} by an older rule that notebooks still use: {OLDER_PER_MESSAGE} for each message "
        f"beside its role, nothing for the reply ({report.older_total - report.total:+,})."
    )
    yield f"Cost as a prompt of {_escaped(report.model)}: {dollars(report.cost_nanodollars)}."


def dollars(nanodollars: int | None) -> str:
    return "no price known" if nanodollars is None else f"${Decimal(nanodollars).scaleb(-9).normalize():f}"


def _shown(pieces: Sequence[Piece]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        inside = bool(decoder.getstate()[0])
        text = decoder.decode(piece.bytes)
        if inside or decoder.getstate()[0]:
            yield f"<{piece.bytes.hex(' ')}>{_escaped(text)}"
        else:
            yield _escaped(text)


def _escaped(text: str) -> str:
    """Nothing that moves the cursor or colours the terminal; line breaks are shown as \\n."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
