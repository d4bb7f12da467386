"""Preferences in which somebody has set a mode."""

from __future__ import annotations

from datetime import datetime

from bot.core.preferences.registry import MODE, Mode
from bot.core.preferences.setting import Preference, Preferences, Scope


def set_to(mode: Mode, since: datetime | None = None) -> Preferences:
    return Preferences((Preference(Scope.THREAD, MODE.key, mode.value, since),))
