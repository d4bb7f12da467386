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
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncOpenAI,
    DefaultAsyncHttpx2Client,
    Omit,
    OpenAIError,
)

from bot.core.check_findings import Finding
from bot.core.completion.reasoning import Parted, Parting
from bot.core.errors import ModelError, ModelProblem
from bot.core.off_loop import off_loop
from bot.core.ports import Chunk, CompletionRequest, PromptMessage, Sampling
from bot.core.turn import CUT_SHORT, OVERRUN, Usage
from bot.llm import images, openai_chunks, openai_errors, parameters, prices, probe, tokens
from bot.llm.contact import Contact
from bot.llm.server_words import words_of
from bot.llm.wire import bounds, stream_end
from bot.llm.wire.address import Address
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
        address = Address.of(base_url or prices.OPENAI_URL)
        self._base_url = address.base
        self._key = api_key
        self.contact = Contact()
        self._context_tokens = context_tokens
        self._refused: dict[str, set[str]] = {}  # parameters that a model does not take
        self._unexplained: set[str] = set()  # models whose last stream was empty, and were asked why
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
            default_headers={**stream_end.HEADERS, **_key_headers(address, api_key)},
            default_query=address.query,
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
        halves = openai_chunks.Halves(), openai_chunks.Halves(), openai_chunks.Halves()
        parting = Parting(unopened=request.model in self._thinking_unopened)
        reason, came = None, False
        try:
            async with aclosing(self._stream(request)) as chunks:
                async for chunk in chunks:
                    came = True
                    self._unexplained.discard(request.model)
                    self.contact.answered()
                    reason = chunk.finish_reason or reason
                    text, refusal = halves[0].joined(chunk.text), halves[1].joined(chunk.refusal)
                    thought = halves[2].joined(chunk.reasoning)
                    yield _parted(replace(chunk, refusal=refusal, reasoning=thought), parting.feed(text))
        except ModelError as error:  # what was held back is a part of what came
            if not came:
                error.unexplained = error.billed and request.model not in self._unexplained
                self._note_failure(request.model, error)
            if (held := _parted(Chunk(), parting.end(cut=True))) != Chunk():
                yield held
            raise
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
        heard = False
        try:
            async with aclosing(self._frames(request, response, deadline)) as frames:
                async for chunk in frames:
                    heard = True
                    yield chunk
            if not heard:
                raise ModelError(ModelProblem.CUT, "the stream was empty", billed=True)
        except bounds.Overrun:
            yield Chunk(finish_reason=OVERRUN)
        except NotAnswered as error:
            raise ModelError(ModelProblem.ADDRESS, "no answer of an API") from error
        except APIError as error:
            if not openai_errors.blocked_by_filter(error):
                told = await self._translated(error, request)
                told.billed = isinstance(error, APIConnectionError)  # else the server says that it has failed
                raise told from error
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

    async def _frames(
        self, request: CompletionRequest, response: AnswerStream, deadline: float
    ) -> AsyncGenerator[Chunk, None]:
        end = stream_end.StreamEnd(response, whole=lambda: response.whole)
        wire = bounds.Wire(response, request.max_tokens, deadline, over=lambda: end.over)
        room = bounds.Room(request.max_tokens, tokens.count)
        async for event in response:
            wire.event_ended()
            chunk = room.take(openai_chunks.read(event))
            yield end.read(chunk)
            if room.full:
                return
        if last := self._endings.told(request.model, end):
            yield last

    async def explain(self, request: CompletionRequest) -> bool:
        """
        As the port has it. It is not streamed: some servers end a stream without a word where they say it then.

        They may also close the connection after that stream: what was sent on it meanwhile is sent once more.
        """
        for _ in range(2):
            begun = await self._explain(request)
            if begun is not None:
                return begun
        return False

    async def _explain(self, request: CompletionRequest) -> bool | None:
        """None where the connection broke without an answer."""
        deadline = asyncio.get_running_loop().time() + bounds.seconds(1, self._timeout)
        self._unexplained.add(request.model)
        unstreamed = self._refused.get(request.model, set()) | {"stream_options"}
        sent = parameters.sent(request, frozenset(unstreamed), self._base_url)
        begun = False
        try:
            async with asyncio.timeout_at(deadline):
                posted = body(replace(_in_its_roles(request), max_tokens=1), sent) | {"stream": False}
                response = await self._chat.post(posted)
                begun = True
                try:
                    async for _ in response:
                        pass
                finally:
                    await response.close()
        except APIConnectionError:
            return begun or None
        except APIError as error:
            self._unexplained.discard(request.model)
            raise await self._translated(error, request) from error
        except (OpenAIError, httpx2.HTTPError, NotAnswered, bounds.Overrun, TimeoutError, ValueError, RecursionError):
            return begun
        return True

    def _held_back(self, model: str, parting: Parting, reason: str | None) -> Sequence[Chunk]:
        """The text that was held back when the answer ended. Remembers how the model marks its reasoning."""
        if parting.closed_unopened:
            self._thinking_unopened.add(model)
        elif parting.unopened and reason == "stop":
            self._thinking_unopened.discard(model)
        parted = parting.end(cut=reason in CUT_SHORT)
        held = _parted(Chunk(finish_reason=reason), parted)
        return [held] if held.text or held.reasoning or held.unsaid else []

    async def probe(self, model: str, sampling: Sampling | None = None) -> Finding:
        """Whether *model* answers with these settings: one cheap call, of a few tokens."""
        finding, _ = await self.examine(probe.request(model, sampling or Sampling()))
        return finding

    async def examine(self, request: CompletionRequest) -> tuple[Finding, ModelError | None]:
        """Whether *request* is answered, and the error where it is not."""
        finding, error = await probe.ask(self.stream(request), request.model, self._base_url)
        if error and error.unexplained:
            try:
                await self.explain(request)
            except ModelError as reason:
                finding, error = probe.failed(request.model, reason, self._base_url), reason
        if error and error.problem is ModelProblem.NOT_FOUND and (names := await self._model_names()):
            finding = probe.naming(finding, names)
        return finding, error

    async def ping(self, model: str) -> None:
        """Note in *contact* whether the server answers: by its list of models, or else with one token."""
        try:
            page = await self._client.models.list()
            if any(name == model or "*" in name for name in (str(each.id) for each in page.data or ())):
                self.contact.answered()
                return
        except APIConnectionError as error:
            self._note_failure(model, openai_errors.translate(error, datetime.now(UTC)))
            return
        except (OpenAIError, httpx2.HTTPError, ValueError, AttributeError, TypeError):
            pass  # there is no list, or it is not for this key
        with suppress(ModelError):
            async with aclosing(self.stream(probe.request(model, Sampling(), max_tokens=1))) as chunks:
                async for _ in chunks:
                    pass

    def _note_failure(self, model: str, error: ModelError) -> None:
        self.contact.failed(error, probe.in_a_line(probe.failed(model, error, self._base_url)))

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
                return await self._chat.post(body(_in_its_roles(request), sent))
            except APIStatusError as error:
                if openai_errors.blocked_by_filter(error):
                    return None
                if _asks_too_much(error, request) or not self._leave_out(request, refused, error):
                    raise await self._translated(error, request) from error
            except APIError as error:
                raise await self._translated(error, request) from error
            except (OpenAIError, httpx2.HTTPError) as error:
                raise openai_errors.unsent(error) from error
            except NotAnswered as error:
                raise ModelError(ModelProblem.ADDRESS, "redirected elsewhere") from error

    async def _translated(self, error: APIError, request: CompletionRequest) -> ModelError:
        translated = _asks_too_much(error, request) or openai_errors.translate(error, datetime.now(UTC))
        sent = [message.content for message in request.messages]
        if not isinstance(error, APIConnectionError):
            translated.said = await off_loop(sum(map(len, sent)), lambda: words_of(error, sent, self._key))
        return translated

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


