"""Buttons below answers that a process before has given: each press is checked against the ledger."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.core.texts import label
from tests.platforms.discord.interactions.test_process import button
from tests.platforms.discord.test_process import started, variables
from tests.standins.discord import Discord
from tests.standins.discord.interactions.interactions import DEFERRED_UPDATE
from tests.standins.discord.state.objects import Channel, Message, User
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer


def rows(directory: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{directory / 'threadbot.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


async def answer_to(discord: Discord, kim: User, channel: Channel, text: str) -> Message:
    """As soon as there is something of it."""
    question = await discord.post(kim, channel, f"{discord.mention} {text}")
    await discord.wait_for(lambda: (found := discord.thread_of(question)) and discord.replies(found))
    thread = discord.thread_of(question)
    assert thread is not None
    return next(each for each in thread.shown if each.author == discord.bot and each.content)


async def test_all_buttons_work_after_a_restart_for_whoever_may_press_them(discord: Discord, tmp_path: Path) -> None:
    discord.gateway.limit.enforced = False
    kim, lee = discord.add_user("kim"), discord.add_user("lee")
    channel, elsewhere = discord.add_channel("general"), discord.add_channel("elsewhere")
    async with ModelServer() as model:
        given = variables(discord, model, tmp_path)
        model.answers.append(Answer("The first half", finish_reason="length"))
        async with started(tmp_path, given):
            await discord.wait_connected()
            shown = await answer_to(discord, kim, channel, "one?")
            await discord.wait_for(lambda: len(shown.components) == 2)
            old = list(shown.components)
            other = await answer_to(discord, lee, elsewhere, "two?")
            await discord.wait_for(lambda: other.components)
        async with started(tmp_path, given):
            await discord.wait_connected()
            for user, action in ((kim, "like"), (lee, "dislike"), (lee, "dislike")):
                pressed = await discord.press(user, shown, button(shown, action))
                await discord.wait_for(lambda: pressed.answered)  # noqa: B023 - it is waited for at once
                assert pressed.answered == DEFERRED_UPDATE
            assert rows(tmp_path, "SELECT value FROM feedback ORDER BY id") == [("like",), ("dislike",)]
            for user, said in ((lee, label("receipt_private", "en")), (kim, "turn 1")):
                details = await discord.press(user, shown, button(shown, "receipt"))
                await discord.wait_for(lambda: details.original is not None)  # noqa: B023 - as above
                assert details.original is not None
                assert said.casefold() in details.original.content.casefold()
                assert details.original.ephemeral
            forged = button(shown, "repeat")
            other.components = shown.components  # as somebody's own client may send it
            pressed = await discord.press(lee, other, forged)
            await discord.wait_for(lambda: pressed.answered)
            model.answers.append(Answer(" and the second half."))
            await discord.press(lee, shown, button(shown, "continue"))
            await discord.wait_for(lambda: "second half" in shown.content and len(shown.components) == 2)
            shown_then, shown.components = shown.components, old
            for action in ("continue", "repeat"):  # of an answer that is another one by now
                pressed = await discord.press(kim, shown, button(shown, action))
                await discord.wait_for(lambda: pressed.answered)  # noqa: B023 - as above
            shown.components = shown_then
            model.answers.append(Answer("Another answer."))
            await discord.press(kim, shown, button(shown, "repeat"))
            await discord.wait_for(lambda: shown.content.startswith("Another answer."))
        assert len(model.requests) == 4, "what was forged, or came too late, has asked nothing"
        assert rows(tmp_path, "SELECT variant FROM turns ORDER BY id") == [(2,), (1,)]
    assert not discord.violations


async def test_what_is_written_when_a_process_dies_is_stopped_by_its_button_in_the_next_one(
    discord: Discord, tmp_path: Path
) -> None:
    discord.gateway.limit.enforced = False
    kim, lee, channel = discord.add_user("kim"), discord.add_user("lee"), discord.add_channel("general")
    async with ModelServer() as model:
        given = variables(discord, model, tmp_path)
        model.answers += [Answer("Words and more words. " * 60, chunk_delay=0.02), Answer(hold=asyncio.Event())]
        async with started(tmp_path, given) as life:
            await discord.wait_connected()
            shown = await answer_to(discord, kim, channel, "one?")
            await discord.wait_for(lambda: shown.components)
            stop = button(shown, "stop")
            life.kill()
            await life.wait()
        async with started(tmp_path, given):
            await discord.wait_for(lambda: len(model.requests) == 2)
            await discord.wait_connected()
            pressed = await discord.press(lee, shown, stop)
            await discord.wait_for(lambda: rows(tmp_path, "SELECT state FROM turns") == [("stopped",)])
            await discord.wait_for(lambda: pressed.answered)
        assert pressed.answered == DEFERRED_UPDATE
        assert len(model.requests) == 2
    assert not discord.violations
