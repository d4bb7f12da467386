"""
The names that a prompt is going to show: of those who speak, and of whom and what they refer to; and in which language
somebody reads the platform, which comes with their name.

They are kept in the ledger and asked for again after a day, so that a restart asks for nobody. How a name stands in a
prompt is in speakers.py; a message that was sent before keeps the form it was sent in, and needs none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.conversation import Message, Participant, ParticipantKind, ThreadRef
from bot.core.decide.addressing import PRODUCT_NAMES
from bot.core.off_loop import off_loop
from bot.core.ports import Directory, KnownName, NameStore, Platform, References
from bot.core.prompt.speakers import cleaned, is_named, unbracketed
from bot.core.turn import History, Turn

FRESH = timedelta(hours=23)  # so that with what a door remembers for a while nobody has an old name for over a day


@dataclass(frozen=True, slots=True)
class Named:
    """
    A history whose authors have names, as far as they are known.

    *names*: of those whom its new messages refer to, by id. *mentioned*: of the people among them, and of those whom
    older messages refer to. *reserved*: names of ours, which nobody else goes by.
    """

    history: History
    names: Mapping[str, str] = field(default_factory=dict)
    mentioned: Mapping[str, str] = field(default_factory=dict)
    reserved: Sequence[str] = PRODUCT_NAMES


async def named(history: History, turn: Turn, platform: Platform, name_store: NameStore) -> Named:
    """Nobody who speaks alone needs a name; on a platform that is no Directory events bring them."""
    if not isinstance(platform, Directory):
        return Named(history)
    thread, us = turn.conversation.thread, platform.own_id
    speaking = [] if history.alone else [*([us] if us else ()), *_named_authors(history)]
    references, sent = await off_loop(history.characters, lambda: _references(history, platform))
    people = dict.fromkeys([*speaking, *(each for each in references.people if each != us)])
    older = sent.people if people else ()
    known = await name_store.names(thread, [*people, *older]) if people else {}
    names = await _names(list(people), known, thread, platform, name_store, turn.first_attempt_at)
    mentioned = {each: known[each].name for each in older if each in known} | dict(names)
    channels = await platform.channel_names(thread, references.channels) if references.channels else {}
    own = platform.own_name(thread.workspace)
    ours = {us: own} if us and own else {}
    return Named(
        replace(
            history,
            pinned=[replace(past, messages=_with_names(past.messages, names)) for past in history.pinned],
            past=[replace(past, messages=_with_names(past.messages, names)) for past in history.past],
            messages=_with_names(history.messages, names),
        ),
        _cleaned({**ours, **channels, **names}),
        _cleaned({each: mentioned[each] for each in (*older, *references.people) if each in mentioned and each != us}),
        [*PRODUCT_NAMES, *([names[us]] if us is not None and us in names else ())],
    )


def _named_authors(history: History) -> Iterable[str]:
    """
    Whose names the prompt will show: the authors of new messages, and of those that were sent without a name.

    A bot says its name with each of its messages.
    """
    for message in history.said:
        author, given = message.author, message.version.given
        if (given is None or not is_named(given)) and not (author.kind is ParticipantKind.BOT and author.name):
            yield author.id


def _cleaned(names: Mapping[str, str]) -> dict[str, str]:
    return {each: unbracketed(name) for each, said in names.items() if (name := cleaned(said))}


def _references(history: History, platform: Directory) -> tuple[References, References]:
    """Of all new messages, and of those that were sent before."""
    new = [message.version.text for message in history.said if message.version.given is None]
    sent = [message.version.text for message in history.said if message.version.given is not None]
    return _joined(map(platform.references, new)), _joined(map(platform.references, sent))


def _joined(references: Iterable[References]) -> References:
    """All that they name, each once."""
    found = list(references)
    return References(
        list(dict.fromkeys(person for each in found for person in each.people)),
        list(dict.fromkeys(channel for each in found for channel in each.channels)),
    )


async def _names(
    people: Sequence[str],
    known: Mapping[str, KnownName],
    thread: ThreadRef,
    platform: Directory,
    name_store: NameStore,
    now: datetime,
) -> Mapping[str, str]:
    old = [each for each in people if each not in known or not _is_fresh(known[each].refreshed_at, now)]
    told = await _ask_for_names(old, thread, platform, name_store) if old else {}
    return {each: known[each].name for each in people if each in known} | dict(told)


async def _ask_for_names(
    people: Sequence[str], thread: ThreadRef, platform: Directory, name_store: NameStore
) -> Mapping[str, str]:
    """The names that the platform gives today. Stores them."""
    names = await platform.names(thread.workspace, people)
    if names:
        await name_store.name_participants(thread, names, await platform.locales(thread.workspace, list(names)))
    return names


async def get_to_know(who: Participant, turn: Turn, platform: Platform, name_store: NameStore) -> Participant:
    """*who* with the locale that they have today, as far as the platform tells: asked for once a day, like names."""
    if not isinstance(platform, Directory) or who.kind is not ParticipantKind.PERSON:
        return who
    thread = turn.conversation.thread
    known = (await name_store.names(thread, [who.id])).get(who.id)
    if known is None or not _is_fresh(known.refreshed_at, turn.first_attempt_at):
        await _ask_for_names([who.id], thread, platform, name_store)
        known = (await name_store.names(thread, [who.id])).get(who.id)
    return who if known is None else replace(who, locale=known.locale)


def _is_fresh(refreshed_at: datetime | None, now: datetime) -> bool:
    return refreshed_at is not None and now - refreshed_at < FRESH


def _with_names(messages: Sequence[Message], names: Mapping[str, str]) -> list[Message]:
    return [
        replace(message, author=replace(message.author, name=names.get(message.author.id, message.author.name)))
        for message in messages
    ]
