"""
What is imported only when it is first used, by libraries and by us, imported at the start.

A process that is out of descriptors at its first question cannot import either. tests/faults/test_late_imports.py says
what is missing here.
"""

from __future__ import annotations

import contextlib
from importlib import import_module

LATE = (
    "encodings.idna",  # the first name of a host
    "encodings.utf_16_le",  # the first text of a model, whose halves of surrogate pairs are joined
)
OF_A_SERVER = (
    "bot.llm.openai_chat",  # OpenAI's SDK: half a second
    "openai.resources.chat.chat",  # its first call
    "openai.resources.chat.completions.completions",
    "openai.resources.models",
    "anyio._backends._asyncio",  # httpx2's first connection
    "anyio.streams.tls",  # and the first that is encrypted
    "genai_prices.decompose",  # the first price
    "genai_prices.validation",
)


def load(*, offline: bool = False) -> None:
    """Up to a second of CPU: call it in a thread. *offline*: there is no model on a server."""
    for name in LATE if offline else (*LATE, *OF_A_SERVER):
        with contextlib.suppress(ModuleNotFoundError):  # another version has it elsewhere, or no longer
            import_module(name)
