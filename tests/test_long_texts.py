"""
No text holds the event loop: whatever reads a text of somebody else's takes time in proportion to its length.

Patterns are found in the sources, so that none is forgotten: each is fed here, or reached by a function that is, or
named with the reason why nobody else's text gets to it. What is measured is CPU time of this thread, not time.
"""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import BadRequestError

from bot import markdown
from bot.core import texts
from bot.core.completion.reasoning import LONGEST_MARK, Parting
from bot.core.conversation import ThreadRef
from bot.core.decide import addressing, commands
from bot.core.ports import PromptImage, PromptMessage
from bot.core.prompt import speakers
from bot.core.reply import status
from bot.core.texts import former
from bot.files.text import read_text
from bot.llm import images, openai_errors, server_words, tokens
from bot.platforms.common import links
from bot.platforms.discord.incoming import events as discord_events
from bot.platforms.discord.incoming import reactions as discord_reactions
from bot.platforms.discord.incoming import threading as discord_threading
from bot.platforms.discord.markup import buttons as discord_buttons
from bot.platforms.discord.markup import dialect as discord_dialect
from bot.platforms.discord.markup import message as discord_message
from bot.platforms.discord.markup import own_message as discord_own_message
from bot.platforms.discord.markup import text as discord_text
from bot.platforms.discord.places import Kind, Place
from bot.platforms.slack.incoming import actions, events, files, message_text, participants
from bot.platforms.slack.markup import mention_tokens as slack_tokens
from bot.platforms.slack.markup import message, mrkdwn, own_message
from bot.platforms.slack.markup import text as slack_text
from bot.platforms.web import events as web_events
from tests.hostile import LENGTH, alone, pairs, run, runs, shown

ROOT = Path(__file__).resolve().parent.parent
CALLS = ("compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer")

PATTERN_SECONDS = 0.1  # of CPU, for 40,000 characters; what is quadratic takes several
ON_THE_LOOP_SECONDS = 0.15  # the same, of what the event loop waits for: 0.1, and half for busy caches
SHORTER, IN_A_THREAD_SECONDS = 10_000, 0.2  # characters and CPU of what the event loop does not wait for

BOUNDED = {
    "core/completion/reasoning.py:_OPEN_END": 2 * LONGEST_MARK,
    "core/completion/reasoning.py:_AROUND_END": 2 * LONGEST_MARK,
    "core/decide/commands.py:_BEGINNING": 4 * commands.LONGEST,
    "core/decide/commands.py:_POLITE": 4 * commands.LONGEST,
    "core/decide/commands.py:_END": 4 * commands.LONGEST,
    "llm/images.py:_SEES_NOTHING": 2 * openai_errors.QUOTED,
    "llm/openai_errors.py:_TOO_LONG": 2 * openai_errors.QUOTED,
    "llm/openai_errors.py:_REFUSED_WORDING": 2 * openai_errors.QUOTED,
    "llm/openai_errors.py:_NO_SYSTEM": 2 * openai_errors.QUOTED,
}
"""How much of a text gets to a pattern, where that is less than all of it; characters."""

