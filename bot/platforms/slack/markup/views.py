"""
The views that people open: the receipt of an answer (a modal) and the Home tab. Pure; view_opener.py opens them.

Whatever somebody else wrote stands in plain_text, in which Slack reads no mentions, links or formatting; what stands in
mrkdwn is ours. Limits: Slack, "Views" (100 blocks, titles of 24 characters) and "Section block" (3,000 characters).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.core.ports import Use
from bot.core.receipt.receipt import About
from bot.core.receipt.words import Section, money
from bot.core.texts import label
from bot.platforms.slack.markup.text import escape

View = dict[str, Any]
Block = dict[str, Any]

MOST_BLOCKS = 100
SECTION_LIMIT = 3_000  # characters
HEADER_LIMIT = 150
MODAL_TITLE_LIMIT = 24
PROMPTS = ("explain", "write", "code", "plan")  # at most four


def receipt(sections: Sequence[Section], language: str) -> View:
    blocks = [block for section in sections for block in _section(section)]
    return _modal(blocks[:MOST_BLOCKS], language)


def told(key: str, language: str) -> View:
    """A modal that says one thing."""
    return _modal([_plain_section(label(key, language))], language)


def home(name: str, about: About, use: Use | None, language: str) -> View:
    """*use*: of this month; None when it could not be found out."""
    reactions = [f":{reaction}: {label(f'reaction_{what.value}', language)}" for reaction, what in about.reactions]
    texts = [
        f"{label('home_who', language, name=_escaped(name))} {_answers_from(about.model, language)}",
        f"*{label('home_sees_title', language)}*\n{label('home_sees', language)}",
        f"*{label('home_how_title', language)}*\n{label('home_how', language)}",
        *(["\n".join([label("home_reactions", language), *reactions])] if reactions else []),
        f"*{label('home_use_title', language)}*\n{_used(use, language)}",
    ]
    return {"type": "home", "blocks": [_section_of("mrkdwn", text[:SECTION_LIMIT]) for text in texts]}


def prompts(language: str) -> list[dict[str, str]]:
    """Suggested prompts, as assistant.threads.setSuggestedPrompts and the manifest take them."""
    return [
        {"title": label(f"prompt_{each}_title", language), "message": label(f"prompt_{each}", language)}
        for each in PROMPTS
    ]


def _answers_from(model: str, language: str) -> str:
    return label("home_model", language, model=_escaped(model)) if model else label("home_demo", language)


def _used(use: Use | None, language: str) -> str:
    if use is None:
        return label("home_use_unknown", language)
    numbers = {name: f"{getattr(use, name):,}" for name in ("turns", "prompt_tokens", "completion_tokens")}
    return label("home_use", language, cost=money(use.cost_nanodollars), **numbers)


def _section(section: Section) -> Iterator[Block]:
    yield {"type": "header", "text": _plain(section.title[:HEADER_LIMIT])}
    for text in _packed(section.lines):
        yield _plain_section(text)


def _packed(lines: Sequence[str]) -> Iterator[str]:
    """Lines together, in texts that a section can hold."""
    text = ""
    for line in (line[:SECTION_LIMIT] for line in lines if line):
        if text and len(text) + 1 + len(line) > SECTION_LIMIT:
            yield text
            text = ""
        text = f"{text}\n{line}" if text else line
    if text:
        yield text


def _modal(blocks: Sequence[Block], language: str) -> View:
    return {
        "type": "modal",
        "title": _plain(label("receipt_title", language)[:MODAL_TITLE_LIMIT]),
        "close": _plain(label("close", language)[:MODAL_TITLE_LIMIT]),
        "blocks": list(blocks),
    }


def _plain_section(text: str) -> Block:
    return _section_of("plain_text", text)


def _section_of(kind: str, text: str) -> Block:
    return {"type": "section", "text": _plain(text) if kind == "plain_text" else {"type": kind, "text": text}}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    """In mrkdwn: neither a token of Slack's nor formatting."""
    return escape("".join(c for c in text if c.isprintable() and c not in "*_~`"))
