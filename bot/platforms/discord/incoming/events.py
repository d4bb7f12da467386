"""
A message object becomes what was said, or None when it is of no interest; what is gone becomes Deleted. Pure.

The same object comes in an event and when it is read back. Which thread it belongs to is found in threading.py; where
it stands is a Place. Nothing here raises, whatever an object holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.core.conversation import Deleted, Edited, MessageRef, ParticipantKind, Posted, ThreadRef
from bot.core.decide.addressing import PRODUCT_NAMES, calls
from bot.platforms.discord.incoming.files import files_of
from bot.platforms.discord.incoming.identity import Identity as Identity
from bot.platforms.discord.incoming.message_text import Words, said_in, text_of
from bot.platforms.discord.incoming.participants import all_ids, author_of, calls_us, others_called
from bot.platforms.discord.markup.text import readable
from bot.platforms.discord.places import DIRECT as DIRECT
from bot.platforms.discord.places import Place
from bot.platforms.discord.places.payloads import Json as Json
from bot.platforms.discord.places.payloads import number, snowflake, text, texts

PLATFORM = "discord"

# Discord, "Message Types" and "Message Flags"
DEFAULT, REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND = 0, 19, 20, 23
THREAD_STARTER_MESSAGE = 21
WITH_WORDS = frozenset({DEFAULT, REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND})
"""The types that carry something said; the rest tell what happened: somebody joined, pinned, started a thread, …"""
HAS_THREAD, EPHEMERAL = 1 << 5, 1 << 6

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # of snowflakes: Discord, "Snowflakes"
_TIME_BITS = 22
_LONGEST_TIMESTAMP = 64  # characters
JUST_EDITED = timedelta(minutes=15)  # how late an event may tell of an edit: sessions are resumed within minutes


def read(
    message: Json, place: Place, thread: ThreadRef, us: Identity, *, recovered: bool = False
) -> Posted | Edited | None:
    """
    A message object, as it is now. One that was edited since says so itself, and is an Edited.

    None as well for one whose words we may not see: see is_hidden(). Of ours there may be some that have none; that we
    edited them nobody needs to hear.
    """
    edited_at = edited_at_of(message)
    if edited_at is not None and not recovered and is_ours(message, us):
        return None
    posted = _posted(message, place, thread, us, recovered=recovered)
    return posted if posted is None or edited_at is None else Edited(posted, edited_at)


def is_ours(message: Json, us: Identity) -> bool:
    author = author_of(message, us)
    return author is not None and author.kind is ParticipantKind.SELF


def is_hidden(message: Json, us: Identity) -> bool:
    """
    Whether somebody said something that we are not shown, for we do not have the message content intent.

    Discord takes no message without anything in it.
    """
    author = author_of(message, us)
    if author is None or author.kind is ParticipantKind.SELF or not _is_said(message):
        return False
    shown = text_of(message).strip() or files_of(message) or message.get("components") or message.get("embeds")
    return not shown


def tells_of_edit(message: Json, now: datetime) -> bool:
    """
    Whether a MESSAGE_UPDATE comes because somebody gave the message other words.

    It also comes for previews of links, pins and threads that are started, with the time of the last edit, if any.
    """
    edited_at = edited_at_of(message)
    return edited_at is not None and now - edited_at < JUST_EDITED


def deleted(data: Json, place: Place) -> Sequence[Deleted]:
    """The deletions in a MESSAGE_DELETE or MESSAGE_DELETE_BULK, which do not tell their time."""
    ids = texts(data, "ids") or [text(data, "id")]
    return [
        Deleted(ref_of(id_, place), None, moment_of(position))
        for id_ in ids
        if (position := snowflake(id_)) is not None
    ]


def ref_of(message: str, place: Place) -> MessageRef:
    return MessageRef(PLATFORM, place.workspace, place.channel, message)


def edited_at_of(message: Json) -> datetime | None:
    """When the words last changed; None for a message in its first words."""
    written = text(message, "edited_timestamp")
    if not written or len(written) > _LONGEST_TIMESTAMP:
        return None
    try:
        moment = datetime.fromisoformat(written)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def position_of(moment: datetime) -> int:
    """The lowest snowflake of an aware datetime; 0 before the first one."""
    return max(0, (moment - EPOCH) // timedelta(milliseconds=1)) << _TIME_BITS


def moment_of(position: int) -> datetime:
    """When the snowflake *position* was made."""
    return EPOCH + timedelta(milliseconds=position >> _TIME_BITS)


def _is_said(message: Json) -> bool:
    """Whether it has words; what lacks its `content` is only a part of a message."""
    flags = number(message.get("flags")) or 0
    type_ = number(message.get("type", DEFAULT))
    return type_ in WITH_WORDS and not flags & EPHEMERAL and isinstance(message.get("content"), str)


def _posted(message: Json, place: Place, thread: ThreadRef, us: Identity, *, recovered: bool) -> Posted | None:
    id_, author = text(message, "id"), author_of(message, us)
    position = snowflake(id_)
    if position is None or author is None or not _is_said(message):
        return None
    ours = author.kind is ParticipantKind.SELF
    words = Words(text(message, "content"), text(message, "content")) if ours else said_in(message)
    said, files = words.text, files_of(message)
    if not ours and not said.strip() and not files:
        return None
    own_role = place.own_role
    said, own = (_for_us(each, us, own_role) for each in (said, words.own))
    names = {us.user_id: place.own_name or us.called}
    return Posted(
        thread=thread,
        id=id_,
        position=position,
        author=author,
        text=said,
        posted_at=moment_of(position),
        addressed=not ours and calls_us(message, us, own_role),
        direct=place.direct,
        threadless=place.direct,
        place_locale=place.locale,
        recovered=recovered,
        plain=readable(said, us.user_id, names),
        calls_bot=calls(readable(own, us.user_id, names), {us.name, place.own_name, *PRODUCT_NAMES}),
        mentions=others_called(message, us, own_role),
        follows=number(message.get("type")) == REPLY and thread.thread == id_,
        aliases=all_ids(message),
        files=files,
        closed=place.locked,
        cut=words.cut,
    )


def _for_us(said: str, us: Identity, own_role: str | None) -> str:
    """A mention of our own role is a mention of us."""
    return said.replace(f"<@&{own_role}>", f"<@{us.user_id}>") if own_role else said
