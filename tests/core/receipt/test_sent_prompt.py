"""A prompt that is put together again, and why something is not in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.conversation import Operation, Participant, ParticipantKind, ThreadRef
from bot.core.ports import (
    ConversationRecord,
    Example,
    PromptMessage,
    Sampling,
    StoredAnswer,
    StoredCompletion,
    StoredMessage,
    StoredReaction,
    StoredTurn,
    StoredVersion,
    TurnRecord,
)
from bot.core.prompt.build import Counting
from bot.core.prompt.entries import TRUNCATED_KEY
from bot.core.prompt.speakers import TRUNCATED
from bot.core.receipt.left_out import Reason, left_out
from bot.core.receipt.sent_prompt import SentPrompt, UnknownEntryError, put_together
from bot.core.turn import TurnState, Usage

KIM, LEE = Participant("U1", name="kim"), Participant("U2", name="lee")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEFORE, SINCE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
COUNTING = Counting(count=len, per_message=4, per_prompt=3)


def call(*entries: str, window: tuple[int, int] = (0, 0), **values: object) -> StoredCompletion:
    made = StoredCompletion(
        id=9, variant=1, chosen=True, outcome="complete", model="m", system_prompt="", examples=(), entries=entries,
        max_tokens=100, sampling=Sampling(), counted_tokens=10, estimated_tokens=10, window=window, started_at=NOW,
        usage=Usage(), cost_nanodollars=None, finish_reason="stop", response_id=None, response_model=None,
        total_seconds=1.0,
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type] # mypy: the values of a dict have one type


def said(number: int, turn: int | None, author: Participant = KIM, **values: object) -> StoredMessage:
    message = StoredMessage(number, f"{number}.0", turn, number, author, BEFORE, None)
    return replace(message, **values)  # type: ignore[arg-type] # as above


def version(number: int, given: str | None, *, tokens: int | None = 5) -> StoredVersion:
    """Of the message with the same number."""
    return StoredVersion(number, number, given, given, tokens)


def answered(number: int, turn: int, text: str | None = "yes", **values: object) -> StoredAnswer:
    answer = StoredAnswer(number, turn, 1, 1, True, text, 3, BEFORE, None)
    return replace(answer, **values)  # type: ignore[arg-type] # as above


def record(
    messages: Sequence[StoredMessage],
    versions: Sequence[StoredVersion] | None = None,
    answers: Sequence[StoredAnswer] = (),
    reactions: Sequence[StoredReaction] = (),
) -> ConversationRecord:
    turns = {m.turn for m in messages if m.turn is not None} | {answer.turn for answer in answers}
    of_messages = [version(m.id, "text") for m in messages] if versions is None else versions
    return ConversationRecord(
        turns={turn: StoredTurn(turn, TurnState.SHOWN, None, command=False) for turn in turns},
        messages={message.id: message for message in messages},
        versions={one.id: one for one in of_messages},
        answers={answer.completion: answer for answer in answers},
        files={},
        reactions=reactions,
    )


def plain(sent: SentPrompt) -> list[PromptMessage]:
    return [joined.message for joined in sent.messages]


def test_instructions_come_first_and_are_joined_with_nothing() -> None:
    made = call(TRUNCATED_KEY, "v1", system_prompt="Be brief.", examples=[Example("hi", "ho")])
    sent = put_together(made, record([said(1, 5)], [version(1, "hello")]), COUNTING)
    assert plain(sent) == [
        PromptMessage("system", "Be brief."),
        PromptMessage("user", "hi"),
        PromptMessage("assistant", "ho"),
        PromptMessage("user", f"{TRUNCATED}\n\nhello"),
    ]
    assert [joined.tokens for joined in sent.messages] == [13, 6, 6, len(TRUNCATED) + 4 + 5 + 1]
    assert not sent.erased


def test_an_answer_stands_as_it_was_sent_also_where_its_brackets_were_sent_then() -> None:
    stored = record([], answers=[answered(1, 4, "⟦kim⟧ yes"), answered(2, 5, "no")])
    assert plain(put_together(call("c1", "c2"), stored, COUNTING)) == [PromptMessage("assistant", "⟦kim⟧ yes\n\nno")]
    unbracketed = put_together(call("c1:unbracketed", "c2"), stored, COUNTING)
    assert plain(unbracketed) == [PromptMessage("assistant", "[kim] yes\n\nno")]


def test_what_follows_on_a_name_that_was_deleted_is_still_marked_as_having_none() -> None:
    stored = record(
        [said(1, 4, LEE, erased_at=SINCE), said(2, 5)], [version(1, None, tokens=7), version(2, "as it was")]
    )
    sent = put_together(call("v1", "v2:unnamed"), stored, COUNTING)
    assert plain(sent) == [PromptMessage("user", "[deleted 2026-11-23, 7 tokens]\n\n⟦⟧ as it was")]
    assert sent.erased == ["v1"]


def test_a_blank_message_that_was_deleted_leaves_nothing_where_nothing_was() -> None:
    stored = record([said(1, 4, erased_at=SINCE), said(2, 5)], [version(1, None, tokens=0), version(2, "well?")])
    sent = put_together(call("v1", "v2"), stored, COUNTING)
    assert plain(sent) == [PromptMessage("user", "well?")]
    assert not sent.erased


def test_our_own_words_from_elsewhere_are_the_assistants() -> None:
    ours = Participant("U9", ParticipantKind.SELF)
    stored = record([said(1, 5, ours), said(2, 5)], [version(1, "as I said"), version(2, "and?")])
    assert [each.role for each in plain(put_together(call("v1", "v2"), stored, COUNTING))] == ["assistant", "user"]


@pytest.mark.parametrize("key", ["v7", "c7", "f7", "x7"])
def test_a_prompt_that_names_what_nobody_knows_is_an_error_and_not_another_prompt(key: str) -> None:
    with pytest.raises(UnknownEntryError, match=key):
        put_together(call("v1", key), record([said(1, 5)]), COUNTING)


def why(stored: ConversationRecord, *entries: str, turn: int = 5, **values: object) -> list[tuple[str, Reason]]:
    made = call(*entries, **values)  # type: ignore[arg-type] # as above
    thread = ThreadRef("slack", "T1", "C1", "1.0")
    asked = TurnRecord(StoredTurn(turn, TurnState.SHOWN, None, command=False), thread, [made], made, stored)
    return [(each.id, each.why.reason) for each in left_out(asked, made, len)]


def test_nothing_is_left_out_when_all_was_sent() -> None:
    stored = record([said(1, 4), said(2, 5)], answers=[answered(1, 4)])
    assert why(stored, "v1", "c1", "v2") == []


def test_what_stands_before_the_window_was_dropped_also_within_the_turn() -> None:
    stored = record([said(n, turn) for n, turn in ((1, 3), (2, 4), (3, 5), (4, 5))], answers=[answered(1, 3)])
    found = [("1.0", Reason.BUDGET), ("1", Reason.BUDGET), ("2.0", Reason.BUDGET), ("", Reason.NO_ANSWER)]
    assert why(stored, "v4", window=(5, 4)) == [*found, ("3.0", Reason.BUDGET)]


def test_what_was_said_before_and_heard_of_afterwards_is_told_and_what_was_said_afterwards_is_not() -> None:
    stored = record([said(1, 6), said(2, None), said(3, 5), said(4, 6)])
    assert why(stored, "v3") == [("1.0", Reason.LATER), ("2.0", Reason.LATER)]


def test_an_answer_that_came_afterwards_and_one_of_another_variant() -> None:
    older = answered(1, 3, chosen=False)
    stored = record(
        [said(1, 3), said(2, 4), said(3, 5)],
        answers=[older, answered(2, 3, variant=2), answered(10, 4, started_at=SINCE)],
    )
    assert why(stored, "v1", "c2", "v2", "v3") == [("1", Reason.VARIANT), ("10", Reason.LATER)]


def test_what_a_later_part_of_the_answer_begins_with_is_not_left_out() -> None:
    first, whole = answered(7, 1, chosen=False), replace(answered(8, 1), number=2)
    stored = record([said(1, 1), said(2, 5)], answers=[first, whole])
    assert why(stored, "v1", "c8", "v2") == []
    assert why(stored, "v2", window=(5, 0)) == [("1.0", Reason.BUDGET), ("8", Reason.BUDGET)]


def test_a_variant_that_was_the_answer_then_and_is_none_any_more_was_dropped_like_any_other() -> None:
    then = answered(1, 3, chosen=False)
    stored = record([said(1, 3), said(3, 5)], answers=[then, answered(11, 3, variant=2, started_at=SINCE)])
    assert why(stored, "v3", window=(4, 0)) == [
        ("1.0", Reason.BUDGET),
        ("1", Reason.BUDGET),
        ("11", Reason.LATER),
    ]


def marked(
    operation: Operation, *, message: int | None = None, turn: int | None = None, at: datetime = BEFORE
) -> StoredReaction:
    return StoredReaction(operation, message, turn, LEE, at, active=True)


def test_scissors_on_an_answer_leave_the_answer_and_what_follows() -> None:
    stored = record(
        [said(1, 3), said(2, 4), said(3, 5)],
        answers=[answered(1, 3), answered(2, 4)],
        reactions=[marked(Operation.CUT, turn=4)],
    )
    assert why(stored, "c2", "v3") == [("1.0", Reason.CUT), ("1", Reason.CUT), ("2.0", Reason.CUT)]


def test_scissors_that_came_afterwards_do_not_explain_what_the_budget_dropped() -> None:
    late = [marked(Operation.CUT, message=2, at=SINCE), marked(Operation.HIDE, message=1, at=SINCE)]
    assert why(record([said(1, 3), said(2, 5)], reactions=late), "v2", window=(5, 0)) == [
        ("1.0", Reason.BUDGET),
        ("", Reason.NO_ANSWER),
    ]


def test_what_was_hidden_is_hidden_wherever_it_stands() -> None:
    reactions = [marked(Operation.HIDE, message=1), marked(Operation.HIDE, turn=3)]
    stored = record([said(1, 3, hidden=True), said(2, 5)], answers=[answered(1, 3)], reactions=reactions)
    assert why(stored, "v2", window=(4, 0)) == [("1.0", Reason.HIDDEN), ("1", Reason.HIDDEN)]


def test_what_nobody_hid_with_a_reaction_was_a_command() -> None:
    assert why(record([said(1, None, hidden=True), said(2, 5)]), "v2") == [("1.0", Reason.COMMAND)]


def test_what_nothing_explains_is_not_explained() -> None:
    assert why(record([said(1, 5), said(2, 5)]), "v2") == [("1.0", Reason.UNKNOWN)]
