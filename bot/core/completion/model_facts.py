"""
What was learned of models: how they count, how much they take and write, whether they see. How they count is in
estimate.py.

All processes on one database share it. ModelFacts never fails a turn: without the database it goes on in memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.core.completion import estimate
from bot.core.errors import LedgerError, ModelError, ModelProblem
from bot.core.ports import LearnedFacts, ModelFactStore
from bot.core.turn import Usage

REFRESH_SECONDS = 60.0
WORTH_NOTING = 0.005  # of a factor
FAR_BELOW = 0.6  # of what we count: no tokenizer needs so little
CUT_BILL = 256  # tokens; no server has a window that is smaller, and a smaller bill is nonsense

log = logging.getLogger(__name__)


class Nowhere:
    """The ModelFactStore port where there is no database: nothing is kept."""

    async def learned(self, model: str) -> LearnedFacts:  # noqa: ARG002 - as the port has it
        return LearnedFacts()

    async def note_factor(self, model: str, factor: float) -> None: ...

    async def note_window(self, model: str, window: int) -> None: ...

    async def note_sight(self, model: str, *, sees: bool) -> None: ...

    async def note_max_tokens(self, model: str, max_tokens: int) -> None: ...

    async def note_system(self, model: str, *, knows: bool) -> None: ...


class ModelFacts:
    def __init__(self, notes: ModelFactStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._notes = notes
        self._monotonic = monotonic
        self._known: dict[str, LearnedFacts] = {}
        self._noted: dict[str, LearnedFacts] = {}  # as the database has it
        self._read_at: dict[str, float] = {}
        self._guessed_windows: dict[str, int] = {}  # tokens; never noted: nobody said so
        self._most_billed: dict[str, int] = {}  # tokens of a prompt
        self._cutting: set[str] = set()  # models whose servers cut prompts

    async def refresh(self, model: str) -> None:
        """Read what others have learned, now and then: a read a minute, whatever is asked."""
        now = self._monotonic()
        if now - self._read_at.get(model, -REFRESH_SECONDS) < REFRESH_SECONDS:
            return
        self._read_at[model] = now
        try:
            noted = await self._notes.learned(model)
        except LedgerError as error:
            log.debug("what was learned of %s could not be read: %s", model, error)
            return
        known, before = self.known(model), self._noted.get(model, LearnedFacts())
        # Facts that this process has not stored, because they are too few or the database was away, are kept.
        factor = known.token_factor if noted.token_factor == before.token_factor else noted.token_factor
        self._known[model] = replace(noted, token_factor=factor)
        self._noted[model] = noted

    def known(self, model: str) -> LearnedFacts:
        return self._known.get(model, LearnedFacts())

    def factor(self, model: str) -> float:
        """The model's own tokens for each of ours; 1 as long as nothing was learned."""
        known = self.known(model).token_factor
        return 1.0 if known is None else known

    def context_window(self, model: str, known: int) -> int:
        """Tokens, prompt and completion together, where *known* is what is believed without asking."""
        return min(known, self.known(model).window or known, self._guessed_windows.get(model, known))

    def sees(self, model: str) -> bool:
        """Whether the model takes images; every model is believed to until its server says otherwise."""
        return self.known(model).sees is not False

    async def learn_refusal(self, model: str, known_window: int, error: ModelError) -> bool:
        """Learn from a refusal of what is sent. Whether there was something to be learned: ask with less then."""
        if error.problem is ModelProblem.IMAGES:
            await self.refused_images(model)
        elif error.problem is ModelProblem.SYSTEM:
            await self.refused_system(model)
        elif error.problem is ModelProblem.REPLY_LENGTH and error.limit is not None:
            await self.refused_reply(model, error.limit)
        elif error.problem is ModelProblem.CONTEXT_LENGTH:
            await self.refused(model, known_window, error.limit)
        else:
            return False
        return True

    async def refused_images(self, model: str) -> None:
        log.warning("%s does not take images: they are only named to it", model)
        self._known[model] = replace(self.known(model), sees=False)
        await self._noting(model, self._notes.note_sight(model, sees=False))

    def knows_system(self, model: str) -> bool:
        """Whether the model takes a system message, as sees()."""
        return self.known(model).knows_system is not False

    async def refused_system(self, model: str) -> None:
        log.warning("%s takes no system message: it is sent with the first message of the user's", model)
        self._known[model] = replace(self.known(model), knows_system=False)
        await self._noting(model, self._notes.note_system(model, knows=False))

    def max_tokens(self, model: str, asked: int) -> int:
        """Of an answer, where *asked* are wanted."""
        return min(asked, self.known(model).max_tokens or asked)

    async def refused_reply(self, model: str, limit: int) -> None:
        log.warning("%s writes no answer as long as OPENAI_MAX_TOKENS: taken to be %d tokens at most", model, limit)
        self._known[model] = replace(self.known(model), max_tokens=limit)
        await self._noting(model, self._notes.note_max_tokens(model, limit))

    async def answered(self, turn: int, model: str, counted: int | None, estimated: int, usage: Usage) -> None:
        """
        Learn from what a prompt was billed; say so when it was estimated wrongly.

        *counted*: in our tokens, None where nothing is to be learned of how the model counts text.
        """
        tokens = billed(usage)
        if counted is not None and tokens is not None and await self._was_cut(model, counted, tokens, usage):
            return
        off = estimate.error(estimated, tokens)
        if off is not None and abs(off) > estimate.TOLERANCE:
            message = "turn %d: the prompt was estimated at %d tokens of %s, and billed as %d (%+.1f %%)"
            log.info(message, turn, estimated, model, tokens, 100 * off)
        if counted is not None:
            await self._learn_factor(model, estimate.learned(self.known(model).token_factor, counted, tokens))

    async def refused(self, model: str, known_window: int, limit: int | None) -> None:
        """
        Learn from a prompt that was too long. *limit*: the window as the server said, None when it did not.

        Where it is no smaller than we thought, our count was too low. Where nobody says, less and less is tried.
        """
        window = self.context_window(model, known_window)
        if limit is not None and 0 < limit < window:
            await self._learn_window(model, limit)
            return
        factor = estimate.raised(self.known(model).token_factor) if limit is not None else None
        if factor is None:
            self._guessed_windows[model] = window * 3 // 4
            log.warning("the context window of %s is taken to be %d tokens", model, self._guessed_windows[model])
            return
        log.warning("%s counts more tokens than we do: taken to be %.2f for each of ours", model, factor)
        await self._learn_factor(model, factor)

    async def _was_cut(self, model: str, counted: int, billed: int, usage: Usage) -> bool:
        """
        Whether the bill says that the server has cut a prompt without a word, as Ollama does beyond its num_ctx.

        What a bill leaves out of a cached prompt is none of that: the same server has billed longer ones in full. It is
        believed once: bills that stay too low after it say nothing.
        """
        most = self._most_billed[model] = max(billed, self._most_billed.get(model, 0))
        if not (CUT_BILL <= billed == most and billed < FAR_BELOW * counted) or usage.cached_tokens:
            return False
        if model in self._cutting:
            return False
        self._cutting.add(model)
        log.warning(
            "the server of %s was sent about %d tokens and billed %d: it seems to cut long prompts. Start it with a "
            "longer context (Ollama: OLLAMA_CONTEXT_LENGTH), or set CONTEXT_TOKENS to the one that it has",
            model,
            counted,
            billed,
        )
        await self._learn_window(model, billed)
        return True

    async def _learn_window(self, model: str, window: int) -> None:
        log.warning("the context window of %s is taken to be %d tokens", model, window)
        self._known[model] = replace(self.known(model), window=window)
        await self._noting(model, self._notes.note_window(model, window))

    async def _noting(self, model: str, note: Awaitable[None]) -> bool:
        """Whether it could be noted."""
        try:
            await note
        except LedgerError as error:
            log.debug("what was learned of %s could not be noted: %s", model, error)
            return False
        return True

    async def _learn_factor(self, model: str, factor: float | None) -> None:
        if factor is None:
            return
        self._known[model] = replace(self.known(model), token_factor=factor)
        before = self._noted.get(model, LearnedFacts())
        if before.token_factor is not None and abs(factor / before.token_factor - 1) < WORTH_NOTING:
            return
        if await self._noting(model, self._notes.note_factor(model, factor)):
            self._noted[model] = replace(before, token_factor=factor)


def billed(usage: Usage) -> int | None:
    """Tokens of the whole prompt. Some servers bill what was cached beside them, not as a part of them."""
    if usage.prompt_tokens is None or usage.prompt_tokens < 0:
        return None
    cached = usage.cached_tokens or 0
    return usage.prompt_tokens + cached if cached > usage.prompt_tokens else usage.prompt_tokens
