"""What a conversation is called where the platform shows a title."""

import pytest

from bot.core.reply.status import TITLE_LENGTH, title_of


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("경기는  어디에서\n하나요?", "경기는 어디에서 하나요?"),
        ("", ""),
        ("word " * 30, ("word " * 12).strip() + "…"),
        ("가" * 100, "가" * (TITLE_LENGTH - 1) + "…"),
    ],
)
def test_a_title_is_the_question_on_one_line_cut_short(question: str, title: str) -> None:
    assert title_of(question) == title
    assert len(title_of(question)) <= TITLE_LENGTH
