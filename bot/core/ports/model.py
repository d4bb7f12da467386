"""The core's port to the provider of a language model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from bot.core.turn import Usage

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class PromptImage:
    """*at*: where it stands in the content of its message, in characters."""

    at: int
    content: bytes
    media_type: str
    tokens: int


@dataclass(frozen=True, slots=True)
class PromptMessage:
    role: Role
    content: str
    images: Sequence[PromptImage] = ()  # in their order


class Example(NamedTuple):
    """How something like this should be answered."""

    user: str
    assistant: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """Parameters that are sent only when set."""

    temperature: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    model: str
    messages: Sequence[PromptMessage]
    max_tokens: int  # for the answer, reasoning included
    sampling: Sampling = field(default_factory=Sampling)
    examples: int = 0  # pairs in *messages*, after the system prompt
    earlier_turns: int = 0  # in *messages*, before the question
    dropped: bool = False  # whether older turns of the conversation were left out
    cache_key: str | None = None  # the same for prompts that begin alike; opaque
    knows_system: bool = True  # whether the model takes a system message; else it is sent with the user's first one


@dataclass(frozen=True, slots=True)
class Chunk:
    """
    A piece of a streamed completion; every field may be empty. Later values win, texts add up.

    *reasoning* is what the model thinks before it answers: nobody is shown it, and no prompt holds it. *unsaid*: what
    came as text until then was reasoning, too; it comes before this chunk's own text.

    A stream of words has a *finish_reason*: the server's own, or one of endings.py's. Else it ended with an error.
    """

    text: str = ""
    reasoning: str = ""
    unsaid: bool = False
    refusal: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    response_id: str | None = None
    model: str | None = None
    fingerprint: str | None = None


class LanguageModel(Protocol):
    """Nothing per client, everything per call."""

    def context_window(self, model: str) -> int:
        """The context window, in tokens: prompt and completion together."""

    def count_tokens(self, model: str, text: str) -> int:
        """Tokens of *text* alone."""

    def overhead(self, model: str) -> tuple[int, int]:
        """Tokens that each message costs beside its content, and those that every prompt costs once."""

    def cost(self, model: str, usage: Usage) -> int | None:
        """Nano-dollars; None when no price is known for the model."""

    def stream(self, request: CompletionRequest) -> AsyncGenerator[Chunk, None]:
        """One call, never repeated here. Raises ModelError. Closing the generator cancels the call."""

    async def explain(self, request: CompletionRequest) -> bool:
        """
        One call, of one token, after a stream that ended with an *unexplained* error. Raises the ModelError that it
        tells. Returns whether an answer began, which explains nothing.
        """
