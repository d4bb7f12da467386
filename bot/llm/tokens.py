"""
Counting tokens with tiktoken, from a vocabulary that ships with the package.

Every model is counted with o200k_base: tiktoken's own table knows neither newer names nor local models, and its own
loader downloads without a timeout. Nothing here can reach the network. What a prompt may cost is in prices.py.
"""

from __future__ import annotations

import hashlib
import lzma
from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from threading import Lock

import tiktoken

from bot.core.ports import PromptMessage

ENCODING = "o200k_base"

# Tokens that the API adds, as OpenAI's cookbook found for gpt-3.5-0613 and later ("How to count tokens with tiktoken").
# Models behind other servers, and tools, may add more: keep a margin.
PER_MESSAGE = 3
PER_ROLE = 1  # system, user and assistant are one token each
PER_NAME = 1  # beside the tokens of the name itself
PER_PROMPT = 3  # every reply is primed with an empty assistant message

# The two below are part of the encoding's definition; see o200k_base in tiktoken's openai_public.py.
_PATTERN = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
_SPECIAL = {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018}
_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"  # of the file before compression

_lock = Lock()
_loaded: tiktoken.Encoding | None = None


class VocabularyError(RuntimeError):
    """The vocabulary in the package is not the one it should be: the installation is damaged."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text as the model reads it; ids and pieces belong together, and b"".join(pieces) is the text in UTF-8."""

    ids: tuple[int, ...]
    pieces: tuple[bytes, ...]  # a piece may end inside a character


def load() -> None:
    """Read the vocabulary, once. It takes about 0.3 s of CPU: call it in a thread before the first count."""
    _encoding()


def count(text: str) -> int:
    """
    Tokens of *text* alone. Special tokens such as <|endoftext|> are counted as the characters they are written with.

    About 30 ms for 1 MB of English, 60 ms of Korean: below 100 kB it can stay on the event loop.
    """
    return len(_encoding().encode_ordinary(text))


def split(text: str) -> Pieces:
    encoding = _encoding()
    ids = encoding.encode_ordinary(text)
    return Pieces(tuple(ids), tuple(encoding.decode_tokens_bytes(ids)))


def overhead() -> tuple[int, int]:
    """Tokens that each message costs beside its content, and those that every prompt costs once."""
    return PER_MESSAGE + PER_ROLE, PER_PROMPT


def count_prompt(messages: Sequence[PromptMessage]) -> int:
    """Tokens of a whole prompt, as the API counts it."""
    per_message, per_prompt = overhead()
    pictures = sum(image.tokens for message in messages for image in message.images)
    return per_prompt + pictures + sum(per_message + count(message.content) for message in messages)


def _encoding() -> tiktoken.Encoding:
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _build(_vocabulary())
    return _loaded


def _vocabulary() -> bytes:
    packed = resources.files("bot.llm").joinpath("data", f"{ENCODING}.tiktoken.xz").read_bytes()
    raw = lzma.decompress(packed)
    if hashlib.sha256(raw).hexdigest() != _SHA256:
        raise VocabularyError(f"{ENCODING} is damaged: install the package again")
    return raw


def _build(raw: bytes) -> tiktoken.Encoding:
    """*raw* is a line a token: its bytes in base64, a space, its id."""
    words = raw.split()
    # A comprehension takes twice as long.
    ranks = dict(zip(map(a2b_base64, words[::2]), map(int, words[1::2]), strict=True))
    encoding = tiktoken.Encoding(ENCODING, pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens=_SPECIAL)
    ranks.clear()  # 24 MB: tiktoken has made a map of its own, and keeps this one only to be pickled
    return encoding
