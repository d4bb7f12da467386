"""
The model stand-in's own count of tokens, independent of the package's: tiktoken's own definition of o200k_base.

tiktoken finds the vocabulary where it keeps downloads, put there by us, so nothing is downloaded.
"""

from __future__ import annotations

import base64
import hashlib
import lzma
import os
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import tiktoken
from PIL import Image

_PACKED = Path(__file__).parents[3] / "bot" / "llm" / "data" / "o200k_base.tiktoken.xz"
_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
_CACHE_NAME = "fb374d419588a4632f3f557e76b4b70aebbca790"  # SHA-1 of the address that tiktoken would download from
_VARIABLE = "TIKTOKEN_CACHE_DIR"
_LOADING = Lock()


def encoding() -> tiktoken.Encoding:
    """About 0.5 s of CPU, once. Several servers may ask at the same time, each in a thread of its own."""
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> tiktoken.Encoding:
    raw = lzma.decompress(_PACKED.read_bytes())
    assert hashlib.sha256(raw).hexdigest() == _SHA256  # else tiktoken would download it
    before = os.environ.get(_VARIABLE)
    with TemporaryDirectory() as folder:
        (Path(folder) / _CACHE_NAME).write_bytes(raw)
        os.environ[_VARIABLE] = folder
        try:
            return tiktoken.get_encoding("o200k_base")
        finally:
            os.environ.pop(_VARIABLE) if before is None else os.environ.update({_VARIABLE: before})


def count(text: str) -> int:
    return len(encoding().encode(text, disallowed_special=()))


def count_prompt(messages: Sequence[dict[str, Any]]) -> int:
    """As the API bills: 3 a message, its role, its content, 1 and the tokens of a name, 3 for the reply."""
    return 3 + sum(_count_message(message) for message in messages)


def _count_message(message: dict[str, Any]) -> int:
    name = message.get("name")
    content = message.get("content")
    said = count(text_of(content)) + sum(_patches(picture) for picture in pictures_of(content))
    return 3 + count(message["role"]) + said + (1 + count(name) if name else 0)


def pictures_of(content: object) -> list[Image.Image]:
    """The pictures in a message's content, in their order."""
    parts = content if isinstance(content, list) else []
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return [Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


def _patches(picture: Image.Image) -> int:
    """As models bill that see patches of 32 by 32 pixels."""
    return ceil(1.2 * ceil(picture.width / 32) * ceil(picture.height / 32))


def text_of(content: object) -> str:
    """The text of a message's content, a string or a list of parts."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content if isinstance(content, str) else ""
