"""All that somebody wrote is composed where it comes in, in a time that grows with its length."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation import Posted, ThreadRef
from bot.core.decide import commands
from bot.core.preferences.registry import Mode
from bot.platforms.common.payloads import composed, string
from bot.platforms.discord.incoming import events as discord
from bot.platforms.discord.incoming.participants import name_of as discord_name
from bot.platforms.discord.places import Kind, Place
from bot.platforms.slack.incoming import events as slack
from bot.platforms.slack.incoming.files import files_of
from bot.platforms.slack.incoming.participants import name_of
from bot.platforms.web import events as web

SAID = "스레드봇아, 조용히 해 줘 é"
DECOMPOSED = unicodedata.normalize("NFD", SAID)


@given(st.text())
def test_a_text_is_in_form_nfc(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)
    assert string({"a": text}, "a") == composed(text)


@pytest.mark.parametrize("length", [1, 199, 200, 201, 5_000])
def test_so_is_a_long_one_without_a_blank(length: int) -> None:
    assert composed(unicodedata.normalize("NFD", "각é" * length)) == "각é" * length


@pytest.mark.parametrize("unit", ["\u0301\u0323", "\u0301\u0323" * 80 + "a", "\u1100\u1161\u11a8", "가", "a\u0301"])
def test_nobody_waits_for_a_hostile_one(unit: str) -> None:
    text = "a" + unit * (60_000 // len(unit))
    began = time.process_time()
    composed(text)
    assert time.process_time() - began < 0.3  # of CPU; what is quadratic takes several seconds


def on_slack() -> Posted | None:
    event = {"type": "message", "channel": "C1", "ts": "1700000000.000100", "user": "U1", "text": DECOMPOSED}
    us = slack.Identity("T1", "UBOT", "B1", "threadbot")
    said = slack.incoming({"type": "event_callback", "event": event}, us)
    return said if isinstance(said, Posted) else None


def on_discord() -> Posted | None:
    message = {"id": "7", "channel_id": "8", "author": {"id": "9"}, "type": 0, "content": DECOMPOSED}
    us = discord.Identity("6", "6", "threadbot")
    said = discord.read(message, Place("5", "8", None, Kind.TEXT), ThreadRef("discord", "5", "8", "7"), us)
    return said if isinstance(said, Posted) else None


def on_the_playground() -> Posted | None:
    author = {"id": "you", "kind": "person", "name": DECOMPOSED}
    told = {"id": 1, "channel": "general", "thread": 1, "posted_at": 0, "deleted": False, "direct": False}
    return web.posted("w", told | {"author": author, "text": DECOMPOSED})


@pytest.mark.parametrize("said", [on_slack(), on_discord(), on_the_playground()], ids=["slack", "discord", "web"])
def test_what_a_mac_sends_is_what_others_send(said: Posted | None) -> None:
    assert said is not None
    assert (said.text, said.words, said.calls_bot) == (SAID, SAID, True)
    command = commands.parse(said.words.removeprefix("스레드봇아, ").removesuffix(" é"))
    assert command is not None
    assert command.value is Mode.QUIET


def test_names_are_composed() -> None:
    assert name_of({"profile": {"display_name": DECOMPOSED}}) == SAID
    assert discord_name({"username": DECOMPOSED}) == SAID
    assert [file.name for file in files_of({"files": [{"id": "F1", "name": DECOMPOSED}]})] == [SAID]
