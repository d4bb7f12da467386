"""Answers that were cut, joined with what the model wrote when it went on."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.prompt.speakers import unbracketed
from bot.markdown.continuation import join_continuation
from tests.markdown.writing import documents, scribbles

CODE = "Here:\n\n```python\ndef area(r):\n    pi = 3.14159\n    retu"
TABLE = "| 이름 | 값 |\n|---|---|\n| 하나 | 1 |\n| 둘"

CASES = {
    "within a word": ("The inter", "national law", "The international law"),
    "within a Korean word": ("이것은 한국", "어입니다.", "이것은 한국어입니다."),
    "between words, where the model begins with the space": ("a cut", " here", "a cut here"),
    "the last words again": (
        "It was the best of times, it was the wor",
        "it was the worst of times.",
        "It was the best of times, it was the worst of times.",
    ),
    "the last sentence again": (
        "One. Two is longer than one. ",
        "Two is longer than one. Three.",
        "One. Two is longer than one. Three.",
    ),
    "the last sentence again, another gap": (
        "First sentence here.",
        "\n\nFirst sentence here.\n\nNext.",
        "First sentence here.\n\nNext.",
    ),
    "the last Korean words again": (
        "서울은 대한민국의 수도이며 인구",
        "대한민국의 수도이며 인구가 많습니다.",
        "서울은 대한민국의 수도이며 인구가 많습니다.",
    ),
    "the last line again": (
        "- first item\n- second item\n",
        "- second item\n- third",
        "- first item\n- second item\n- third",
    ),
    "the item it was in again": (
        "1. Preheat the oven\n2. Mix the flo",
        "2. Mix the flour",
        "1. Preheat the oven\n2. Mix the flour",
    ),
    "a short item again": ("1. Milk\n2. Eg", "2. Eggs\n3. Salt", "1. Milk\n2. Eggs\n3. Salt"),
    "a short item again, cut behind a space": ("- a\n- to ", "- to do\n- b", "- a\n- to do\n- b"),
    "a short heading again": ("# Title\n\n## Sec", "## Second\n", "# Title\n\n## Second\n"),
    "a short line again": ("Intro.\n\nSo we", "So we go on", "Intro.\n\nSo we go on"),
    "a short Korean line again": ("안내.\n\n이 답", "이 답은 짧다", "안내.\n\n이 답은 짧다"),
    "a short row again": ("| a | b |\n|---|---|\n| 1", "| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
    "the last words again, as the model was sent them": (
        "1. ⟦kim⟧ says so\n2. ⟦lee⟧ says ot",
        "2. [lee] says otherwise\n3. ⟦kim⟧",
        "1. ⟦kim⟧ says so\n2. ⟦lee⟧ says otherwise\n3. ⟦kim⟧",
    ),
    "a header again, as the model was sent it": (
        "| ⟦a⟧ | b |\n|---|---|\n| 1 | 2 |",
        "| [a] | b |\n|---|---|\n| 3 | ⟦4⟧ |",
        "| ⟦a⟧ | b |\n|---|---|\n| 1 | 2 |\n| 3 | ⟦4⟧ |",
    ),
    "the next cell is the same": ("| a | b |\n|---|---|\n| 1 ", "| 1 |", "| a | b |\n|---|---|\n| 1 | 1 |"),
    "the same words are meant": ("na na ", "na na hey", "na na na na hey"),
    "a long word again": ("so we internat", "internationalise it", "so we internationalise it"),
    "a doubled word is meant": ("어머니가 두리번", "두리번 살폈다.", "어머니가 두리번두리번 살폈다."),
    "a single letter is meant": ("a zoo: zo", "o", "a zoo: zoo"),
    "a lead-in is no repetition": ("The end of the li", "Continuing: ne.", "The end of the liContinuing: ne."),
    "closing braces are meant": ("```js\nif (a) {\n  }\n}\n", "}\n```", "```js\nif (a) {\n  }\n}\n}\n```"),
    "the same short line of code is meant": ("```py\nprint()\n", "print()\n```", "```py\nprint()\nprint()\n```"),
    "a list of the same numbers is meant": (
        "[0.125, 0.125, 0.125, ",
        "0.125, 0.125]",
        "[0.125, 0.125, 0.125, 0.125, 0.125]",
    ),
    "code goes on": (CODE, "rn pi * r\n```\nDone.", CODE + "rn pi * r\n```\nDone."),
    "a repeated fence": (CODE, "```python\nrn pi * r\n```\nDone.", CODE + "rn pi * r\n```\nDone."),
    "a repeated fence and line": (CODE, "```python\n    return pi * r\n```", CODE + "rn pi * r\n```"),
    "a repeated line of code": (CODE, "    return pi * r\n```", CODE + "rn pi * r\n```"),
    "a repeated fence and the whole code": (
        CODE,
        "```python\ndef area(r):\n    pi = 3.14159\n    return pi * r\n```",
        CODE + "rn pi * r\n```",
    ),
    "a repeated fence without a language": (CODE, "```\n    return pi * r\n```\n끝.", CODE + "rn pi * r\n```\n끝."),
    "a repeated fence, the next line": (
        "```python\na = 1",
        "```python\n    b = 2\n```",
        "```python\na = 1\n    b = 2\n```",
    ),
    "the end of the code": ("```\nx = 1", "```\nThat is all.", "```\nx = 1\n```\nThat is all."),
    "the end of the code, on its own line": ("```\nx = 1\n", "```\nThat is all.", "```\nx = 1\n```\nThat is all."),
    "cut in the fence": ("Text\n\n```pyth", "```python\nx = 1\n```", "Text\n\n```python\nx = 1\n```"),
    "cut in the marks of the fence": ("Text\n\n```", "```python\nx = 1\n```", "Text\n\n```python\nx = 1\n```"),
    "cut behind the fence": ("```python\n", "x = 1\n```", "```python\nx = 1\n```"),
    "a fence with another language is code": (
        "````md\ntext\n",
        "```python\nx\n```\n````",
        "````md\ntext\n```python\nx\n```\n````",
    ),
    "a new block of code": ("Here it is:", "```sh\nls\n```", "Here it is:\n```sh\nls\n```"),
    "a lead-in before the fence is kept": (CODE, "Continuing:\n```python\nrn 1", CODE + "Continuing:\n```python\nrn 1"),
    "a row goes on": (TABLE, " | 2 |\n", TABLE + " | 2 |\n"),
    "the row again": (TABLE, "| 하나 | 1 |\n| 둘 | 2 |", TABLE + " | 2 |"),
    "the header again": (TABLE, "| 이름 | 값 |\n|---|---|\n| 둘 | 2 |", TABLE + " | 2 |"),
    "the header again, then the next row": (
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "| a | b |\n|---|---|\n| 3 | 4 |",
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |",
    ),
    "sentences": ("This is one.", "This is two.", "This is one. This is two."),
    "Korean sentences": ("하나입니다.", "둘입니다.", "하나입니다. 둘입니다."),
    "sentences below indented code that shows a fence": (
        "Write:\n\n    ```\n    x\n\nThis is one.",
        "This is two.",
        "Write:\n\n    ```\n    x\n\nThis is one. This is two.",
    ),
    "sentences below a quote that ended in code": (
        "> ```\n> x\n\nThis is one.",
        "This is two.",
        "> ```\n> x\n\nThis is one. This is two.",
    ),
    "a decimal number": ("It is 3.", "14 in all", "It is 3.14 in all"),
    "an address": ("See https://example.", "Com/a", "See https://example.Com/a"),
    "nothing more": ("whole", "", "whole"),
    "nothing before": ("", "whole", "whole"),
}


@pytest.mark.parametrize(("before", "after", "whole"), CASES.values(), ids=CASES.keys())
def test_join(before: str, after: str, whole: str) -> None:
    assert join_continuation(before, after, unbracketed) == whole


@pytest.mark.parametrize(("before", "after", "whole"), CASES.values(), ids=CASES.keys())
def test_what_was_shown_while_it_was_written_stays(before: str, after: str, whole: str) -> None:
    shown = before
    for end in range(1, len(after) + 1):
        now = join_continuation(before, after[:end], unbracketed, finished=False)
        assert now.startswith(shown) or after.startswith("```\n"), (shown, now)
        shown = now
    assert whole.startswith(shown) or after.startswith("```\n"), shown


def words(text: str) -> str:
    return "".join(text.split())


@given(st.one_of(documents, scribbles), st.integers(min_value=0), st.integers(min_value=20, max_value=400))
def test_a_repeated_end_is_left_out_wherever_the_cut_is(text: str, at: int, repeated: int) -> None:
    text = f"An opening sentence that nobody repeats, number {at}: {text}"
    cut = at % (len(text) + 1)
    before, after = text[:cut], text[cut:]
    end = f"{before}…and 열여섯 unmistakable words at {at}, "
    again = end[-repeated:]
    if again[0].isalnum() and end[: -len(again)][-1:].isalnum():
        again = end[-repeated:].partition(" ")[2]  # nobody begins within a word

    if end.count(again) == 1 and len(again) >= 20 and not after[:1].isspace():
        assert join_continuation(end, again + after, unbracketed) == end + after or "```" in text or "~~~" in text


@given(st.one_of(documents, scribbles), st.integers(min_value=0))
def test_nothing_that_was_written_is_lost_when_a_text_simply_goes_on(text: str, at: int) -> None:
    cut = at % (len(text) + 1)
    before, after = text[:cut], text[cut:]
    whole = join_continuation(before, after, unbracketed)

    assert whole.startswith(before)
    left_out = len(words(text)) - len(words(whole))
    repeated = left_out > 0 and words(before)[-left_out:] == words(after)[:left_out]
    assert left_out == 0 or repeated or any(mark in after for mark in ("```", "~~~", "|"))


@given(st.text(), st.text())
def test_what_was_there_before_stays_as_it_is(before: str, after: str) -> None:
    assert join_continuation(before, after, unbracketed).startswith(before)
    assert join_continuation(before, after, unbracketed, finished=False).startswith(before)


@pytest.mark.parametrize("part", ["a", "a b ", "}\n", "| a ", "```\n", "가나다 "])
def test_a_long_answer_is_joined_at_once(part: str) -> None:
    before, after = part * (60_000 // len(part)), part * (30_000 // len(part))
    started = time.process_time()
    join_continuation(before, after, unbracketed)

    assert time.process_time() - started < 1  # measured: at most 0.05
