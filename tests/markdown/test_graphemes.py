"""Which characters readers see."""

from __future__ import annotations

import pytest

from bot.markdown import is_visible


@pytest.mark.parametrize("text", ["a", "가", "\u0301", "\u3164a", "👍", "\u200b.", "<", "\u1100", "\ufffd"])
def test_what_readers_see_is_visible(text: str) -> None:
    assert is_visible(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\u200b\u200e\u2066",
        "\u3164",
        "\uffa0",
        "\u115f\u1160",
        "\u2800",
        "\ufe0f",
        "\U000e0041",
        "\x00\u00ad",
    ],
)
def test_what_they_do_not_see_is_not(text: str) -> None:
    assert not is_visible(text)
