"""Message objects, as Discord describes them, and what becomes of them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation import Deleted, Edited, MessageRef, ParticipantKind, Posted, ThreadRef
from bot.platforms.discord.incoming.events import (
    deleted,
    edited_at_of,
    is_hidden,
    moment_of,
    position_of,
    read,
    tells_of_edit,
)
from bot.platforms.discord.incoming.participants import name_of
from bot.platforms.discord.places import Place
from tests.platforms.discord.incoming.messages import (
    BOT,
    CHANNEL,
    DIRECT_MESSAGE,
    ELDER,
    GUILD,
    ID,
    IN_THREAD,
    KIM,
    LEE,
    ROLE,
    TEXT,
    THREAD,
    US,
    VOICE,
    edited,
    message,
    otherwise,
    posted,
    reply,
    root,
    user,
)

AT = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_message_says_where_and_when_and_by_whom() -> None:
    said = posted()
    assert said.thread == ThreadRef("discord", GUILD, CHANNEL, ID)
    assert (said.id, said.position) == (ID, int(ID))
    assert said.posted_at.isoformat() == "2017-07-11T17:27:24.250000+00:00"
    assert (said.author.id, said.author.kind) == (KIM, ParticipantKind.PERSON)
    assert (said.text, said.words) == ("hello", "hello")
    assert said.opens_thread
    assert not any((said.addressed, said.direct, said.recovered, said.follows, said.broadcast, said.files))


def test_a_position_is_the_lowest_id_of_its_moment() -> None:
    assert moment_of(position_of(AT)) == AT
    assert position_of(moment_of(int(ID))) <= int(ID) < position_of(moment_of(int(ID)) + timedelta(milliseconds=1))
    assert position_of(datetime(2000, 1, 1, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    ("place", "thread", "direct"),
    [(TEXT, ID, False), (IN_THREAD, THREAD, False), (VOICE, CHANNEL, False), (DIRECT_MESSAGE, ID, True)],
)
def test_the_place_says_what_is_direct(place: Place, thread: str, direct: bool) -> None:
    said = posted(place)
    assert (said.thread.thread, said.direct, said.threadless) == (thread, direct, direct)
    assert said.ref == MessageRef("discord", place.workspace, CHANNEL, ID)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"content": f"<@{BOT}> hi"}, "hi"),
        ({"content": f"<@!{BOT}> hi"}, "hi"),
        ({"content": f"hi <@{BOT}>", "mentions": [user(BOT)]}, "hi"),
        ({"content": f"ask <@{BOT}> this", "mentions": [user(BOT)]}, "ask @threadbot this"),
        ({"content": f"<@&{ROLE}> hi", "mention_roles": [ROLE]}, "hi"),
        ({"content": "hi", "mentions": [user(BOT)]}, "hi"),
    ],
)
def test_whoever_mentions_us_addresses_us(said: dict[str, Any], words: str) -> None:
    found = posted(**said)
    assert found.addressed
    assert found.words == words
    assert found.mentions == frozenset()


def test_the_role_that_is_ours_is_kept_as_a_mention_of_us() -> None:
    assert posted(content=f"<@&{ROLE}> hi", mention_roles=[ROLE]).text == f"<@{BOT}> hi"
    elsewhere = posted(content="<@&7> hi", mention_roles=["7"])
    assert (elsewhere.addressed, elsewhere.text, elsewhere.mentions) == (False, "<@&7> hi", frozenset({"&7"}))


@pytest.mark.parametrize("pinged", [True, False])
def test_a_reply_to_us_is_a_mention_whether_it_pings_or_not(pinged: bool) -> None:
    found = posted(said=reply(author=BOT, mentions=[user(BOT)] if pinged else []))
    assert found.addressed
    assert found.mentions == frozenset()
    assert found.follows


def test_a_reply_to_somebody_else_is_for_them() -> None:
    found = posted(said=reply(author=LEE))
    assert (found.addressed, found.mentions, found.follows) == (False, frozenset({LEE}), True)
    assert not posted(IN_THREAD, reply(author=LEE)).follows


def test_a_reply_to_what_was_deleted_is_a_message_of_its_own() -> None:
    for referenced in ({"referenced_message": None}, {}):
        said = {key: value for key, value in reply().items() if key != "referenced_message"} | referenced
        found = posted(said=said)
        assert (found.addressed, found.mentions) == (False, frozenset())


def test_others_who_are_called_are_told() -> None:
    found = posted(
        content=f"<@{LEE}> <@&9> @everyone", mentions=[user(LEE)], mention_roles=["9"], mention_everyone=True
    )
    assert found.mentions == {LEE, "&9", "everyone"}
    assert not found.addressed
    assert posted(content="@everyone").mentions == frozenset()  # who may not call everybody calls nobody


def test_a_name_at_the_beginning_calls_us() -> None:
    assert posted(content="threadbot, are you there?").calls_bot
    assert posted(content="스레드봇아 뭐해").calls_bot
    assert not posted(content="threadbot is slow").calls_bot


# Who it is


def test_people_have_no_name_since_only_events_tell_the_one_they_have_in_the_guild() -> None:
    event = posted(member={"nick": "Kimmy", "roles": []}, guild_id=GUILD)
    assert event == posted()
    assert event.author.name is None


@pytest.mark.parametrize(
    ("said", "kind", "name"),
    [
        ({"author": user(LEE, "jira", bot=True, global_name=None)}, ParticipantKind.BOT, "jira"),
        ({"author": user(LEE, "jira", bot=True, global_name="Jira")}, ParticipantKind.BOT, "Jira"),
        ({"author": user(LEE, "Alerts \n now"), "webhook_id": LEE}, ParticipantKind.BOT, "Alerts Now"),
        ({"author": user(LEE, "x", bot=True), "application_id": "7", "type": 20}, ParticipantKind.BOT, "X"),
        ({"author": user(BOT, "threadbot", bot=True)}, ParticipantKind.SELF, None),
        ({"author": user(LEE, "x"), "application_id": US.application_id}, ParticipantKind.SELF, None),
        ({"author": user(KIM, "kim", bot=False)}, ParticipantKind.PERSON, None),
    ],
)
def test_apps_and_webhooks_are_bots_with_a_name(said: dict[str, Any], kind: ParticipantKind, name: str | None) -> None:
    author = posted(**said).author
    assert (author.kind, author.name) == (kind, name)


def test_a_bot_is_known_by_all_its_ids() -> None:
    assert posted(author=user(LEE, bot=True), webhook_id="5", application_id="7").aliases == {LEE, "5", "7"}
    assert posted().aliases == {KIM}


@pytest.mark.parametrize(
    ("who", "member", "name"),
    [
        (user(), {"nick": "Kimmy"}, "Kimmy"),
        (user(), {"nick": None}, "Kim"),
        (user(global_name=None), None, "kim"),
        (user(global_name=" \n"), {"nick": ""}, "kim"),
        (user(global_name="🦊🦊"), None, "🦊🦊"),
        (user(global_name="김\n철수"), None, "김 철수"),
        ({"username": []}, {"nick": []}, None),
    ],
)
def test_the_name_is_the_one_that_people_see(who: dict[str, Any], member: Any, name: str | None) -> None:
    assert name_of(who, member) == name


# What is of no interest


@pytest.mark.parametrize(
    "changes",
    [
        *({"type": kind} for kind in (1, 2, 3, 6, 7, 8, 18, 21, 22, 24, 46)),
        {"type": [0]},
        {"type": "none"},
        {"flags": 64},  # ephemeral
        {"content": None},  # a part of a message
        {"content": 7},
        {"author": None},
        {"author": "kim"},
        {"author": {"id": []}},
        {"id": None},
        {"id": [ID]},
        {"id": "1" * 20},
        {"id": "9" * 19},
        {"id": "-5"},
        {"id": "٣"},
        {"content": ""},
    ],
)
def test_what_says_nothing_is_of_no_interest(changes: dict[str, Any]) -> None:
    assert read(message(**changes), TEXT, root(TEXT), US) is None


def test_a_message_without_anything_in_it_is_hidden_from_us() -> None:
    assert is_hidden(message(content=""), US)
    assert not is_hidden(message(), US)
    assert not is_hidden(message(content="", attachments=[{"id": "5", "filename": "a"}]), US)
    assert not is_hidden(message(content="", author=user(BOT)), US)
    assert not is_hidden(message(content="", type=21), US)


def test_our_own_message_may_have_no_words() -> None:
    assert posted(author=user(BOT), content="", components=[{"type": 2, "label": "Stop"}]).text == ""


# Edits and deletions


def test_a_message_that_was_edited_says_so() -> None:
    found = edited(content=f"<@{BOT}> no")
    assert found.edited_at == datetime(2017, 7, 11, 18, tzinfo=UTC)
    assert found.message == posted(content=f"<@{BOT}> no")


def test_our_own_edits_are_heard_only_when_they_are_read_back() -> None:
    said = message(author=user(BOT), edited_timestamp="2017-07-11T18:00:00+00:00")
    assert read(said, TEXT, root(TEXT), US) is None
    assert isinstance(read(said, TEXT, root(TEXT), US, recovered=True), Edited)


def test_a_preview_is_no_edit() -> None:
    preview = {"type": "link", "url": "https://example.com", "title": "Example", "description": "…"}
    assert posted(content="see https://example.com", embeds=[preview]) == posted(content="see https://example.com")
    assert not tells_of_edit(message(embeds=[preview]), AT)


def test_a_message_that_was_edited_long_ago_is_not_edited_now() -> None:
    """It is pinned, or a thread is started below it."""
    said = message(edited_timestamp="2026-10-31T23:50:00+00:00")
    assert tells_of_edit(said, AT)
    assert not tells_of_edit(said, AT + timedelta(hours=1))
    assert tells_of_edit(said, AT - timedelta(hours=1))  # our clock is behind


@pytest.mark.parametrize("written", ["", "yesterday", "2026-10-31", "2026-10-31T23:50:00", 7, [], "1" * 9_999])
def test_a_time_that_is_none_is_no_edit(written: object) -> None:
    assert edited_at_of({"edited_timestamp": written}) is None


@pytest.mark.parametrize("written", ["2026-10-31T23:50:00Z", "2026-11-01T08:50:00.000000+09:00"])
def test_times_are_read_in_any_zone(written: str) -> None:
    assert edited_at_of({"edited_timestamp": written}) == datetime(2026, 10, 31, 23, 50, tzinfo=UTC)


def test_deletions_name_their_messages() -> None:
    one = Deleted(MessageRef("discord", GUILD, CHANNEL, ID), None, moment_of(int(ID)))
    assert list(deleted({"id": ID, "channel_id": THREAD, "guild_id": GUILD}, IN_THREAD)) == [one]
    many = deleted({"ids": [ID, "5", None, [7], "x"], "channel_id": CHANNEL}, TEXT)
    assert [each.ref.id for each in many] == [ID, "5"]
    nothing: list[dict[str, Any]] = [{}, {"id": None}, {"ids": {}}, {"ids": []}]
    assert [deleted(each, TEXT) for each in nothing] == [[]] * 4


# Anything at all

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
SELDOM = ("message_reference", "referenced_message", "message_snapshots", "poll", "sticker_items")
FIELDS = st.sampled_from([*message(), *SELDOM, "webhook_id", "application_id", "member"])


@given(st.dictionaries(FIELDS, JSON, max_size=6))
def test_no_message_object_raises(changes: dict[str, Any]) -> None:
    for place in (TEXT, DIRECT_MESSAGE):
        found = read({**message(), **changes}, place, root(place), US)
        assert found is None or hash(found) is not None
        is_hidden({**message(), **changes}, US)
        deleted(changes, place)


@given(st.sets(st.sampled_from(list(message()))))
def test_no_missing_field_raises(missing: set[str]) -> None:
    said = {key: value for key, value in message().items() if key not in missing}
    found = read(said, TEXT, root(TEXT), US)
    assert isinstance(found, Posted) == (not missing & {"id", "author", "content"})


def test_ids_may_be_numbers_and_counts_texts() -> None:
    file = {"id": "7", "filename": "a.txt", "size": 5, "content_type": "text/plain", "url": "https://cdn.example/a"}
    said = reply(ELDER, BOT, mentions=[user(LEE, "lee")], mention_roles=[ROLE, "7"], attachments=[file])
    assert posted(said=otherwise(said)) == posted(said=said)
    assert deleted(otherwise({"ids": [ID, ELDER]}), TEXT) == deleted({"ids": [ID, ELDER]}, TEXT)


def test_a_forwarded_message_calls_nobody() -> None:
    snapshots = [{"message": {"type": 0, "content": f"threadbot, <@{US.user_id}> help"}}]
    said = posted(content="what is this?", message_snapshots=snapshots, mentions=[])
    assert (said.addressed, said.calls_bot) == (False, False)
    assert "help" in said.text


def test_our_name_in_the_guild_calls_us() -> None:
    place = replace(TEXT, own_name="도우미")
    called = [posted(place, content=text, mentions=[]) for text in ("도우미야, 안녕", "threadbot, hi", "kim, hi")]
    assert [said.calls_bot for said in called] == [True, True, False]
    assert posted(place, content=f"ask <@{US.user_id}> about it").words == "ask @도우미 about it"


LONG: dict[str, dict[str, Any]] = {
    "attachments": {"attachments": [{"id": str(number)} for number in range(1, 40_001)]},
    "forwards": {"message_snapshots": [{"message": {"attachments": [{"id": "5"}]}}] * 40_000},
    "embeds": {"author": user(bot=True), "embeds": [{"title": "a"}] * 80_000},
    "components": {"author": user(bot=True), "content": "", "components": [{"type": 17}] * 80_000},
    "content": {"content": f"<@{KIM}> " * 45_000},
}


@pytest.mark.parametrize("changes", LONG.values(), ids=LONG.keys())
def test_a_message_takes_no_longer_for_a_list_or_a_text_that_has_no_end(changes: dict[str, Any]) -> None:
    said = message(**changes)
    began = time.thread_time()
    read(said, TEXT, root(TEXT), US)
    assert time.thread_time() - began < 0.1
