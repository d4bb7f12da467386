"""
What the core needs from the outside, as small Protocols. A door implements one without inheriting from it.

Doors raise the errors of errors.py and nothing else that anyone reacts to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.core.ports.ledger import (
    WHOLE_WORKSPACE,
    CompletionStart,
    Given,
    KnownName,
    LearnedFacts,
    Ledger,
    ModelFactStore,
    Recorded,
    Renewal,
    Watermarks,
)
from bot.core.ports.model import (
    Chunk,
    CompletionRequest,
    Example,
    LanguageModel,
    PromptImage,
    PromptMessage,
    Role,
    Sampling,
)
from bot.core.ports.platform import (
    Directory,
    PartLog,
    Platform,
    Receive,
    References,
    Reply,
    ReplyRequest,
    Status,
    ThreadRead,
    ThreadReader,
)

__all__ = [
    "WHOLE_WORKSPACE",
    "Checkpoint",
    "Chunk",
    "CompletionRequest",
    "CompletionStart",
    "Directory",
    "Example",
    "Given",
    "KnownName",
    "LanguageModel",
    "LearnedFacts",
    "Ledger",
    "ModelFactStore",
    "PartLog",
    "Platform",
    "PromptImage",
    "PromptMessage",
    "Receive",
    "Recorded",
    "References",
    "Renewal",
    "Reply",
    "ReplyRequest",
    "Role",
    "Sampling",
    "Status",
    "ThreadRead",
    "ThreadReader",
    "Watermarks",
]

Checkpoint = Callable[[str], Awaitable[None]]
"""Told the name of each step just before it; does nothing in the product. Fault tests end the process there."""
