"""
A press of a button of ours becomes an Acted. Pure; how buttons look, and what their ids say, is in markup/buttons.py.

What an id claims may be forged: the ledger compares it with the place, and with the answer that is shown there.
"""

from __future__ import annotations

from bot.core.conversation import Acted, MessageRef, Operation, ThreadRef
from bot.core.ports import ThreadIndex
from bot.platforms.discord.incoming.events import PLATFORM, ref_of
from bot.platforms.discord.interactions.received import Received
from bot.platforms.discord.markup import buttons
from bot.platforms.discord.markup.buttons import Button
from bot.platforms.discord.places import Place
from bot.platforms.discord.places.payloads import text

OPERATIONS = {
    buttons.STOP: Operation.STOP,
    buttons.CONTINUE: Operation.CONTINUE,
    buttons.REPEAT: Operation.REPEAT,
    buttons.LIKE: Operation.LIKE,
    buttons.DISLIKE: Operation.DISLIKE,
}
ANOTHER = frozenset({Operation.CONTINUE, Operation.REPEAT})  # after which there is something to be shown


async def acted(press: Received, button: Button, place: Place, index: ThreadIndex) -> Acted | None:
    """None for a button that does nothing to an answer. Raises LedgerError."""
    operation = OPERATIONS.get(button.action)
    if operation is None:
        return None
    thread = await thread_of(ref_of(text(press.message, "id"), place), place, index)
    return Acted(thread, operation, press.user, press.at, turn=button.turn, completion=button.completion)


async def thread_of(message: MessageRef, place: Place, index: ThreadIndex) -> ThreadRef:
    """That of a message of ours. Raises LedgerError."""
    if place.thread is not None:
        return ThreadRef(PLATFORM, place.workspace, place.channel, place.thread)
    known = await index.thread_of(message)
    return known or ThreadRef(PLATFORM, place.workspace, place.channel, message.id)
