"""Texts as Discord writes them, and names of threads."""

from __future__ import annotations

import pytest

from bot.markdown import ZERO_WIDTH_SPACE as Z
from bot.platforms.discord.markup.text import readable, references, thread_name, units

NAMES = {"1": "Kim", "&2": "staff", "3": "general", "9": "bot"}
READ = {
    "a person": ("<@1>, <@!1> and <@5>", "@Kim, @Kim and @5"),
    "a role": ("<@&2> <@&5>", "@staff @unknown-role"),
    "a channel": ("see <#3> and <#5>", "see #general and #5"),
    "emojis": ("<:smile:77> <a:dance:77>", ":smile: :dance:"),
    "a moment": (
        "<t:1764547200:R>, <t:0>, <t:9999999999999>",
        "2025-12-01 00:00 UTC, 1970-01-01 00:00 UTC, <t:9999999999999>",
    ),
    "a command": ("</ask it:77>", "/ask it"),
    "a place": ("<id:customize>", "#customize"),
    "our mention at an end": ("<@9> hello <@!9>\n<@9>what?", "hello\nwhat?"),
    "our mention within": ("ask <@9> again", "ask @bot again"),
    "our role": ("<@&8> hello", "hello"),
    "Markdown and escapes": ("**a** \\*b `c` <https://x.y> a < b", "**a** \\*b `c` <https://x.y> a < b"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "read"), READ.values(), ids=READ.keys())
def test_tokens_are_read_in_words(text: str, read: str) -> None:
    assert readable(text, "9", NAMES, ["8"]) == read


def test_references_are_in_the_order_of_the_text() -> None:
    found = references("<@1> <#3> <@&2> <@!5> <:a:7> <t:1>")
    assert (found.people, found.channels) == (["1", "&2", "5"], ["3"])


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("How do I **bake** `bread`?", "How do I bake bread?"),
        ("빵 굽는 법\n알려 줘", "빵 굽는 법 알려 줘"),
        ("@everyone <@12> [a](https://x.y) ||b||", f"@{Z}everyone <{Z}@12> a b"),
        ("", "Conversation"),
        ("🎉🎉", "Conversation"),
        ("...", "Conversation"),
        ("a\x00b\u2028c", "ab c"),
    ],
)
def test_a_thread_has_a_name_of_words(title: str, name: str) -> None:
    assert thread_name(title, "Conversation") == name


@pytest.mark.parametrize("title", ["word " * 90, "가" * 300, "a" + "👨‍👩‍👧" * 90])
def test_a_thread_has_a_name_of_at_most_a_hundred_characters(title: str) -> None:
    name = thread_name(title, "Conversation")
    assert 80 < units(name) <= 100
    assert name.endswith("…")
