"""How much a file may take of time, memory and pixels, and how a process limits itself to that."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    wall_seconds: float = 30
    cpu_seconds: int = 20
    memory_bytes: int = 768 * 2**20  # of address space; most pictures of 50 million pixels take half of it
    pixels: int = 50_000_000  # a phone's camera makes 50 million
    pages: int = 200
    characters: int = 100_000  # of text; more would not fit into most prompts
    # What a model looks at; OpenAI, "Images and vision": with `detail: high` an image is scaled to fit in 2,048 pixels,
    # then to 768 on its shorter side. More would be sent, and paid, for nothing.
    long_side: int = 2048
    short_side: int = 768
    answer_bytes: int = 16 * 2**20  # that a child may send back: a PNG of that size is well below


def limit(limits: Limits) -> None:
    """
    Limit this process for good: processor time, memory, no files written, no core.

    What the system at hand has no such limit for is left (Windows has none, macOS none of memory).
    """
    if sys.platform == "win32":
        return
    import resource

    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for resource_limit, value in wanted.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource_limit, (value, value))
