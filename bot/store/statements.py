"""
The ledger's statements, built once: to build one costs some five times as much as to run it.

When they run is in ledger/; those that only prompts and completions need are in history.py and completions.py. A
parameter has the name of its column, unless an update sets that column, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    String,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    text,
    union_all,
    update,
)

from bot.core.conversation import MessageRef, Posted
from bot.store.database import dialects
from bot.store.tables import (
    ACTIVE,
    UtcDateTime,
    conversations,
    interactions,
    message_versions,
    messages,
    participants,
    reply_parts,
    system_prompts,
    turns,
)

# States are written out where an index is to be used: a partial one serves only conditions that name its states, not
# parameters (SQLite, "Partial Indexes").
PENDING = literal_column("'pending'", String)
OPEN = text("state = 'pending' AND NOT closed")  # as the index has it
AT_WORK = [literal_column(f"'{state}'", String) for state in ACTIVE]
_others = turns.alias("others")

_CLOCK = select(func.clock_timestamp())  # PostgreSQL's; unlike now() it goes on within a transaction


def version(message: int, posted: Posted, at: datetime) -> dict[str, Any]:
    """A row for VERSION: what a message says since then."""
    return {"message_id": message, "text": posted.text, "at": at, "cut": posted.cut.row() if posted.cut else None}


def now(connection: Connection) -> datetime:
    """Leases are compared across machines, so on PostgreSQL the time is the database's."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    moment: datetime = connection.execute(_CLOCK).scalar_one()
    return moment.astimezone(UTC)


CONVERSATION = select(conversations.c.id).where(
    conversations.c.platform == bindparam("platform"),
    conversations.c.workspace == bindparam("workspace"),
    conversations.c.channel == bindparam("channel"),
    conversations.c.thread == bindparam("thread"),
)
PARTICIPANT = select(*(participants.c[name] for name in ("id", "kind", "name", "locale", "home"))).where(
    participants.c.platform == bindparam("platform"),
    participants.c.workspace == bindparam("workspace"),
    participants.c.external_id == bindparam("external_id"),
)
NOT_OURS = ~exists().where(  # looked up for each message: a list of our own ids is made from all participants
    participants.c.id == messages.c.participant_id, participants.c.kind == literal_column("'self'")
)
VERSION = insert(message_versions)


def in_channel(table: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.platform == bindparam("on_platform"),
        table.c.workspace == bindparam("in_workspace"),
        table.c.channel == bindparam("in_channel"),
    )


def address(ref: MessageRef) -> dict[str, str]:
    """The parameters of AT_ADDRESS."""
    return {
        "on_platform": ref.platform,
        "in_workspace": ref.workspace,
        "in_channel": ref.channel,
        "with_external_id": ref.id,
    }


AT_ADDRESS = and_(*in_channel(messages), messages.c.external_id == bindparam("with_external_id"))
"""The message with an address."""
ASKED_BY_COMMAND = and_(
    *(interactions.c[name] == messages.c[name] for name in ("platform", "workspace", "channel", "external_id"))
)
"""Of a message and the interaction that it stands for."""

RAISED = (
    update(messages)
    .where(
        AT_ADDRESS,
        messages.c.addressed.is_(False),
        messages.c.erased_at.is_(None),
    )
    .values(
        addressed=True,
        turn_id=None,
        hidden=and_(  # unless it was hidden as a command, and is none any more
            messages.c.hidden,
            ~exists().where(turns.c.id == messages.c.turn_id, turns.c.command.is_not(null())),
        ),
    )
)

CLAIMED = (
    update(turns)
    .where(turns.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=case((turns.c.state == "answered", "answered"), else_="running"),
        changed=and_(turns.c.changed, turns.c.state == "answered"),  # who asks from now on, asks what it reads now
        owner=bindparam("claimed_by"),
        lease_until=bindparam("claimed_until", type_=UtcDateTime),
        fence=turns.c.fence + 1,
        attempts=turns.c.attempts + 1,
        first_attempt_at=func.coalesce(turns.c.first_attempt_at, bindparam("claimed_at", type_=UtcDateTime)),
    )
)
WAITING_MESSAGES = (
    update(messages)
    .where(messages.c.conversation_id.in_(bindparam("conversation_ids", expanding=True)), messages.c.turn_id.is_(None))
    .values(
        turn_id=select(turns.c.id)
        .where(turns.c.id.in_(bindparam("ids", expanding=True)), turns.c.conversation_id == messages.c.conversation_id)
        .scalar_subquery()
    )
)
PARTS = (
    select(reply_parts.c.turn_id, reply_parts.c.number, reply_parts.c.external_id, reply_parts.c.intended_at)
    .where(reply_parts.c.turn_id.in_(bindparam("ids", expanding=True)))
    .order_by(reply_parts.c.number)
)

