"""
A server's own words about an error, for the operator of the bot. Pure.

It may quote what it was sent: keys, and what people have said. Neither gets into a log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from openai import APIError, APIStatusError

LONGEST = 300  # characters
_READ = 800  # characters of what is said that are looked at
_LEFT_OUT = "…"
_SHORTEST_MESSAGE = 4  # characters; a shorter one says nothing of anybody
_RUN, _WIDE_RUN = 24, 8  # characters in a row that are no coincidence; letters of other scripts say more each
_KEYS = re.compile(
    r"(?:bearer\s+|\b(?:sk|pk|rk|gsk|xai|hf|nvapi|pplx|tgp|fw)[-_]|AIza|\beyJ|"
    r"\b(?:api[-_ ]?)?key['\"]?\s*[:=]\s*['\"]?)[\w.*~+/=-]*[\w*~+/=-]|"
    r"(?<=://)[^\s/@]+@|(?<=[?&])[\w-]*(?:key|token|secret|sig)[\w-]*=[^\s&]+|\b(?=\w*\d)(?=\w*[a-z])\w{32,}\b",
    re.IGNORECASE,
)


def words_of(error: APIError, sent: Sequence[str], key: str | None) -> str:
    """The status, the code and the beginning of the message, on one line; *sent* are the texts of the prompt."""
    status = str(error.status_code) if isinstance(error, APIStatusError) else ""
    head = [status, *(str(each) for each in (error.code, error.type) if each)]
    message = _without(_message(error), sent, key)
    before = " ".join(_without(each, sent, key) for each in dict.fromkeys(head) if each)
    return f"{before}: {_shortened(message)}" if before and message else before or _shortened(message)


def _message(error: APIError) -> str:
    """With what a gateway hands on of the server behind it (OpenRouter)."""
    body = error.body
    if not isinstance(body, Mapping):
        return str(body or error.message)[:_READ]
    body = body["error"] if isinstance(body.get("error"), Mapping) else body
    metadata = body.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    said = next((body[name] for name in ("message", "detail", "msg", "error") if body.get(name)), error.message)
    return " ".join(str(each)[:_READ] for each in (said, raw) if each)


def _without(said: str, sent: Sequence[str], key: str | None) -> str:
    said = said[:_READ]
    if key:
        said = said.replace(key, _LEFT_OUT)
    said = _KEYS.sub(_LEFT_OUT, re.sub(r"<[^<>]{0,200}>", " ", said))
    for text in sorted({text.strip() for text in sent}, key=len, reverse=True):
        if len(text) >= _SHORTEST_MESSAGE:
            said = said.replace(text, _LEFT_OUT)
    said = _without_runs(said, "\0".join(sent))
    return " ".join("".join(each if each.isprintable() else " " for each in said).split())


def _without_runs(said: str, prompt: str) -> str:
    kept, at = [], 0
    while at < len(said):
        run = _WIDE_RUN if not said[at : at + _WIDE_RUN].isascii() else _RUN
        end = at + run
        within_word = run == _RUN and at > 0 and said[at - 1 : at + 1].isalnum()
        if within_word or end > len(said) or said[at:end] not in prompt:
            kept.append(said[at])
            at += 1
            continue
        while end < len(said) and said[at : end + 1] in prompt:
            end += 1
        kept.append(_LEFT_OUT)
        at = end
    return "".join(kept)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
