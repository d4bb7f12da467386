"""Pictures in a prompt: how they are sent, and how a server says that its model takes none. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

from openai import APIError

from bot.core.errors import ModelProblem
from bot.core.ports import PromptImage, PromptMessage
from bot.llm.openai_errors import ServerError, classify

# OpenAI, OpenRouter, vLLM, llama.cpp, LM Studio, Mistral; servers that know no other content than a string.
_SEES_NOTHING = re.compile(
    r"image_url.{0,20}(?:is )?only supported by|"
    r"(?:not|n't|no|non).{0,40}(?:support|enabled|accept|allow|multimodal).{0,60}(?:image|vision)|"
    r"(?:image|vision|multi-?modal).{0,60}(?:unsupported|(?:not|n't) (?:be )?(?:support|enabled|allowed|accept))|"
    r"at most 0 image|not a multi-?modal model|no endpoints found that support image|mmproj|"
    r"unknown variant .?image_url|content.{0,30}(?:must be|should be|expected|valid) a?n? ?(?:valid )?string",
    re.IGNORECASE | re.DOTALL,
)
_BAD_IMAGE = re.compile(
    r"invalid_image|image_parse_error|image_too_large|unsupported_image_media_type|unsupported image"
)
_STATUSES = (400, 404, 415, 422, 500, 501, None)  # llama.cpp says it with a 500; None: within a stream


def content_of(message: PromptMessage) -> str | list[dict[str, Any]]:
    """The content of a message as it goes over the wire; a list of parts where pictures stand in it."""
    if not message.images:
        return message.content
    parts: list[dict[str, Any]] = []
    start = 0
    for image in message.images:
        parts += _text(message.content[start : image.at])
        parts.append({"type": "image_url", "image_url": {"url": data_url(image)}})
        start = image.at
    return [*parts, *_text(message.content[start:])]


def data_url(image: PromptImage) -> str:
    return f"data:{image.media_type};base64,{base64.b64encode(image.content).decode()}"


def refused(error: APIError, messages: Sequence[PromptMessage]) -> bool:
    """Whether *error* says that the model takes no pictures, and some were sent. A picture that is bad is another."""
    if not any(message.images for message in messages):
        return False
    said = ServerError.of(error)
    if said.status not in _STATUSES or _BAD_IMAGE.search(" ".join((*said.codes, said.text))):
        return False
    problem, _ = classify(said)
    return problem is not ModelProblem.CONTEXT_LENGTH and _SEES_NOTHING.search(said.text) is not None


def _text(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}] if text else []
