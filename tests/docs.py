"""
The parts of the documentation that are made from the code.

`make docs` writes them; test_docs.py says when they are old.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from bot.platforms.discord.setup import invite
from bot.platforms.slack.setup.manifest import EVENTS, SCOPES
from bot.settings import fields

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ENV_EXAMPLE = ROOT / ".env.example"


def settings_table() -> str:
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {text} |" for name, (default, text) in fields().items()
    ]
    return "\n".join(["| variable | default | what it does |", "| --- | --- | --- |", *rows])


class Asked(Protocol):
    """Something that the bot asks for."""

    @property
    def name(self) -> str: ...

    @property
    def reason(self) -> str: ...


def reasons_table(what: str, asked: Iterable[Asked]) -> str:
    rows = [f"| `{each.name}` | {each.reason} |" for each in asked]
    return "\n".join([f"| {what} | why |", "| --- | --- |", *rows])


def permissions_table() -> str:
    rows = [f"| {each.label} (`{each.name}`) | {each.reason} |" for each in invite.PERMISSIONS]
    return "\n".join(["| permission | why |", "| --- | --- |", *rows])


def env_example() -> str:
    lines = [
        "# Copy to .env and fill in what you need. Everything has a default; nothing is needed for the playground."
    ]
    for name, (default, text) in fields().items():
        lines += ["", f"# {text}", f"# {name}={default}"]
    return "\n".join(lines) + "\n"


DOCUMENTS: Mapping[Path, Mapping[str, Callable[[], str]]] = {
    DOCS / "settings.md": {"settings": settings_table},
    DOCS / "slack.md": {
        "scopes": partial(reasons_table, "scope", SCOPES),
        "events": partial(reasons_table, "event", EVENTS),
    },
    DOCS / "discord.md": {
        "permissions": permissions_table,
        "discord-scopes": partial(reasons_table, "scope", invite.SCOPES),
        "intents": partial(reasons_table, "intent", invite.INTENTS),
    },
}


def with_sections(document: Path) -> str:
    """The text of *document* with what stands between `<!-- name -->` and `<!-- /name -->` made anew."""
    text = document.read_text(encoding="utf-8")
    for name, made in DOCUMENTS[document].items():
        text, count = re.subn(
            rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)",
            partial(_filled, made()),
            text,
            flags=re.DOTALL,
        )
        if count != 1:
            raise ValueError(f"{document.name} has {count} sections named {name}")
    return text


def _filled(table: str, match: re.Match[str]) -> str:
    return f"{match[1]}{table}{match[2]}"


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(with_sections(document), encoding="utf-8")
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")
