"""
The playground's own file: its messages, and the events that the bot has not acknowledged.

Calls are synchronous and small: one row, or one page of them. Nothing here knows of HTTP, browsers or processes.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import database_file
from bot.core.errors import BotError
from bot.platforms.web.workspace.places import Draft, RefusedError

SCHEMA_VERSION = 1
BUSY_SECONDS = 2.0  # how long a parent that is just stopping may still hold the file

SCHEMA = f"""
CREATE TABLE workspace (id TEXT NOT NULL);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    root INTEGER REFERENCES messages (id),  -- null: this message opens a thread
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    notes TEXT NOT NULL,  -- JSON list of sentences
    metadata TEXT NOT NULL,  -- JSON object, the bot's
    nonce TEXT UNIQUE,
    posted_at INTEGER NOT NULL,  -- ms since 1970, like edited_at
    edited_at INTEGER,
    deleted INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL  -- of the last change to what is seen of this message; counts over the whole workspace
);
CREATE INDEX messages_of_channel ON messages (channel, root, id);
CREATE INDEX messages_of_thread ON messages (root, id);
CREATE UNIQUE INDEX messages_by_revision ON messages (revision);
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES messages (id),
    attempts INTEGER NOT NULL DEFAULT 0
);
PRAGMA user_version = {SCHEMA_VERSION};
"""

MESSAGE = """
SELECT m.*, (SELECT count(*) FROM messages r WHERE r.root = m.id AND NOT r.deleted) AS replies,
       (SELECT max(r.posted_at) FROM messages r WHERE r.root = m.id AND NOT r.deleted) AS last_reply_at
FROM messages m
"""


class StoreError(BotError):
    """The playground's file cannot be used; the message says why and names the file."""


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    channel: str
    thread: int  # the id of its root; its own for a message that opens a thread
    author: str
    text: str
    notes: tuple[str, ...]
    metadata: Mapping[str, Any]
    posted_at: int  # ms since 1970
    edited_at: int | None
    deleted: bool
    revision: int
    replies: int
    last_reply_at: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """A message that the bot is to be told of, until it acknowledges the event's id."""

    id: int
    attempts: int  # deliveries so far
    message: Message


