"""How another tokenizer is learned from what its server bills."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion.estimate import (
    HIGHEST,
    LEAP,
    LOWEST,
    error,
    learned,
    raised,
    refusal_in_model_tokens,
    to_model_tokens,
    to_our_tokens,
)
from bot.core.prompt.budget import MARGIN_TOKENS, QuestionTooLong


def after(prompts: list[int], each: float, *, around: int = 0, factor: float | None = None) -> float:
    """The factor after *prompts*, at a model with *each* tokens for one of ours and *around* more in every prompt."""
    for counted in prompts:
        factor = learned(factor, counted, round(counted * each) + around)
    assert factor is not None
    return factor


GROWTH = st.lists(st.floats(1, 1.25), min_size=11, max_size=39)


@given(each=st.floats(1, 2.5), first=st.integers(200, 4_000), growth=GROWTH)
def test_after_some_answers_no_prompt_of_a_conversation_is_larger_than_thought_by_more_than_the_margin(
    each: float, first: int, growth: list[float]
) -> None:
    """It grows by a quarter at most from one to the next: short prompts do not tell what a much longer one will be."""
    sizes = [first]
    for by in growth:
        sizes.append(min(16_000, int(sizes[-1] * by)))
    factor = after(sizes, each)
    assert all(round(counted * each) <= counted * factor * 1.02 + MARGIN_TOKENS for counted in sizes)
    assert factor <= each + 0.01


def test_a_growing_conversation_is_known_to_half_a_percent_when_it_gets_long() -> None:
    assert after([250 * n for n in range(1, 13)], 1.4) == pytest.approx(1.4, rel=0.005)


def test_what_a_template_adds_to_short_prompts_teaches_nothing() -> None:
    assert after([12, 30, 80] * 500, 1.0, around=40) == 1.0


def test_a_better_tokenizer_is_learned_slowly_and_not_below_the_least() -> None:
    assert 0.9 < after([2_000] * 5, 0.92) < 1
    assert after([2_000] * 200, 0.92) == pytest.approx(0.92, abs=0.01)
    assert after([2_000] * 200, 0.8) == LOWEST


def test_an_outlier_moves_it_by_a_quarter_at_most_and_is_forgotten() -> None:
    jumped = learned(1.0, 8_000, 40_000)
    assert jumped is not None
    assert 1.1 < jumped <= LEAP
    assert after([4_000] * 60, 1.0, factor=jumped) < 1.01


@pytest.mark.parametrize("billed", [None, 0, -5, 1, 400, 700, 10**9])
def test_nonsense_and_what_leaves_out_the_cached_part_change_nothing(billed: int | None) -> None:
    assert learned(None, 1_000, billed) is None
    assert learned(1.3, 1_000, billed) == 1.3


@given(st.one_of(st.none(), st.floats(LOWEST, HIGHEST)), st.integers(-10, 10**6), st.integers(-10, 10**8))
def test_it_stays_within_its_bounds(factor: float | None, counted: int, billed: int) -> None:
    result = learned(factor, counted, billed)
    assert result is None or LOWEST <= result <= HIGHEST


def test_a_refused_prompt_raises_it_by_a_third_until_the_highest() -> None:
    factor: float | None = None
    steps = []
    while (factor := raised(factor)) is not None:
        steps.append(factor)
    assert steps[0] == pytest.approx(4 / 3)
    assert (steps[-1], len(steps)) == (HIGHEST, 5)


@given(st.integers(0, 10**6), st.floats(LOWEST, HIGHEST))
def test_what_fits_in_ours_fits_in_the_models(budget: int, factor: float) -> None:
    assert to_our_tokens(budget, factor) * factor <= budget * (1 + 1e-9)
    assert to_model_tokens(to_our_tokens(budget, factor), factor) <= budget + 1
    assert math.isclose(to_our_tokens(budget, 1.0), budget)


def test_a_question_that_is_too_long_is_told_in_the_models_tokens() -> None:
    assert refusal_in_model_tokens(QuestionTooLong(1_000, 700), 1_050, 1.5) == QuestionTooLong(1_500, 1_050)
    assert refusal_in_model_tokens(QuestionTooLong(701, 700), 1_051, 1.5) == QuestionTooLong(1_052, 1_051)


def test_an_error_is_a_fraction_of_what_was_billed() -> None:
    assert error(105, 100) == pytest.approx(0.05)
    assert error(90, 100) == pytest.approx(-0.1)
    assert [error(None, 100), error(100, None), error(100, 0), error(100, -1)] == [None] * 4
