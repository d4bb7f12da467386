"""The playground's file."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot import database_file
from bot.platforms.web.workspace.places import BOT, YOU, Draft, RefusedError
from bot.platforms.web.workspace.store import Message, Store, StoreError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "playground.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    opened = Store.open(file)
    yield opened
    opened.close()


def ask(store: Store, text: str = "hello", thread: int | None = None, nonce: str | None = None) -> Message:
    return store.post(Draft("general", YOU.id, text, thread, nonce=nonce), deliver=True)


def answer(store: Store, thread: int, text: str = "답") -> Message:
    draft = Draft("general", BOT.id, text, thread, notes=("small",), metadata={"turn": 1, "part": 1})
    return store.post(draft, deliver=False)


def test_messages_and_unacknowledged_events_survive_a_restart(file: Path) -> None:
    store = Store.open(file)
    asked, told = ask(store, "안녕"), ask(store)
    written = answer(store, asked.id)
    [first, second] = store.pending(10)
    store.attempted(first.id)
    store.acknowledged(second.id)
    workspace = store.workspace
    store.close()
    store = Store.open(file)
    assert store.workspace == workspace
    assert [(event.message.text, event.attempts) for event in store.pending(10)] == [("안녕", 1)]
    assert store.message(told.id) == told
    assert store.replies(asked.id, limit=10, newest=True) == [written]
    store.close()


def test_only_one_process_can_have_the_file(store: Store, file: Path) -> None:
    with pytest.raises(StoreError, match="another process uses it"):
        Store.open(file)


def rights(file: Path) -> set[int]:
    return {mode for _, mode in database_file.there(file)}


def test_nobody_else_can_read_its_files(store: Store, file: Path) -> None:
    ask(store)
    assert rights(file) == {0o600}


def test_what_an_earlier_version_left_open_to_everybody_is_closed(file: Path) -> None:
    Store.open(file).close()
    file.chmod(0o644)
    Store.open(file).close()
    assert rights(file) == {0o600}


def test_so_is_what_stands_beside_the_file_that_a_link_leads_to(file: Path, tmp_path: Path) -> None:
    file.symlink_to(tmp_path / "elsewhere.db")
    store = Store.open(file)
    ask(store)
    wal = tmp_path / "elsewhere.db-wal"
    wal.chmod(0o644)
    database_file.tighten(file)
    assert stat.S_IMODE(wal.stat().st_mode) == 0o600
    store.close()


def test_a_file_that_is_no_database_is_named(file: Path) -> None:
    file.write_text("not a database, certainly, but long enough to be looked at " * 20)
    with pytest.raises(StoreError, match=r"playground\.db cannot be used"):
        Store.open(file)


def test_a_file_in_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path / "none" / "playground.db")


def test_a_root_counts_its_replies_and_changes_with_them(store: Store) -> None:
    asked = ask(store)
    written = answer(store, asked.id)
    root = store.message(asked.id)
    assert (root.replies, root.last_reply_at) == (1, written.posted_at)
    assert root.revision > written.revision
    store.delete(written.id, BOT.id)
    assert store.message(asked.id).replies == 0
    assert store.message(asked.id).revision > root.revision


def test_a_reply_to_a_reply_is_in_the_thread_of_its_root(store: Store) -> None:
    asked = ask(store)
    written = answer(store, asked.id)
    assert ask(store, thread=written.id).thread == asked.id


def test_the_same_nonce_twice_is_one_message_and_one_event(store: Store) -> None:
    assert ask(store, nonce="n") == ask(store, nonce="n")
    assert len(store.pending(10)) == 1


def test_changes_are_what_happened_since_a_revision_each_message_once(store: Store) -> None:
    asked = ask(store)
    since = store.revision()
    written = answer(store, asked.id)
    for text in ("답이", "답이 자란다"):
        store.edit(written.id, BOT.id, text, ())
    assert [(each.id, each.text) for each in store.changes(since, 10)] == [
        (asked.id, "hello"),
        (written.id, "답이 자란다"),
    ]
    assert store.changes(store.revision(), 10) == []


def test_a_deleted_message_leaves_a_tombstone_without_text(store: Store) -> None:
    asked = ask(store)
    written = answer(store, asked.id)
    store.delete(written.id, BOT.id)
    tombstone = store.message(written.id)
    assert (tombstone.text, tombstone.notes, tombstone.deleted) == ("", (), True)
    assert store.replies(asked.id, limit=10, newest=True) == []
    assert written.id in [each.id for each in store.changes(0, 10)]


def test_the_bot_can_change_only_what_it_has_said_and_what_is_there(store: Store) -> None:
    asked = ask(store)
    written = answer(store, asked.id)
    store.delete(written.id, BOT.id)
    for message in (asked.id, written.id, 99):
        with pytest.raises(RefusedError, match="message_not_found"):
            store.edit(message, BOT.id, "x", ())
        with pytest.raises(RefusedError, match="message_not_found"):
            store.delete(message, BOT.id)
    assert store.message(asked.id).text == "hello"


def test_a_thread_of_another_channel_cannot_be_answered(store: Store) -> None:
    asked = ask(store)
    with pytest.raises(RefusedError, match="thread_not_found"):
        store.post(Draft("dm", YOU.id, "hello", asked.id), deliver=True)
    assert len(store.changes(0, 10)) == 1


def test_pages_hold_the_newest_before_a_message_or_the_oldest_after_it(store: Store) -> None:
    roots = [ask(store, str(number)).id for number in range(5)]
    assert [each.id for each in store.roots("general", roots[4], 2)] == roots[2:4]
    replies = [answer(store, roots[0]).id for _ in range(5)]
    newest = store.replies(roots[0], before=replies[4], limit=2, newest=True)
    oldest = store.replies(roots[0], after=replies[0], limit=2, newest=False)
    assert [each.id for each in newest] == replies[2:4]
    assert [each.id for each in oldest] == replies[1:3]


def is_in(file: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path, _ in database_file.there(file))


@pytest.mark.parametrize("length", [0, 20_000])
def test_what_is_deleted_leaves_the_file_at_once_with_all_its_versions(store: Store, file: Path, length: int) -> None:
    asked = ask(store, "the code is 7d1f4c" + "x" * length)
    written = answer(store, asked.id, "it is 9e2b7a")
    store.edit(asked.id, YOU.id, "another text", ())
    assert is_in(file, "7d1f4c")
    store.delete(asked.id, YOU.id)
    store.delete(written.id, BOT.id)
    assert not is_in(file, "7d1f4c")
    assert not is_in(file, "9e2b7a")


def test_what_an_earlier_version_left_leaves_at_the_start(file: Path) -> None:
    store = Store.open(file)
    asked = ask(store, "x" * 20_000 + "the code is 7d1f4c")
    store.close()
    with closing(sqlite3.connect(file)) as earlier, earlier:
        earlier.execute("PRAGMA secure_delete = OFF")
        earlier.execute("UPDATE messages SET text = '', deleted = 1 WHERE id = ?", (asked.id,))
    assert is_in(file, "7d1f4c")
    Store.open(file).close()
    assert not is_in(file, "7d1f4c")
