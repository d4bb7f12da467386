"""In which form a workspace takes something: what ends a form, and what says nothing of the workspace."""

from __future__ import annotations

import pytest

from bot.platforms.common.features import Feature

FORMS = ("native", "plain", "none")
NEVER = ("unknown_method", "missing_scope")


def feature(*, kept: bool = True) -> Feature[str]:
    return Feature(FORMS, NEVER, kept=kept)


def test_forms_are_tried_from_the_best_one_on() -> None:
    fresh = feature()
    assert (fresh.best, fresh.forms, fresh.here) == ("native", FORMS, True)
    assert [fresh.simpler(form) for form in FORMS] == ["plain", "none", None]


@pytest.mark.parametrize("code", NEVER)
def test_a_code_that_means_never_here_ends_a_form_at_once_even_one_that_was_taken(code: str) -> None:
    found = feature()
    found.taken()
    assert found.refused(code)
    assert found.forms == ("plain", "none")
    assert found.refused(code)
    assert found.best == "none"
    assert found.refused(code)
    assert found.best is None
    assert not found.here
    assert not found.refused(code)


def test_a_form_that_is_not_the_best_can_be_ended_and_only_once() -> None:
    found = feature()
    assert found.refused("missing_scope", form="plain")
    assert not found.refused("missing_scope", form="plain")
    assert found.forms == ("native", "none")
    assert found.simpler("native") == "none"


def test_other_codes_end_a_form_after_three_that_were_refused() -> None:
    found = feature()
    assert [found.refused("invalid_blocks", by=turn) for turn in (1, 2, 3)] == [False, False, True]
    assert found.best == "plain"


def test_one_that_is_refused_again_and_again_says_nothing_of_the_workspace() -> None:
    found = feature()
    assert not any(found.refused("invalid_blocks", by=7) for _ in range(9))
    assert found.best == "native"


def test_a_refusal_of_nobody_says_nothing_of_the_workspace() -> None:
    found = feature()
    assert not any(found.refused("file_too_large") for _ in range(9))
    assert found.best == "native"


def test_what_was_taken_once_is_not_given_up_for_other_codes() -> None:
    found = feature()
    found.taken("native")
    assert found.simpler("native") is None
    assert not any(found.refused("invalid_blocks", by=turn) for turn in range(9))
    assert found.best == "native"


def test_where_it_is_not_kept_refusals_in_a_row_end_it_all_the_same() -> None:
    found = feature(kept=False)
    for turn in range(9):
        assert not found.refused("user_not_found", by=turn)
        if turn % 2:
            found.taken()
    assert [found.refused("user_not_found", by=turn) for turn in (10, 11)] == [False, True]


def test_three_that_were_taken_in_a_simpler_form_end_the_better_ones() -> None:
    found = feature()
    for turn in (1, 1, 2):
        found.taken("plain", by=turn)
        assert found.best == "native"
    found.taken("none", by=3)
    assert found.forms == ("none",)


def test_what_was_learned_of_a_better_form_does_not_hold_for_the_next_one() -> None:
    found = feature()
    for turn in (1, 2, 3):
        found.taken("plain", by=turn)
    assert found.best == "plain"
    assert found.simpler("plain") == "none"
    assert not found.refused("invalid_blocks", by=4)
    found.taken("plain", by=5)
    assert found.simpler("plain") is None  # taken before: something else is refused
    assert found.simpler("native") == "plain"  # of a reply that was opened before that was known


def test_a_better_form_that_is_taken_after_it_was_ended_ends_nothing() -> None:
    found = feature()
    for turn in (1, 2, 3):
        found.refused(by=turn)
    for turn in (4, 5, 6):
        found.taken("native", by=turn)
    assert found.best == "plain"
    assert not found.refused(by=9, form="native")
