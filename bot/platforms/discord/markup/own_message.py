"""
What a message of ours says when it is read back: what of it is an answer. Pure.

What is a notice the message tells by how message.py made it, never by the words: those may have changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.platforms.discord.markup.message import NOTE


def answer_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """*message* with nothing but what it says of an answer; its content is empty where all of it is notices."""
    lines = str(message.get("content") or "").split("\n")
    while lines and (lines[-1].startswith(NOTE) or not lines[-1].strip()):
        lines.pop()
    return {**message, "content": "\n".join(lines), "components": [], "embeds": [], "attachments": []}
