"""
What is shown to one person alone: the receipt of an answer, and how to use the bot. Pure.

What a receipt says is in core/receipt/words.py. Whatever somebody else wrote is shown as it is: no markup, no mention.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.core.ports import Use
from bot.core.receipt.receipt import About
from bot.core.receipt.words import Section, money
from bot.core.texts import label
from bot.platforms.discord.incoming.reactions import Signs
from bot.platforms.discord.markup.message import LIMIT
from bot.platforms.discord.markup.text import cut, literal, units

MOST_MESSAGES = 4  # of one receipt


def receipt(found: Sequence[Section], turn: int, language: str) -> list[str]:
    """In messages, each within Discord's limit; the end of a long one is left out, and said so."""
    texts = list(_packed([line for section in found for line in _lines(section)]))
    if len(texts) <= MOST_MESSAGES:
        return texts
    left_out = label("receipt_cut", language, turn=turn)
    last = cut(texts[MOST_MESSAGES - 1], LIMIT - units(left_out) - 1)
    return [*texts[: MOST_MESSAGES - 1], f"{last[: last.rfind(chr(10))]}\n{left_out}"]


def _lines(section: Section) -> Iterator[str]:
    yield f"**{literal(section.title)}**"
    yield from (f"- {shown}" for line in section.lines if (shown := literal(line)))


def _packed(lines: Sequence[str]) -> Iterator[str]:
    """Lines together, in texts that a message can hold."""
    text = ""
    for line in (cut(line, LIMIT) for line in lines):
        if text and units(text) + 1 + units(line) > LIMIT:
            yield text
            text = ""
        text = f"{text}\n{line}" if text else line
    if text:
        yield text


def help_text(about: About | None, use: Use | None, signs: Signs, language: str, *, direct: bool = True) -> list[str]:
    """*use*: of this month; None where it could not be found out. *direct*: whether we answer direct messages."""
    model = about.model if about else ""
    reactions = [f"- {sign} {label(f'reaction_{what.value}', language)}" for sign, what in signs.items()]
    texts = [
        label("help_how", language),
        *([label("help_direct", language)] if direct else []),
        label("help_sees", language),
        *(["\n".join([label("help_reactions", language), *reactions])] if reactions else []),
        label("home_model", language, model=literal(model)) if model else label("home_demo", language),
        *([_used(use, language)] if use is not None else []),
    ]
    return list(_packed("\n".join(texts).split("\n")))


def _used(use: Use, language: str) -> str:
    numbers = {name: f"{getattr(use, name):,}" for name in ("turns", "prompt_tokens", "completion_tokens")}
    said = label("home_use", language, cost=money(use.cost_nanodollars), **numbers)
    return f"**{label('home_use_title', language)}**\n{said}"