def _key_headers(address: Address, key: str | None) -> dict[str, Any]:
    """Those that the SDK does not set by itself."""
    return {} if address.key_header is None else {address.key_header: key or NO_KEY, "Authorization": Omit()}


def body(request: CompletionRequest, sent: frozenset[str]) -> dict[str, Any]:
    """The body of the request; *sent* are its optional parameters."""
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


def _in_its_roles(request: CompletionRequest) -> CompletionRequest:
    """For a template that knows no system message it begins the first of the user's."""
    system, first, *rest = request.messages if len(request.messages) > 1 else (None, None)
    if request.knows_system or system is None or first is None or system.role != "system" or first.role != "user":
        return request
    before = f"{system.content}\n\n"
    pictures = [replace(image, at=image.at + len(before)) for image in first.images]
    return replace(request, messages=[PromptMessage("user", before + first.content, tuple(pictures)), *rest])


def _asks_too_much(error: APIError, request: CompletionRequest) -> ModelError | None:
    """The refusal, if the error says that the server takes less of something; else None."""
    if images.refused(error, request.messages):
        return ModelError(ModelProblem.IMAGES)
    if request.knows_system and request.messages[0].role == "system" and openai_errors.refused_system(error):
        return ModelError(ModelProblem.SYSTEM)
    if (limit := openai_errors.reply_limit(error, request.max_tokens)) is not None:
        return ModelError(ModelProblem.REPLY_LENGTH, limit=limit)
    return None
