"""What is shown to one person alone is within Discord's limits, and nothing in it is markup or a mention."""

from __future__ import annotations

import pytest

from bot.core.ports import Use
from bot.core.receipt.receipt import About
from bot.core.receipt.words import Section
from bot.core.texts import LABELS, label
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS
from bot.platforms.discord.interactions.sheets import MOST_MESSAGES, help_text, receipt
from bot.platforms.discord.markup.text import units


def test_a_long_receipt_comes_in_several_messages_and_says_what_is_left_out() -> None:
    lines = [f"{number}: {'말' * 180}" for number in range(200)]
    short = receipt([Section("Sent", lines[:12])], 7, "en")
    assert 1 < len(short) < MOST_MESSAGES
    assert [line for text in short for line in text.split("\n")] == ["**Sent**", *(f"- {each}" for each in lines[:12])]
    long = receipt([Section("Sent", lines)], 7, "ko")
    assert len(long) == MOST_MESSAGES
    assert all(units(text) <= 2_000 for text in long)
    assert long[-1].endswith(label("receipt_cut", "ko", turn=7))
    assert long[-1].split("\n")[-2].endswith("말" * 180)


def test_nothing_in_a_receipt_is_markup_or_calls_somebody() -> None:
    [text] = receipt(
        [Section("Sent", ["@everyone <@123> **bold** `code` [a](http://b)\n# head", "\N{GRINNING FACE}" * 1_500])],
        7,
        "en",
    )[:1]
    assert "@everyone" not in text
    assert "<@123>" not in text
    assert "\n#" not in text
    assert "**bold**" not in text


@pytest.mark.parametrize("language", LABELS)
def test_help_is_one_message_or_two(language: str) -> None:
    texts = help_text(About("gpt-6-luna"), Use(1, 2, 3, 4_000_000), DEFAULT_SIGNS, language)
    assert len(texts) <= 2
    assert all(units(text) <= 2_000 for text in texts)
    assert label("help_direct", language) in texts[0]
    without = help_text(None, None, {}, language, direct=False)
    assert label("help_direct", language) not in "".join(without)
    assert label("home_demo", language) in without[-1]
    assert label("help_reactions", language) not in "".join(without)
