"""
Reading a thread's situation for the policy, in the transaction that records a message. Part of the ledger.

It costs nothing for a message that is not for us in a thread we do not know, one indexed statement for a question, and
the same however long the thread is for all else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, literal_column, null, select, union_all

from bot.core.conversation import Edited, ParticipantKind, Posted, Said, posted_of
from bot.core.decide.addressing import asks
from bot.core.decide.policy import BOTS_IN_ROW, EXCHANGES, looks_at_thread
from bot.core.decide.preferences import Preferences
from bot.core.decide.situation import Situation
from bot.store.changes import preferences
from bot.store.statements import AT_ADDRESS, NOT_OURS, address
from bot.store.tables import completions, message_versions, messages, participants, turns

TURNS = max(BOTS_IN_ROW, EXCHANGES)  # the last ones that are looked at
MESSAGES = 24  # the last ones of those turns, and as many of those that came after them
ENDING = 200  # characters of an answer
OVER = ("answered", "shown")  # states of a turn whose answer is there


def read(connection: Connection, said: Said, conversation: int | None) -> Situation:
    """*conversation* is None where the thread has none."""
    posted = posted_of(said)
    if conversation is None and not (posted.addressed or posted.direct):
        return Situation(fresh=True)
    holding = preferences.read(connection, posted.thread)
    judged = holding.since is not None and posted.posted_at < holding.since and _is_stored(connection, posted)
    # What was read back and has been edited since is heard for the first time all the same.
    fresh = posted.recovered or not isinstance(said, Edited)
    if conversation is None or not looks_at_thread(posted, holding):
        return Situation(preferences=holding, fresh=fresh, judged=judged)
    if _is_stored(connection, posted) and not (isinstance(said, Posted) and _is_unheard(connection, posted)):
        return Situation(preferences=holding, judged=judged)
    return _thread(connection, posted, conversation, holding, fresh=fresh)


def _is_stored(connection: Connection, posted: Posted) -> bool:
    return connection.execute(_STORED, address(posted.ref)).first() is not None


def _is_unheard(connection: Connection, posted: Posted) -> bool:
    """Whether only an edit of *posted* has told of it so far, having overtaken it, and nobody has read it."""
    first: datetime | None = connection.execute(_FIRST_SAID, address(posted.ref)).scalar()
    return first is not None and first > posted.posted_at


@dataclass(frozen=True, slots=True)
class _Recent:
    """The end of a thread: its last turns, newest first, and what was said in and since them, oldest first."""

    turns: Sequence[Row[Any]]
    messages: Sequence[Row[Any]]

    def since(self, turn: Row[Any]) -> Sequence[Row[Any]]:
        """What was said in *turn* and later."""
        return [row for row in self.messages if row.turn_id is None or row.turn_id >= turn.id]


def _thread(
    connection: Connection, posted: Posted, conversation: int, holding: Preferences, *, fresh: bool
) -> Situation:
    found = connection.execute(_TURNS, {"conversation": conversation}).all()
    if not found:
        return Situation(preferences=holding, fresh=fresh)
    which = {"conversation": conversation, "oldest": found[-1].id}
    recent = _Recent(found, sorted(connection.execute(_MESSAGES, which), key=lambda row: (row.position, row.id)))
    asked = [row for row in recent.messages if row.addressed]
    others = [row for row in recent.messages if row.author != posted.author.id]
    answered = found[0].state in OVER
    return Situation(
        preferences=holding,
        fresh=fresh,
        takes_part=True,
        alone=_is_alone(connection, posted, conversation),
        asker=asked[-1].author if asked else None,
        last_word=answered and all(row.turn_id is not None for row in recent.messages),
        asked_back=answered and asks(found[0].ending or ""),
        exchanges=_exchanges(posted, recent),
        overtaken=any(row.position > posted.position for row in others if row.kind == ParticipantKind.PERSON),
        others=_names(others),
        bots_in_row=_bots_in_row(recent),
    )


def _is_alone(connection: Connection, posted: Posted, conversation: int) -> bool:
    """The smallest and the largest id come from the index, not from the thread."""
    spoken = {row.external_id for row in connection.execute(_SPEAKERS, {"conversation": conversation})}
    return spoken <= {posted.author.id}


def _exchanges(posted: Posted, recent: _Recent) -> int:
    count = 0
    for turn in recent.turns:
        people = {row.author for row in recent.since(turn) if row.kind == ParticipantKind.PERSON}
        if turn.state not in OVER or people != {posted.author.id}:
            break
        count += 1
    return count


def _names(others: Sequence[Row[Any]]) -> frozenset[str]:
    """Whole, and the words of it: Lee Minho is called Minho."""
    names = {row.name.strip() for row in others if row.kind == ParticipantKind.PERSON and row.name}
    return frozenset(names.union(*(name.split() for name in names)))


def _bots_in_row(recent: _Recent) -> int:
    """Those that were answered since a person spoke. Where the talk of bots hides how many, it is too many."""
    people = [n for n, row in enumerate(recent.messages) if row.kind == ParticipantKind.PERSON]
    since = recent.messages[people[-1] + 1 :] if people else recent.messages
    count = len([row for row in since if row.addressed and row.kind == ParticipantKind.BOT])
    return count if len(since) < MESSAGES else max(count, BOTS_IN_ROW)


def _turns() -> Select[Any]:
    """
    Those in which the bot was asked, newest first, with the ends of their answers.

    A turn that was removed left nothing behind; one that only confirms a command is no part of the talk.
    """
    ending = (
        select(func.substr(completions.c.text, func.length(completions.c.text) - (ENDING - 1)))
        .where(completions.c.turn_id == turns.c.id, completions.c.chosen)
        .order_by(completions.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(turns.c.id, turns.c.state, ending.label("ending"))
        .where(
            turns.c.conversation_id == bindparam("conversation"),
            turns.c.command.is_(null()),
            turns.c.state != literal_column("'removed'"),
        )
        .order_by(turns.c.id.desc())
        .limit(TURNS)
    )


def _messages() -> Select[Any]:
    """
    The last messages that no turn has taken, and the last ones of the turns from *oldest* on, in no order.

    Erased ones were said, too; hidden ones that tell the bot something are no talk.
    """
    mine = (
        select(*(messages.c[name] for name in ("id", "turn_id", "position", "addressed", "participant_id")))
        .where(messages.c.conversation_id == bindparam("conversation"))
        .limit(MESSAGES)
    )
    waiting = mine.where(messages.c.turn_id.is_(None)).order_by(messages.c.position.desc()).subquery()
    taken = (
        mine.where(messages.c.turn_id >= bindparam("oldest"))
        .order_by(messages.c.turn_id.desc(), messages.c.position.desc())
        .subquery()
    )
    both = union_all(select(waiting), select(taken)).subquery()
    return (
        select(both, participants.c.external_id.label("author"), participants.c.kind, participants.c.name)
        .select_from(
            both.join(participants, participants.c.id == both.c.participant_id).outerjoin(
                turns, turns.c.id == both.c.turn_id
            )
        )
        .where(turns.c.command.is_(null()))
    )


def _speakers() -> Select[Any]:
    others = and_(messages.c.conversation_id == bindparam("conversation"), NOT_OURS)
    first = select(func.min(messages.c.participant_id)).where(others).scalar_subquery()
    last = select(func.max(messages.c.participant_id)).where(others).scalar_subquery()
    return select(participants.c.external_id).where((participants.c.id == first) | (participants.c.id == last))


# Built once; see statements.py.
_STORED = select(messages.c.id).where(AT_ADDRESS)
_FIRST_SAID = (
    select(message_versions.c.at)
    .select_from(messages.join(message_versions))
    .where(
        AT_ADDRESS,
        messages.c.turn_id.is_(null()),
        messages.c.addressed.is_(False),
        messages.c.erased_at.is_(null()),
    )
    .order_by(message_versions.c.id)
    .limit(1)
)
_TURNS, _MESSAGES, _SPEAKERS = _turns(), _messages(), _speakers()
