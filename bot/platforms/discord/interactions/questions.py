"""
What is asked by a command becomes something said, whose id and position are the interaction's.

No message of its own stands for it: what is kept to answer it is an Interaction (core/ports/conversations.py).
"""

from __future__ import annotations

from typing import Any

from bot.core.conversation import Posted, ThreadRef
from bot.core.decide.addressing import PRODUCT_NAMES, calls
from bot.core.files import FileRef
from bot.core.ports import Interaction, ThreadIndex
from bot.core.texts import label
from bot.platforms.discord.incoming.events import DEFAULT, PLATFORM
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.message_text import text_of
from bot.platforms.discord.incoming.threading import thread_of
from bot.platforms.discord.interactions.commands import ASK, PRIVATE, QUESTION, SET_BY
from bot.platforms.discord.interactions.received import MODAL_SUBMIT, Received
from bot.platforms.discord.markup.text import cut, readable
from bot.platforms.discord.places import Place
from bot.platforms.discord.places.payloads import Json, snowflake, text

ABOUT = "threadbot:about:"  # the custom_id of the form; the message's id follows
QUOTED, WRITTEN = "quoted", "written"  # its fields
MOST_WRITTEN, MOST_TITLE, MOST_PLACEHOLDER = 4_000, 45, 100  # characters; "Text Input Structure", "Modal Structure"
_LABEL, _TEXT_INPUT, _SHORT, _PARAGRAPH = 18, 4, 1, 2  # "Component Types", "Text Input Styles"


def asks(received: Received) -> bool:
    return received.name in (ASK, *SET_BY) or about(received) is not None


def about(received: Received) -> str | None:
    """The id of the message that a form asks about."""
    message = received.name.removeprefix(ABOUT)
    is_form = received.kind == MODAL_SUBMIT and received.name.startswith(ABOUT)
    return message if is_form and snowflake(message) is not None else None


def form(received: Received, language: str) -> Json:
    """The form that asks about a message. It holds the whole message, so nothing has to be kept."""
    quoted = cut(text_of(received.target), MOST_WRITTEN)
    default = label("ask_this_default", language)
    question = {"style": _SHORT, "required": False, "placeholder": default[:MOST_PLACEHOLDER]}
    message = {"style": _PARAGRAPH, "required": False, **({"value": quoted} if quoted.strip() else {})}
    return {
        "custom_id": ABOUT + text(received.target, "id"),
        "title": label("command_ask_this", language)[:MOST_TITLE],
        "components": [
            _field(WRITTEN, label("ask_this_question", language), question),
            _field(QUOTED, label("ask_this_message", language), message),
        ],
    }


def _field(name: str, shown: str, more: Json) -> Json:
    written: dict[str, Any] = {"type": _TEXT_INPUT, "custom_id": name, "max_length": MOST_WRITTEN, **more}
    return {"type": _LABEL, "label": shown[:MOST_TITLE], "component": written}


def text_asked(received: Received) -> str:
    if received.name in SET_BY:
        return SET_BY[received.name]
    if about(received) is None:
        return str(received.options.get(QUESTION) or "")
    question = str(received.options.get(WRITTEN) or "").strip()
    question = question or label("ask_this_default", received.language())
    quoted = str(received.options.get(QUOTED) or "").strip()
    return "\n\n".join([question, *(["\n".join(f"> {line}" for line in quoted.splitlines())] if quoted else [])])


def is_private(received: Received, place: Place) -> bool:
    """In a direct message everything is."""
    return received.name == ASK and received.options.get(PRIVATE) is True and not place.direct


async def asked(
    received: Received, place: Place, index: ThreadIndex, us: Identity, files: tuple[FileRef, ...] = ()
) -> tuple[Posted, Interaction]:
    """
    What was said, in the thread where a message would be, and how it can be answered. Raises LedgerError.

    A private question has a conversation of its own: in that of the others every later answer could tell of it.
    """
    said, private = text_asked(received), is_private(received, place)
    likeness = {"id": received.id, "channel_id": received.channel, "type": DEFAULT, "content": said}
    own = ThreadRef(PLATFORM, place.workspace, place.channel, received.id)
    thread = own if private else await thread_of(likeness, place, index)
    plain = readable(said, us.user_id, {us.user_id: us.called})
    posted = Posted(
        thread=thread,
        id=received.id,
        position=received.position,
        author=received.user,
        text=said,
        posted_at=received.at,
        addressed=True,
        asks=received.name not in SET_BY,
        direct=place.direct,
        threadless=place.direct,
        place_locale=place.locale,
        plain=plain,
        calls_bot=calls(plain, {us.name, *PRODUCT_NAMES}),
        files=files,
    )
    return posted, Interaction(posted.ref, received.ends_at, received.token, private)
