"""What stands below an answer, and below what is said instead of one."""

import pytest

from bot.core.controls import NO_CONTROLS, PASSING, UNASKED, Control, Controls, offered
from bot.core.texts import LANGUAGES
from bot.core.turn import Notice, Outcome

BELOW = (Control.REPEAT, Control.FEEDBACK, Control.RECEIPT)


@pytest.mark.parametrize(
    ("finish_reason", "notice", "controls"),
    [
        ("stop", None, BELOW),
        (None, "stopped", BELOW),
        ("content_filter", "content_filter", BELOW),
        ("length", "length", (Control.CONTINUE, *BELOW)),
        ("length", "model_unavailable", (Control.CONTINUE, *BELOW)),  # it could not be gone on with just now
        ("length", "continue_too_long", BELOW),
        ("length", UNASKED, (Control.FEEDBACK, Control.RECEIPT)),
    ],
)
def test_an_answer_can_be_gone_on_with_where_it_ended_for_its_length(
    finish_reason: str | None, notice: str | None, controls: tuple[Control, ...]
) -> None:
    notices = [Notice(notice)] if notice else []
    assert offered(Outcome("one two", notices, "ko", 7, finish_reason)) == Controls(controls, 7, "ko")


def test_below_a_sentence_of_ours_stands_nothing_unless_trying_again_may_help() -> None:
    assert offered(Outcome(None, [Notice("model_timeout")], "ko")) == Controls((Control.REPEAT,), None, "ko")
    for key in ("model_auth", "question_too_long", "mode_quiet_thread", "refusal"):
        assert offered(Outcome(None, [Notice(key)], "ko")) == NO_CONTROLS
    assert LANGUAGES["en"].keys() >= PASSING
