"""What a message is made of: how long it may be, where answers are cut, what stands below."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.controls import Control, Controls
from bot.markdown import ZERO_WIDTH_SPACE as Z
from bot.platforms.discord.markup.buttons import Button, button_of, rows, stop_row, turn_of
from bot.platforms.discord.markup.message import LIMIT, PART_LIMIT, beginning, content, pieces, shortened
from bot.platforms.discord.markup.own_message import answer_of
from bot.platforms.discord.markup.text import units
from tests.markdown.writing import documents, scribbles

KOREAN = "".join(f"## 제목 {n}\n\n{'**한국어** 답변은 조사가 붙어서 길어집니다. ' * 8}\n\n" for n in range(40))
EMOJIS = "👨‍👩‍👧 가족 " * 1_000
TABLE = "| 이름 | b | c |\n|---|---|---|\n" + "".join(
    f"| 김 | {'x' * (n % 37)} | [{n}](https://x.y) |\n" for n in range(200)
)
CODE = "```python\n" + "".join(f"print({n})  # {'가' * 20}\n" for n in range(200)) + "```\n\nEnd."
LINKS = " ".join(f"[a long label {n}](https://example.com/{'path/' * 12}{n})" for n in range(80))


def shown(text: str, notes: tuple[str, ...] = ()) -> list[str]:
    return [str(content(piece)["content"]) for piece in pieces(text, notes)]


@pytest.mark.parametrize(
    "text", [KOREAN, EMOJIS, TABLE, CODE, LINKS, "x" * 9_000, "<" * 9_000, "||" * 4_000, "&lt;" * 3_000]
)
def test_no_message_is_too_long_at_any_moment(text: str) -> None:
    for end in range(0, len(text), len(text) // 40):
        assert all(units(piece.text) <= PART_LIMIT for piece in beginning(text[:end]))
    for each in shown(text, ("A note.", "Another one, " + "long " * 90)):
        assert 0 < units(each) <= LIMIT


@settings(max_examples=50)
@given(st.one_of(documents, scribbles), st.integers(min_value=1, max_value=12))
def test_whatever_is_written_fits(text: str, times: int) -> None:
    for made in (pieces(text * times, ["note"]), beginning(text * times)):
        assert all(0 < units(str(content(piece)["content"])) <= LIMIT for piece in made)


def test_no_word_and_no_link_is_cut() -> None:
    for text in (KOREAN, LINKS):
        made = shown(text)
        assert len(made) > 2
        assert " ".join(made).split() == text.split()
    assert all(each.count("](https://") == each.count("[a long label") for each in shown(LINKS))


def test_no_family_is_cut() -> None:
    assert "".join(shown(EMOJIS)).count("👨‍👩‍👧") == 1_000


def test_each_part_of_a_table_has_its_header_and_whole_aligned_rows() -> None:
    made = shown(TABLE)
    assert len(made) > 3
    for each in made:
        fence, header, rule, *rows_, end = each.split("\n")
        assert (fence, end) == ("```", "```")
        assert header.startswith("이름 | b")
        assert set(rule) <= set("-+")
        assert [row for row in rows_ if not re.fullmatch(r"김   \| x* *\| \d+ \(https://x\.y\)", row)] == []
    assert sum(each.count("김") for each in made) == 200


def test_code_is_closed_and_opened_again_with_its_language() -> None:
    made = shown(CODE)
    assert len(made) > 3
    assert all(each.startswith("```python\n") for each in made[:-1])
    assert all(each.endswith("\n```") for each in made[:-1])
    assert made[-1].endswith("```\n\nEnd.")


@pytest.mark.parametrize("text", [KOREAN, TABLE, CODE, LINKS])
def test_what_was_shown_of_a_growing_answer_mostly_stays(text: str) -> None:
    """Each change of a message that is not among the last two would cost a call."""
    before = [piece.text for piece in beginning(text[:100])]
    for end in range(100, len(text), 250):
        now = [piece.text for piece in beginning(text[:end])]
        assert now[: max(0, len(before) - 2)] == before[: max(0, len(before) - 2)]
        before = now


def test_what_is_open_is_closed_while_it_is_written() -> None:
    [piece] = beginning("a **strong `word")
    assert piece.text == "a **strong `word`**"
    [piece] = beginning("```py\nprint(1)")
    assert piece.text == "```py\nprint(1)\n```"
    assert beginning("") == beginning("  \n") == []


def test_a_link_that_hides_where_it_goes_tells_it() -> None:
    assert shown("[bank.com](https://evil.com)") == [f"[bank.com](https://evil.com){Z} (evil.com){Z}"]


def test_links_have_no_previews_and_buttons_go_with_the_last_part() -> None:
    controls = rows(Controls((Control.REPEAT,), 3), 7)
    made = [content(piece) for piece in pieces(CODE, ["A note."], controls)]
    assert {each["flags"] for each in made} == {4}
    assert [bool(each["components"]) for each in made] == [False] * (len(made) - 1) + [True]
    assert made[-1]["content"].endswith("End.\n-# A note.")


def test_notices_are_small_lines_of_their_own_and_what_they_name_is_literal() -> None:
    assert shown("Text.", ("I read a_b*c`.pdf <@1> @here [x](y).", "Two\nlines.")) == [
        f"Text.\n-# I read a\\_b\\*c\\`.pdf \\<{Z}@1\\> @{Z}here \\[x\\](y).\n-# Two\n-# lines."
    ]
    assert shown("", ("Alone.",)) == ["-# Alone."]
    assert shown(" ", ()) == []


def test_notices_that_do_not_fit_below_are_a_message_of_their_own() -> None:
    text, note = "word " * 379, "note " * 60
    assert [len(each) for each in shown(text, (note,))] == [len(text.strip()), len(note.strip()) + 3]
    [long] = shown("", ("note " * 900,))
    assert len(long) <= LIMIT
    assert long.endswith("…")


def test_a_shortened_answer_is_one_message() -> None:
    [piece] = shortened(KOREAN, ["The rest is below."])
    assert units(piece.text) <= 1_200
    assert piece.notes == ("The rest is below.",)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Answer.\n-# A note.\n-# Another.", "Answer."),
        ("-# A note.", ""),
        ("a\n-# b\nc", "a\n-# b\nc"),
        ("```\n-# a\n```", "```\n-# a\n```"),
        ("", ""),
    ],
)
def test_what_is_a_notice_is_told_by_its_form(said: str, answer: str) -> None:
    read = answer_of({"id": "1", "content": said, "components": rows(Controls(), 1), "embeds": [{}]})
    assert (read["id"], read["content"], read["components"], read["embeds"]) == ("1", answer, [], [])


def test_the_buttons_of_an_answer_are_in_two_rows_and_say_what_they_are_about() -> None:
    everything = Controls((Control.CONTINUE, Control.REPEAT, Control.FEEDBACK, Control.RECEIPT), 12, "ko")
    first, second = rows(everything, 7)
    assert [each["label"] for each in first["components"]] == ["계속", "다시 시도", "자세히"]
    assert [each["emoji"]["name"] for each in second["components"]] == ["👍", "👎"]
    ids = [each["custom_id"] for row in (first, second) for each in row["components"]]
    assert [button_of(each) for each in ids] == [
        Button(action, 7, 12) for action in ("continue", "repeat", "receipt", "like", "dislike")
    ]
    assert turn_of([first, second]) == 7


def test_nothing_is_drawn_where_nothing_is_offered() -> None:
    assert rows(Controls(), 7) == []
    assert button_of(stop_row(7, "en")["components"][0]["custom_id"]) == Button("stop", 7, None)


@pytest.mark.parametrize(
    "custom_id", [None, 7, "", "other:stop:1:", "threadbot:steal:1:2", "threadbot:stop:x:", "threadbot:stop:1"]
)
def test_other_buttons_are_none_of_ours(custom_id: object) -> None:
    assert button_of(custom_id) is None
    assert turn_of([{"type": 1, "components": [{"custom_id": custom_id}]}]) is None
    assert turn_of("nonsense") is None
