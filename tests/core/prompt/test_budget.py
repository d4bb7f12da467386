"""Which part of a conversation fits."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.prompt.budget import QuestionTooLong, Window, fit, prompt_budget, reply_tokens

sizes = st.lists(st.integers(1, 500), max_size=40)


def test_everything_stays_while_it_fits() -> None:
    assert fit(fixed=10, past=[5, 5], context=[5], budget=25) == Window(25, 0, 0)


def test_the_oldest_turns_go_first_and_down_to_the_kept_fraction() -> None:
    assert fit(fixed=10, past=[30, 30, 30], context=[], budget=99, keep=0.75) == Window(70, 1, 0)


def test_context_goes_after_every_past_turn_is_gone() -> None:
    assert fit(fixed=50, past=[40], context=[20, 20], budget=100, keep=0.75) == Window(70, 1, 1)


def test_a_question_that_does_not_fit_alone_is_told_with_both_numbers() -> None:
    assert fit(fixed=101, past=[], context=[], budget=100) == QuestionTooLong(101, 100)


def test_a_question_above_the_kept_fraction_stays_alone() -> None:
    assert fit(fixed=90, past=[20], context=[5], budget=100) == Window(90, 1, 1)


@given(fixed=st.integers(1, 400), past=sizes, context=sizes, budget=st.integers(1, 4000))
def test_what_is_kept_is_the_unbroken_tail_within_the_budget(
    fixed: int, past: list[int], context: list[int], budget: int
) -> None:
    window = fit(fixed=fixed, past=past, context=context, budget=budget)
    if fixed > budget:
        assert window == QuestionTooLong(fixed, budget)
        return
    assert isinstance(window, Window)
    kept = [*past[window.dropped_turns :], *context[window.dropped_context :]]
    assert window.tokens == fixed + sum(kept) <= budget
    if window.dropped_context:
        assert window.dropped_turns == len(past)


@given(past=sizes, added=st.integers(1, 50))
def test_after_a_cut_the_window_only_grows_until_it_is_over_again(past: list[int], added: int) -> None:
    budget = 1000
    window = fit(fixed=100, past=past, context=[], budget=budget)
    assert isinstance(window, Window)
    kept = past[window.dropped_turns :]
    again = fit(fixed=100, past=[*kept, added], context=[], budget=budget)
    if window.tokens + added <= budget:
        assert again == Window(window.tokens + added, 0, 0)


def test_the_budget_is_the_smaller_of_what_is_configured_and_what_the_window_leaves() -> None:
    assert prompt_budget(16_000, 128_000, 4096) == 16_000
    assert prompt_budget(16_000, 8192, 4096) == 8192 - 4096 - 64


def test_a_window_smaller_than_the_reply_is_shared_between_prompt_and_reply() -> None:
    budget = prompt_budget(16_000, 2048, 4096)
    assert budget == 1024
    assert 0 < reply_tokens(2048, 4096) <= 2048 - budget


@given(window=st.integers(64, 10**6), reply=st.integers(1, 10**6))
def test_prompt_and_reply_together_stay_in_the_window(window: int, reply: int) -> None:
    assert prompt_budget(10**9, window, reply) + reply_tokens(window, reply) <= window
