"""An answer of 60,000 characters arrives whole, as blocks and as a stream: without our marks it is the model's text."""

from __future__ import annotations

import time

import pytest

from bot.markdown import ZERO_WIDTH_SPACE, Growing, Piece, spaced
from bot.markdown import pieces as split_pieces
from bot.platforms.slack.markup.message import PART_LIMIT
from bot.platforms.slack.markup.message import pieces as message_pieces
from bot.platforms.slack.markup.text import safe

KOREAN = "**한국어**는 조사가 낱말에 붙습니다. *기울임*이 있고 **'인용'**은 더 어렵습니다. "
ROWS = "| 이름 | 값 |\n|---|---|\n" + "".join(f"| 항목 {n} | **{n}**개 |\n" for n in range(300)) + "\n"
CODE = "```python\n" + "".join(f"    print({n})  # 출력 <!here>\n" for n in range(400)) + "```\n\n"
ANSWERS = {
    "Korean": "\n\n".join([f"## 제목 {n}\n\n{KOREAN * 8}" for n in range(200)])[:60_000],
    "English": ("It is [linked](https://example.org/a_(b)) and `coded`, <@U123> said. " * 12 + "\n\n") * 80,
    "code": CODE * 5,
    "tables": ROWS * 9,
    "one long line": "낱말 and a word, " * 4_000,
    "one word": "가나다라" * 15_000,
    "lists": "".join(f"- 항목 {n}\n    - 안쪽 **{n}**번\n" for n in range(2_200)),
    "everything": (KOREAN + "\n\n" + CODE[:3_000] + "\n```\n\n" + ROWS[:3_000] + "\n\n> 인용\n\n") * 9,
}


def visible(text: str) -> str:
    return "".join(text.replace(ZERO_WIDTH_SPACE, "").split())


def undone(parts: list[Piece]) -> str:
    """What the parts say without the marks that were added, blank space between them aside."""
    return visible("".join(part.text[len(part.opened) : len(part.text) - len(part.closed)] for part in parts))


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_it_arrives_whole_as_messages(answer: str) -> None:
    started = time.process_time()
    shown = message_pieces(answer, plain=False)
    parts = split_pieces(spaced(safe(answer)), PART_LIMIT)

    assert time.process_time() - started < 4  # measured: at most 0.6
    assert [piece.markdown for piece in shown] == [part.text for part in parts]
    assert undone(parts) == visible(answer)
    assert len(parts) <= 12
    assert all(len(part.text) <= PART_LIMIT for part in parts)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_stream_shows_its_beginning_and_holds_little_back(answer: str) -> None:
    growing = Growing()
    for end in [*range(0, len(answer), 997), len(answer)]:
        growing.take(safe(answer[:end], unfinished=True))
        assert visible(answer).startswith(visible(growing.shown))

    assert len(visible(growing.shown)) > len(visible(answer)) - 900
