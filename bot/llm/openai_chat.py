"""
The LanguageModel port on servers that speak the Chat Completions API: OpenAI's, and those that follow it.

One client, one call a stream, never repeated for an error: all waiting is decided in core/retry.py. Only a parameter
that a server does not take is left out and the call made again, since nothing was answered or paid. What went wrong is
told in openai_errors.py, what is sent in parameters.py, prices and windows are in prices.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
from openai import (
    APIError,
    APIStatusError,
    AsyncOpenAI,
    DefaultAsyncHttpx2Client,
    OpenAIError,
)

from bot.core.check_findings import Finding
from bot.core.completion.reasoning import Parted, Parting
from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import Chunk, CompletionRequest, PromptMessage, Sampling
from bot.core.turn import CUT_SHORT, OVERRUN, Usage
from bot.llm import images, openai_chunks, openai_errors, parameters, prices, probe, tokens
from bot.llm.wire import bounds, stream_end
from bot.llm.wire.answer_forms import AnswerStream, NotAnswered
from bot.llm.wire.chat_post import ChatPost
from bot.network import certificates
from bot.network.proxies import proxy_of

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 5.0  # seconds
NO_KEY = "none"  # servers without keys; the SDK wants a non-empty one
LISTED_MODELS = 10  # names in the remedy for a model that is not there


class OpenAIChat:
    """
    *timeout* is seconds without a byte from the server; bounds.py says how many a call may take in all.
    *context_tokens* overrides the known window.

    The SDK's own environment variables have no say in the address or the key.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 120.0,
        context_tokens: int | None = None,
    ) -> None:
        self._base_url = base_url or prices.OPENAI_URL
        self._context_tokens = context_tokens
        self._without_system: set[str] = set()  # models whose template knows no system message
        self._refused: dict[str, set[str]] = {}  # parameters that a model does not take
        self._thinking_unopened: set[str] = set()  # models that mark only where their reasoning ends
        self._endings = stream_end.Endings()
        self._timeout = timeout
        waits = httpx2.Timeout(timeout, connect=CONNECT_TIMEOUT)
        http = DefaultAsyncHttpx2Client(
            timeout=waits,
            event_hooks={"response": [bounds.bound]},
            trust_env=False,  # it reads the variables in a way of its own
            proxy=proxy_of(self._base_url),
            verify=certificates.context(),
        )
        self._client = AsyncOpenAI(
            api_key=api_key or NO_KEY,
            base_url=self._base_url,
            max_retries=0,
            default_headers=stream_end.HEADERS,
            timeout=waits,
            http_client=http,
        )
        self._chat = ChatPost(self._client, http)

    async def aclose(self) -> None:
        await self._client.close()

    def context_window(self, model: str) -> int:
        return self._context_tokens or prices.context_window(model, self._base_url)

    def count_tokens(self, model: str, text: str) -> int:  # noqa: ARG002 - one encoding counts them all
        return tokens.count(text)

    def overhead(self, model: str) -> tuple[int, int]:  # noqa: ARG002 - the same for them all
        return tokens.overhead()

    def cost(self, model: str, usage: Usage) -> int | None:
        return prices.cost(model, usage, self._base_url)

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[Chunk, None]:
        """
        One call. Raises ModelError; closing the generator closes the connection, and the server stops working.

        What a filter refused is no error: the answer is empty, or ends there, with finish_reason content_filter. Words
        without a finish reason are an error, unless the server ended the stream as the API has it (stream_end.py).
        """
        halves = openai_chunks.Halves(), openai_chunks.Halves()
        parting = Parting(unopened=request.model in self._thinking_unopened)
        reason = None
        async with aclosing(self._stream(request)) as chunks:
            async for chunk in chunks:
                reason = chunk.finish_reason or reason
                text, refusal = halves[0].joined(chunk.text), halves[1].joined(chunk.refusal)
                yield _parted(replace(chunk, refusal=refusal), parting.feed(text))
        if left := halves[0].left:
            yield _parted(Chunk(finish_reason=reason), parting.feed(left))
        for held in self._held_back(request.model, parting, reason):
            yield held

    async def _stream(self, request: CompletionRequest) -> AsyncGenerator[Chunk, None]:
        """As the server has it: reasoning may be within the text."""
        deadline = asyncio.get_running_loop().time() + bounds.seconds(request.max_tokens, self._timeout)
        response = await self._open_until(deadline, request)
        if response is None:
            yield Chunk(finish_reason="content_filter")
            return
        end = stream_end.StreamEnd(response, whole=lambda: response.whole)
        wire = bounds.Wire(response, request.max_tokens, deadline, over=lambda: end.over)
        room = bounds.Room(request.max_tokens, tokens.count)
        try:
            async for event in response:
                wire.event_ended()
                chunk = room.take(openai_chunks.read(event))
                end.read(chunk)
                yield chunk
                if room.full:
                    return
            if last := self._endings.told(request.model, end):
                yield last
        except bounds.Overrun:
            yield Chunk(finish_reason=OVERRUN)
        except NotAnswered as error:
            raise ModelError(ModelProblem.ADDRESS, "no answer of an API") from error
        except APIError as error:
            if not openai_errors.blocked_by_filter(error):
                raise _translated(error, request) from error
            yield Chunk(finish_reason="content_filter")
        except (
            OpenAIError,
            httpx2.HTTPError,
            ValueError,
            RecursionError,
        ) as error:  # the last two: no JSON, or too deep
            raise openai_errors.cut(error) from error
        finally:
            await response.close()

    def _held_back(self, model: str, parting: Parting, reason: str | None) -> Sequence[Chunk]:
        """What was held back of an answer that is over; how the model marks its reasoning is remembered."""
        if parting.closed_unopened:
            self._thinking_unopened.add(model)
        elif parting.unopened and reason == "stop":
            self._thinking_unopened.discard(model)
        parted = parting.end(cut=reason in CUT_SHORT)
        held = _parted(Chunk(finish_reason=reason), parted)
        return [held] if held.text or held.reasoning or held.unsaid else []

    async def probe(self, model: str, sampling: Sampling | None = None) -> Finding:
        """Whether *model* answers with these settings: one cheap call, of a few tokens."""
        chunks = self.stream(probe.request(model, sampling or Sampling()))
        finding, problem = await probe.ask(chunks, model, self._base_url)
        if problem is ModelProblem.NOT_FOUND and (names := await self._model_names()):
            return probe.naming(finding, names)
        return finding

    async def _model_names(self) -> Sequence[str]:
        """At most LISTED_MODELS; none when the server has no such list."""
        try:
            page = await self._client.models.list()
            return sorted(str(model.id) for model in page.data or ())[:LISTED_MODELS]
        except (OpenAIError, httpx2.HTTPError, ValueError):
            return ()

    async def _open_until(self, deadline: float, request: CompletionRequest) -> AnswerStream | None:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._open(request)
        except TimeoutError as error:
            raise ModelError(ModelProblem.TIMEOUT, "no answer in all that time") from error

    async def _open(self, request: CompletionRequest) -> AnswerStream | None:
        """The server's answer, or None when a filter refused the prompt."""
        while True:  # ends: each round sends one parameter less
            refused = frozenset(self._refused.get(request.model, ()))
            try:
                sent = parameters.sent(request, refused, self._base_url)
                return await self._chat.post(body(self._in_its_roles(request), sent))
            except APIStatusError as error:
                if openai_errors.blocked_by_filter(error):
                    return None
                if self._learn_system(request, error):
                    continue
                if images.refused(error, request.messages) or not self._leave_out(request, refused, error):
                    raise _translated(error, request) from error
            except APIError as error:
                raise _translated(error, request) from error
            except (OpenAIError, httpx2.HTTPError) as error:
                raise openai_errors.unsent(error) from error

    def _in_its_roles(self, request: CompletionRequest) -> CompletionRequest:
        """For a template that knows no system message it begins the first of the user's."""
        if request.model not in self._without_system:
            return request
        system, first, *rest = request.messages if len(request.messages) > 1 else (None, None)
        if system is None or first is None or system.role != "system" or first.role != "user":
            return request
        before = f"{system.content}\n\n"
        pictures = [replace(image, at=image.at + len(before)) for image in first.images]
        return replace(request, messages=[PromptMessage("user", before + first.content, tuple(pictures)), *rest])

    def _learn_system(self, request: CompletionRequest, error: APIStatusError) -> bool:
        """Whether the error is about the system message, which is sent with the first one of the user's from now on."""
        has_one = any(message.role == "system" for message in request.messages)
        if not has_one or request.model in self._without_system or not openai_errors.refused_system(error):
            return False
        self._without_system.add(request.model)
        logger.warning("model %s takes no system message: it is sent with the first message", request.model)
        return True

    def _leave_out(self, request: CompletionRequest, refused: frozenset[str], error: APIStatusError) -> bool:
        """Whether the error is about a parameter that can be left out; if so, it is from now on, for this model."""
        name = openai_errors.refused_parameter(error, parameters.sent(request, refused, self._base_url))
        if name is None:
            return False
        known = self._refused.setdefault(request.model, set())
        if name not in known:
            known.add(name)
            logger.warning("model %s does not take %s: it is no longer sent", request.model, name)
        return True


def _parted(chunk: Chunk, parted: Parted) -> Chunk:
    return replace(chunk, text=parted.text, reasoning=chunk.reasoning + parted.reasoning, unsaid=parted.unsaid)


def body(request: CompletionRequest, sent: frozenset[str]) -> dict[str, Any]:
    """What is posted; *sent* are the optional parameters in it."""
    sampling = request.sampling
    optional = {
        "stream_options": {"include_usage": True},
        "max_completion_tokens": request.max_tokens,
        "max_tokens": request.max_tokens,
        "temperature": sampling.temperature,
        "seed": sampling.seed,
        "stop": list(sampling.stop),
        "prompt_cache_key": request.cache_key,
    }
    return {
        "model": request.model,
        "messages": wire(request.messages),
        "stream": True,
        **{name: value for name, value in optional.items() if name in sent},
    }


def wire(messages: Sequence[PromptMessage]) -> list[dict[str, Any]]:
    """Messages as they go over the wire."""
    return [{"role": message.role, "content": images.content_of(message)} for message in messages]


def _translated(error: APIError, request: CompletionRequest) -> ModelError:
    if images.refused(error, request.messages):
        return ModelError(ModelProblem.IMAGES)
    return openai_errors.translate(error, datetime.now(UTC))
