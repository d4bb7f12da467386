"""What is kept of a thread that was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from string import Formatter

import pytest

from bot.core.answer.thread_reading import has_gap, without_sentences
from bot.core.conversation import Participant, Posted, ThreadRef
from bot.core.ports import ThreadRead
from bot.core.texts import LANGUAGES, is_sentence, sentence
from bot.core.turn import Notice

THREAD = ThreadRef("slack", "T1", "C1", "1.0")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def said(*positions: int) -> Sequence[Posted]:
    return [Posted(THREAD, f"{n}.0", n, Participant("U1"), "안녕", NOW) for n in positions]


@pytest.mark.parametrize(
    ("truncated", "oldest", "since", "hole"),
    [(False, 5, 0, False), (True, 5, 0, True), (True, 5, 4, True), (True, 5, 5, False), (True, 5, 9, False)],
)
def test_a_long_thread_has_a_hole_if_what_was_read_does_not_reach_back_to_what_was_known(
    truncated: bool, oldest: int, since: int, hole: bool
) -> None:
    assert has_gap(ThreadRead(said(oldest, 10), truncated=truncated), since) is hole


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_ours_is_known_whatever_it_names(language: str) -> None:
    for key, pattern in LANGUAGES[language].items():
        named = [name for _, name, _, _ in Formatter().parse(pattern) if name]
        shown = sentence(Notice(key, dict.fromkeys(named, 12_345)), language)
        assert is_sentence(shown), key
        assert without_sentences(shown, str) == ""
        for small in (f"An answer.\n{shown}", f"An answer.\n\n_{shown}_", f"An answer.\n{shown}\n\n{shown}"):
            assert without_sentences(small, str) == "An answer."


@pytest.mark.parametrize("text", ["", "The model declined.", "line\n\n_emphasis_", "```\ncode\n```"])
def test_an_answer_is_left_as_it_is(text: str) -> None:
    assert without_sentences(text, str) == text
