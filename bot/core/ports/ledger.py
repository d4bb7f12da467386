"""The whole ledger, for the code that puts parts together. Code that needs a part takes one of the ports below."""

from __future__ import annotations

from typing import Protocol

from bot.core.ports.completions import CompletionStore
from bot.core.ports.conversations import ConversationStore, NameStore
from bot.core.ports.parts import PartStore
from bot.core.ports.turn_queue import TurnQueue


class Ledger(ConversationStore, NameStore, TurnQueue, CompletionStore, PartStore, Protocol):
    """The record of all that was said, asked and answered."""
