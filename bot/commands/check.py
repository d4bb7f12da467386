"""`threadbot check`: is all there that `run` needs? One line a finding, with what to do for each failure."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from bot import app, database_file
from bot.commands.platforms import PLATFORMS
from bot.commands.run import PLAYGROUND_FILE
from bot.core.check_findings import Finding, Verdict
from bot.core.completion.model_facts import ModelFacts, Nowhere
from bot.core.errors import BotError
from bot.core.prompt.budget import MARGIN_TOKENS, prompt_budget, reply_tokens
from bot.files import confinement
from bot.llm import probe, tokens
from bot.llm.offline import OfflineModel
from bot.llm.openai_chat import OpenAIChat
from bot.settings import ENV_FILE, Settings
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import sqlite_file
from bot.store.model_facts import SqlModelFacts

_LABELS = {
    Verdict.OK: "ok     ",
    Verdict.FAILED: "FAILED ",
    Verdict.UNKNOWN: "unknown",
    Verdict.WARNING: "warning",
    Verdict.ABSENT: "absent ",
}


async def check(settings: Settings, channel: str | None) -> Sequence[Finding]:
    """*channel*: where to try a post, or None."""
    return [
        *_rights(settings),
        *_settings(settings),
        await _database(settings),
        *await _platforms(settings, channel),
        *await _model(settings),
        _file_reader(),
    ]


async def _platforms(settings: Settings, channel: str | None) -> Sequence[Finding]:
    found: list[Finding] = []
    for platform in PLATFORMS:
        there = channel if channel and platform.takes_channel(channel) else None
        findings = await platform.findings(settings, there)
        if there and not platform.is_configured(settings):  # it was asked for
            findings = [replace(finding, verdict=Verdict.FAILED) for finding in findings]
        found += findings
    return found


def line(finding: Finding) -> str:
    text = f"{_LABELS[finding.verdict]}  {finding.subject}: {finding.detail}"
    return f"{text}\n           → {finding.remedy}" if finding.remedy else text


def exit_status(findings: Sequence[Finding]) -> int:
    return int(any(finding.verdict is Verdict.FAILED for finding in findings))


def _rights(settings: Settings) -> Sequence[Finding]:
    """Whether others on this machine can read tokens or what people said. Looked at before anything is opened."""
    database = sqlite_file(settings.database_url)
    files = [*database_file.there(ENV_FILE, [""]), *database_file.there(PLAYGROUND_FILE)]
    files += database_file.there(database) if database else []
    findings = [_readable(path, mode) for path, mode in files if mode & (stat.S_IRGRP | stat.S_IRWXO)]
    findings += [finding for path, _ in files if (finding := _owned(path))]
    if database and database.parent.is_dir():
        findings += _replaceable(database.parent)
    return findings or [Finding("Files", Verdict.OK, "only their owner can read them")]


def _readable(path: Path, mode: int) -> Finding:
    others = "everybody on this machine" if mode & stat.S_IRWXO else "its group"
    return Finding("Files", Verdict.WARNING, f"{others} can use {path} ({mode:04o})", f"chmod 600 {quote(str(path))}")


def _owned(path: Path) -> Finding | None:
    """Its owner can read a file, whatever its mode is; root can read every file."""
    if os.name == "nt" or (owner := path.stat().st_uid) in (0, us := os.geteuid()):
        return None
    detail = f"another user owns {path}, and can read it (user id {owner}; this runs as {us})"
    return Finding("Files", Verdict.WARNING, detail, f"chown {us} {quote(str(path))}")


def _replaceable(directory: Path) -> Sequence[Finding]:
    mode = stat.S_IMODE(directory.stat().st_mode)
    if not mode & stat.S_IWOTH or mode & stat.S_ISVTX:
        return []
    detail = f"everybody on this machine can replace the database in {directory} ({mode:04o})"
    return [Finding("Files", Verdict.WARNING, detail, f"chmod o-w {quote(str(directory))}")]


def _settings(settings: Settings) -> Sequence[Finding]:
    return [Finding("Settings", Verdict.WARNING, warning) for warning in settings.warnings]


async def _database(settings: Settings) -> Finding:
    file = sqlite_file(settings.database_url)
    wrong = database_file.problem(file) if file else None
    if wrong is not None:
        return Finding("Database", Verdict.FAILED, wrong, "Set DATABASE_URL to a file that can be written to.")
    if file is not None and _is_still_to_be_made(file):
        return Finding("Database", Verdict.OK, "there is no database yet; `threadbot run` makes it")
    try:
        async with app.open_store(settings) as database:
            current = await migrate.current(database)
    except BotError as error:
        return Finding(
            "Database", Verdict.FAILED, str(error), "Check DATABASE_URL and that the file or server is there."
        )
    head = migrate.head()
    if current == head:
        return Finding("Database", Verdict.OK, f"at revision {current}")
    detail = f"at revision {current}, the newest is {head}" if current else "empty"
    return Finding("Database", Verdict.OK, detail, "`threadbot run` or `threadbot migrate` brings it up to date.")


def _is_still_to_be_made(file: Path) -> bool:
    """To open it would make it: a check leaves nothing behind."""
    return not os.path.lexists(file)


async def _model(settings: Settings) -> Sequence[Finding]:
    name = settings.openai_model
    async with app.open_model(settings) as model, app.open_store(settings) as store:
        if isinstance(model, OpenAIChat):
            facts = ModelFacts(SqlModelFacts(store) if await _takes_facts(settings, store) else Nowhere())
            await facts.refresh(name)
            probed = await _asked(settings, model, facts)
            window = facts.context_window(name, model.context_window(name))
        else:
            assert isinstance(model, OfflineModel)  # noqa: S101 - there are no others
            probed, window = await model.probe(name), model.context_window(name)
        limit = prompt_budget(settings.prompt_tokens, window, settings.openai_max_tokens)
    return [probed, *_instructions(settings, limit)]


async def _asked(settings: Settings, model: OpenAIChat, facts: ModelFacts) -> Finding:
    """Ask as a question does; what the server does not take is learned, and it is asked with less."""
    name, learned = settings.openai_model, True
    while learned:
        known = model.context_window(name)
        window = facts.context_window(name, known)
        request = probe.request(
            name,
            app.sampling(settings),
            max_tokens=facts.max_tokens(name, reply_tokens(window, settings.openai_max_tokens)),
            system_prompt=settings.system_prompt or probe.SYSTEM_PROMPT,
            knows_system=facts.knows_system(name),
        )
        finding, error = await model.examine(request)
        learned = error is not None and await facts.learn_refusal(name, known, error)
        learned = learned and facts.context_window(name, known) > MARGIN_TOKENS
    lacks = [] if facts.knows_system(name) else ["it takes no system message, so instructions begin the first question"]
    if request.max_tokens < settings.openai_max_tokens:
        lacks.append(f"its answers have {request.max_tokens:,} tokens at most")
    return replace(finding, detail="; ".join([finding.detail, *lacks]))


async def _takes_facts(settings: Settings, store: Database) -> bool:
    """Whether there is a database of this version, in which what is learned can be kept."""
    file = sqlite_file(settings.database_url)
    if file is not None and (_is_still_to_be_made(file) or database_file.problem(file)):
        return False
    try:
        return await migrate.current(store) == migrate.head()
    except BotError:
        return False


def _file_reader() -> Finding:
    lacks = confinement.missing()
    if not lacks:
        detail = "files are read in a process that can open nothing, reach nobody and start nothing"
        return Finding("File reader", Verdict.OK, detail)
    remedy = (
        "Files are read with the other limits. "
        "docs/context.md, “Files”, says what is left to a file that takes the process over."
    )
    return Finding("File reader", Verdict.ABSENT, "; ".join(lacks), remedy)


def _instructions(settings: Settings, limit: int) -> Sequence[Finding]:
    """The share of the system prompt and the examples in every prompt; *limit* in tokens."""
    examples = settings.threadbot_examples
    texts = [text for text in (settings.system_prompt, *itertools.chain(*examples)) if text]
    if not texts:
        return []
    per_message, per_prompt = tokens.overhead()
    count = per_prompt + sum(per_message + tokens.count(text) for text in texts)
    detail = f"system prompt and examples ({len(examples)}) take {count:,} of {limit:,} tokens"
    if count < limit:
        return [Finding("Prompt", Verdict.OK, detail)]
    remedy = "No question fits beside them: make them shorter, or raise PROMPT_TOKENS (or CONTEXT_TOKENS)."
    return [Finding("Prompt", Verdict.FAILED, detail, remedy)]
