"""`threadbot run` with platforms: what the operator is told, and how it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.commands import platforms, run
from bot.core.errors import BotError
from bot.settings import Settings
from tests.standins.slack import Slack


def connected_to(slack: Slack, directory: Path, **more: object) -> Settings:
    settings = {
        "slack_bot_token": slack.bot_token,
        "slack_app_token": slack.app_token,
        "slack_api_url": slack.api_url,
        "openai_api_key": None,
        "openai_base_url": None,
        "database_url": f"sqlite+aiosqlite:///{directory / 'threadbot.db'}",
        "internal_port": 0,
    }
    return Settings.model_validate(settings | more)


def test_the_playground_is_what_starts_where_no_platform_is_configured() -> None:
    nothing = dict.fromkeys(("slack_bot_token", "slack_app_token", "slack_signing_secret"))
    assert platforms.configured(Settings.model_validate(nothing)) == []


def test_the_line_about_the_model_shows_neither_password_nor_query() -> None:
    settings = Settings(openai_base_url="https://me:hunter2@models.example/v1?key=hunter2", openai_model="m")
    assert run.model_line(settings) == "m at https://models.example/v1"


async def test_a_platform_that_ends_while_it_runs_is_named_with_what_to_do(tmp_path: Path) -> None:
    told: list[str] = []
    async with Slack() as slack:
        settings = connected_to(slack, tmp_path, allowed_bots=frozenset({"B1"}))
        assert [platform.NAME for platform in platforms.configured(settings)] == ["slack"]
        running = asyncio.create_task(run.platforms(settings, told.append))
        await slack.wait_connected()
        slack.workspace.app_token = "xapp-another"
        await slack.socket_mode.cut()
        with pytest.raises(BotError, match=r"Slack refuses this bot: invalid_auth\. Run `threadbot check`"):
            async with asyncio.timeout(60):
                await running
    assert [line.partition(":")[0] for line in told] == ["Model", "ALLOWED_BOTS", "Slack"]
