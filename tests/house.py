"""
Who may import whom: the rules of the house, and the check that says which line breaks which.

The folder of a line answers which outside system it talks to: RULES. Within the larger packages rooms stand on floors,
and a room imports only rooms on floors below its own: ORDERS. Imports inside functions count like any other.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ANYTHING = ("",)


@dataclass(frozen=True, slots=True)
class Rule:
    """What modules below *room* may import; rooms and packages stand for everything in them."""

    room: str
    ours: tuple[str, ...]
    third_party: tuple[str, ...]
    words: str


DOORS = "a door imports core, markdown and its own SDK, no other door and no settings"
MOST_MODULES = 12  # in a folder

# The first rule whose room holds a module is the module's rule.
RULES = (
    Rule(
        "bot.core",
        ("bot.core", "bot.markdown"),
        (),
        "the core talks to nobody: it imports the standard library and markdown, which is as pure as itself",
    ),
    Rule("bot.markdown", ("bot.markdown",), ("markdown_it",), "markdown imports its parser only"),
    Rule(
        "bot.platforms.web.workspace",
        ("bot.core", "bot.database_file", "bot.markdown", "bot.platforms.web.workspace", "bot.stop_signals"),
        ("aiohttp", "markdown_it"),
        "the playground's page starts fast: it imports no SDK and no database",
    ),
    Rule(
        "bot.platforms.common",
        ("bot.core", "bot.markdown", "bot.platforms.common"),
        (),
        "what all platforms share knows none of them",
    ),
    Rule(
        "bot.platforms.web",
        ("bot.core", "bot.markdown", "bot.platforms.common", "bot.platforms.web"),
        ("aiohttp",),
        DOORS,
    ),
    Rule(
        "bot.platforms.slack",
        ("bot.core", "bot.markdown", "bot.network", "bot.platforms.common", "bot.platforms.slack", "bot.listening"),
        ("slack_bolt", "slack_sdk", "aiohttp", "yarl"),  # yarl: the URLs of aiohttp
        DOORS,
    ),
    Rule(
        "bot.platforms.discord.gateway",
        ("bot.core", "bot.markdown", "bot.network", "bot.platforms.common", "bot.platforms.discord"),
        ("discord", "aiohttp", "yarl"),
        "Discord's library keeps the connection to the gateway, and is imported nowhere else",
    ),
    Rule(
        "bot.platforms.discord",
        ("bot.core", "bot.markdown", "bot.network", "bot.platforms.common", "bot.platforms.discord"),
        ("aiohttp", "yarl"),  # yarl: the URLs of aiohttp
        DOORS,
    ),
    Rule(
        "bot.store",
        ("bot.core", "bot.database_file", "bot.environment.database_url", "bot.markdown", "bot.network", "bot.store"),
        ("sqlalchemy", "alembic", "aiosqlite", "asyncpg"),
        DOORS,
    ),
    Rule("bot.database_file", (), (), "two rooms share the files of a database: it imports nothing of theirs"),
    Rule(
        "bot.llm",
        ("bot.core", "bot.markdown", "bot.llm", "bot.network"),
        ("openai", "httpx2", "anyio", "tiktoken", "genai_prices"),
        DOORS,
    ),
    Rule("bot.files", ("bot.core", "bot.files"), ("PIL", "pypdf"), DOORS),
    Rule(
        "bot.environment",
        ("bot.environment",),
        ("pydantic", "pydantic_core", "dotenv"),
        "what stands in the environment knows nothing of what it is for",
    ),
    Rule(
        "bot.settings",
        ("bot.environment", "bot.network"),
        ("pydantic", "pydantic_settings"),
        "settings know the environment alone",
    ),
    Rule("bot.network", ("bot.network",), (), "which way to take to other machines, who goes it says"),
    Rule("bot.health", ("bot.core", "bot.listening"), ("aiohttp",), "the internal listener knows only the core"),
    Rule("bot.logs", ("bot.core",), (), "how logs look knows only the core"),
    Rule("bot.listening", (), ("aiohttp",), "a listener knows nothing of what it is asked"),
    Rule("bot.stop_signals", (), (), "signals are the system's"),
    Rule("bot.descriptors", (), (), "the limit of descriptors is the system's"),
    Rule("bot.late_imports", (), (), "it knows modules by their names only"),
    Rule(
        "bot.cli",
        ("bot.app", "bot.commands", "bot.core", "bot.logs", "bot.settings", "bot.platforms.slack.setup.manifest"),
        ("click",),
        "the command line parses and prints: the work is done in commands",
    ),
    Rule("bot.__main__", ("bot.cli",), (), "python -m bot is the command line"),
    Rule("bot.app", ("bot",), ANYTHING, "app is where parts meet"),
    Rule("bot.commands", ("bot",), ANYTHING, "commands use everything"),
    Rule("bot", (), (), "a new module of bot/ needs a rule of its own"),
)


@dataclass(frozen=True, slots=True)
class Order:
    """The *floors* of a package, from the top down; each is the names of its rooms, folders or modules."""

    package: str
    floors: tuple[str, ...]

    def floor(self, module: str) -> int | None:
        """Counted from the ground, which is 0. None for the package itself and what is not in it."""
        if not module.startswith(self.package + "."):
            return None
        room = module.removeprefix(self.package + ".").split(".")[0]
        return next((n for n, rooms in enumerate(reversed(self.floors)) if room in rooms.split()), -1)

    def room(self, module: str) -> str:
        return ".".join(module.split(".")[: len(self.package.split(".")) + 1])


ORDERS = (
    Order(
        "bot.core",
        (
            "worker receipt",
            "answer summary",
            "reply",
            "completion",
            "prompt",
            "ports turn_logs",
            "controls decide interruption texts",
            "turn",
            "conversation preferences",
            "files retry",
            "errors check_findings off_loop shortage slots",
        ),
    ),
    Order(
        "bot.store",
        (
            "foresight receipt summaries",
            "ledger",
            "changes model_facts",
            "channel_ids interactions leases thread_index watermarks",
            "statements",
            "database tables",
        ),
    ),
    Order(
        "bot.platforms.slack",
        (
            "adapter",
            "view_opener",
            "reading reply transport",
            "incoming setup status",
            "calls markup",
        ),
    ),
    Order(
        "bot.platforms.discord",
        (
            "adapter",
            "interactions gateway",
            "reading reply",
            "incoming setup status",
            "places",
            "calls markup",
        ),
    ),
)


def broken_rules(module: str, source: str, *, package: bool = False) -> list[str]:
    """What the imports of *source* break, one sentence a line; *package* for an __init__.py."""
    rule = next(rule for rule in RULES if _within(module, (rule.room,)))
    broken = []
    for line, name in _imports(module, source, package):
        if not _allowed(rule, name):
            broken.append(f"{module}:{line} imports {name}, but {rule.words}")
        elif (order := _order_broken(module, name)) is not None:
            broken.append(f"{module}:{line} imports {name}, but {order}")
    return broken


def _order_broken(module: str, name: str) -> str | None:
    for order in ORDERS:
        above, below = order.floor(module), order.floor(name)
        if above is None or below is None or order.room(module) == order.room(name):
            continue
        if min(above, below) < 0:
            unknown = order.room(module if above < 0 else name)
            return f"{unknown} stands on no floor of {order.package}: tests/house.py lists them"
        if below >= above:
            return f"{order.room(name)} does not stand below {order.room(module)}"
    return None


def module_of(path: Path, root: Path) -> str:
    """``bot/core/turn.py`` is ``bot.core.turn``; an ``__init__.py`` is its package."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _allowed(rule: Rule, name: str) -> bool:
    if _within(name, ("tests",)):
        return False
    if _within(name, ("bot",)):
        return _within(name, rule.ours)
    return (
        name.split(".")[0] in sys.stdlib_module_names or rule.third_party == ANYTHING or _within(name, rule.third_party)
    )


def _within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def _imports(module: str, source: str, package: bool) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node, package)
            for alias in node.names:  # from bot import app: the name may be a module
                yield node.lineno, f"{origin}.{alias.name}" if _within(origin, ("bot", "tests")) else origin


def _origin(module: str, node: ast.ImportFrom, package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    above = parts[: len(parts) - node.level + package]
    return ".".join([*above, *(node.module or "").split(".")]).rstrip(".")
