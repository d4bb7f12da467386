"""What was learned of models is shared by all processes on a database."""

from __future__ import annotations

import pytest

from bot.core.completion.model_facts import ModelFacts
from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import LearnedFacts
from bot.core.turn import Usage
from bot.store.database.base import Database
from bot.store.model_facts import SqlModelFacts
from tests.store.conftest import Clock


@pytest.fixture
def notes(database: Database, clock: Clock) -> SqlModelFacts:
    return SqlModelFacts(database, clock)


async def test_nothing_is_known_of_a_model_at_first(notes: SqlModelFacts) -> None:
    assert await notes.learned("llama3.2") == LearnedFacts()


async def test_factor_and_window_are_kept_beside_each_other(notes: SqlModelFacts) -> None:
    await notes.note_factor("llama3.2", 1.4)
    await notes.note_window("llama3.2", 4_096)
    await notes.note_factor("llama3.2", 1.41)
    assert await notes.learned("llama3.2") == LearnedFacts(1.41, 4_096)
    assert await notes.learned("llama3.3") == LearnedFacts()


async def test_a_window_is_believed_for_a_day(notes: SqlModelFacts, clock: Clock) -> None:
    await notes.note_factor("llama3.2", 1.4)
    clock.advance(20 * 3600)
    await notes.note_window("llama3.2", 4_096)
    clock.advance(23 * 3600)
    await notes.note_factor("llama3.2", 1.5)
    assert await notes.learned("llama3.2") == LearnedFacts(1.5, 4_096)
    clock.advance(3600)
    assert await notes.learned("llama3.2") == LearnedFacts(1.5, None)


async def test_that_a_model_does_not_see_is_believed_for_a_day_too(notes: SqlModelFacts, clock: Clock) -> None:
    await notes.note_factor("llama3.2", 1.4)
    await notes.note_sight("llama3.2", sees=False)
    assert await notes.learned("llama3.2") == LearnedFacts(1.4, None, sees=False)
    clock.advance(24 * 3600)
    assert await notes.learned("llama3.2") == LearnedFacts(1.4)


async def test_what_is_learned_anew_does_not_renew_what_was_learned_before(notes: SqlModelFacts, clock: Clock) -> None:
    await notes.note_window("llama3.2", 4_096)
    clock.advance(23 * 3600)
    await notes.note_sight("llama3.2", sees=False)
    assert await notes.learned("llama3.2") == LearnedFacts(None, 4_096, sees=False)
    clock.advance(25 * 3600)
    await notes.note_window("llama3.2", 8_192)
    assert await notes.learned("llama3.2") == LearnedFacts(None, 8_192)


async def test_a_very_long_name_is_a_name_like_others(notes: SqlModelFacts) -> None:
    await notes.note_window("m" * 1_000, 4_096)
    assert await notes.learned("m" * 1_000) == LearnedFacts(None, 4_096)


async def test_what_one_process_learns_another_knows(database: Database) -> None:
    one, other = ModelFacts(SqlModelFacts(database)), ModelFacts(SqlModelFacts(database))
    for _ in range(12):
        await one.answered(1, "llama3.2", 4_000, 4_000, Usage(5_600, 5))
    await one.refused("llama3.2", 8_192, 4_096)
    await other.refresh("llama3.2")
    assert other.factor("llama3.2") == pytest.approx(1.4, rel=0.01)
    assert other.context_window("llama3.2", 8_192) == 4_096


async def test_what_a_model_is_found_not_to_take_is_known_after_a_restart(database: Database) -> None:
    one = ModelFacts(SqlModelFacts(database))
    await one.learn_refusal("gemma", 8_192, ModelError(ModelProblem.SYSTEM))
    await one.learn_refusal("gemma", 8_192, ModelError(ModelProblem.REPLY_LENGTH, limit=2_048))
    await one.learn_refusal("gemma", 8_192, ModelError(ModelProblem.IMAGES))
    after = ModelFacts(SqlModelFacts(database))
    assert (after.knows_system("gemma"), after.max_tokens("gemma", 4_096), after.sees("gemma")) == (True, 4_096, True)
    await after.refresh("gemma")
    assert (after.knows_system("gemma"), after.max_tokens("gemma", 4_096), after.sees("gemma")) == (False, 2_048, False)
    assert after.max_tokens("gemma", 100) == 100
    assert after.context_window("gemma", 8_192) == 8_192
