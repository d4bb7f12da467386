"""`threadbot check` without click: what it finds of the database and of the demo model."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from bot.commands.check import check, exit_status
from bot.commands.migrate import migrate
from bot.core.check_findings import Finding, Verdict
from bot.files import confinement
from bot.llm.offline import OfflineModel
from bot.settings import Settings
from tests.standins.model import ModelServer
from tests.standins.model.rules import Rules


def without_accounts(file: Path, **settings: Any) -> Settings:
    nothing = dict.fromkeys(
        (
            *("openai_api_key", "openai_base_url", "slack_bot_token", "slack_app_token", "slack_signing_secret"),
            "discord_token",
        )
    )
    return Settings(database_url=f"sqlite+aiosqlite:///{file}", **nothing, **settings)


@pytest.fixture
def offline(tmp_path: Path) -> Settings:
    return without_accounts(tmp_path / "threadbot.db")


def give(directory: Path, mode: int) -> None:
    directory.chmod(mode)


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
    finding = await found(without_accounts(tmp_path / "threadbot.db"), "File reader")

    lacks = confinement.missing()
    assert finding.verdict is (Verdict.ABSENT if lacks else Verdict.OK)
    assert all(sentence in finding.detail for sentence in lacks)


@pytest.mark.parametrize(("platform", "channel"), [("Slack", "C0123456789"), ("Discord", "123456789012345678")])
async def test_a_platform_without_tokens_is_absent_and_a_failure_where_a_post_is_asked_for(
    offline: Settings, platform: str, channel: str
) -> None:
    async def verdicts(channel: str | None) -> dict[str, Verdict]:
        return {finding.subject: finding.verdict for finding in await check(offline, channel)}

    told = await verdicts(None)
    assert (told["Slack"], told["Discord"]) == (Verdict.ABSENT, Verdict.ABSENT)
    told = await verdicts(channel)
    assert {each for each in ("Slack", "Discord") if told[each] is Verdict.FAILED} == {platform}


async def test_an_id_without_its_platform_is_a_warning(tmp_path: Path) -> None:
    bare = without_accounts(tmp_path / "threadbot.db", allowed_bots=frozenset({"B1", "slack:B2"}))
    finding = await found(bare, "Settings")
    assert finding.verdict is Verdict.WARNING
    assert "ALLOWED_BOTS" in finding.detail
    assert "slack:B1" in finding.detail
    assert exit_status([finding]) == 0


@pytest.fixture
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where .env and the playground's file are looked for."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
@pytest.mark.parametrize("name", [".env", "threadbot.db", "threadbot.db-wal", "playground.db"])
async def test_a_file_that_others_can_read_is_a_warning(
    tmp_path: Path, offline: Settings, name: str, mode: int
) -> None:
    (tmp_path / name).touch()
    (tmp_path / name).chmod(mode)
    finding = await found(offline, "Files")
    assert finding.verdict is Verdict.WARNING
    assert name in finding.detail
    assert finding.remedy.startswith("chmod 600 ")
    assert exit_status([finding]) == 0
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode, "to check changes nothing"


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("name", [".env", "threadbot.db", "playground.db"])
async def test_a_file_that_belongs_to_somebody_else_is_a_warning(
    tmp_path: Path, offline: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).touch(0o600)
    us = os.geteuid()
    if us == 0:
        os.chown(tmp_path / name, 12_345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: us + 1)
    finding = await found(offline, "Files")
    assert finding.verdict is Verdict.WARNING
    assert "another user owns" in finding.detail
    assert name in finding.detail
    assert finding.remedy.startswith("chown ")


@pytest.mark.usefixtures("_here")
async def test_files_that_only_their_owner_can_read_are_fine(tmp_path: Path, offline: Settings) -> None:
    for name in (".env", "playground.db"):
        (tmp_path / name).touch(0o600)
    await migrate(offline)
    assert (await found(offline, "Files")).verdict is Verdict.OK


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(("mode", "verdict"), [(0o777, Verdict.WARNING), (0o1777, Verdict.OK), (0o775, Verdict.OK)])
async def test_a_directory_in_which_everybody_can_replace_the_database_is_a_warning(
    tmp_path: Path, offline: Settings, mode: int, verdict: Verdict
) -> None:
    give(tmp_path, mode)
    assert (await found(offline, "Files")).verdict is verdict


async def test_a_model_is_asked_as_a_question_asks_it_and_what_is_learned_is_kept(tmp_path: Path) -> None:
    strict = Rules(knows_system=False, strict_roles=True, longest_reply=600)
    async with ModelServer(strict) as server:
        settings = without_accounts(tmp_path / "threadbot.db", openai_max_tokens=4_096)
        settings = settings.model_copy(update={"openai_base_url": server.url, "openai_model": "gemma"})
        await migrate(settings)
        for statuses in ([400, 400, 200], [200]):
            server.requests.clear()
            finding = await found(settings, "Model")
            assert finding.verdict is Verdict.OK
            assert "takes no system message" in finding.detail
            assert "600 tokens at most" in finding.detail
            assert [request.status for request in server.requests] == statuses
        [asked] = server.requests
    assert [message["role"] for message in asked.body["messages"]] == ["user", "assistant", "user"]
    assert asked.body["messages"][0]["content"].startswith("Be brief.\n\n")


async def test_without_a_database_nothing_is_kept_and_none_is_made(tmp_path: Path) -> None:
    async with ModelServer(Rules(longest_reply=600)) as server:
        settings = without_accounts(tmp_path / "threadbot.db", openai_max_tokens=4_096)
        settings = settings.model_copy(update={"openai_base_url": server.url})
        assert (await found(settings, "Model")).verdict is Verdict.OK
    assert listed(tmp_path) == []
