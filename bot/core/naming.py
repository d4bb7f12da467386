"""Names for those who speak, where a model is going to be told who said what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.core.conversation import Message, ThreadRef
from bot.core.ports import Directory, Ledger, Platform
from bot.core.turn import History


async def named(history: History, thread: ThreadRef, platform: Platform, ledger: Ledger) -> History:
    """
    *history* with the names that its prompt will show, asked for once and noted.

    A message that was sent before keeps the form it was sent in; nobody who speaks alone needs a name.
    """
    if history.alone or not isinstance(platform, Directory):
        return history
    unknown = {m.author.id for m in history.said if m.version.given is None and m.author.name is None}
    names = await platform.names(thread.workspace, unknown) if unknown else {}
    if not names:
        return history
    await ledger.name_participants(thread, names)
    return replace(
        history,
        past=[replace(past, messages=[_named(m, names) for m in past.messages]) for past in history.past],
        messages=[_named(message, names) for message in history.messages],
    )


def _named(message: Message, names: Mapping[str, str]) -> Message:
    name = message.author.name or names.get(message.author.id)
    return replace(message, author=replace(message.author, name=name))