IN_FUNCTIONS = {
    "core/decide/addressing.py:_patterns": "calls",
    "core/decide/addressing.py:_vocative": "calls_another",
    "platforms/common/mentions.py:uncalled": "readable",
    "platforms/slack/markup/text.py:readable": "readable",
    "platforms/discord/markup/text.py:readable": "Discord's text",
    "platforms/slack/markup/text.py:unescaped": "readable",
    "platforms/slack/markup/text.py:_link": "readable",
    "platforms/slack/markup/text.py:notification": "notification",
    "markdown/lines.py:fence_in": "continued",
    "platforms/slack/markup/own_message.py:_without_last_lines": "our own message",
    "platforms/slack/markup/mention_tokens.py:_entity_begun": "safe, unfinished",
    "platforms/slack/incoming/events.py:microseconds": "a body, all of it",
    "platforms/common/links.py:_behind": "with_targets",
    "platforms/common/hosts.py:_named": "with_targets",
    "platforms/common/hosts.py:host_of": "with_targets",
    "platforms/common/hosts.py:_targets": "with_targets",
    "llm/openai_errors.py:_first_named": "an error",
    "llm/openai_errors.py:_seconds": "Retry-After",
    "llm/openai_errors.py:_number": "an error",
    "llm/server_words.py:_without": "an error",
    "core/completion/reasoning.py:_marks": "reasoning",
    "core/completion/reasoning.py:_may_become_mark": "reasoning",
    "core/completion/reasoning.py:_begins_name": "reasoning",
    "markdown/splitting.py:_rough_cuts": "split",
    "markdown/tables.py:_cells": "aligned",
    "files/text.py:_comes_in_pairs": "a text file",
}
"""Patterns that are made or used where they stand: which function below reaches them."""

OURS = {
    "cli.py:_public": "an operator's own argument",
    "settings.py:*": "an operator's own setting",
    "environment/database_url.py:*": "an operator's own setting",
    "environment/env_file.py:*": "an operator's own setting",
    "environment/forms.py:*": "an operator's own setting",
    "environment/wording.py:*": "an operator's own setting",
    "network/proxies.py:*": "an operator's own setting, and hosts of addresses that were found to be good",
    "commands/turns.py:parse_span": "an operator's own argument",
    "platforms/discord/setup/token_kinds.py:kind": "an operator's own setting",
    "core/decide/addressing.py:_any_of": "re.escape",
    "core/texts/former.py:_VALUE": "our own sentences",
}
"""Patterns that see nobody else's text, and why."""


def _incoming(**said: Any) -> object:
    event = {"type": "message", "channel": "C1", "ts": "1700000000.000100", "user": "U1", "text": "hi"} | said
    return events.incoming({"type": "event_callback", "api_app_id": "A1", "event": event}, US)


def _rich(text: str) -> dict[str, Any]:
    """A piece of text in all forms that have a pattern of their own."""
    said = {"type": "text", "text": text, "style": {"bold": True}}
    words = [said, {"type": "link", "url": text, "text": text}, {"type": "user", "user_id": text}]
    code = {"type": "rich_text_preformatted", "elements": [said]}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": words}, code]}


def _on_discord(**said: Any) -> object:
    message = {"id": "7", "channel_id": "8", "author": {"id": "9"}, "type": 0, "content": "hi"} | said
    thread = ThreadRef("discord", "5", "8", "7")
    us = discord_events.Identity("6", "6", "threadbot")
    return discord_events.read(message, Place("5", "8", None, Kind.TEXT, own_role="4"), thread, us)


