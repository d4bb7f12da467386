"""Collects a streamed completion, and makes the result of it. Pure: the caller brings the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import Chunk
from bot.core.prompt.speakers import unbracketed
from bot.core.turn import CUT_SHORT, OVERRUN, Completion, Usage
from bot.markdown import is_visible, join_continuation

LONGEST_REASONING = 2**18  # characters that are kept, to count them, or to show them where there is no answer


@dataclass(slots=True)
class CollectedStream:
    """
    Texts add up, of everything else the last value counts. Times are seconds of one monotonic clock.

    *continued*: the text of the answer so far, which this completion continues.
    """

    started: float
    continued: str | None = None
    first_token: float | None = None
    _text: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)
    _reasoning_length: int = 0
    _refusal: list[str] = field(default_factory=list)
    _finish_reason: str | None = None
    _usage: Usage = field(default_factory=Usage)
    _response_id: str | None = None
    _model: str | None = None
    _fingerprint: str | None = None

    def add(self, chunk: Chunk, now: float) -> None:
        if self.first_token is None and (chunk.text or chunk.refusal):
            self.first_token = now
        if chunk.unsaid:
            self._think(self.said)
            self._text.clear()
        self._think(chunk.reasoning)
        self._text.append(chunk.text)
        self._refusal.append(chunk.refusal)
        self._finish_reason = chunk.finish_reason or self._finish_reason
        self._usage = chunk.usage or self._usage
        self._response_id = chunk.response_id or self._response_id
        self._model = chunk.model or self._model
        self._fingerprint = chunk.fingerprint or self._fingerprint

    def _think(self, reasoning: str) -> None:
        kept = reasoning[: max(0, LONGEST_REASONING - self._reasoning_length)]
        self._reasoning_length += len(kept)
        if kept:
            self._reasoning.append(kept)

    @property
    def said(self) -> str:
        """The words of this call alone, as they came."""
        return "".join(self._text)

    @property
    def characters(self) -> int:
        """Of all that is read when it ends."""
        return (
            len(self.continued or "")
            + sum(map(len, self._text))
            + self._reasoning_length
            + sum(map(len, self._refusal))
        )

    @property
    def overrun(self) -> bool:
        """Whether we cut it off: the server tells no usage then."""
        return self._finish_reason == OVERRUN

    @property
    def brought_something(self) -> bool:
        """Whether there is anything that a server bills."""
        return bool(
            any(self._text) or self._reasoning or any(self._refusal) or self._finish_reason or self._usage != Usage()
        )

    @property
    def has_words(self) -> bool:
        return is_visible(self.said)

    def completion(
        self, model: str, now: float, *, count: Callable[[str], int], cost: Callable[[Usage], int | None]
    ) -> Completion:
        """
        The whole of it. A stream that ended without a word and without a reason was cut: raises ModelError.

        *model* is the name that was asked for; the server's own wins. A refusal counts as the text when there is none.
        """
        result = self.partial(model, now, count=count)
        if not result.text and self._finish_reason is None:
            raise ModelError(ModelProblem.CUT, "the stream ended without a word")
        return replace(result, cost_nanodollars=cost(self._usage))

    def partial(self, model: str, now: float, *, count: Callable[[str], int]) -> Completion:
        """The completion so far, without its cost. Its text is the whole answer, with the part that it continues."""
        refusal = "".join(self._refusal) or None
        said = self.said or (refusal if self.continued is None else None) or ""
        text = self._whole(said) if is_visible(said) else ""
        return Completion(
            text=text,
            text_tokens=count(unbracketed(text)),
            finish_reason=self._finish_reason,
            refusal=refusal,
            response_id=self._response_id,
            model=self._model or model,
            fingerprint=self._fingerprint,
            usage=self._counted_usage(count),
            first_token_seconds=self.first_token - self.started if self.first_token is not None else None,
            total_seconds=now - self.started,
            cost_nanodollars=None,
            reasoning="".join(self._reasoning),
        )

    def _counted_usage(self, count: Callable[[str], int]) -> Usage:
        """As billed; tokens of the reasoning, where the server does not tell them apart, as we count them."""
        if self._usage.reasoning_tokens or not self._reasoning:
            return self._usage
        counted, most = count("".join(self._reasoning)), self._usage.completion_tokens
        return replace(self._usage, reasoning_tokens=counted if most is None else min(counted, most))

    def _whole(self, said: str) -> str:
        """Spaces at the end are kept where the answer was cut: a word may follow on them."""
        text = said if self.continued is None else join_continuation(self.continued, said, unbracketed)
        return text.lstrip() if self._finish_reason in CUT_SHORT else text.strip()
