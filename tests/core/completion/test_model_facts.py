"""What is learned of models in memory, with a database that comes and goes."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from bot.core.completion.model_facts import REFRESH_SECONDS, ModelFacts
from bot.core.errors import LedgerError
from bot.core.ports import LearnedFacts
from bot.core.turn import Usage


class Notes:
    """The notes of all processes. While *away*, nobody can use them."""

    def __init__(self) -> None:
        self.model = LearnedFacts()
        self.away = False
        self.reads = 0
        self.writes = 0

    async def learned(self, model: str) -> LearnedFacts:
        self._use()
        self.reads += 1
        return self.model

    async def note_factor(self, model: str, factor: float) -> None:
        self._use()
        self.writes += 1
        self.model = replace(self.model, token_factor=factor)

    async def note_window(self, model: str, window: int) -> None:
        self._use()
        self.writes += 1
        self.model = replace(self.model, window=window)

    async def note_sight(self, model: str, *, sees: bool) -> None:
        self._use()
        self.model = replace(self.model, sees=sees)

    async def note_max_tokens(self, model: str, max_tokens: int) -> None:
        self._use()
        self.model = replace(self.model, max_tokens=max_tokens)

    async def note_system(self, model: str, *, knows: bool) -> None:
        self._use()
        self.model = replace(self.model, knows_system=knows)

    def _use(self) -> None:
        if self.away:
            raise LedgerError("away")


class Clock:
    def __init__(self) -> None:
        self.seconds = 5.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model_facts(notes: Notes, clock: Clock) -> ModelFacts:
    return ModelFacts(notes, clock)


async def bill(
    model_facts: ModelFacts, counted: int, billed: int | None, cached: int | None = None, times: int = 1
) -> None:
    for _ in range(times):
        await model_facts.answered(1, "m", counted, round(counted * model_facts.factor("m")), Usage(billed, 5, cached))


async def test_it_is_read_at_first_and_then_once_in_a_while(
    model_facts: ModelFacts, notes: Notes, clock: Clock
) -> None:
    notes.model = LearnedFacts(1.5, 4_096)
    for _ in range(10):
        await model_facts.refresh("m")
    assert (notes.reads, model_facts.factor("m"), model_facts.context_window("m", 8_192)) == (1, 1.5, 4_096)
    notes.model = LearnedFacts(1.6, None)
    clock.seconds += REFRESH_SECONDS
    await model_facts.refresh("m")
    assert (notes.reads, model_facts.factor("m"), model_facts.context_window("m", 8_192)) == (2, 1.6, 8_192)


async def test_what_changes_little_is_not_written(model_facts: ModelFacts, notes: Notes) -> None:
    await bill(model_facts, 4_000, 4_000, times=50)
    assert (notes.writes, notes.model.token_factor) == (1, 1.0)
    await bill(model_facts, 4_000, 4_400)
    assert notes.writes == 2


async def test_without_the_database_it_is_learned_in_memory_and_noted_later(
    model_facts: ModelFacts, notes: Notes, clock: Clock
) -> None:
    notes.away = True
    await model_facts.refresh("m")
    await bill(model_facts, 4_000, 5_600, times=12)
    await model_facts.refused("m", 8_192, 4_096)
    assert model_facts.factor("m") == pytest.approx(1.4, rel=0.01)
    assert model_facts.context_window("m", 8_192) == 4_096
    notes.away = False
    clock.seconds += REFRESH_SECONDS
    await model_facts.refresh("m")
    assert model_facts.factor("m") == pytest.approx(1.4, rel=0.01), "what nobody else has learned better is kept"
    await bill(model_facts, 4_000, 5_600)
    assert notes.model.token_factor == pytest.approx(1.4, rel=0.01)


async def test_a_server_that_names_a_smaller_window_is_believed(model_facts: ModelFacts, notes: Notes) -> None:
    await model_facts.refused("m", 8_192, 4_096)
    assert model_facts.context_window("m", 8_192) == 4_096
    assert notes.model.window == 4_096
    assert model_facts.factor("m") == 1


async def test_a_server_that_names_the_window_we_know_counts_more_than_we_do(
    model_facts: ModelFacts, notes: Notes
) -> None:
    await model_facts.refused("m", 4_096, 4_096)
    assert model_facts.context_window("m", 4_096) == 4_096
    assert model_facts.factor("m") == pytest.approx(4 / 3)
    assert notes.model == LearnedFacts(4 / 3, None)
    for _ in range(5):
        await model_facts.refused("m", 4_096, 4_096)
    assert (model_facts.factor("m"), model_facts.context_window("m", 4_096)) == (4, 3_072)


async def test_a_guess_is_never_noted(model_facts: ModelFacts, notes: Notes) -> None:
    await model_facts.refused("m", 4_096, None)
    assert model_facts.context_window("m", 4_096) == 3_072
    assert notes.writes == 0


async def test_what_was_cached_may_be_billed_beside_the_rest(model_facts: ModelFacts) -> None:
    await bill(model_facts, 4_000, 100, cached=5_500, times=12)
    assert model_facts.factor("m") == pytest.approx(1.4, rel=0.01)


async def test_servers_that_say_nothing_or_nonsense_are_lived_with(model_facts: ModelFacts, notes: Notes) -> None:
    for billed in (None, 0, -1, 10**9, 7):
        await bill(model_facts, 4_000, billed)
    assert (model_facts.factor("m"), notes.writes) == (1, 0)


async def test_an_error_of_more_than_two_percent_is_one_line_in_the_log(
    model_facts: ModelFacts, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await model_facts.answered(7, "m", 1_000, 1_000, Usage(1_019, 5))
        await model_facts.answered(8, "m", 1_000, 1_000, Usage(1_250, 5))
        await model_facts.answered(9, "m", 1_000, 1_000, Usage())
    assert [record.getMessage() for record in caplog.records] == [
        "turn 8: the prompt was estimated at 1000 tokens of m, and billed as 1250 (-20.0 %)"
    ]


async def test_of_a_prompt_that_is_not_to_be_learned_from_the_error_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    model_facts = ModelFacts(Notes())
    await model_facts.answered(7, "m", None, 1_000, Usage(2_000, 5))
    assert "turn 7: the prompt was estimated at 1000 tokens" in caplog.text
    assert model_facts.factor("m") == 1.0


async def test_a_bill_far_below_what_was_sent_says_that_the_server_cuts_prompts(
    model_facts: ModelFacts, notes: Notes, caplog: pytest.LogCaptureFixture
) -> None:
    await bill(model_facts, 1_500, 1_500)
    await bill(model_facts, 8_000, 2_040)
    assert model_facts.context_window("m", 128_000) == notes.model.window == 2_040
    await bill(model_facts, 1_000, 300, times=3)
    assert model_facts.context_window("m", 128_000) == 2_040
    assert model_facts.factor("m") == 1
    assert sum("cut long prompts" in message for message in caplog.messages) == 1


@pytest.mark.parametrize(
    "bills",
    [
        [(8_000, 7_000), (8_100, 90)],  # without what is cached, as the first bill shows
        [(8_000, 8_000), (8_100, 4_000)],
        [(8_000, 90)],  # too little to be a window
        [(8_000, 6_000)],  # a tokenizer made for that language
        [(300, 100)],
    ],
)
async def test_a_bill_that_is_low_for_another_reason_says_nothing_of_the_window(
    model_facts: ModelFacts, bills: list[tuple[int, int]]
) -> None:
    for counted, billed in bills:
        await bill(model_facts, counted, billed)
    assert model_facts.context_window("m", 128_000) == 128_000


async def test_a_bill_that_tells_of_a_cache_says_nothing_of_the_window(model_facts: ModelFacts) -> None:
    await bill(model_facts, 8_000, 2_000, cached=1_000)
    assert model_facts.context_window("m", 128_000) == 128_000