def _on_discord_beside(text: str) -> object:
    """All that a message may say beside its content, in twenty places: five times as much in all as anywhere else."""
    text = text[: LENGTH // 4]
    file = {"id": "7", "filename": text, "title": text, "content_type": text}
    embed = {"type": "rich", "url": text, "title": text, "fields": [{"name": text, "value": text}]}
    component = {"type": 17, "components": [{"type": 10, "content": text}]}
    poll = {"question": {"text": text}, "answers": [{"poll_media": {"text": text}}]}
    beside = {"attachments": [file], "embeds": [embed], "components": [component], "sticker_items": [{"name": text}]}
    return _on_discord(webhook_id="5", content="", poll=poll, message_snapshots=[{"message": beside}], **beside)


def _own(text: str) -> dict[str, Any]:
    """A message of ours, as text and as other blocks with a notice below."""
    note = {"type": "context", "elements": [{"type": "plain_text", "text": text}]}
    metadata = {"event_type": message.EVENT_TYPE, "event_payload": {message.NOTE_LINES: text}}
    return {"text": text, "metadata": metadata, "blocks": [{"type": "rich_text"}, note]}


def joined(before: str, after: str, *, finished: bool = True) -> str:
    return markdown.join_continuation(before, after, speakers.unbracketed, finished=finished)


def parted(text: str) -> None:
    """As it comes: in pieces."""
    parting = Parting()
    for start in range(0, len(text), 64):
        parting.feed(text[start : start + 64])
    parting.end(cut=False)


def _grow(text: str) -> None:
    """All that one message of a stream may hold."""
    markdown.Growing().take(text[: message.PART_LIMIT])


def _error(text: str) -> None:
    request = httpx2.Request("POST", "http://model")
    response = httpx2.Response(400, request=request, headers={"retry-after": "x"})
    body = {"message": text, "code": text, "param": text, "type": text, "n_ctx": text}
    error = BadRequestError(text, response=response, body=body)
    openai_errors.translate(error, NOW)
    openai_errors.refused_parameter(error, ("seed", "stop"))
    openai_errors.refused_system(error)
    server_words.words_of(error, [text, f"a question {text}"], "sk-made-up")
    images.refused(error, [PromptMessage("user", "", images=(PromptImage(0, b"", "image/png", 1),))])


NOW = datetime(2026, 11, 1, tzinfo=UTC)
US = events.Identity("T1", "UBOT", "B1", "threadbot")
TABLE = "|a|b|\n|-|-|\n|c|"

ON_THE_LOOP: dict[str, Callable[[str], object]] = {
    "calls": lambda text: addressing.calls(text, {"threadbot", "스레드봇"}),
    "calls_another": lambda text: addressing.calls_another(text, {"kim", "이 순신"}),
    "calls_another, by the name": lambda text: addressing.calls_another("hey kim,", {text}),
    "asks": addressing.asks,
    "a command": commands.parse,
    "a name": speakers.looks,
    "a title": status.title_of,
    "the language": texts.language_of,
    "former sentences": lambda text: former.without_former_sentences(text, str),
    "a text, unbracketed": speakers.unbracketed,
    "our own message": lambda text: own_message.answer_of(_own(text)),
    "readable": lambda text: slack_text.readable(text, "UBOT"),
    "references": slack_text.references,
    "mentioned_in": participants.mentioned_in,
    "a body": lambda text: _incoming(text=text),
    "a body, all of it": lambda text: _incoming(
        ts=text, user=text, thread_ts=text, bot_id=text, username=text, edited={"ts": text}, channel=text
    ),
    "blocks and attachments": lambda text: message_text.text_of(
        {"blocks": [{"text": text}], "attachments": [{"text": text}]}
    ),
    "a notification and a block": lambda text: message_text.text_of(
        {"bot_id": "B1", "text": text, "blocks": [{"type": "mrkdwn", "text": text[1:]}]}
    ),
    "plain text and Markdown": lambda text: message_text.text_of(
        {"blocks": [{"type": "plain_text", "text": text}, {"type": "markdown", "text": text}]}
    ),
    "a cell": lambda text: message_text.text_of(
        {"blocks": [{"type": "table", "rows": [[{"type": "mrkdwn", "text": text}]]}]}
    ),
    "rich text": lambda text: message_text.text_of({"blocks": [_rich(text)]}),
    "a file": lambda text: files.file_of({"id": "F1", "name": text, "mimetype": text, "url_private": text}),
    "a press": lambda text: actions.pressed({"type": "block_actions", "actions": [{"value": text}]}),
    "name_of": lambda text: participants.name_of({"profile": {"display_name": text}}),
    "content": lambda text: message.content(message.Piece(text[: message.PART_LIMIT]), plain=False),
    "content, plain": lambda text: message.content(message.Piece(text[: message.PLAIN_LIMIT]), plain=True),
    "notification": slack_text.notification,
    "growing": _grow,
    "a message on Discord": lambda text: _on_discord(content=text),
    "a message on Discord, all of it": lambda text: _on_discord(
        id=text, edited_timestamp=text, webhook_id=text, author={"id": text, "username": text}, mention_roles=[text]
    ),
    "a message on Discord, beside its text": _on_discord_beside,
    "a topic": discord_threading.begins_topic,
    "a reaction on Discord": lambda text: discord_reactions.marks_on(
        {"reactions": [{"emoji": {"name": text}}]}, discord_reactions.DEFAULT_SIGNS
    ),
    "Discord's text": lambda text: (discord_text.readable(text, "7", {}, ["8"]), discord_text.references(text)),
    "a name of a thread": lambda text: discord_text.thread_name(text, "a"),
    "a notice": lambda text: discord_text.literal(text),
    "Discord's content": lambda text: discord_message.content(discord_message.Piece(text[:1_900], (text,))),
    "our own message on Discord": lambda text: discord_own_message.answer_of({"content": text}),
    "a button": discord_buttons.button_of,
    "the playground": lambda text: (web_events.mentioned(text), web_events.readable(text)),
    "tokens": tokens.count,
    "reasoning": parted,
    "reasoning, begun": lambda text: parted(f"<think>{text}"),
    "reasoning, over": lambda text: parted(f"<think>a</think>{text}"),
    "an error": _error,
    "Retry-After": lambda text: openai_errors.retry_after({"retry-after": text[:8_000]}, NOW),  # of h11, 64 kB in all
    "continued": lambda text: joined(text[:20_000], text[20_000:]),
    "continued, the same": lambda text: joined(text, text),
    "continued, code": lambda text: joined(f"```python\n{text}", f"```python\n{text}"),
    "continued, a table": lambda text: joined(TABLE, text, finished=False),
}
"""What may run on the event loop."""

IN_A_THREAD: dict[str, Callable[[str], object]] = {
    "close_open": markdown.close_open,
    "spaced": markdown.spaced,
    "split": lambda text: markdown.split(text, message.PLAIN_LIMIT),
    "prose": lambda text: list(markdown.prose(text)),
    "aligned": markdown.aligned,
    "mrkdwn": mrkdwn.mrkdwn,
    "with_targets": links.with_targets,
    "safe, unfinished": lambda text: slack_tokens.defused(text, unfinished=True),
    "pieces": lambda text: message.pieces(text, plain=False),
    "pieces, plain": lambda text: message.pieces(text, plain=True),
    "beginning": lambda text: message.beginning(text, plain=False),
    "Discord's dialect": discord_dialect.dialect,
    "Discord's pieces": discord_message.pieces,
    "Discord's beginning": discord_message.beginning,
    "a text file": lambda text: read_text(text.encode("utf-8", "replace"), LENGTH),
}
"""What does not."""


@pytest.fixture(scope="module", autouse=True)
def _vocabulary() -> None:
    tokens.load()


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _uses(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Which methods are called of which names, of the module or of another one's."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            yield node.func.value.id, node.func.attr


def _is_of_re(node: ast.AST) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"


def _places(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Where `re` is called: the name that a pattern of the module is given, or the function; whether it is a name."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(_is_of_re, ast.walk(statement))):
            yield statement.name, False
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and any(map(_is_of_re, ast.walk(statement))):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from ((name.id, True) for each in targets for name in ast.walk(each) if isinstance(name, ast.Name))


def _inventory() -> tuple[dict[str, list[re.Pattern[Any]]], dict[str, set[str]], set[str]]:
    """Patterns by their names, which of their methods are called, and functions in which `re` is."""
    patterns: dict[str, list[re.Pattern[Any]]] = {}
    methods: dict[str, set[str]] = defaultdict(set)
    functions = set()
    trees = {path: ast.parse(path.read_text()) for path in sorted((ROOT / "bot").rglob("*.py"))}
    elsewhere = [use for tree in trees.values() for use in _uses(tree) if not use[0].startswith("_")]
    for path, tree in trees.items():
        here = path.relative_to(ROOT / "bot").as_posix()
        for name, is_pattern in _places(tree):
            if not is_pattern:
                functions.add(f"{here}:{name}")
                continue
            value = getattr(importlib.import_module(_module(path)), name)
            patterns[f"{here}:{name}"] = [value] if isinstance(value, re.Pattern) else list(value)
            methods[f"{here}:{name}"] |= {called for of, called in (*_uses(tree), *elsewhere) if of == name}
    return patterns, methods, functions


PATTERNS, METHODS, FUNCTIONS = _inventory()


def _ours(place: str) -> bool:
    return place in OURS or f"{place.partition(':')[0]}:*" in OURS


def test_every_pattern_is_fed_or_sees_only_our_own_text() -> None:
    """Whoever writes one more adds it here, or its function to those below."""
    forgotten = {place for place in FUNCTIONS if not _ours(place) and place not in IN_FUNCTIONS}
    assert forgotten == set()
    named = {each for each in (*OURS, *IN_FUNCTIONS, *BOUNDED) if each not in {*PATTERNS, *FUNCTIONS}}
    assert all(each.endswith(":*") for each in named)
    assert set(IN_FUNCTIONS.values()) <= {*ON_THE_LOOP, *IN_A_THREAD}


def _found(pattern: re.Pattern[Any], method: str, text: str | bytes) -> None:
    match method:
        case "sub":
            pattern.sub(lambda _: text[:0], text)
        case "finditer":
            for _ in pattern.finditer(text):
                pass
        case _:
            getattr(pattern, method)(text)


def _assert_quick(read: Callable[[str], object], fed: Iterable[str], seconds: float) -> None:
    """Twice, where it was slow once: another process may have had this processor's cache."""
    for text in fed:
        if _took(read, text) > seconds and (took := min(_took(read, text), _took(read, text))) > seconds:
            pytest.fail(f"{took:.2f} s of CPU for {shown(text)}")


def _took(read: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    read(text)
    return time.thread_time() - began


@pytest.mark.parametrize("place", [place for place in PATTERNS if not _ours(place)])
def test_a_pattern_takes_time_in_proportion_to_the_text(place: str) -> None:
    longest = BOUNDED.get(place, LENGTH)
    methods = METHODS[place].intersection(CALLS) or {"search", "match", "fullmatch"}

    def read(text: str) -> None:
        for pattern in PATTERNS[place]:
            for method in methods:
                given = text[:longest]
                _found(
                    pattern, method, given.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else given
                )

    _assert_quick(read, (*alone(), *runs(), *pairs(SHORTER)), PATTERN_SECONDS * len(PATTERNS[place]))


@pytest.mark.parametrize("reader", ON_THE_LOOP)
def test_the_event_loop_waits_for_no_text(reader: str) -> None:
    _assert_quick(ON_THE_LOOP[reader], runs(), ON_THE_LOOP_SECONDS)


@pytest.mark.parametrize("reader", IN_A_THREAD)
def test_a_text_that_a_thread_reads_takes_time_in_proportion_to_its_length(reader: str) -> None:
    _assert_quick(IN_A_THREAD[reader], runs(SHORTER), IN_A_THREAD_SECONDS)


@pytest.mark.parametrize("unit", ["**a* ", "*a ", "]*a ", "[a]("])
def test_marks_without_an_end_are_not_looked_through_again_at_every_mark(unit: str) -> None:
    _assert_quick(markdown.spaced, [run(unit)], 0.5)


def test_a_pattern_that_nobody_feeds_is_found() -> None:
    tree = ast.parse("import re\n_A = re.compile('a+')\ndef f(text):\n    return re.sub('b', '', text)\n")
    assert sorted(_places(tree)) == [("_A", True), ("f", False)]


def test_what_is_quadratic_is_found() -> None:
    with pytest.raises(pytest.fail.Exception):
        _assert_quick(lambda text: re.search(r"[ \t]+x", text), [run("\t", 15_000)], PATTERN_SECONDS)
