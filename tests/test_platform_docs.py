"""The section of docs/design.md for whoever adds a platform tells the methods that there are, and where they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.core import ports
from tests.contract.world import PROTOCOLS

ROOT = Path(__file__).resolve().parent.parent
SECTION = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").split("\n## A platform in a dozen methods\n")[1]
TABLES = {
    title: re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)
    for title, body in re.findall(r"\n### `(\w+)`\n(.*?)(?=\n### )", SECTION, re.DOTALL)
}
DOCUMENTED = {protocol.__name__: protocol for protocol in (ports.Platform, ports.Reply, *PROTOCOLS.values())}


def methods(protocol: type) -> list[str]:
    names = [*vars(protocol).get("__annotations__", {}), *vars(protocol)]
    return [name for name in names if not name.startswith("_")]


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_each_method_of_a_port_has_its_line(name: str) -> None:
    assert TABLES[name] == methods(DOCUMENTED[name])


def test_there_are_no_other_tables() -> None:
    assert TABLES.keys() == DOCUMENTED.keys()


def test_each_shared_part_is_named_and_no_other() -> None:
    common = {path.name for path in (ROOT / "bot" / "platforms" / "common").glob("*.py")} - {"__init__.py"}
    shared = re.findall(r"^\| `\w+` \|.*\|(.*)\|$", SECTION, re.MULTILINE)
    assert {name for cell in shared for name in re.findall(r"`(\w+\.py)`", cell)} == common


def test_each_file_that_is_named_is_there() -> None:
    paths = [path for path in re.findall(r"`([\w/]+/[\w/]*(?:\.py)?)`", SECTION) if "NAME" not in path]
    assert len(paths) > 8
    assert [path for path in paths if not (ROOT / path).exists() and not (ROOT / "bot" / path).exists()] == []
