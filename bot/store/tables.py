"""
The tables. What a row means is said here; how rows change is written in ledger/ and changes/.

Texts live in few columns (message_versions.text and .given, completions.text, system_prompts.text), so that they can be
erased. Constraints carry the rules that must hold whatever dies: one message per platform id, one active turn and one
that waits for messages per conversation, one chosen completion per turn.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

ACTIVE = ("running", "answered")
"""States in which somebody works on a turn, or will go on with it before any other turn of its conversation."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware datetimes in UTC out. SQLite has no type for them and gets naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base's form
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class StorableText(TypeDecorator[str]):
    """
    Text in which a NUL character (PostgreSQL) and a lone surrogate (both) are replaced: no column takes them.

    JSON can carry both, so a user or a model can send them.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the base's form
        return None if value is None else UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)


UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER PRIMARY KEY


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _reference(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Id, ForeignKey(target), nullable=nullable)


conversations = Table(
    "conversations",
    metadata,
    _id(),
    Column("platform", String(16), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("thread", String(64), nullable=False),  # the id of its root message
    Column("direct", Boolean, nullable=False),
    Column("title", StorableText),
    Column("window_start", BigInteger, nullable=False, server_default="0"),  # the first turn that is still sent
    Column("window_position", BigInteger, nullable=False, server_default="0"),  # of that turn, the first message
    Column("told_start", BigInteger, nullable=False, server_default="0"),  # the window that users were told of
    Column("told_position", BigInteger, nullable=False, server_default="0"),
    Column("unread_since", BigInteger),  # a position: what was said after it may be missing here, and is to be read
    Column("truncated", Boolean, nullable=False, server_default=false()),  # older messages of it were never read
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "workspace", "channel", "thread"),
)

participants = Table(
    "participants",
    metadata,
    _id(),
    Column("platform", String(16), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("external_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", StorableText),  # as the platform says today
    Column("locale", String(16)),  # in which they read the platform: ko-KR
    Column("home", String(64)),  # their own workspace, where that is another one
    Column("refreshed_at", UtcDateTime),
    UniqueConstraint("platform", "workspace", "external_id"),
)

turns = Table(
    "turns",
    metadata,
    _id(),
    _reference("conversation_id", "conversations.id"),
    Column("state", String(16), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),  # not claimed before
    Column("owner", String(64)),
    Column("lease_until", UtcDateTime),  # an active turn may be claimed by others from then on
    Column("fence", BigInteger, nullable=False, server_default="0"),  # counts the claims; old ones can write nothing
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_attempt_at", UtcDateTime),
    Column("reason", String(64)),  # why it is in this state
    Column("notices", JSON),  # [{"key": …, "values": {…}}]: sentences to show with the answer, or instead
    Column("language", String(8)),  # of the notices
    Column("stop_requested", Boolean, nullable=False, server_default=false()),
    Column("changed", Boolean, nullable=False, server_default=false()),  # the question was changed: start over
    Column("closed", Boolean, nullable=False, server_default=false()),  # asked again: takes no more messages
    Column("variant", Integer, nullable=False, server_default="1"),  # of the answer that is being made, or is there
    Column("pressed_at", UtcDateTime),  # when the last press that did something was made, by the platform's clock
    Column("continues", BigInteger),  # the completion that this turn continues, in the same variant
    Column("command", JSON),  # {"key": …, "values": {…}}: a sentence to say; no model is asked
    Column("stale", Boolean, nullable=False, server_default=false()),  # its question has changed since
    Column("pinned", Boolean, nullable=False, server_default=false()),  # the answer, as in messages
    Column("hidden", Boolean, nullable=False, server_default=false()),
    Column("cut", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    CheckConstraint(
        "state IN ('pending', 'running', 'answered', 'shown', 'failed', 'stopped', 'removed')", name="state"
    ),
    Index("ix_turns_conversation_id_id", "conversation_id", "id"),
    Index(
        "ix_turns_steered",
        "conversation_id",
        sqlite_where=text("pinned OR cut"),
        postgresql_where=text("pinned OR cut"),
    ),
    Index("ix_turns_due", "due_at", sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")),
    Index(
        "uq_turns_pending",
        "conversation_id",
        unique=True,
        sqlite_where=text("state = 'pending' AND NOT closed"),
        postgresql_where=text("state = 'pending' AND NOT closed"),
    ),
    Index(
        "uq_turns_active",
        "conversation_id",
        unique=True,
        sqlite_where=text("state IN ('running', 'answered')"),
        postgresql_where=text("state IN ('running', 'answered')"),
    ),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _reference("conversation_id", "conversations.id"),
    Column("platform", String(16), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("external_id", String(64), nullable=False),
    Column("position", BigInteger, nullable=False),  # order in the thread; ids do not sort as text
    _reference("participant_id", "participants.id"),
    _reference("turn_id", "turns.id", nullable=True),  # null until a turn takes it
    Column("addressed", Boolean, nullable=False),  # to be answered
    Column("pinned", Boolean, nullable=False, server_default=false()),  # stays in the window
    Column("hidden", Boolean, nullable=False, server_default=false()),  # never sent to a model
    Column("cut", Boolean, nullable=False, server_default=false()),  # nothing before it is sent to a model
    Column("erased_at", UtcDateTime),  # a tombstone: the row stays so that the text cannot come back
    Column("posted_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "workspace", "channel", "external_id"),
    Index("ix_messages_conversation_id_turn_id_position", "conversation_id", "turn_id", "position"),
    Index("ix_messages_conversation_id_participant_id", "conversation_id", "participant_id"),
    Index("ix_messages_participant_id", "participant_id"),
    Index(
        "ix_messages_steered",
        "conversation_id",
        sqlite_where=text("pinned OR cut"),
        postgresql_where=text("pinned OR cut"),
    ),
)

message_versions = Table(
    "message_versions",
    metadata,
    _id(),
    _reference("message_id", "messages.id"),
    Column("text", StorableText),  # as said; null once erased
    Column("given", StorableText),  # as a model is given it, from its first prompt on; null once erased
    Column("tokens", Integer),  # of *given*
    Column("at", UtcDateTime, nullable=False),
    Column("cut", JSON(none_as_null=True)),  # {"kept": …, "total": …, "unit": …}: of what is attached, so much is in it
    Index("ix_message_versions_message_id_id", "message_id", "id"),
)

system_prompts = Table(
    "system_prompts",
    metadata,
    _id(),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("text", StorableText, nullable=False),
    Column("examples", JSON),  # [[user, assistant], …]; the digest is of both
)

completions = Table(
    "completions",
    metadata,
    _id(),
    _reference("turn_id", "turns.id", nullable=True),
    Column("purpose", String(16), nullable=False),  # answer; later: summary, title
    Column("variant", Integer, nullable=False, server_default="1"),  # of the answer
    Column("number", Integer, nullable=False, server_default="1"),  # within the variant: continued answers
    Column("chosen", Boolean, nullable=False, server_default=false()),
    Column("outcome", String(64), nullable=False),  # started, complete, or why there is none
    Column("error_detail", StorableText),  # what the server said of it; null once something in the thread was erased
    # what was sent
    Column("model", Text, nullable=False),
    _reference("system_prompt_id", "system_prompts.id", nullable=True),
    Column("prompt", Text, nullable=False),  # "v12 f3 c5 v13": see core/prompt/entries.py
    Column("max_tokens", Integer, nullable=False),
    Column("temperature", Float),
    Column("seed", BigInteger),
    Column("stop", JSON),
    Column("counted_prompt_tokens", Integer, nullable=False),  # by us, before the call
    Column("estimated_prompt_tokens", Integer),  # the same in the model's own tokens, as far as they were learned
    Column("window_start", BigInteger),  # the window of the conversation as it was sent
    Column("window_position", BigInteger),
    # what came back
    Column("text", StorableText),  # of the whole answer, with what it continues
    Column("text_tokens", Integer),
    Column("refusal", StorableText),
    Column("erased_at", UtcDateTime),  # somebody deleted the answer: its texts are gone
    Column("finish_reason", String(64)),
    Column("response_id", StorableText),
    Column("response_model", StorableText),
    Column("fingerprint", StorableText),
    Column("prompt_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("cache_write_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("reasoning_tokens", Integer),
    Column("reserved_nanodollars", BigInteger),
    Column("cost_nanodollars", BigInteger),
    Column("started_at", UtcDateTime, nullable=False),
    Column("first_token_seconds", Float),
    Column("total_seconds", Float),
    Index("ix_completions_turn_id", "turn_id"),
    Index(
        "uq_completions_chosen",
        "turn_id",
        "number",
        unique=True,
        sqlite_where=text("chosen"),
        postgresql_where=text("chosen"),
    ),
)

reply_parts = Table(
    "reply_parts",
    metadata,
    _id(),
    _reference("turn_id", "turns.id"),
    Column("number", Integer, nullable=False),
    Column("external_id", String(64)),  # null: perhaps posted, perhaps not
    Column("intended_at", UtcDateTime, nullable=False),
    UniqueConstraint("turn_id", "number"),
    Index("ix_reply_parts_external_id", "external_id"),
)

watermarks = Table(
    "watermarks",
    metadata,
    _id(),
    Column("platform", String(16), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False, server_default=""),  # empty: all that have no later one of their own
    Column("position", BigInteger, nullable=False),  # what was said before it is stored, or of no interest
    UniqueConstraint("platform", "workspace", "channel"),
)

preferences = Table(
    "preferences",
    metadata,
    _id(),
    Column("platform", String(16), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False, server_default=""),  # empty: the whole workspace
    Column("thread", String(64), nullable=False, server_default=""),  # empty: the whole channel
    Column("key", String(64), nullable=False),
    Column("value", JSON, nullable=False),
    _reference("changed_by", "participants.id", nullable=True),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "workspace", "channel", "thread", "key"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False),
    _reference("participant_id", "participants.id", nullable=True),  # null: an operator at the terminal
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", JSON),
)

files = Table(
    "files",
    metadata,
    _id(),
    _reference("message_id", "messages.id"),
    Column("external_id", String(64), nullable=False),
    Column("name", StorableText),
    Column("media_type", String(255)),
    Column("size", BigInteger),  # bytes
    Column("locator", Text),  # where the platform keeps it
    Column("text", StorableText),  # what was read of it
    Column("content", LargeBinary),  # an image, no larger than a model needs it
    Column("content_type", String(255)),  # of *content*
    Column("width", Integer),  # pixels, of *content*
    Column("height", Integer),
    Column("tokens", Integer),  # of all that a model is given of it, or was
    Column("erased_at", UtcDateTime),  # what was read of it is gone, with the file itself
    Column("outcome", String(64), nullable=False),  # pending, read, or why it cannot be read
    Column("note", JSON(none_as_null=True)),  # {"kept": …, "total": …, "unit": …}: only its beginning was read
    UniqueConstraint("message_id", "external_id"),
)

reactions = Table(
    "reactions",
    metadata,
    _id(),
    Column("platform", String(16), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("external_id", String(64), nullable=False),  # the message it stands on, an answer's part perhaps
    Column("operation", String(16), nullable=False),  # pin, hide, cut, …
    _reference("participant_id", "participants.id"),
    Column("at", UtcDateTime, nullable=False),  # of the newest change that is known
    Column("active", Boolean, nullable=False),  # false: taken away again
    UniqueConstraint("platform", "workspace", "channel", "external_id", "operation", "participant_id"),
)

interactions = Table(
    "interactions",
    metadata,
    _id(),
    Column("platform", String(16), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("external_id", String(64), nullable=False),  # as in messages: what was asked by a command is one there
    Column("token", Text),  # a secret: with it, anybody could answer in our place; null once it is over
    Column("private", Boolean, nullable=False),  # only the asker may see the answer
    Column("ends_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "workspace", "channel", "external_id"),
    Index(
        "ix_interactions_ends_at",
        "ends_at",
        sqlite_where=text("token IS NOT NULL"),
        postgresql_where=text("token IS NOT NULL"),
    ),
)

leases = Table(
    "leases",
    metadata,
    _id(),
    Column("platform", String(16), nullable=False),
    Column("name", String(64), nullable=False),  # what is leased; the platform gives it a meaning
    Column("owner", String(64), nullable=False),  # a process; empty: nobody keeps it, it has to pass
    Column("until", UtcDateTime, nullable=False),  # by the database's clock
    UniqueConstraint("platform", "name"),
)

moved_channels = Table(
    "moved_channels",
    metadata,
    _id(),
    Column("platform", String(16), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("old_channel", String(64), nullable=False),
    Column("new_channel", String(64), nullable=False),  # never another row's old one
    UniqueConstraint("platform", "workspace", "old_channel"),
)

feedback = Table(
    "feedback",
    metadata,
    _id(),
    _reference("completion_id", "completions.id"),
    _reference("participant_id", "participants.id"),
    Column("value", String(16), nullable=False),  # like, dislike
    Column("at", UtcDateTime, nullable=False),  # of the last press, which counts
    UniqueConstraint("completion_id", "participant_id"),
)

models = Table(
    "models",
    metadata,
    _id(),
    Column("name", String(255), nullable=False, unique=True),
    Column("token_factor", Float),  # its own tokens for each that we count
    Column("window", Integer),  # tokens, as its server said
    Column("sees", Boolean),  # whether it takes images
    Column("max_tokens", Integer),  # of an answer, as its server lets it write one
    Column("knows_system", Boolean),  # whether its template has a system message
    Column("learned_at", UtcDateTime, nullable=False),  # what its server said last, or else the first of it
)

summaries = Table(
    "summaries",
    metadata,
    _id(),
    _reference("conversation_id", "conversations.id"),
    _reference("completion_id", "completions.id", nullable=True),
    Column("window_start", BigInteger, nullable=False),  # it tells what was said before this window
    Column("window_position", BigInteger, nullable=False),
    Column("covers", Text, nullable=False),  # "v12 c5 v13", as in completions.prompt
    Column("text", StorableText),  # null while it is made, and once erased
    Column("tokens", Integer),
    Column("stale", Boolean, nullable=False, server_default=false()),  # something it covers was changed since
    Column("erased_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_summaries_conversation_id_id", "conversation_id", "id"),
    Index(
        "uq_summaries_fresh",
        "conversation_id",
        "window_start",
        "window_position",
        unique=True,
        sqlite_where=text("NOT stale"),
        postgresql_where=text("NOT stale"),
    ),
)
