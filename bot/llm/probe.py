"""
The question `threadbot check` asks a model, and what to do when it does not answer.

It goes the way that every answer goes, so that a setting the server refuses shows here first.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from urllib.parse import urlsplit

from bot.core.check_findings import Finding, Verdict
from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import Chunk, CompletionRequest, PromptMessage, Role, Sampling

SUBJECT = "Model"
SYSTEM_PROMPT = "Be brief."  # where none is set: examples and summaries have one
_IN_TURNS: Sequence[tuple[Role, str]] = (("user", "Say OK."), ("assistant", "OK."), ("user", "Say OK once more."))
_ALONE: Sequence[tuple[Role, str]] = (("user", "Say OK."),)
PROBE_TOKENS = 16  # a reasoning model may use them all up and end with `length`: that is an answer too

_DETAILS = {
    ModelProblem.RATE_LIMITED: "the server limits the rate of calls just now",
    ModelProblem.CERTIFICATE: "the server's certificate is not accepted",
    ModelProblem.PROXY: "the proxy on the way wants a login, or does not open the way",
    ModelProblem.UNAVAILABLE: "the server cannot be reached",
    ModelProblem.TIMEOUT: "the server accepted the call and then said nothing",
    ModelProblem.CUT: "the server ended the connection before its answer was complete",
    ModelProblem.QUOTA: "the account has no credit left",
    ModelProblem.AUTH: "the server does not accept the key",
    ModelProblem.NOT_FOUND: "the server does not know the model, or the address is not its API's",
    ModelProblem.CONTEXT_LENGTH: "even a short prompt is too long for the model",
    ModelProblem.REPLY_LENGTH: "the server lets it write no answer as long as asked for",
    ModelProblem.SYSTEM: "the model takes no system message",
    ModelProblem.IMAGES: "the model takes no images",
    ModelProblem.BAD_REQUEST: "the server refuses the request",
    ModelProblem.ADDRESS: "what answers there is no model server",
}

_FAULTS = {  # by the sentence: the server was reached, and tells a fault
    "model_server_error": "the server reports a fault of its own",
    "model_overloaded": "the server is overloaded or not ready",
    "model_gateway": "a gateway in front of the server gets no answer from it",
}
_FAULT_REMEDY = "Check again in a minute, and look at the log of the server that OPENAI_BASE_URL ({url}) names."

_REMEDIES = {
    ModelProblem.RATE_LIMITED: "Wait a minute and check again.",
    ModelProblem.CERTIFICATE: "Set SSL_CERT_FILE to a file of all certificates to trust, with that one.",
    ModelProblem.PROXY: "Put user and password into HTTPS_PROXY (HTTP_PROXY), or name {url} in NO_PROXY.",
    ModelProblem.UNAVAILABLE: "Check OPENAI_BASE_URL ({url}), that the server runs, and the network between.",
    ModelProblem.TIMEOUT: "Check again; if the model is slow to load, set OPENAI_TIMEOUT (seconds) higher.",
    ModelProblem.CUT: "Check again, and look at the server's own log and at proxies on the way to {url}.",
    ModelProblem.QUOTA: "Add credit or raise the limit in the billing settings of the account.",
    ModelProblem.AUTH: "Set OPENAI_API_KEY to a key that is valid for {url} and may use {model}.",
    ModelProblem.NOT_FOUND: "Set OPENAI_MODEL to a model that {url} offers; the address mostly ends in /v1.",
    ModelProblem.CONTEXT_LENGTH: "Load the model with a larger context, or choose another with OPENAI_MODEL.",
    ModelProblem.ADDRESS: "Check OPENAI_BASE_URL ({url}): most servers' addresses end with /v1.",
    ModelProblem.REPLY_LENGTH: "Lower OPENAI_MAX_TOKENS.",
    ModelProblem.SYSTEM: "Put no instructions into SYSTEM_PROMPT, or choose another model with OPENAI_MODEL.",
    ModelProblem.IMAGES: "Choose another model with OPENAI_MODEL.",
    ModelProblem.BAD_REQUEST: "Check OPENAI_TEMPERATURE, OPENAI_SEED, OPENAI_STOP and OPENAI_MAX_TOKENS.",
}

_NO_FINISH_REASON = "Answers would be shown as cut off: update the server, or look at proxies on the way to it."


def request(
    name: str,
    sampling: Sampling,
    *,
    max_tokens: int = PROBE_TOKENS,
    system_prompt: str = "",
    knows_system: bool = True,
) -> CompletionRequest:
    """With a system prompt, and turns of both sides: some servers' templates refuse what others take."""
    said = _IN_TURNS if system_prompt else _ALONE
    system = [PromptMessage("system", system_prompt)] if system_prompt else []
    messages = [*system, *(PromptMessage(role, text) for role, text in said)]
    return CompletionRequest(name, messages, max_tokens, sampling, knows_system=knows_system)


async def ask(chunks: AsyncGenerator[Chunk, None], name: str, url: str) -> tuple[Finding, ModelError | None]:
    """The finding about the model from the answer to `request`, and the error that the call raised."""
    started = time.monotonic()
    reason, usage = None, False
    try:
        async with aclosing(chunks):
            async for chunk in chunks:
                reason = chunk.finish_reason or reason
                usage = usage or chunk.usage is not None
    except ModelError as error:
        return failed(name, error, url), error
    return _answered(name, reason, time.monotonic() - started, usage=usage), None


def failed(name: str, error: ModelError, url: str) -> Finding:
    status = f" (HTTP {error.status})" if error.status else ""
    asked = _FAULT_REMEDY if error.sentence in _FAULTS else _REMEDIES[error.problem]
    remedy = error.remedy or asked.format(url=_shown(url), model=name)
    if error.remedy and error.problem is ModelProblem.UNAVAILABLE:  # the address may be wrong
        remedy = f"{error.remedy} OPENAI_BASE_URL is {_shown(url)}."
    detail = error.detail if error.remedy else _FAULTS.get(error.sentence, _DETAILS[error.problem])
    said = f". It says: {error.said}" if error.said else ""
    return Finding(SUBJECT, Verdict.FAILED, f"{name}: {detail}{status}{said}", remedy)


def in_a_line(finding: Finding) -> str:
    return f"{finding.detail.rstrip('.')}. {finding.remedy}".strip()


def naming(finding: Finding, names: Sequence[str]) -> Finding:
    """The same finding, with models that the server does have."""
    return replace(finding, remedy=f"{finding.remedy} It lists: {', '.join(names)}.")


def _answered(name: str, reason: str | None, seconds: float, *, usage: bool) -> Finding:
    if reason is None:
        return Finding(SUBJECT, Verdict.FAILED, f"{name}: the stream ends without a finish reason", _NO_FINISH_REASON)
    unbilled = "" if usage else "; its server does not tell the tokens it bills, so costs are not known"
    return Finding(SUBJECT, Verdict.OK, f"{name} answers, in {seconds:.1f} s{unbilled}")


def _shown(url: str) -> str:
    """Without a password or a key that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
