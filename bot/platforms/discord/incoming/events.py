"""
What every payload has in common: who we are, snowflakes, and what is found in JSON that may hold anything. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.decide.addressing import PRODUCT_NAMES

PLATFORM = "discord"
DIRECT = "@me"  # in the place of a guild, as in the addresses of Discord's client

Json = Mapping[str, Any]

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # of snowflakes: Discord, "Snowflakes"
_TIME_BITS = 22
_LAST = 2**63 - 1
_SNOWFLAKE = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are, from READY or the API."""

    application_id: str
    user_id: str  # the one that is mentioned
    name: str = ""  # as people may call us

    @property
    def called(self) -> str:
        """What a mention of us reads as."""
        return self.name or PRODUCT_NAMES[0]


def snowflake(value: object) -> int | None:
    """An id as a number, which orders messages; None if it is none."""
    if not isinstance(value, str) or _SNOWFLAKE.fullmatch(value) is None:
        return None
    return number if (number := int(value)) <= _LAST else None


def position_of(moment: datetime) -> int:
    """The lowest snowflake of an aware datetime; 0 before the first one."""
    return max(0, (moment - EPOCH) // timedelta(milliseconds=1)) << _TIME_BITS


def moment_of(position: int) -> datetime:
    """When the snowflake *position* was made."""
    return EPOCH + timedelta(milliseconds=position >> _TIME_BITS)


def mapping(body: Json, key: str) -> Json:
    """What is at *key*; empty where there is nothing, or something else."""
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}
