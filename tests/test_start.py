"""What a start does without: it should be short, and a process that does not need a library should not hold it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.store.database import migrate
from bot.store.database.urls import open_database

LATER = {"alembic", "asyncpg", "discord", "genai_prices", "openai", "PIL", "pypdf", "sqlalchemy.ext.asyncio"}
LEDGER_AND_SLACK = """
import asyncio, sys
from bot import app
from bot.commands import platforms
from bot.settings import read_settings

async def main():
    settings = read_settings()
    async with app.open_store(settings) as store:
        await app.open_ledger(store, "en")
        platforms.slack.build(settings, store)

asyncio.run(main())
print(*sys.modules)
"""
COMMAND = """
import atexit, sys
from bot import cli

atexit.register(lambda: print(*sys.modules, file=sys.stderr))
cli.main()
"""


async def migrated(url: str) -> None:
    database = open_database(url)
    await migrate.upgrade(database)
    await database.close()


def test_a_database_with_the_newest_schema_is_opened_for_slack_without_what_only_others_need(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/threadbot.db"
    asyncio.run(migrated(url))
    tokens = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "OPENAI_API_KEY": "sk-1"}
    ended = subprocess.run(
        [sys.executable, "-c", LEDGER_AND_SLACK],
        env=os.environ | tokens | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "slack_bolt" in ended.stdout.split()
    assert not LATER & set(ended.stdout.split())


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("manifest",)])
def test_words_that_need_no_settings_do_not_wait_for_them(words: tuple[str, ...]) -> None:
    ended = subprocess.run([sys.executable, "-c", COMMAND, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout
    assert not {"pydantic", "sqlalchemy", "aiohttp"} & set(ended.stderr.split())
