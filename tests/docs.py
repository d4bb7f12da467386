"""
The parts of the documentation that are made from the code.

`make docs` writes them; test_docs.py says when they are old.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bot.platforms.slack.setup.manifest import EVENTS, SCOPES
from bot.settings import fields

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
ENV_EXAMPLE = ROOT / ".env.example"


def settings_table() -> str:
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {text} |" for name, (default, text) in fields().items()
    ]
    return "\n".join(["| variable | default | what it does |", "| --- | --- | --- |", *rows])


def scopes_table() -> str:
    rows = [f"| `{scope.name}` | {scope.reason} |" for scope in SCOPES]
    return "\n".join(["| scope | why |", "| --- | --- |", *rows])


def events_table() -> str:
    rows = [f"| `{event.name}` | {event.reason} |" for event in EVENTS]
    return "\n".join(["| event | why |", "| --- | --- |", *rows])


def env_example() -> str:
    lines = [
        "# Copy to .env and fill in what you need. Everything has a default; nothing is needed for the playground."
    ]
    for name, (default, text) in fields().items():
        lines += ["", f"# {text}", f"# {name}={default}"]
    return "\n".join(lines) + "\n"


SECTIONS: Mapping[str, Callable[[], str]] = {
    "settings": settings_table,
    "scopes": scopes_table,
    "events": events_table,
}


def with_sections(text: str) -> str:
    """*text* with what stands between `<!-- name -->` and `<!-- /name -->` made anew."""
    for name, made in SECTIONS.items():
        text, count = re.subn(
            rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)",
            partial(_filled, made()),
            text,
            flags=re.DOTALL,
        )
        if count != 1:
            raise ValueError(f"README.md has {count} sections named {name}")
    return text


def _filled(table: str, match: re.Match[str]) -> str:
    return f"{match[1]}{table}{match[2]}"


if __name__ == "__main__":
    README.write_text(with_sections(README.read_text(encoding="utf-8")), encoding="utf-8")
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")
