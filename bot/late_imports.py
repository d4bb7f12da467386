"""
What libraries import only when they are first used, imported at the start.

A process that is out of descriptors at its first question cannot import either. tests/faults/test_late_imports.py says
what is missing here.
"""

from __future__ import annotations

import contextlib
from importlib import import_module

LATE = (
    "anyio._backends._asyncio",  # httpx2's first connection
    "anyio.streams.tls",  # and the first that is encrypted
    "encodings.idna",  # the first name of a host
    "encodings.utf_16_le",  # the first text of a model, whose halves of surrogate pairs are joined
    "genai_prices.decompose",  # the first price
    "genai_prices.validation",
    "openai.resources.chat.chat",  # the SDK's first call
    "openai.resources.chat.completions.completions",
    "openai.resources.models",
)


def load() -> None:
    """About 0.3 s of CPU: call it in a thread."""
    for name in LATE:
        with contextlib.suppress(ModuleNotFoundError):  # another version has it elsewhere, or no longer
            import_module(name)
