"""`threadbot check` without click: what it finds of the database and of the demo model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.commands.check import check
from bot.commands.migrate import migrate
from bot.core.findings import Finding, Verdict
from bot.files import confinement
from bot.llm.offline import OfflineModel
from bot.settings import Settings


def without_accounts(file: Path, **settings: Any) -> Settings:
    nothing = dict.fromkeys(
        ("openai_api_key", "openai_base_url", "slack_bot_token", "slack_app_token", "slack_signing_secret")
    )
    return Settings(database_url=f"sqlite+aiosqlite:///{file}", **nothing, **settings)


@pytest.fixture
def offline(tmp_path: Path) -> Settings:
    return without_accounts(tmp_path / "threadbot.db")


def listed(directory: Path) -> list[Path]:
    return list(directory.iterdir())


async def found(settings: Settings, subject: str) -> Finding:
    (finding,) = [finding for finding in await check(settings, None) if finding.subject == subject]
    return finding


async def test_a_database_that_is_not_there_yet_is_fine_and_is_not_made(tmp_path: Path, offline: Settings) -> None:
    finding = await found(offline, "Database")
    assert finding == Finding("Database", Verdict.OK, "there is no database yet; `threadbot run` makes it")
    assert listed(tmp_path) == []


async def test_a_database_that_is_there_is_told_by_its_revision(offline: Settings) -> None:
    await migrate(offline)
    finding = await found(offline, "Database")
    assert finding.verdict is Verdict.OK
    assert "at revision" in finding.detail


@pytest.mark.parametrize("place", ["nowhere/threadbot.db", "file/threadbot.db", ""])
async def test_a_place_where_no_database_can_be_made_is_a_failure(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    finding = await found(without_accounts(tmp_path / place), "Database")
    assert finding.verdict is Verdict.FAILED
    assert "DATABASE_URL" in finding.remedy


async def test_the_demo_model_is_told_in_its_own_words(offline: Settings) -> None:
    assert await found(offline, "Model") == await OfflineModel().probe(offline.openai_model)


async def test_what_system_prompt_and_examples_take_is_told(tmp_path: Path) -> None:
    chosen = {"system_prompt": "Be brief.", "threadbot_examples": (("Hi", "Hello."), ("안녕", "안녕하세요."))}
    finding = await found(without_accounts(tmp_path / "threadbot.db", **chosen), "Prompt")
    assert finding.verdict is Verdict.OK
    assert finding.detail.startswith("system prompt and examples (2) take ")
    assert finding.detail.endswith(" of 16,000 tokens")


async def test_examples_that_leave_no_room_for_a_question_are_a_failure(tmp_path: Path) -> None:
    chosen = {"threadbot_examples": (("Hi", "word " * 100),), "prompt_tokens": 100}
    finding = await found(without_accounts(tmp_path / "threadbot.db", **chosen), "Prompt")
    assert finding.verdict is Verdict.FAILED
    assert "PROMPT_TOKENS" in finding.remedy


async def test_what_the_process_that_reads_files_is_not_confined_by_is_said(tmp_path: Path) -> None:
    finding = await found(without_accounts(tmp_path / "threadbot.db"), "Files")

    lacks = confinement.missing()
    assert finding.verdict is (Verdict.ABSENT if lacks else Verdict.OK)
    assert all(sentence in finding.detail for sentence in lacks)