class Store:
    """Belongs to one process: the file stays locked until close()."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.workspace: str = connection.execute("SELECT id FROM workspace").fetchone()["id"]

    @classmethod
    def open(cls, file: Path) -> Store:
        """Open the file, or create it. Raises StoreError."""
        try:
            database_file.create(file)
            database_file.tighten(file)
            connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"The playground's file {file} cannot be opened: {error}") from error
        try:
            _prepare(connection)
            _clean(connection)  # what a dead process, or an earlier version, left of deleted messages
            return cls(connection)
        except (sqlite3.Error, StoreError) as error:
            connection.close()
            in_use = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            reason = "another process uses it" if in_use else str(error)
            raise StoreError(f"The playground's file {file} cannot be used: {reason}") from error

    def close(self) -> None:
        self._db.close()

    # Messages

    def post(self, draft: Draft, *, deliver: bool) -> Message:
        """Store a message and, with *deliver*, the event that tells the bot of it. Raises RefusedError."""
        with self._transaction():
            if draft.nonce is not None and (known := self._known(draft.nonce)) is not None:
                return known
            root = None if draft.thread is None else self._root(draft.channel, draft.thread)
            message = self._insert(draft, root)
            if root is not None:
                self._touch(root)
            if deliver:
                self._db.execute("INSERT INTO events (message) VALUES (?)", (message,))
            return self.message(message)

    def edit(self, message: int, author: str, text: str, notes: tuple[str, ...]) -> Message:
        """Raises RefusedError when *author* has no such message, or it was deleted."""
        with self._transaction():
            self._own(message, author)
            self._db.execute(
                "UPDATE messages SET text = ?, notes = ?, edited_at = ?, revision = ? WHERE id = ?",
                (text, json.dumps(notes), _now(), self._next_revision(), message),
            )
            return self.message(message)

    def delete(self, message: int, author: str) -> None:
        """Erase a message and leave a tombstone. Raises RefusedError when *author* has no such message."""
        with self._transaction():
            found = self._own(message, author)
            self._db.execute(
                "UPDATE messages SET text = '', notes = '[]', deleted = 1, revision = ? WHERE id = ?",
                (self._next_revision(), message),
            )
            if found.thread != message:
                self._touch(found.thread)
        _clean(self._db)

    def message(self, message: int) -> Message:
        row = self._db.execute(MESSAGE + "WHERE m.id = ?", (message,)).fetchone()
        if row is None:
            raise RefusedError(404, "message_not_found")
        return _message(row)

    def roots(self, channel: str, before: int, limit: int) -> list[Message]:
        """The newest messages of a channel that open threads and are older than *before* (an id), oldest first."""
        where = "WHERE m.channel = ? AND m.root IS NULL AND m.id < ? AND NOT m.deleted ORDER BY m.id DESC LIMIT ?"
        return [_message(row) for row in self._db.execute(MESSAGE + where, (channel, before, limit))][::-1]

    def replies(self, root: int, *, before: int = 2**63 - 1, after: int = 0, limit: int, newest: bool) -> list[Message]:
        """Messages of a thread without its root, oldest first: the *newest* or the oldest of those within the ids."""
        order = "DESC" if newest else "ASC"
        where = f"WHERE m.root = ? AND m.id < ? AND m.id > ? AND NOT m.deleted ORDER BY m.id {order} LIMIT ?"
        found = [_message(row) for row in self._db.execute(MESSAGE + where, (root, before, after, limit))]
        return found[::-1] if newest else found

    def revision(self) -> int:
        """Of the newest change; 0 in an empty workspace."""
        return int(self._db.execute("SELECT coalesce(max(revision), 0) FROM messages").fetchone()[0])

    def changes(self, since: int, limit: int) -> list[Message]:
        """Messages posted, edited, deleted or answered after revision *since*, in order of revision."""
        where = "WHERE m.revision > ? ORDER BY m.revision LIMIT ?"
        return [_message(row) for row in self._db.execute(MESSAGE + where, (since, limit))]

    # Events

    def pending(self, limit: int) -> list[Event]:
        """The oldest events that were not acknowledged."""
        rows = self._db.execute("SELECT * FROM events ORDER BY id LIMIT ?", (limit,)).fetchall()
        return [Event(row["id"], row["attempts"], self.message(row["message"])) for row in rows]

    def attempted(self, event: int) -> None:
        self._db.execute("UPDATE events SET attempts = attempts + 1 WHERE id = ?", (event,))

    def acknowledged(self, event: int) -> None:
        self._db.execute("DELETE FROM events WHERE id = ?", (event,))

    # Within a transaction

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _insert(self, draft: Draft, root: int | None) -> int:
        columns = (
            draft.channel,
            root,
            draft.author,
            draft.text,
            json.dumps(draft.notes),
            json.dumps(dict(draft.metadata or {})),
            draft.nonce,
            _now(),
            self._next_revision(),
        )
        cursor = self._db.execute(
            "INSERT INTO messages (channel, root, author, text, notes, metadata, nonce, posted_at, revision)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            columns,
        )
        return int(cursor.lastrowid or 0)

    def _known(self, nonce: str) -> Message | None:
        row = self._db.execute(MESSAGE + "WHERE m.nonce = ?", (nonce,)).fetchone()
        return None if row is None else _message(row)

    def _root(self, channel: str, thread: int) -> int:
        """The root of the thread that a message belongs to; like Slack, a reply may be named in its place."""
        row = self._db.execute("SELECT * FROM messages WHERE id = ? AND channel = ?", (thread, channel)).fetchone()
        if row is None:
            raise RefusedError(404, "thread_not_found")
        return int(row["root"] or row["id"])

    def _own(self, message: int, author: str) -> Message:
        found = self.message(message)
        if found.deleted or found.author != author:
            raise RefusedError(404, "message_not_found")
        return found

    def _touch(self, message: int) -> None:
        """Count a change of a root's replies as a change of the root: pages show the number of replies with it."""
        self._db.execute("UPDATE messages SET revision = ? WHERE id = ?", (self._next_revision(), message))

    def _next_revision(self) -> int:
        return self.revision() + 1


def _prepare(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute(database_file.SECURE_DELETE)
    # Two parents on one file would each deliver every event.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    # Survives the end of the process; only a power cut may lose the last messages, and the page stays quick.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        connection.executescript("BEGIN EXCLUSIVE;" + SCHEMA + "COMMIT;")
    elif version != SCHEMA_VERSION:
        raise StoreError(f"it was written by another version of this program (layout {version}, not {SCHEMA_VERSION})")
    with connection:
        connection.execute("BEGIN EXCLUSIVE")
        if connection.execute("SELECT id FROM workspace").fetchone() is None:
            connection.execute("INSERT INTO workspace VALUES (?)", (secrets.token_hex(8),))


def _clean(connection: sqlite3.Connection) -> None:
    """Remove deleted text from the file and its WAL. After a failure (a full disk), the next call does it."""
    with suppress(sqlite3.Error):
        database_file.compact(connection)
    with suppress(sqlite3.Error):
        database_file.truncate_wal(connection)


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        channel=row["channel"],
        thread=row["root"] or row["id"],
        author=row["author"],
        text=row["text"],
        notes=tuple(json.loads(row["notes"])),
        metadata=json.loads(row["metadata"]),
        posted_at=row["posted_at"],
        edited_at=row["edited_at"],
        deleted=bool(row["deleted"]),
        revision=row["revision"],
        replies=row["replies"],
        last_reply_at=row["last_reply_at"],
    )


def _now() -> int:
    return time.time_ns() // 1_000_000
