"""The nonce of a post: the same post again, within some minutes, is answered with the message that is there. Pure."""

from __future__ import annotations

import base64
import hashlib

from bot.core.conversation import ThreadRef

LENGTH = 24  # Discord, "Create Message": up to 25 characters
MOST_GENERATIONS = 8


def nonce(thread: ThreadRef, turn: int, part: str, generation: int = 0) -> str:
    """*generation*: how often a message with the nonce before it was deleted."""
    named = "\0".join((thread.opaque, str(turn), part, str(generation)))
    return base64.b32encode(hashlib.sha256(named.encode()).digest()).decode()[:LENGTH]
