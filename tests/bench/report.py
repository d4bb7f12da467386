"""Figures, their targets, and the tables of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One line of the report. *value* is what the target is about: a ratio, or a number of *unit*.

    *ours* and *theirs* are what a ratio is made of; *target* is an inclusive range.
    """

    name: str
    value: float
    target: tuple[float, float]
    unit: str = ""
    ours: float | None = None
    theirs: float | None = None

    @property
    def met(self) -> bool:
        return self.target[0] <= self.value <= self.target[1]

    def on(self, platform: str) -> Figure:
        """The same, named after a platform."""
        return replace(self, name=f"{platform}: {self.name}")


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that compare the same two: *ours* is measured against *theirs*."""

    ours: str
    theirs: str
    figures: Sequence[Figure]


def ratio(name: str, ours: float, theirs: float, *, at_most: float, at_least: float = 0.0, unit: str) -> Figure:
    return Figure(name, ours / theirs if theirs else float("inf"), (at_least, at_most), unit, ours, theirs)


def limit(name: str, value: float, *, at_most: float, unit: str = "") -> Figure:
    return Figure(name, value, (0.0, at_most), unit)


def share(name: str, value: float, *, at_least: float) -> Figure:
    return Figure(name, 100 * value, (100 * at_least, 100.0), "%")


def table(section: Section) -> str:
    rows = [("", section.ours, section.theirs, "result", "target", "")]
    rows += [
        (
            figure.name,
            _number(figure.ours, figure.unit),
            _number(figure.theirs, figure.unit),
            f"x {figure.value:.2f}" if figure.ours is not None else _number(figure.value, figure.unit),
            _target(figure),
            "met" if figure.met else "MISSED",
        )
        for figure in section.figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    return [asdict(figure) | {"met": figure.met} for figure in figures]


def _target(figure: Figure) -> str:
    low, high = figure.target
    return f"{low:g}-{high:g}" if low else f"<= {high:g}"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "ms":
        return f"{value * 1000:.1f} ms"
    return (
        f"{value:.2f} s"
        if unit == "s"
        else f"{value:g} {unit}".rstrip()
        if value == int(value)
        else f"{value:.1f} {unit}"
    )