HELD = update(turns).where(
    turns.c.id == bindparam("held"), turns.c.fence == bindparam("held_fence"), turns.c.state.in_(AT_WORK)
)
_last = (
    select(turns.c.created_at, turns.c.state)
    .where(turns.c.conversation_id == bindparam("of_conversation"), turns.c.command.is_(None))
    .order_by(turns.c.id.desc())
    .limit(1)
    .subquery()
)
LAST_ASKED = select(_last.c.created_at).where(  # unless it is answered: they are answered in their order
    or_(_last.c.state == PENDING, _last.c.state.in_(AT_WORK))
)
NAMES = select(*(participants.c[name] for name in ("external_id", "name", "refreshed_at", "locale"))).where(
    participants.c.platform == bindparam("platform"),
    participants.c.workspace == bindparam("workspace"),
    participants.c.external_id.in_(bindparam("external_ids", expanding=True)),
    participants.c.name.is_not(None),
)
RENEWED = update(turns).where(
    turns.c.id.in_(bindparam("ids", expanding=True)),
    turns.c.owner == bindparam("held_by"),
    turns.c.state.in_(AT_WORK),
)
FENCES = select(turns.c.id, turns.c.fence, turns.c.state, turns.c.stop_requested, turns.c.changed).where(
    turns.c.id.in_(bindparam("ids", expanding=True))
)
STATE = select(
    *(turns.c[name] for name in ("state", "closed", "changed", "due_at", "reason", "command", "continues"))
).where(turns.c.id == bindparam("id"))
ENDED = update(turns).where(turns.c.id == bindparam("ended"))
TO_PENDING = (
    update(turns)
    .where(turns.c.id == bindparam("released"), turns.c.state == literal_column("'running'", String))
    .values(state="pending")
)
FENCE = select(turns.c.fence).where(turns.c.id == bindparam("id"))
NOTED = update(reply_parts).where(
    reply_parts.c.turn_id == bindparam("of_turn"), reply_parts.c.number == bindparam("with_number")
)

FORGOTTEN = delete(reply_parts).where(
    reply_parts.c.turn_id == bindparam("of_turn"), reply_parts.c.number == bindparam("with_number")
)


@dataclass(frozen=True, slots=True)
class Statements:
    """Those that the two databases write differently."""

    new_conversation: Executable  # → id
    participant: Executable  # → id
    named: Executable  # platform, workspace, external_id, name, locale, refreshed_at
    new_message: Executable  # → id, external_id; none when it is there
    pending_turn: Executable  # → id, created_at
    due: Executable  # platforms, now, most, held, of, take_over → turns and the addresses of their conversations
    part: Executable
    system_prompt: Executable


def statements(dialect: str) -> Statements:
    """For SQLAlchemy's name of a database: sqlite or postgresql."""
    upsert = dialects.upsert(dialect)
    return Statements(
        new_conversation=_new_conversation(upsert),
        participant=_participant(upsert),
        named=_named(upsert),
        new_message=upsert(messages)
        .on_conflict_do_nothing(index_elements=["platform", "workspace", "channel", "external_id"])
        .returning(messages.c.id, messages.c.external_id),
        pending_turn=_pending_turn(upsert),
        due=_due(skip_locked=dialect != "sqlite"),
        part=_part(upsert),
        system_prompt=upsert(system_prompts).on_conflict_do_nothing(index_elements=["sha256"]),
    )


def _pending_turn(upsert: Any) -> Executable:
    """
    A pending turn that takes what was said, unless there is one.

    The update locks the one that is there: without it PostgreSQL may let another worker claim that
    one before our message is committed, and nobody would take the message. The condition is written out: with a
    parameter in it PostgreSQL no longer finds the index once it has made a generic plan, at the sixth time.

    What is asked after somebody stopped the turn that waits is to be answered, so that one is stopped no more.
    """
    made = upsert(turns)
    pending: Executable = made.on_conflict_do_update(
        index_elements=["conversation_id"], index_where=OPEN, set_={"stop_requested": false()}
    ).returning(turns.c.id, turns.c.created_at)
    return pending


