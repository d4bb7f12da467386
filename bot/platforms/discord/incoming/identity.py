"""Who we are on Discord."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.decide.addressing import PRODUCT_NAMES


@dataclass(frozen=True, slots=True)
class Identity:
    """From READY or the API."""

    application_id: str
    user_id: str  # the one that is mentioned
    name: str = ""  # as people may call us

    @property
    def called(self) -> str:
        """The text of a mention of us."""
        return self.name or PRODUCT_NAMES[0]
