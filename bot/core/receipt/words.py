"""
The text of a receipt: the state of the question, what the model was sent, and what it was not sent. Pure.

Platforms lay it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.core.conversation import Operation, Participant
from bot.core.ports import ConversationRecord, StoredCompletion, StoredReaction
from bot.core.prompt.entries import GO_ON_KEY, Entry, read_key
from bot.core.prompt.speakers import cleaned
from bot.core.receipt.left_out import LeftOut, Reason
from bot.core.receipt.receipt import Receipt
from bot.core.texts import label

MOST_LINES = 50  # the newest ones, of the sent and of the left-out entries each
EXCERPT = 60  # characters
OUTCOMES = frozenset({"started", "complete", "stopped", "changed", "empty", "lost"})  # others are error codes


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: Sequence[str]  # plain text, one line each, without markup


def sections(receipt: Receipt, language: str) -> list[Section]:
    words = _Words(receipt, language)
    if receipt.completion is None or receipt.sent is None:
        return [Section(words("receipt_answer"), [words("receipt_never_sent"), *words.state()])]
    return [
        Section(words("receipt_answer"), [*words.answer(receipt.completion), *words.state()]),
        Section(words("receipt_tokens"), list(words.tokens(receipt.completion))),
        Section(words("receipt_sent"), words.newest(list(words.sent()))),
        Section(words("receipt_left_out"), words.newest([words.unsent(each) for each in receipt.left_out])),
    ]


class _Words:
    def __init__(self, receipt: Receipt, language: str) -> None:
        self._receipt, self._language = receipt, language

    def __call__(self, key: str, **values: object) -> str:
        return label(key, self._language, **values)

    def state(self) -> Iterator[str]:
        turn = self._receipt.asked.turn
        yield self("receipt_turn", turn=turn.id, state=self(f"state_{turn.state.value}"))
        opinions = self._receipt.opinions
        if opinions.good or opinions.bad:
            yield self("receipt_feedback", good=opinions.good, bad=opinions.bad)

    def answer(self, completion: StoredCompletion) -> Iterator[str]:
        sampling = completion.sampling
        yield self(
            "receipt_completion",
            completion=completion.id,
            variant=completion.variant,
            outcome=self._outcome(completion.outcome),
        )
        rows: Sequence[tuple[str, object | None]] = (
            ("receipt_model", completion.model),
            (
                "receipt_response_model",
                completion.response_model if completion.response_model != completion.model else None,
            ),
            ("receipt_response", completion.response_id),
            ("receipt_fingerprint", completion.fingerprint),
            ("receipt_finish", completion.finish_reason),
            ("receipt_temperature", sampling.temperature),
            ("receipt_seed", sampling.seed),
            ("receipt_stop", ", ".join(map(repr, sampling.stop)) or None),
            ("receipt_max_tokens", f"{completion.max_tokens:,}"),
            ("receipt_started", f"{completion.started_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("receipt_first_token", self._seconds(completion.first_token_seconds)),
            ("receipt_total", self._seconds(completion.total_seconds)),
        )
        for key, value in rows:
            yield self(key, value=self("receipt_none") if value is None else one_line(str(value), 200))

    def _seconds(self, value: float | None) -> str | None:
        return None if value is None else self("receipt_seconds", seconds=f"{value:.2f}")

    def _outcome(self, outcome: str) -> str:
        return self(f"outcome_{outcome}") if outcome in OUTCOMES else self("outcome_failed", code=outcome)

    def tokens(self, completion: StoredCompletion) -> Iterator[str]:
        usage, error = completion.usage, self._receipt.estimate_error
        for key, value in (
            ("receipt_prompt", usage.prompt_tokens),
            ("receipt_cached", usage.cached_tokens),
            ("receipt_completion_tokens", usage.completion_tokens),
            ("receipt_reasoning", usage.reasoning_tokens),
        ):
            yield self(key, value=self("receipt_none") if value is None else f"{value:,}")
        estimated = completion.counted_tokens if completion.estimated_tokens is None else completion.estimated_tokens
        off = "" if error is None else f" ({100 * error:+.1f} %)"
        yield self("receipt_estimate", value=f"{estimated:,}{off}")
        yield self(
            "receipt_cost", value=self("receipt_none") if completion.cost_nanodollars is None else dollars(completion)
        )

    def newest(self, lines: list[str]) -> list[str]:
        if not lines:
            return [self("receipt_nothing")]
        more = len(lines) - MOST_LINES
        turn = self._receipt.asked.turn.id
        return [self("receipt_more", more=more, turn=turn), *lines[-MOST_LINES:]] if more > 0 else lines

    def sent(self) -> Iterator[str]:
        if self._receipt.sent is None:
            return
        for joined in self._receipt.sent.messages:
            if not joined.entries:
                what = self("receipt_system") if joined.message.role == "system" else self("receipt_example")
                yield self._line(what, joined.tokens, joined.message.content)
            for entry in joined.entries:
                yield self._entry(entry)

    def _entry(self, entry: Entry) -> str:
        record, read = self._receipt.asked.record, read_key(entry.key)
        what = self("receipt_older")
        if read.kind == "v" and read.id in record.versions:
            message = record.messages[record.versions[read.id].message]
            what = self._by(message.author, message.posted_at, self._pinned(record, message.id, None))
        elif read.kind == "c" and read.id in record.answers:
            answer = record.answers[read.id]
            what = self._by(None, answer.started_at, self._pinned(record, None, answer.turn))
        elif entry.key == GO_ON_KEY:
            what = self("receipt_go_on")
        elif read.kind == "s":
            what = self("receipt_summary")
        elif read.kind == "f" and read.id in record.files:
            what = self("receipt_file", name=one_line(record.files[read.id].file.ref.name or "", EXCERPT))
        return self._line(what, entry.tokens, entry.text)

    def _pinned(self, record: ConversationRecord, message: int | None, turn: int | None) -> bool:
        return any(
            _is_pin(reaction, self._receipt.completion) and (reaction.message, reaction.turn) == (message, turn)
            for reaction in record.reactions
        )

    def _by(self, author: Participant | None, at: datetime | None, pinned: bool = False) -> str:
        who = self("receipt_bot") if author is None else named(author)
        when = f"{at:%m-%d %H:%M} " if at else ""
        return f"{when}{who}" + (f", {self('receipt_pinned')}" if pinned else "")

    def _line(self, what: str, tokens: int | None, text: str) -> str:
        counted = "" if tokens is None else f" · {self('receipt_count', tokens=f'{tokens:,}')}"
        excerpt = one_line(text, EXCERPT)
        return f"{what}{counted}" + (f" · {excerpt}" if excerpt else "")

    def unsent(self, each: LeftOut) -> str:
        why, completion = each.why, self._receipt.completion
        reason = f"reason_{why.reason.value}"
        if (
            why.reason is Reason.BUDGET
            and completion is not None
            and any(key.startswith("s") for key in completion.entries)
        ):
            reason = "reason_summarized"
        said = self(reason)
        if why.by is not None:
            said += f" ({named(why.by)})"
        what = self("receipt_older") if each.at is None and not each.id else self._by(each.author, each.at)
        return f"{self._line(what, each.tokens, '')} · {said}"


def _is_pin(reaction: StoredReaction, completion: StoredCompletion | None) -> bool:
    return (
        reaction.operation is Operation.PIN
        and reaction.active
        and completion is not None
        and reaction.at <= completion.started_at
    )


def named(author: Participant) -> str:
    """The author's name on one line, without invisible characters."""
    return cleaned(author.name or "") or author.id


def one_line(text: str, most: int) -> str:
    """The beginning of *text* that fits, on one line, without invisible characters or changes of direction."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def dollars(completion: StoredCompletion) -> str:
    return money(completion.cost_nanodollars or 0)


def money(nanodollars: int) -> str:
    return f"${Decimal(nanodollars).scaleb(-9).normalize():f}"