def _new_conversation(upsert: Any) -> Executable:
    # Another process may have made it since; the update that changes nothing makes RETURNING name it.
    made: Executable = (
        upsert(conversations)
        .on_conflict_do_update(
            index_elements=["platform", "workspace", "channel", "thread"], set_={"direct": conversations.c.direct}
        )
        .returning(conversations.c.id)
    )
    return made


def _participant(upsert: Any) -> Executable:
    made = upsert(participants)
    told = {name: func.coalesce(made.excluded[name], participants.c[name]) for name in ("name", "locale", "home")}
    named = {"kind": made.excluded.kind, **told}
    known: Executable = made.on_conflict_do_update(
        index_elements=["platform", "workspace", "external_id"], set_=named
    ).returning(participants.c.id)
    return known


def _named(upsert: Any) -> Executable:
    """A name, of somebody who has not spoken yet, perhaps: who was mentioned is taken for a person until then."""
    made = upsert(participants).values(kind="person")
    refreshed = {
        "name": made.excluded.name,
        "locale": func.coalesce(made.excluded.locale, participants.c.locale),
        "refreshed_at": made.excluded.refreshed_at,
    }
    known: Executable = made.on_conflict_do_update(
        index_elements=["platform", "workspace", "external_id"], set_=refreshed
    )
    return known


def _part(upsert: Any) -> Executable:
    made = upsert(reply_parts)
    refreshed: Executable = made.on_conflict_do_update(
        index_elements=["turn_id", "number"],
        set_={"intended_at": made.excluded.intended_at, "external_id": None},
    )
    return refreshed


def _due(*, skip_locked: bool) -> Executable:
    """
    The turns to claim, oldest first. Costs the same however many turns were ever stored.

    The two ways of being due each have a partial index; no index serves both, or-ed together. They are asked for once
    more of the turn itself: PostgreSQL looks at that again when it locks what another worker has just changed, but not
    at the subquery.
    """
    now = bindparam("now", type_=UtcDateTime)
    pending = and_(turns.c.state == PENDING, turns.c.due_at <= now)
    free = or_(turns.c.owner.is_(None), turns.c.owner == bindparam("of"), bindparam("take_over", type_=Boolean))
    abandoned = and_(turns.c.state.in_(AT_WORK), turns.c.lease_until <= now, free)
    found = union_all(select(turns.c.id).where(pending), select(turns.c.id).where(abandoned))
    query = (
        select(
            *(turns.c[name] for name in ("id", "conversation_id", "state", "fence", "attempts", "first_attempt_at")),
            *(turns.c[name] for name in ("notices", "closed", "variant", "stop_requested", "command", "continues")),
            *(conversations.c[name] for name in ("platform", "workspace", "channel", "thread", "direct")),
            conversations.c.window_start,
            conversations.c.window_position,
            conversations.c.told_start,
            conversations.c.told_position,
            conversations.c.unread_since,
            conversations.c.truncated,
        )
        .select_from(turns.join(conversations))
        .where(conversations.c.platform.in_(bindparam("platforms", expanding=True)))
        .where(turns.c.id.in_(found), or_(and_(pending, ~_blocked(now)), abandoned))
        .where(turns.c.id.not_in(bindparam("held", expanding=True)))
        .order_by(turns.c.id)
        .limit(bindparam("most", type_=Integer))
    )
    return query.with_for_update(of=turns, skip_locked=True) if skip_locked else query


def _blocked(now: Any) -> Any:
    """
    Whether another turn of the same conversation comes before this pending one: what is at work, or waits since before.

    An earlier one that is not due yet is waited for: answers come in the order of their questions. Only what confirms a
    command does not wait for a question: nobody would know for hours, while no model can be reached, that it was heard.
    """
    waits = or_(turns.c.command.is_(null()), _others.c.command.is_not(null()), _others.c.due_at <= now)
    earlier = and_(_others.c.state == PENDING, _others.c.id < turns.c.id, waits)
    of_conversation = _others.c.conversation_id == turns.c.conversation_id
    return or_(
        exists().where(of_conversation, _others.c.state.in_(AT_WORK)),
        exists().where(of_conversation, earlier),
    )
