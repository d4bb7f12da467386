"""Every link and every command line of the documents leads somewhere, and README is a front page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from bot.cli import cli
from bot.settings import fields
from tests.docs import ROOT

DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").glob("*.md")])
LINES_OF_A_FRONT_PAGE = 180

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Variables of others: those that select what our own commands do, and of programs named beside ours
NOT_SETTINGS = {"PYTEST_ARGS", "RUNS", "CHAOS_ARGS", "BENCH_ARGS", "OLLAMA_CONTEXT_LENGTH", "SQLITE_TMPDIR"}
PROGRAMS = {"cd", "chmod", "cp", "docker", "git", "pre-commit", "sqlite3", "pip"}


def by_name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def prose(document: Path) -> str:
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """As GitHub makes them of headings: small letters, blanks become hyphens, other signs go."""
    headings = _HEADING.findall(prose(document))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(document: Path) -> list[str]:
    return _LINK.findall(_CODE.sub("", prose(document)))


def command_lines(document: Path) -> Iterator[str]:
    """Those in blocks for a shell, and those of ours that stand in a sentence."""
    text = document.read_text(encoding="utf-8")
    for language, block in _FENCE.findall(text):
        if language == "sh":
            yield from (line.strip() for line in block.splitlines() if line.strip())
    named = (re.sub(r"\\\|", "|", code) for code in _CODE.findall(prose(document)))
    yield from (code for code in named if re.match(r"(\.venv/bin/)?(threadbot|make|python -m) [a-z]", code))


def wrong_with(line: str) -> str | None:
    """What keeps a reader from running *line*; None for nothing."""
    line = re.sub(r"[\[\]…]|\s#.*|^#.*", "", line)  # what may be left out, what is a remark
    words = shlex.split(line)
    while words and (assigned := re.fullmatch(r"([A-Z_]+)=.*", words[0])):
        if assigned[1] not in {*fields(), *NOT_SETTINGS}:
            return f"{assigned[1]} is no setting"
        words = words[1:]
    if not words:
        return None
    program, *arguments = words
    match program.removeprefix(".venv/bin/"):
        case "make":
            return wrong_with_make(arguments)
        case "threadbot":
            return wrong_with_threadbot(arguments)
        case "python" | "alembic":
            return wrong_with_module(arguments)
        case other if "/" in other:
            return None if (ROOT / other).exists() else f"there is no {other}"
        case other:
            return None if other in PROGRAMS else f"what is {other}?"


def wrong_with_make(arguments: list[str]) -> str | None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for each in arguments:
        name, assigned, _ = each.partition("=")
        if assigned and name not in NOT_SETTINGS:
            return f"Makefile has no {name}"
        if not assigned and name not in targets:
            return f"Makefile has no target {name}"
    return None


def wrong_with_threadbot(arguments: list[str]) -> str | None:
    command = cli.commands.get(arguments[0]) if arguments else None
    if command is None:
        return f"threadbot has no command {arguments[:1]}"
    known = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
    unknown = [each for each in arguments[1:] if each.startswith("--") and each not in known]
    return f"threadbot {arguments[0]} takes no {unknown}" if unknown else None


def wrong_with_module(arguments: list[str]) -> str | None:
    if arguments[:1] != ["-m"]:
        return None
    place = ROOT.joinpath(*arguments[1].split("."))
    return None if place.with_suffix(".py").exists() or (place / "__main__.py").exists() else f"no {arguments[1]}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_link_to_a_file_or_a_heading_leads_there(document: Path) -> None:
    broken = []
    for link in links(document):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_command_line_can_be_run(document: Path) -> None:
    wrong = [(line, reason) for line in command_lines(document) if (reason := wrong_with(line))]
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        "threadbot chek",
        ".venv/bin/threadbot turns --sinse 1d",
        "make runn",
        "make chaos RUN=2",
        "OPENAI_MODLE=gpt-6-luna",
        "python -m tests.faults.nothing",
        ".ci/runs",
        "thraedbot run",
    ],
)
def test_a_command_line_that_cannot_be_run_is_found(line: str) -> None:
    assert wrong_with(line)


def test_every_document_can_be_found_from_the_front_page() -> None:
    readme = ROOT / "README.md"
    reached = {(readme.parent / link.partition("#")[0]).resolve() for link in links(readme)}
    assert [each.name for each in DOCUMENTS if each != readme and each not in reached] == []


def test_the_front_page_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LINES_OF_A_FRONT_PAGE
