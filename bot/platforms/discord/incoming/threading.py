"""
Which conversation a message belongs to, where Discord does not say it: in direct messages, and for replies.

A thread of Discord's, a forum post and the chat of a voice channel are one conversation each. At the top level of a
channel each message begins its own, which goes on in the thread that is opened below it; where we could not open one,
in replies. A direct message is a row of topics.
"""

from __future__ import annotations

import re
import unicodedata

from bot.core.conversation import ThreadRef
from bot.core.decide.commands import COURTESIES
from bot.core.ports import ThreadIndex
from bot.platforms.discord.incoming.events import PLATFORM, REPLY, ref_of
from bot.platforms.discord.places import Kind, Place, Places
from bot.platforms.discord.places.payloads import Json, mapping, number, snowflake, text

_NEW_TOPICS = frozenset(
    {
        "new topic", "a new topic", "new subject", "new conversation", "a new conversation", "new chat", "new thread",
        "start a new topic", "start a new conversation", "start a new chat", "start a new thread",
        "another topic", "different topic", "a different topic", "change topic", "change the topic", "change of topic",
        "새 주제", "새주제", "새로운 주제", "다른 주제", "새 대화", "새로운 대화", "주제 변경", "주제 전환",
        "새 주제로", "새로운 주제로", "다른 주제로", "주제 바꾸기", "새 주제 시작", "새 대화 시작", "새로운 대화 시작",
    }
)  # fmt: skip
_FILLERS = frozenset(
    {
        *COURTESIES,
        "ok",
        "okay",
        "so",
        "hey",
        "hi",
        "well",
        "let's",
        "자",
        "그럼",
        "하자",
        "시작하자",
        "시작해 줘",
        "시작해줘",
    }
)
_LONGEST = 60  # characters; no announcement of a topic comes near
_END = re.compile(r"[\n:\uFF1A]")  # what follows is said in the new topic already
_MENTION = re.compile(r"\A\s*<@!?[0-9]{1,20}>")
_PUNCTUATION = " \t\r.,!~…。！～、，-–—*_\"'“”()[]"


async def thread_of(message: Json, place: Place, index: ThreadIndex, places: Places | None = None) -> ThreadRef:
    """
    The thread of a message object. Raises LedgerError.

    One that is stored stays in its thread: all copies of an event are equal. *places* tell whether somebody has opened
    a thread for a conversation that was held in the channel itself: then a reply there begins another one. To ask them
    may raise PlatformError.
    """
    id_ = text(message, "id")
    if place.thread is not None:
        return _thread(place, place.thread)
    replied = replied_to(message)
    if not place.direct and replied is None:
        return _thread(place, id_)
    stored = await index.thread_of(ref_of(id_, place))
    if stored is not None:
        return stored
    if place.direct:
        return await _topic_of(message, place, index)
    known = await index.thread_of(ref_of(replied, place)) if replied else None
    # What is replied to stands in the channel. If it is not the root, its conversation is held there, by replies.
    in_channel = known is not None and known.thread != replied
    if known is None or not in_channel or (places is not None and await _has_thread(known, places)):
        return _thread(place, id_)
    return known


async def _has_thread(thread: ThreadRef, places: Places) -> bool:
    found = await places.find(thread.thread, thread.workspace)
    return found is not None and found.kind is Kind.THREAD


async def _topic_of(message: Json, place: Place, index: ThreadIndex) -> ThreadRef:
    id_, replied = text(message, "id"), replied_to(message)
    if begins_topic(text(message, "content")):
        return _thread(place, id_)
    if replied is not None and (taken_up := await index.thread_of(ref_of(replied, place))) is not None:
        return taken_up
    newest = await index.newest_thread(PLATFORM, place.workspace, place.channel, snowflake(id_) or 0)
    return newest or _thread(place, id_)


def replied_to(message: Json) -> str | None:
    """The id of the message that this one replies to; None for any other message, such as a forward."""
    reference = mapping(message, "message_reference")
    id_, channel = text(reference, "message_id"), text(reference, "channel_id")
    if number(message.get("type")) != REPLY or snowflake(id_) is None:
        return None
    return id_ if not channel or channel == text(message, "channel_id") else None


def begins_topic(content: str) -> bool:
    """
    Whether a direct message says that something else is talked about from here on: “new topic”, “새 주제”.

    That is all it says, but for courtesies, or what it begins with, before a colon or on a line of its own.
    """
    head = _END.split(_MENTION.sub("", content[: 2 * _LONGEST]).strip(), maxsplit=1)[0]
    if len(head) > _LONGEST:
        return False
    words = unicodedata.normalize("NFC", head).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    plain = " ".join(word for each in words.split() if (word := each.strip(_PUNCTUATION)))
    return _without_fillers(plain) in _NEW_TOPICS


def _without_fillers(words: str) -> str:
    """*words* without courtesies at either end."""
    before = None
    while before != words:
        before = words
        for filler in _FILLERS:
            words = words.removeprefix(filler + " ").removesuffix(" " + filler)
    return words


def _thread(place: Place, thread: str) -> ThreadRef:
    return ThreadRef(PLATFORM, place.workspace, place.channel, thread)
