"""A locked thread is left in peace: no model is asked, and nothing is posted, edited or typed there."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.texts import LABELS
from tests.platforms.discord.test_process import started, variables
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, Message, User
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer

WRITES = ("create message", "edit message", "delete message", "trigger typing indicator", "modify channel")


@dataclass
class Stage:
    discord: Discord
    model: ModelServer
    kim: User
    channel: Channel
    directory: Path

    @property
    def given(self) -> Mapping[str, str]:
        return variables(self.discord, self.model, self.directory)

    async def answered(self, text: str) -> tuple[Message, Channel]:
        question = await self.discord.post(self.kim, self.channel, f"{self.discord.mention} {text}")
        await self.discord.wait_for(lambda: (found := self.discord.thread_of(question)) and found.shown[-1].components)
        thread = self.discord.thread_of(question)
        assert thread is not None
        return question, thread

    async def say(self, place: Channel, text: str = "and now?") -> Message:
        return await self.discord.post(self.kim, place, f"{self.discord.mention} {text}")

    def count(self) -> int:
        return sum(len(self.discord.calls(name)) for name in WRITES)

    async def stored(self, text: str) -> None:
        await self.discord.wait_for(lambda: text in str(self.rows("SELECT text FROM message_versions")))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self.directory / 'threadbot.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    async def elsewhere(self) -> None:
        """Something else is asked and answered: what came before was dealt with."""
        await self.answered("something else?")


@asynccontextmanager
async def staged(directory: Path) -> AsyncIterator[Stage]:
    async with Discord() as discord, ModelServer() as model:
        discord.gateway.limit.enforced = False
        yield Stage(discord, model, discord.add_user("kim"), discord.add_channel("general"), directory)
        assert not discord.violations


@pytest.mark.parametrize("archived", [False, True])
async def test_what_is_said_in_a_locked_thread_is_not_answered(tmp_path: Path, archived: bool) -> None:
    async with staged(tmp_path) as stage, started(tmp_path, stage.given):
        await stage.discord.wait_connected()
        _, thread = await stage.answered("one?")
        stage.discord.allow(stage.channel, "MANAGE_THREADS", target=stage.kim.id)
        await stage.discord.change_thread(thread, locked=True, archived=archived)
        before, asked = stage.count(), len(stage.model.requests)
        await stage.say(thread, "a moderator's last word")
        await stage.stored("last word")
        assert (stage.count(), len(stage.model.requests)) == (before, asked)
        command = await stage.discord.call(stage.kim, thread, "ask", question="and now?")
        await stage.discord.wait_for(lambda: command.original is not None)
        assert command.original is not None
        assert command.original.content == LABELS["en"]["thread_locked"]
        await stage.discord.change_thread(thread, locked=False, archived=False)
        await stage.say(thread, "open again?")
        await stage.discord.wait_for(lambda: len(stage.discord.replies(thread)) == 2)
        assert "last word" in str(stage.model.requests[-1].body["messages"])


async def test_one_that_was_locked_while_we_were_away_is_not_answered(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        async with started(tmp_path, stage.given):
            await stage.discord.wait_connected()
            threads = [(await stage.answered(text))[1] for text in ("one?", "two?")]
        for thread, archived in zip(threads, (True, False), strict=True):
            await stage.say(thread, f"asked before it was locked {archived}")
            await stage.discord.change_thread(thread, locked=True, archived=archived)
        asked = len(stage.model.requests)
        async with started(tmp_path, stage.given):
            await stage.stored("locked True")
            await stage.stored("locked False")
            await stage.elsewhere()
        assert len(stage.model.requests) == asked + 1
        assert [len(stage.discord.replies(thread)) for thread in threads] == [1, 1]


@pytest.mark.parametrize("archived", [False, True])
async def test_a_question_that_waits_is_not_asked_once_its_thread_is_locked(tmp_path: Path, archived: bool) -> None:
    async with staged(tmp_path) as stage:
        gate = asyncio.Event()
        stage.model.answers.append(Answer("A beginning and " * 20, gate=gate, gate_at=3))
        async with started(tmp_path, stage.given) as life:
            await stage.discord.wait_connected()
            question = await stage.say(stage.channel, "one?")
            await stage.discord.wait_for(lambda: stage.discord.thread_of(question))
            thread = stage.discord.thread_of(question)
            assert thread is not None
            await stage.discord.wait_for(lambda: stage.discord.replies(thread))
            life.send_signal(signal.SIGKILL)
            await life.wait()
        gate.set()
        shown = stage.discord.replies(thread)
        await stage.discord.change_thread(thread, locked=True, archived=archived)
        before = stage.count()
        async with started(tmp_path, stage.given):
            await stage.discord.wait_for(
                lambda: stage.rows("SELECT reason FROM turns") == [("thread_locked",)], seconds=40
            )
        assert len(stage.model.requests) == 1
        assert (stage.count(), stage.discord.replies(thread)) == (before, shown)


@pytest.mark.parametrize("archived", [False, True])
async def test_an_answer_ends_where_its_thread_is_locked_in_the_middle(tmp_path: Path, archived: bool) -> None:
    async with staged(tmp_path) as stage, started(tmp_path, stage.given):
        await stage.discord.wait_connected()
        gate = asyncio.Event()
        stage.model.answers.append(Answer("A beginning and " * 400, gate=gate, gate_at=3))
        question = await stage.say(stage.channel, "one?")
        await stage.discord.wait_for(lambda: stage.discord.thread_of(question))
        thread = stage.discord.thread_of(question)
        assert thread is not None
        await stage.discord.wait_for(lambda: stage.discord.replies(thread))
        await stage.discord.change_thread(thread, locked=True, archived=archived)
        await stage.elsewhere()  # that it is locked has come by now
        before = stage.count()
        gate.set()
        await stage.discord.wait_for(lambda: ("thread_locked",) in stage.rows("SELECT reason FROM turns"))
        assert stage.count() == before
        assert len(stage.discord.replies(thread)) == 1
