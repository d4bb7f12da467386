"""The house keeps its rules: who imports whom, and what no file may hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import MOST_MODULES, ORDERS, broken_rules, module_of

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "bot").rglob("*.py"))

BROKEN = {
    "an SDK in the core": ("bot.core.turn", "import openai"),
    "a parser in the core": ("bot.core.completion.stream", "from markdown_it import MarkdownIt"),
    "a door in the core": ("bot.core.answer.answer", "from bot.llm import tokens"),
    "settings in a door": ("bot.platforms.slack.adapter", "from bot.settings import Settings"),
    "a door in another": ("bot.store.ledger.ledger", "from bot.platforms.slack import text"),
    "one platform in another": ("bot.platforms.web.adapter", "import bot.platforms.slack.markup.text"),
    "another door's SDK": ("bot.platforms.slack.adapter", "import sqlalchemy.ext.asyncio"),
    "a late import": ("bot.core.turn", "def later():\n    import aiohttp"),
    "a relative import": ("bot.core.turn", "from ..store import tables"),
    "a module of the package itself": ("bot.llm.offline", "from bot import settings"),
    "core in markdown": ("bot.markdown.lines", "from bot.core import turn"),
    "a parser of files outside of their room": ("bot.platforms.slack.adapter", "from PIL import Image"),
    "anything in settings": ("bot.settings", "from bot.core.errors import BotError"),
    "the model's SDK in the playground's page": ("bot.platforms.web.workspace.server", "import openai"),
    "the database in the playground's page": ("bot.platforms.web.workspace.store", "import sqlalchemy"),
    "the playground's other half in its page": (
        "bot.platforms.web.workspace.live",
        "from bot.platforms.web import api",
    ),
    "a door in the command line": ("bot.cli", "from bot.store import migrate"),
    "a room of the core above": ("bot.core.prompt.build", "from bot.core.answer import answer"),
    "a room of the core on the same floor": ("bot.core.answer.answer", "from bot.core.summary import summarizer"),
    "a room of the core without a floor": ("bot.core.shop.counter", "from bot.core import turn"),
    "a room of the store above": ("bot.store.changes.edits", "from bot.store.ledger import history"),
    "a room of Slack's above": ("bot.platforms.slack.calls.api", "from bot.platforms.slack.reply import reply"),
    "a platform in what all share": ("bot.platforms.common.call_rates", "from bot.platforms.slack import adapter"),
    "a test": ("bot.app", "from tests.standins import slack"),
    "a module without a rule": ("bot.shop", "import bot.core.turn"),
}
KEPT = {
    "the standard library": ("bot.core.turn", "import asyncio\nfrom collections.abc import Sequence"),
    "the core in itself": ("bot.core.turn", "from bot.core.errors import BotError\nfrom . import errors"),
    "Markdown in the core": ("bot.core.completion.stream", "from bot.markdown import join_continuation"),
    "a room below": ("bot.core.answer.answer", "from bot.core.prompt import budget"),
    "a module of the same room": ("bot.core.answer.answer", "from bot.core.answer import file_intake"),
    "a door's SDK": ("bot.store.ledger.ledger", "from sqlalchemy.ext.asyncio import AsyncConnection"),
    "everything in app": ("bot.app", "import aiohttp\nfrom bot.llm import tokens\nfrom bot.settings import Settings"),
}


PRIVATE = {"bot.llm.wire.chat_post", "bot.store.database.aiosqlite_thread"}
"""Modules that use what others keep private; the tests of each fail when that is no longer there."""


def test_what_libraries_keep_private_is_used_where_tests_watch_it() -> None:
    found = {module_of(path, ROOT) for path in FILES if "SLF001" in path.read_text()}
    assert found == PRIVATE


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_keep_the_rules(path: Path) -> None:
    module = module_of(path, ROOT)

    assert not broken_rules(module, path.read_text(encoding="utf-8"), package=path.name == "__init__.py")


@pytest.mark.parametrize(("module", "source"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_named_with_its_line(module: str, source: str) -> None:
    [complaint] = broken_rules(module, source)

    line = 2 if source.startswith("def") else 1
    assert complaint.startswith(f"{module}:{line} imports ")


@pytest.mark.parametrize(("module", "source"), KEPT.values(), ids=KEPT.keys())
def test_what_is_allowed_is_not_complained_of(module: str, source: str) -> None:
    assert broken_rules(module, source) == []


FOLDERS = sorted({path.parent for path in FILES})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_holds_few_modules_and_says_what_lives_there(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.stem != "__init__"]
    first_lines = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))

    assert len(modules) <= MOST_MODULES
    assert first_lines is not None


def test_every_room_that_stands_on_a_floor_is_there() -> None:
    """A room that was moved away, or misspelt, would leave its floor to a newcomer of that name."""
    rooms = [(order.package, room) for order in ORDERS for floor in order.floors for room in floor.split()]
    places = [(ROOT / package.replace(".", "/") / room) for package, room in rooms]

    assert [str(place) for place in places if not place.is_dir() and not place.with_suffix(".py").is_file()] == []
    assert len(rooms) == len(set(rooms))


def test_the_playgrounds_page_loads_nothing_heavy() -> None:
    loaded = loaded_with("bot.cli, bot.platforms.web.workspace")

    assert not {"openai", "sqlalchemy", "slack_bolt", "tiktoken", "alembic"} & loaded


def test_the_bot_itself_loads_no_parser_of_files() -> None:
    """They belong into the child that reads one: here they would cost memory and start for nothing."""
    assert not {"PIL", "pypdf"} & loaded_with("bot.app, bot.files.reader")


def loaded_with(modules: str) -> set[str]:
    """All that a new process has loaded after it imported *modules*."""
    program = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_a_module_reads_and_starts_nothing(tmp_path: Path) -> None:
    """Not a setting, not a database, not a connection, not a line of output."""
    modules = [module_of(path, ROOT) for path in FILES if path.stem != "__main__"]
    program = (
        "import importlib, sys\n"
        "sys.addaudithook(lambda event, args: print(event, *args) if event.startswith(('socket.', 'subprocess.',"
        " 'sqlite3.connect')) and event != 'socket.__new__' else None)\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "import threading; print(*[t.name for t in threading.enumerate()][1:], end='')"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)

    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_what_all_platforms_share_names_none_of_them() -> None:
    others = sorted(path.name for path in (ROOT / "bot" / "platforms").iterdir() if (path / "adapter.py").is_file())
    named = re.compile(rf"{'|'.join([*others, 'chat[.]'])}", re.IGNORECASE)
    shared = [path for path in FILES if "common" in path.parts]

    assert {"slack", "web"} <= set(others)
    assert [f"{path.name}: {found[0]}" for path in shared if (found := named.search(path.read_text("utf-8")))] == []
