"""The commands, as processes: what they print, and their exit status."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.store.database import migrate
from tests.faults.slack_venue import environment
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.slack import Slack

ROOT = Path(__file__).parents[1]


class Result:
    def __init__(self, status: int | None, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


async def threadbot(directory: Path, *arguments: str, stdin: str = "", **variables: str) -> Result:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        cwd=directory, env=kept | {"PYTHONPATH": str(ROOT), "INTERNAL_PORT": "0"} | variables,
    )  # fmt: skip
    async with asyncio.timeout(100):
        out, err = await process.communicate(stdin.encode())
    return Result(process.returncode, out.decode(), err.decode())


async def test_help_names_every_command_in_whole_sentences(tmp_path: Path) -> None:
    result = await threadbot(tmp_path, "--help")
    assert result.status == 0
    for command in ("run", "check", "migrate", "manifest", "invite", "tokens", "prompt"):
        assert f"\n  {command} " in result.out
    assert "..." not in result.out.replace("[ARGS]...", "")
    assert "playground-bot" not in result.out


@pytest.mark.parametrize(
    "url",
    [
        *("bot.example.com", "http://bot.example.com", "https://", "https://bot.example.com?a=b"),
        *("https://bot.example.com/slack/events", "https://bot.example.com/a/slack/commands/"),
    ],
)
async def test_an_address_that_slack_cannot_use_is_refused(tmp_path: Path, url: str) -> None:
    result = await threadbot(tmp_path, "manifest", "--url", url)
    assert (result.status, result.out) == (2, "")
    assert "https://" in result.err


async def test_the_manifest_is_json(tmp_path: Path) -> None:
    result = await threadbot(tmp_path, "manifest", "--name", "봇")
    assert json.loads(result.out)["display_information"]["name"] == "봇"


@pytest.mark.parametrize(("language", "title"), [("en", "Explain something"), ("ko", "설명해 주세요")])
async def test_the_manifest_declares_an_agent_a_shortcut_and_a_home_in_one_language(
    tmp_path: Path, language: str, title: str
) -> None:
    result = await threadbot(tmp_path, "manifest", "--language", language)
    features = json.loads(result.out)["features"]
    assert features["agent_view"]["suggested_prompts"][0]["title"] == title
    assert features["shortcuts"][0]["callback_id"] == "threadbot_receipt"
    assert len(features["shortcuts"][0]["name"]) <= 24, "Slack, App manifest reference"
    assert features["app_home"]["home_tab_enabled"]


async def test_migrate_says_where_the_database_is(tmp_path: Path) -> None:
    first, second = await threadbot(tmp_path, "migrate"), await threadbot(tmp_path, "migrate")
    assert first.out == f"The database is at revision {migrate.head()}. It was at none.\n"
    assert second.out == f"The database is at revision {migrate.head()}.\n"
    assert (tmp_path / "threadbot.db").exists()


@pytest.mark.parametrize(
    ("variables", "status", "said"),
    [
        ({"OPENAI_TEMPERATURE": "9", "LOG_LEVEL": "loud"}, 2, ("OPENAI_TEMPERATURE", "LOG_LEVEL")),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, 2, ("SLACK_APP_TOKEN",)),
        ({"SLACK_BOT_TOKEN": "hunter2", "SLACK_APP_TOKEN": "xapp-1"}, 2, ("SLACK_BOT_TOKEN", "xoxb-")),
        ({"OPENAI_BASE_URL": "localhost:1234"}, 2, ("OPENAI_BASE_URL", "http://")),
        ({"DATABASE_URL": "mysql://user:hunter2@host/db"}, 2, ("DATABASE_URL", "mysql")),
        (
            {"DATABASE_URL": "postgres://me:hunter2@host/db?sslmod=require"},
            2,
            ("DATABASE_URL", "Did you mean sslmode?"),
        ),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.db"}, 1, ("DATABASE_URL", "directory")),
    ],
)
async def test_settings_that_cannot_be_used_are_named_with_what_to_do(
    tmp_path: Path, variables: dict[str, str], status: int, said: tuple[str, ...]
) -> None:
    result = await threadbot(tmp_path, "migrate", **variables)
    assert result.status == status
    assert all(words in result.err for words in said)
    assert "hunter2" not in result.err
    assert "Traceback" not in result.err


def listed(directory: Path) -> list[Path]:
    return list(directory.iterdir())


@pytest.mark.parametrize("tokens", [{}, {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}])
@pytest.mark.parametrize("place", ["/nowhere/at/all.db", "/proc/threadbot.db", "/dev/null/threadbot.db", "/"])
async def test_run_says_that_no_database_can_be_kept_before_it_does_anything(
    tmp_path: Path, tokens: dict[str, str], place: str
) -> None:
    result = await threadbot(tmp_path, "run", DATABASE_URL=f"sqlite:///{place}", **tokens)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("DATABASE_URL: ")
    assert result.err.count("\n") == 1
    assert listed(tmp_path) == []


async def test_check_names_what_is_misspelled_in_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_APIKEY=sk-hunter2\n", encoding="utf-8")
    said = ".env: unknown: OPENAI_APIKEY. Did you mean OPENAI_API_KEY?\n"
    assert said in (await threadbot(tmp_path, "check")).out


async def test_tokens_counts_as_the_api_does(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "<|endoftext|> 안녕"}]
    result = await threadbot(tmp_path, "tokens", "-", "--json", stdin=json.dumps(messages))
    assert result.status == 0
    assert json.loads(result.out)["prompt_tokens"] > 10


async def test_a_file_that_holds_no_messages_is_refused_with_the_place(tmp_path: Path) -> None:
    result = await threadbot(tmp_path, "tokens", "-", stdin='[{"role": "user", "content": 5}]')
    assert (result.status, result.out) == (2, "")
    assert "messages[0].content" in result.err


async def test_check_says_what_is_wrong_with_slack_and_the_model(tmp_path: Path) -> None:
    async with Slack() as slack, ModelServer() as model:
        good = environment(slack, model, tmp_path)
        channel = slack.add_channel("general")
        result = await threadbot(tmp_path, "check", "--post", channel, **good)
        assert result.status == 0, result.out
        assert "FAILED" not in result.out
        bad = {"SLACK_BOT_TOKEN": "xoxb-wrong", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
        result = await threadbot(tmp_path, "check", **good | bad)
    assert result.status == 1
    assert result.out.count("FAILED") == 2
    assert "OPENAI_BASE_URL" in result.out


@pytest.mark.parametrize("token", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_run_stops_at_once_on_a_wrong_token(tmp_path: Path, token: str) -> None:
    async with Slack() as slack, ModelServer() as model:
        wrong = {token: "xapp-wrong" if token == "SLACK_APP_TOKEN" else "xoxb-wrong"}
        result = await threadbot(tmp_path, "run", **environment(slack, model, tmp_path) | wrong)
    assert result.status == 1
    assert "invalid_auth" in result.err
    assert "threadbot check" in result.err
    assert "Traceback" not in result.err


async def test_a_second_worker_on_the_same_file_is_refused(tmp_path: Path) -> None:
    async with Slack() as slack, ModelServer() as model:
        variables = environment(slack, model, tmp_path)
        first = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "run", cwd=tmp_path, env=variables)
        try:
            await slack.wait_connected(20)
            second = await threadbot(tmp_path, "run", **variables)
            assert second.status == 1
            assert "Another worker already runs" in second.err
            assert (await threadbot(tmp_path, "migrate", **variables)).status == 0
        finally:
            first.send_signal(signal.SIGTERM)
            await first.wait()


async def test_a_second_sigterm_stops_at_once_and_the_answer_comes_after_the_start(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with Slack() as slack, ModelServer() as model:
        model.answers.append(Answer("The whole answer.", gate=gate, gate_at=1))
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        variables = environment(slack, model, tmp_path) | {"STOP_GRACE": "600"}
        command = (sys.executable, "-m", "bot", "run")
        bot = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, env=variables, stderr=asyncio.subprocess.PIPE
        )
        await slack.wait_connected(20)
        root = await slack.post(kim, channel, f"{slack.mention} hello")
        await slack.wait_for(lambda: slack.replies(channel, root))
        bot.send_signal(signal.SIGTERM)
        lock = tmp_path / "threadbot.db.lock"
        await slack.wait_for(lambda: lock.read_bytes() == b"stopping")
        bot.send_signal(signal.SIGTERM)
        async with asyncio.timeout(100):
            _, err = await bot.communicate()
        assert bot.returncode == 0
        assert b"Traceback" not in err
        model.default = Answer("The whole answer.")
        again = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=variables)
        await slack.wait_for(lambda: slack.replies(channel, root) == ["The whole answer."])
        again.send_signal(signal.SIGTERM)
        await again.wait()


async def test_sigterm_lets_a_running_answer_finish(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with Slack() as slack, ModelServer() as model:
        model.answers.append(Answer("The whole answer.", gate=gate, gate_at=1))
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", cwd=tmp_path, env=environment(slack, model, tmp_path)
        )
        await slack.wait_connected(20)
        root = await slack.post(kim, channel, f"{slack.mention} hello")
        await slack.wait_for(lambda: slack.replies(channel, root))
        bot.send_signal(signal.SIGTERM)
        late = await slack.post(kim, channel, f"{slack.mention} too late?")
        await slack.wait_for(lambda: all(delivery.acknowledged for delivery in slack.delivered(late)))
        gate.set()
        async with asyncio.timeout(100):
            assert await bot.wait() == 0
        assert slack.replies(channel, root) == ["The whole answer."]
        assert slack.replies(channel, late) == []
        again = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", cwd=tmp_path, env=environment(slack, model, tmp_path)
        )
        await slack.wait_for(lambda: slack.replies(channel, late))
        again.send_signal(signal.SIGTERM)
        async with asyncio.timeout(100):
            await again.wait()


async def test_a_prompt_of_a_turn_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    await threadbot(tmp_path, "migrate")
    result = await threadbot(tmp_path, "prompt", "7")
    assert (result.status, result.out, result.err) == (1, "", "There is no turn 7.\n")
