"""Links whose address stands elsewhere are links on Discord, too, and show where they go."""

from __future__ import annotations

import time

import pytest
from hypothesis import given

from bot.platforms.discord.markup.message import beginning, pieces
from bot.platforms.discord.markup.references import resolved
from tests.markdown.writing import documents, scribbles

WHERE = "\n\n[1]: https://x.y/a\n[docs]: <https://x.y/b> 'a title'\n"

CASES = {
    "by a number": (f"see [this][1]{WHERE}", "see [this](<https://x.y/a>)\n\n[docs]: <https://x.y/b> 'a title'\n"),
    "by its label": (f"see [Docs][] and [docs]{WHERE}", "see [Docs](<https://x.y/b>) and [docs](<https://x.y/b>)"),
    "several times": (f"[a][1] [b][1]{WHERE}", "[a](<https://x.y/a>) [b](<https://x.y/a>)"),
    "a picture": ("![a][p]\n\n[p]: https://x.y/p.png", "![a](<https://x.y/p.png>)"),
    "the first one counts": ("[a][1]\n\n[1]: https://x.y\n[1]: https://evil.com", "[a](<https://x.y>)"),
}
LEFT = [
    "a[0][1] and x]:y",
    "[a][2]\n\n[1]: https://x.y",
    "`[a][1]`\n\n[1]: https://x.y",
    "```\n[a][1]\n[1]: https://x.y\n```",
    "```\n[1]: https://x.y\n```\n[a][1]",
    "\\[a][1]\n\n[2]: https://x.y",
    "[a](https://x.y)\n\n[a]: https://y.z",
    "[1]: https://x.y",
    "[a][1]\n\n[1]: mailto:a@x.y",
]


@pytest.mark.parametrize(("markdown", "shown"), CASES.values(), ids=CASES.keys())
def test_what_is_defined_is_a_link(markdown: str, shown: str) -> None:
    assert resolved(markdown, whole=True).startswith(shown)
    assert resolved(resolved(markdown, whole=True), whole=True) == resolved(markdown, whole=True)


@pytest.mark.parametrize("markdown", LEFT)
def test_all_else_is_left_as_it_is(markdown: str) -> None:
    assert resolved(markdown, whole=True) == markdown


def test_a_link_that_claims_to_go_elsewhere_shows_where_it_goes() -> None:
    [piece] = pieces("[https://bank.com][1]\n\n[1]: https://evil.com/x")
    assert "(evil.com)" in piece.text


def test_an_address_that_is_still_being_written_is_none_yet() -> None:
    text = "see [this][1]\n\n[1]: https://x.y/long"
    for end in range(len(text)):
        assert "](<" not in "".join(piece.text for piece in beginning(text[:end]))
    assert [piece.text for piece in beginning(text + "\n")] == ["see [this](<https://x.y/long>)"]
    assert [piece.text for piece in pieces(text)] == ["see [this](<https://x.y/long>)"]


@given(documents | scribbles)
def test_nothing_raises_and_what_defines_nothing_stays(markdown: str) -> None:
    if "]: http" not in markdown:
        assert resolved(markdown, whole=True) == markdown
    resolved(markdown + "\n[1]: https://x.y", whole=False)


@pytest.mark.parametrize(
    "text",
    [
        "[a][1] " * 20_000,
        "[1]: https://x.y\n" * 8_000,
        "[" * 100_000,
        "[a]" * 40_000,
        "[1]: https://x.y\n[a][1]\n" * 8_000,
    ],
)
def test_it_takes_no_long_time(text: str) -> None:
    began = time.perf_counter()
    resolved(f"{text}\n\n[1]: https://x.y", whole=True)
    assert time.perf_counter() - began < 3.0
