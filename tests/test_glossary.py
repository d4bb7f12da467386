"""The glossary of docs/design.md names what is there, and each word once."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"\| (?P<word>[^|]+) \| (?P<meaning>[^|]+) \| (?P<code>[^|]*)\|")


def rows() -> list[re.Match[str]]:
    """Those of the tables that have a column for the code."""
    glossary = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").split("### What platforms call it")[0]
    found = [row for line in glossary.splitlines() if (row := ROW.fullmatch(line))]
    return [row for row in found if row["word"] not in ("word", "---")]


def public_names(module: Path) -> set[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def test_each_word_stands_in_the_glossary_once() -> None:
    words = [row["word"] for row in rows()]
    assert len(words) > 40
    assert sorted(words) == sorted(set(words))


def test_each_name_in_the_glossary_is_in_the_code_where_it_says() -> None:
    wrong = []
    for row in rows():
        quoted = re.findall(r"`([^`]+)`", row["code"])
        if not quoted:
            continue
        module, *names = quoted
        known = public_names(ROOT / "bot" / module) if (ROOT / "bot" / module).is_file() else set()
        wrong += [f"{row['word']}: {module} {name}" for name in names or ["(no name)"] if name not in known]
    assert wrong == []


def test_no_name_stands_in_the_glossary_twice() -> None:
    names = [name for row in rows() for name in re.findall(r"`([A-Z]\w+)`", row["code"])]
    assert sorted(names) == sorted(set(names))
