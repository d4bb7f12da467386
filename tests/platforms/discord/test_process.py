"""The bot as a process on Discord: what it is started with, what it says, and that it answers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.commands.platforms import discord as setup
from bot.core.errors import BotError
from bot.platforms.discord.setup.invite import link
from bot.settings import Settings
from bot.store.database.urls import open_database
from tests.faults.lives import bot
from tests.faults.slack_venue import environment
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Message
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.slack import Slack
from tests.test_cli import threadbot

ROOT = Path(__file__).resolve().parents[3]


def variables(discord: Discord, model: ModelServer, directory: Path) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": model.url,
        "DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'threadbot.db'}",
        "INTERNAL_PORT": "0",
        "PYTHONPATH": str(ROOT),
    }


@asynccontextmanager
async def started(directory: Path, given: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=directory, env={**kept, **given}, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield bot
    finally:
        if bot.returncode is None:
            bot.send_signal(signal.SIGTERM)
        async with asyncio.timeout(100):
            await bot.wait()


def replies(discord: Discord, question: Message) -> list[str]:
    thread = discord.thread_of(question)
    return [] if thread is None else [each for each in discord.replies(thread) if each]


async def test_a_mention_is_answered_in_a_thread_of_its_own_and_again_after_a_restart(tmp_path: Path) -> None:
    async with Discord() as discord, ModelServer() as model:
        kim, channel = discord.add_user("kim"), discord.add_channel("general")
        discord.gateway.limit.enforced = False  # nobody waits five seconds before they start it again
        model.default = Answer("Forty-two.")
        given = variables(discord, model, tmp_path)
        async with started(tmp_path, given) as bot:
            await discord.wait_connected()
            direct = discord.direct(kim)
            await discord.post(kim, direct, "hello")
            await discord.wait_for(lambda: discord.replies(direct))
            assert "“new topic”" in discord.replies(direct)[0]
            question = await discord.post(kim, channel, f"{discord.mention} What is six times seven?")
            await discord.wait_for(lambda: replies(discord, question))
            thread = discord.thread_of(question)
            assert thread is not None
            assert thread.name == "What is six times seven?"
            bot.send_signal(signal.SIGTERM)
            assert await bot.wait() == 0
            assert bot.stdout is not None
            said = (await bot.stdout.read()).decode()
        assert f"Discord: threadbot ({discord.bot})" in said
        meanwhile = await discord.post(kim, channel, f"{discord.mention} And seven times six?")
        async with started(tmp_path, given):
            await discord.wait_for(lambda: replies(discord, meanwhile))
        assert replies(discord, question) == ["Forty-two."]
        assert replies(discord, meanwhile)[0].startswith("Forty-two.")
        assert len(discord.calls("start thread from message")) == 2
        assert not discord.violations
        assert not discord.limits.refused


async def test_one_process_answers_on_both_platforms_and_tells_them_apart(tmp_path: Path) -> None:
    async with Discord() as discord, Slack() as slack, ModelServer() as model:
        there = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token, "SLACK_API_URL": slack.api_url}
        given = variables(discord, model, tmp_path) | there
        kim, general = discord.add_user("kim"), discord.add_channel("general")
        lee, random = slack.add_user("lee"), slack.add_channel("random")
        async with started(tmp_path, given):
            await discord.wait_connected()
            await slack.wait_connected()
            asked = await discord.post(kim, general, f"{discord.mention} hello from Discord")
            root = await slack.post(lee, random, f"{slack.mention} hello from Slack")
            await discord.wait_for(lambda: replies(discord, asked))
            await slack.wait_for(lambda: slack.replies(random, root))
        listed = (await threadbot(tmp_path, "turns", **given)).out
    assert f"discord {general.id} {asked.id}" in listed
    assert f"slack {random} {root}" in listed


@pytest.mark.parametrize(
    ("command", "token", "said"),
    [
        ("run", "x9JqQ0kZ7yq1m3n5p7r9t1v3x5z7B9D1", "the application's client secret"),
        ("run", "MTE0NTE0MTkxOTgxMDkzMTg5Mw.GxStan.of-another-bot-hunter2-000000", "invalid_token"),
        ("invite", "1145141919810931893", "an id, such as the application's"),
    ],
)
async def test_a_wrong_token_ends_it_at_once_with_what_it_looks_like(
    tmp_path: Path, command: str, token: str, said: str
) -> None:
    async with Discord() as discord, ModelServer() as model:
        given = variables(discord, model, tmp_path) | {"DISCORD_TOKEN": token}
        result = await threadbot(tmp_path, command, **given)
    assert result.status == 1
    assert said in result.err
    assert "Reset Token" in result.err
    assert "Traceback" not in result.err
    assert token not in result.err + result.out


async def test_the_link_that_invites_it_is_printed(tmp_path: Path) -> None:
    async with Discord() as discord, ModelServer() as model:
        result = await threadbot(tmp_path, "invite", **variables(discord, model, tmp_path))
        assert (result.status, result.out) == (0, f"{link(discord.application)}\n")
        without = await threadbot(tmp_path, "invite")
    assert without.status == 1
    assert "DISCORD_TOKEN" in without.err


async def test_check_looks_at_discord_and_tries_a_post_where_it_is_told_to(tmp_path: Path) -> None:
    async with Discord() as discord, ModelServer() as model:
        channel = discord.add_channel("general")
        result = await threadbot(tmp_path, "check", "--post", channel.id, **variables(discord, model, tmp_path))
        assert result.status == 0, result.out
        assert "Discord post: a message was posted" in result.out
        assert "FAILED" not in result.out
        assert not discord.violations


async def test_without_its_library_there_is_one_sentence_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "discord", None)
    async with Discord() as discord:
        settings = Settings.model_validate({"discord_token": discord.token, "discord_api_url": discord.api_url})
        database = open_database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
        with pytest.raises(BotError, match=r"discord\.py is not installed: pip install 'threadbot\[discord\]'"):
            setup.build(settings, database)
        await database.close()
        found = await setup.findings(settings, None)
    assert "threadbot[discord]" in found[0].remedy


async def test_a_bot_that_answers_on_slack_alone_does_not_import_discords_library(tmp_path: Path) -> None:
    async with Slack() as slack, ModelServer() as model:
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        told = ("-X", "importtime", "-m", "bot", "run")
        async with bot(tmp_path, environment(slack, model, tmp_path), *told) as life:
            await slack.wait_connected(30)
            root = await slack.post(kim, channel, f"{slack.mention} hello")
            await slack.wait_for(lambda: slack.replies(channel, root))
    lines = life.log.read_text().splitlines()
    imported = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert "slack_bolt" in imported
    assert not [name for name in imported if name.split(".")[0] == "discord"]
