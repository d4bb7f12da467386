"""How much time and memory and how many pixels a file may take, and how a process limits itself to that."""

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
    # OpenAI, "Images and vision": with `detail: high`, the server scales an image to fit in 2,048 pixels, then to 768
    # on its shorter side. Sending more pixels costs money and gains nothing.
    long_side: int = 2048
    short_side: int = 768
    answer_bytes: int = 16 * 2**20  # of a child's answer; a PNG within the limits above is well below


def limit(limits: Limits) -> None:
    """
    Limit this process for good: processor time, memory, no written files, no core dump.

    Skips the limits that the system lacks: Windows has none of them, macOS has no memory limit.
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
