"""Policy, the sentences and the reasons why a completion ended: small pure rules."""

import string
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.completion.endings import lateness, nothing_added, notices
from bot.core.conversation import Participant, ParticipantKind, Posted, ThreadRef
from bot.core.decide.policy import Action, decide
from bot.core.errors import ModelProblem
from bot.core.receipt.left_out import Reason
from bot.core.texts import LABELS, LANGUAGES, language_of, sentence
from bot.core.turn import OVERRUN, Completion, Notice, TurnState, Usage

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def posted(*, kind: ParticipantKind = ParticipantKind.PERSON, addressed: bool = False, direct: bool = False) -> Posted:
    thread = ThreadRef("slack", "T1", "C1", "1.0")
    return Posted(thread, "1.0", 1, Participant("U1", kind), "hi", NOW, addressed=addressed, direct=direct)


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (posted(addressed=True), Action.ANSWER),
        (posted(direct=True), Action.ANSWER),
        (posted(), Action.LISTEN),
        (posted(kind=ParticipantKind.BOT, addressed=True), Action.LISTEN),
        (posted(kind=ParticipantKind.SELF, addressed=True, direct=True), Action.IGNORE),
    ],
)
def test_what_is_answered_listened_to_and_ignored(message: Posted, action: Action) -> None:
    decision = decide(message)
    assert decision.action is action
    assert decision.reason


def completion(text: str, finish_reason: str | None, refusal: str | None = None) -> Completion:
    return Completion(text, 1, finish_reason, refusal, None, "m", None, Usage(), None, 1.0, None)


@pytest.mark.parametrize(
    ("text", "finish_reason", "keys"),
    [
        ("answer", "stop", []),
        ("answer", "length", ["length"]),
        ("answer", "content_filter", ["content_filter"]),
        ("answer", "tool_calls", ["tool_calls"]),
        ("answer", "function_call", ["tool_calls"]),
        ("answer", "something_new", ["finish_unknown"]),
        ("answer", None, ["broken_off"]),
        ("answer", "unmarked", ["finish_unknown"]),
        ("", "stop", ["empty_answer"]),
        ("", "length", ["empty_length"]),
        ("", "content_filter", ["content_filter"]),
        ("", "tool_calls", ["tool_calls"]),
        ("", "something_new", ["empty_answer"]),
    ],
)
def test_every_finish_reason_but_stop_ends_in_a_sentence(text: str, finish_reason: str | None, keys: list[str]) -> None:
    said = notices(completion(text, finish_reason), 4096)
    assert [notice.key for notice in said] == keys
    for notice in said:
        assert all(len(sentence(notice, language)) > 10 for language in LANGUAGES)


def test_what_the_server_ended_as_the_api_has_it_needs_no_sentence() -> None:
    assert notices(completion("answer", "unstated"), 4096) == []


def test_a_refusal_is_said_to_be_one() -> None:
    assert [n.key for n in notices(completion("I can't help", "stop", "I can't help"), 1)] == ["refusal"]


@pytest.mark.parametrize("reason", ["length", OVERRUN])
def test_a_refusal_that_was_cut_is_said_to_be_both(reason: str) -> None:
    cut = completion("I can't, because", reason, "I can't, because")
    assert [n.key for n in notices(cut, 1)] == ["refusal", "length"]
    assert nothing_added(cut, 1).key == "refusal"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, None), (4, None), (5, "5 minutes ago"), (119, "119 minutes ago"), (121, "about 2 hours ago")],
)
def test_an_answer_that_begins_long_after_the_question_is_called_late(minutes: int, said: str | None) -> None:
    late = lateness(NOW, NOW - timedelta(minutes=minutes))
    assert (late is None) == (said is None)
    if late is not None and said is not None:
        assert said in sentence(late, "en")


def test_every_language_has_every_sentence_with_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, korean = LANGUAGES["en"], LANGUAGES["ko"]
    assert english.keys() == korean.keys()
    assert all(values(english[key]) == values(korean[key]) for key in english)
    assert {problem.value for problem in ModelProblem} <= english.keys()
    english, korean = LABELS["en"], LABELS["ko"]
    assert english.keys() == korean.keys()
    assert all(values(english[key]) == values(korean[key]) for key in english)
    assert {f"reason_{reason.value}" for reason in Reason} <= english.keys()
    assert {f"state_{state.value}" for state in TurnState} <= english.keys()


def test_numbers_in_sentences_are_grouped_and_the_language_is_the_askers() -> None:
    notice = Notice("question_too_long", {"tokens": 20_001, "budget": 16_000})
    assert "20,001" in sentence(notice, "en")
    assert "16,000토큰" in sentence(notice, language_of("이거 요약해 줘"))
    assert language_of("hello") == "en"
