"""
What the core needs from the outside, as small Protocols. A door implements one without inheriting from it.

Doors raise the errors of errors.py and nothing else that anyone reacts to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.core.ports.completions import CompletionStart, CompletionStore, Given, Persist
from bot.core.ports.conversations import (
    ChannelIds,
    ConversationStore,
    Foresight,
    Interaction,
    InteractionStore,
    KnownName,
    NameStore,
    PlaceContents,
    Recorded,
    ThreadIndex,
)
from bot.core.ports.files import FileError, FileParser, FileReader, FileStore
from bot.core.ports.ledger import Ledger
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
from bot.core.ports.model_facts import LearnedFacts, ModelFactStore
from bot.core.ports.parts import PartStore
from bot.core.ports.platform import (
    CLOCK_SKEW,
    Closing,
    Directory,
    DirectTopics,
    PaceSettings,
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
from bot.core.ports.receipts import (
    ConversationRecord,
    Opinions,
    ReceiptStore,
    StoredAnswer,
    StoredCompletion,
    StoredFile,
    StoredMessage,
    StoredReaction,
    StoredSummary,
    StoredTurn,
    StoredVersion,
    TurnRecord,
    Use,
    Viewer,
)
from bot.core.ports.summaries import Older, Summaries, SummaryBegun, SummaryStart
from bot.core.ports.turn_queue import ClaimRequest, Renewal, TurnQueue
from bot.core.ports.watermarks import WHOLE_WORKSPACE, SharedWatermarks, Watermarks

__all__ = [
    "CLOCK_SKEW",
    "WHOLE_WORKSPACE",
    "ChannelIds",
    "Checkpoint",
    "Chunk",
    "ClaimRequest",
    "Closing",
    "CompletionRequest",
    "CompletionStart",
    "CompletionStore",
    "ConversationRecord",
    "ConversationStore",
    "DirectTopics",
    "Directory",
    "Example",
    "FileError",
    "FileParser",
    "FileReader",
    "FileStore",
    "Foresight",
    "Given",
    "Interaction",
    "InteractionStore",
    "KnownName",
    "LanguageModel",
    "LearnedFacts",
    "Ledger",
    "ModelFactStore",
    "NameStore",
    "Older",
    "Opinions",
    "PaceSettings",
    "PartLog",
    "PartStore",
    "Persist",
    "PlaceContents",
    "Platform",
    "PromptImage",
    "PromptMessage",
    "ReceiptStore",
    "Receive",
    "Recorded",
    "References",
    "Renewal",
    "Reply",
    "ReplyRequest",
    "Role",
    "Sampling",
    "SharedWatermarks",
    "Status",
    "StoredAnswer",
    "StoredCompletion",
    "StoredFile",
    "StoredMessage",
    "StoredReaction",
    "StoredSummary",
    "StoredTurn",
    "StoredVersion",
    "Summaries",
    "SummaryBegun",
    "SummaryStart",
    "ThreadIndex",
    "ThreadRead",
    "ThreadReader",
    "TurnQueue",
    "TurnRecord",
    "Use",
    "Viewer",
    "Watermarks",
]

Checkpoint = Callable[[str], Awaitable[None]]
"""Told the name of each step just before it; does nothing in the product. Fault tests end the process there."""
