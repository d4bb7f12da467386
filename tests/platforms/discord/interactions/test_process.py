"""Commands and buttons of the bot as a process, with a model and a ledger; killed in the middle, too."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.core.texts import LANGUAGES, label
from tests.platforms.discord.test_process import started, variables
from tests.standins.discord import Discord
from tests.standins.discord.interactions.interactions import DEFERRED_MESSAGE, DEFERRED_UPDATE
from tests.standins.discord.state.objects import Channel, Message, User
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        server.default = Answer("마흔둘입니다.")
        yield server


@pytest.fixture
def kim(discord: Discord) -> User:
    discord.gateway.limit.enforced = False
    return discord.add_user("kim", locale="ko")


@pytest.fixture
def channel(discord: Discord) -> Channel:
    return discord.add_channel("general")


def said(discord: Discord, channel: Channel) -> list[str]:
    return [each.content for each in channel.shown if each.author == discord.bot and each.content]


def button(message: Message, action: str) -> str:
    ids: list[str] = [each["custom_id"] for row in message.components for each in row["components"]]
    return next(each for each in ids if each.split(":")[1] == action)


async def ready(discord: Discord) -> None:
    await discord.wait_connected()
    await discord.wait_for(lambda: discord.commands.registered[""])


def stored(directory: Path) -> Callable[[], bool]:
    def look() -> bool:
        with sqlite3.connect(f"file:{directory / 'threadbot.db'}?mode=ro", uri=True) as connection:
            return bool(connection.execute("SELECT count(*) FROM messages").fetchone()[0])

    return look


async def test_a_question_is_answered_repeated_and_explained(
    discord: Discord, model: ModelServer, kim: User, channel: Channel, tmp_path: Path
) -> None:
    async with started(tmp_path, variables(discord, model, tmp_path)):
        await ready(discord)
        asked = await discord.call(kim, channel, "ask", question="6 × 7 = ?")
        await discord.wait_for(lambda: asked.original is not None and asked.original.components)
        response = asked.original
        assert response is not None
        assert response.components[0]["components"][0]["label"] == "다시 시도"  # kim reads Discord in Korean
        assert said(discord, channel) == [response.content] == ["마흔둘입니다."]
        model.default = Answer("42입니다.")
        pressed = await discord.press(kim, response, button(response, "repeat"))
        await discord.wait_for(lambda: response.content == "42입니다." and response.components)
        assert pressed.answered == DEFERRED_UPDATE
        details = await discord.press(kim, response, button(response, "receipt"))
        await discord.wait_for(lambda: details.original is not None and "턴 1" in details.original.content)
        model.default = Answer("그렇습니다.")
        await discord.post(kim, channel, "정말?", reply_to=response)
        await discord.wait_for(lambda: len(said(discord, channel)) == 2)
        texts = [message["content"] for message in model.requests[-1].body["messages"]]
        assert any("6 × 7 = ?" in text for text in texts)
        assert any("42입니다." in text for text in texts)
    assert len(said(discord, channel)) == 2
    assert not discord.calls("start thread from message")
    assert not discord.violations


async def test_everybody_is_spoken_to_in_their_own_language_where_it_is_known_and_else_in_the_communitys(
    discord: Discord, model: ModelServer, channel: Channel, tmp_path: Path
) -> None:
    discord.gateway.limit.enforced = False
    kim, lee = discord.add_user("kim", locale="en-GB"), discord.add_user("lee")
    discord.guild.community = "ko"

    async def labelled(user: User) -> str:
        question = await discord.post(user, channel, f"{discord.mention} 6 × 7 = ?")
        await discord.wait_for(lambda: (found := discord.thread_of(question)) and found.shown[-1].components)
        thread = discord.thread_of(question)
        assert thread is not None
        shown: str = thread.shown[-1].components[0]["components"][0]["label"]
        return shown

    given = variables(discord, model, tmp_path)
    async with started(tmp_path, given):
        await ready(discord)
        asked = await discord.call(kim, channel, "ask", question="6 × 7 = ?")
        await discord.wait_for(lambda: asked.original is not None and asked.original.components)
    async with started(tmp_path, given):  # which nobody has told kim's language
        await discord.wait_connected()
        for _ in range(2):
            assert await labelled(kim) == LANGUAGES["en"]["button_repeat"]
            assert await labelled(lee) == LANGUAGES["ko"]["button_repeat"]
        told = await discord.post(lee, channel, f"{discord.mention} quiet")
        await discord.wait_for(lambda: (found := discord.thread_of(told)) and found.shown[-1].content)
        thread = discord.thread_of(told)
        assert thread is not None
        assert LANGUAGES["ko"]["mode_quiet_channel"] in thread.shown[-1].content


async def test_a_private_question_is_answered_to_one_person_alone(
    discord: Discord, model: ModelServer, kim: User, channel: Channel, tmp_path: Path
) -> None:
    async with started(tmp_path, variables(discord, model, tmp_path)):
        await ready(discord)
        asked = await discord.call(kim, channel, "ask", question="비밀인데, 6 × 7은?", private=True)
        await discord.wait_for(lambda: asked.original is not None and asked.original.content == "마흔둘입니다.")
        assert asked.original is not None
        assert asked.original.ephemeral
        quiet = await discord.call(kim, channel, "quiet")
        await discord.wait_for(lambda: quiet.original is not None and quiet.original.content)
        assert quiet.original is not None
        assert label("as_commands", "ko") in quiet.original.content
        told = await discord.call(kim, channel, "ask", question="들려?")
        await discord.wait_for(lambda: told.original is not None)
        assert told.original is not None
        assert told.original.content == label("asked_when_quiet", "ko")
    assert len(said(discord, channel)) == 1
    assert "마흔둘입니다." not in said(discord, channel)
    assert not discord.calls("create message")
    assert not discord.violations


async def test_killed_between_the_commit_and_the_acknowledgement_a_question_is_answered_all_the_same(
    discord: Discord, model: ModelServer, kim: User, channel: Channel, tmp_path: Path
) -> None:
    gate = discord.hold("create interaction response")
    given = variables(discord, model, tmp_path)
    async with started(tmp_path, given) as bot:
        await ready(discord)
        asked = await discord.call(kim, channel, "ask", question="6 × 7은?")
        await discord.wait_for(lambda: gate.waiting)
        await discord.wait_for(stored(tmp_path))
        bot.kill()
        await bot.wait()
    discord.interactions.answer_seconds = 0.0  # what was on its way comes to nothing
    discord.release("create interaction response")
    async with started(tmp_path, given):
        await discord.wait_for(lambda: said(discord, channel) == ["마흔둘입니다."])
    assert asked.answered == 0
    assert said(discord, channel) == ["마흔둘입니다."]


async def test_killed_while_it_answers_it_goes_on_in_the_same_response(
    discord: Discord, model: ModelServer, kim: User, channel: Channel, tmp_path: Path
) -> None:
    model.default = Answer("마흔둘입니다.", hold=asyncio.Event())
    given = variables(discord, model, tmp_path)
    async with started(tmp_path, given) as bot:
        await ready(discord)
        asked = await discord.call(kim, channel, "ask", question="6 × 7은?")
        await discord.wait_for(lambda: asked.answered == DEFERRED_MESSAGE and model.requests)
        bot.kill()
        await bot.wait()
    model.default = Answer("마흔둘입니다.")
    async with started(tmp_path, given):
        await discord.wait_for(lambda: asked.original is not None and asked.original.content == "마흔둘입니다.")
    assert said(discord, channel) == ["마흔둘입니다."]
    assert discord.commands.writes == {"": 1}
