"""The core's port to the facts that servers' answers have told of models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LearnedFacts:
    """Facts about a model from its server's answers; None: not known yet."""

    token_factor: float | None = None  # its own tokens for each that we count
    window: int | None = None  # tokens, as its server said lately
    sees: bool | None = None  # whether it takes images; as its server said lately
    max_tokens: int | None = None  # of an answer, as its server said lately
    knows_system: bool | None = None  # whether it takes a system message; as its server said lately


class ModelFactStore(Protocol):
    """The facts about models, shared by all processes on this database. All methods raise LedgerError."""

    async def learned(self, model: str) -> LearnedFacts: ...

    async def note_factor(self, model: str, factor: float) -> None: ...

    async def note_window(self, model: str, window: int) -> None: ...

    async def note_sight(self, model: str, *, sees: bool) -> None: ...

    async def note_max_tokens(self, model: str, max_tokens: int) -> None: ...

    async def note_system(self, model: str, *, knows: bool) -> None: ...
