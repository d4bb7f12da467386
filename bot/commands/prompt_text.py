"""
What the model was sent for a turn, as a text for people: prompt.py finds it, and prints it as JSON.

All that was sent is indented, and what a terminal would obey stands as its code, so that nothing in it can look like
a line of ours. Byte for byte it is in the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from bot.commands.prompt import Report, estimate_error, label, never_sent
from bot.commands.tokens import dollars
from bot.commands.turns import cells, votes
from bot.core.completion import model_facts
from bot.core.ports import ConversationRecord, StoredCompletion, TurnRecord
from bot.core.prompt.entries import read_key
from bot.core.receipt.left_out import LeftOut, Reason
from bot.core.receipt.sent_prompt import SentPrompt

INDENT = "  "
_HARMLESS = "\t\N{ZERO WIDTH JOINER}"  # the second holds emoji together

_WHY = {
    Reason.BUDGET: "dropped by the budget",
    Reason.HIDDEN: "hidden by a reaction",
    Reason.CUT: "before the scissors",
    Reason.DELETED: "deleted",
    Reason.VARIANT: "an older variant",
    Reason.NO_ANSWER: "no answer",
    Reason.LATER: "said later",
    Reason.COMMAND: "a command to the bot",
    Reason.NEVER_READ: "never read: the thread was too long, or could not be read",
    Reason.UNKNOWN: "not known here when it was sent",
}


def as_text(report: Report) -> str:
    asked, completion, sent = report.asked, report.completion, report.sent
    if completion is None or sent is None:
        return "\n".join([_head(asked), escaped(never_sent(asked))])
    return "\n".join(
        [
            _head(asked),
            *_calls(asked, completion, sent),
            *_messages(report, sent),
            *_parameters(completion),
            *_table(report),
        ]
    )


def _head(asked: TurnRecord) -> str:
    turn, thread = asked.turn, asked.thread
    where = f"{thread.platform}, channel {thread.channel}, thread {thread.thread}"
    return f"Turn {turn.id} in {escaped(where)} is {turn.state.value}."


def _calls(asked: TurnRecord, completion: StoredCompletion, sent: SentPrompt) -> Iterator[str]:
    yield f"Its completions: {', '.join(map(_named, asked.completions))}."
    yield f"What follows was sent for completion {completion.id}, at {completion.started_at:%Y-%m-%d %H:%M:%S} UTC."
    if sent.erased:
        texts = "1 text was" if len(sent.erased) == 1 else f"{len(sent.erased)} texts were"
        yield f"It is as it was sent, but {texts} deleted since: see [deleted DATE, tokens]."


def _named(completion: StoredCompletion) -> str:
    known = [f"variant {completion.variant}", escaped(completion.outcome), *["chosen"] * completion.chosen]
    said = " ".join(votes(completion.likes, completion.dislikes))
    return f"{completion.id} ({', '.join([*known, said] if said else known)})"


def _messages(report: Report, sent: SentPrompt) -> Iterator[str]:
    newest = {version.message: version.id for version in report.asked.record.versions.values()}
    for number, joined in enumerate(sent.messages, 1):
        origin = (_origin(entry.key, report.asked.record, newest) for entry in joined.entries)
        yield ""
        head = (f"{number}. {joined.message.role}", f"{joined.tokens:,} tokens", ", ".join(origin))
        yield " · ".join(part for part in head if part)
        yield from (INDENT + escaped(line) for line in joined.message.content.split("\n"))
        for image in joined.message.images:
            yield f"{INDENT}+ picture: {image.media_type}, {len(image.content):,} bytes, about {image.tokens:,} tokens"


def _origin(key: str, record: ConversationRecord, newest: Mapping[int, int]) -> str:
    """The source of an entry: whose message, or which turn's answer. *newest*: the version of each message."""
    read = read_key(key)
    if read.kind == "v":
        message = record.messages[record.versions[read.id].message]
        since = "" if newest[message.id] == read.id else " (edited since)"
        return f"{key} {label(message.author)} {message.platform_id}{since}"
    return f"{key} turn {record.answers[read.id].turn}" if read.kind == "c" else key


def _parameters(completion: StoredCompletion) -> Iterator[str]:
    usage, sampling, error = completion.usage, completion.sampling, estimate_error(completion)
    rows = {
        "model": completion.model
        if completion.response_model in (None, completion.model)
        else f"{completion.model} ({completion.response_model})",
        "max tokens": f"{completion.max_tokens:,}",
        "temperature": sampling.temperature,
        "seed": sampling.seed,
        "stop": json.dumps(sampling.stop, ensure_ascii=False) if sampling.stop else None,
        "prompt tokens": " · ".join(_prompt_tokens(completion)),
        "error": None if error is None else f"{100 * error:+.1f} %",
        "cached tokens": _number(usage.cached_tokens),
        "answer tokens": _number(usage.completion_tokens),
        "cost": None if completion.cost_nanodollars is None else dollars(completion.cost_nanodollars),
        "ended with": completion.finish_reason,
    }
    yield ""
    yield "Parameters"
    for name, value in rows.items():
        yield f"{INDENT}{name:<15}{'-' if value is None else escaped(str(value))}"


def _prompt_tokens(completion: StoredCompletion) -> Iterator[str]:
    yield f"{completion.counted_tokens:,} counted"
    if completion.estimated_tokens is not None:
        yield f"{completion.estimated_tokens:,} estimated"
    billed = model_facts.billed(completion.usage)
    yield "the server said nothing" if billed is None else f"{billed:,} as the server said"


def _number(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"


def _table(report: Report) -> Iterator[str]:
    yield ""
    if not report.left_out:
        yield "Nothing that was said before was left out."
        return
    yield "Left out"
    rows = [("TURN", "WHAT", "ID", "AT", "FROM", "TOKENS", "WHY"), *(_row(each) for each in report.left_out)]
    widths = [max(cells(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        padded = (text + " " * (width - cells(text)) for text, width in zip(row, widths, strict=True))
        yield (INDENT + "  ".join(padded)).rstrip()


def _row(each: LeftOut) -> tuple[str, ...]:
    row = (
        "-" if each.turn is None else str(each.turn),
        each.kind,
        each.id or "-",
        f"{each.at:%Y-%m-%d %H:%M}" if each.at else "-",
        label(each.author) if each.author else "the bot" if each.kind == "answer" else "-",
        "-" if each.tokens is None else f"{each.tokens:,}",
        _words(each),
    )
    return tuple(escaped(text) for text in row)


def _words(each: LeftOut) -> str:
    why = each.why
    words = [_WHY[why.reason]]
    if why.by is not None:
        words.append(f"by {label(why.by)}")
    if why.on is not None:
        words.append(f"on {why.on:%Y-%m-%d %H:%M}")
    return " ".join(words) + (f" ({why.detail})" if why.detail else "")


def escaped(text: str) -> str:
    """Nothing that moves the cursor, colours the terminal or turns the direction of writing."""
    harmless = (char if char.isprintable() or char in _HARMLESS else _code(char) for char in text)
    return "".join(harmless)


def _code(char: str) -> str:
    return char.encode("unicode_escape").decode()
