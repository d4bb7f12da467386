"""
A slash command becomes the sentence that says how to ask instead.

There are no commands of ours: what one says is not a message, so it has no thread that could become a conversation, and
nobody else in the channel sees it.
"""

from __future__ import annotations

from bot.core.texts import sentence
from bot.core.turn import Notice
from bot.platforms.slack.incoming.events import Identity


def told_to_mention(us: Identity, language: str) -> dict[str, str]:
    """The answer to a command's payload, shown only to who gave it."""
    notice = Notice("command_mention", {"mention": f"<@{us.bot_user_id}>"})
    return {"response_type": "ephemeral", "text": sentence(notice, language)}
