"""
A slash command becomes the sentence that says how to ask instead.

There are no commands of ours: what one says is not a message, so it has no thread that could become a conversation, and
nobody else in the channel sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.texts import language_of, sentence
from bot.core.turn import Notice
from bot.platforms.slack.events import Identity


def told_to_mention(body: Mapping[str, Any], us: Identity) -> dict[str, str]:
    """The answer to a command's payload, shown only to who gave it."""
    notice = Notice("command_mention", {"mention": f"<@{us.bot_user_id}>"})
    return {"response_type": "ephemeral", "text": sentence(notice, language_of(str(body.get("text") or "")))}
