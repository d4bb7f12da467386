"""How the model stand-in is to answer one request. model.py plays it; rules.py decides what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is an error: *body* is sent as JSON, or as *kind* when it is a string; U+DCFF in it is a byte."""

    status: int
    body: Body | str
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text/html"
    flood: bool = False  # send the body again and again, until the client leaves


def failure(
    status: int,
    message: str,
    *,
    code: str | None = None,
    type: str = "invalid_request_error",  # noqa: A002 - the API's word
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Failure:
    """An error as OpenAI words it."""
    error = {"message": message, "type": type, "param": param, "code": code}
    return Failure(status, {"error": error}, headers or {})


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What happens to one request, in this order: *failure*, *drop*, *latency*, the frames. Times are in seconds.

    A frame is a piece of *text*, *chunk_size* characters long. Positions count the frames with text that were sent:
    0 is after the headers and the role, before the first text.
    """

    text: str | None = None  # None: derived from the last user message
    chunk_size: int = 8
    chunk_delay: float = 0.0
    latency: float = 0.0  # before the first byte of the response
    failure: Failure | None = None
    drop: bool = False  # close the connection without a response
    hold: asyncio.Event | None = None  # wait for it before the first byte
    gate: asyncio.Event | None = None  # wait for it at *gate_at*
    gate_at: int = 0
    cut_at: int | None = None  # close the connection there
    stall_at: int | None = None  # send nothing more from there on
    error_at: int | None = None  # send *error_frame* there and end the stream
    error_frame: Body | str = field(default_factory=lambda: {"message": "The server had an error", "code": None})
    raw_at: int | None = None  # send *raw* there, as it is, and go on
    raw: str = ""
    flood_at: int | None = None  # send *flood* there, again and again, until the client leaves
    flood: str = ""  # as it is, like *raw*
    flood_delay: float = 0.0  # after each
    compressed: bool = False  # by gzip, whatever the client accepts
    end_at: int | None = None  # end the stream there properly, but without a finish reason or [DONE]
    finish_reason: str | None = "stop"
    refusal: str = ""  # sent instead of text
    reasoning: str = ""  # sent before the text
    reasoning_field: str = "reasoning_content"
    counts_reasoning: bool = True  # tells its tokens apart
    tool_call: bool = False  # sent before the text
    role_frame: bool = True
    usage: bool = True
    usage_extra: Mapping[str, Any] = field(default_factory=dict)  # over what the stand-in counts
    fingerprint: str | None = "fp_standin"
    id: str | None = "chatcmpl-standin"


@dataclass(slots=True)
class Received:
    """A request as it came in, and what became of it. *at* is time.monotonic()."""

    path: str
    headers: Mapping[str, str]
    body: Body  # empty when it was no JSON object
    at: float
    query: Mapping[str, str] = field(default_factory=dict)
    first_byte_at: float | None = None
    ended_at: float | None = None  # the last byte, or whatever ended it
    status: int | None = None
    prompt_tokens: int | None = None  # as billed; None: it was refused
    cached_tokens: int | None = None
    finished: asyncio.Event = field(default_factory=asyncio.Event)  # our side is done with it, one way or another
    disconnected: bool = False  # the client left before the end

    def summary(self) -> Body:
        """Without texts, for the control API."""
        return {
            "path": self.path,
            "at": self.at,
            "first_byte_at": self.first_byte_at,
            "status": self.status,
            "finished": self.finished.is_set(),
            "disconnected": self.disconnected,
            "model": self.body.get("model"),
            "messages": len(self.body.get("messages") or ()),
        }
