"""Bodies of the Events API, as Slack sends them, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation import Deleted, Edited, MessageRef, ParticipantKind, Posted, ThreadRef
from bot.core.files import FileRef
from bot.platforms.slack.incoming import events
from bot.platforms.slack.incoming.events import Identity, Place, for_another_team, incoming, microseconds, timestamp

US = Identity("T1", "U0BOT", "B0BOT")
TS = "1700000000.000100"


def body(**event: Any) -> dict[str, Any]:
    said = {"type": "message", "user": "U1", "text": "hello", "ts": TS, "channel": "C1", "channel_type": "channel"}
    return {
        "type": "event_callback",
        "team_id": "T1",
        "api_app_id": "A1",
        "authorizations": [{"team_id": "T1", "enterprise_id": None}],
        "event": {key: value for key, value in {**said, **event}.items() if value is not None},
    }


def posted(**event: Any) -> Posted:
    heard = incoming(body(**event), US)
    assert isinstance(heard, Posted)
    return heard


def changed(event_ts: str = "1700000060.000200", **message: Any) -> dict[str, Any]:
    """A message_changed, as Slack sends it: the message is inside."""
    inner = body(**message)["event"]
    channel, kind = inner.pop("channel"), inner.pop("channel_type")
    outer = {"subtype": "message_changed", "hidden": True, "ts": event_ts, "channel": channel, "channel_type": kind}
    return {**body(), "event": {"type": "message", **outer, "message": inner, "previous_message": {"text": "before"}}}


def edited(**message: Any) -> Edited:
    heard = incoming(changed(**message), US)
    assert isinstance(heard, Edited)
    return heard


def test_a_message_in_a_channel_is_the_root_of_a_thread_of_its_own() -> None:
    message = posted()
    assert message.thread == ThreadRef("slack", "T1", "C1", TS)
    assert (message.id, message.position) == (TS, 1_700_000_000_000_100)
    assert message.posted_at.isoformat() == "2023-11-14T22:13:20.000100+00:00"
    assert (message.author.id, message.author.kind) == ("U1", ParticipantKind.PERSON)
    assert not message.addressed
    assert not message.direct


def test_files_come_with_their_message_and_a_file_alone_is_a_message() -> None:
    files = [
        {"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 3, "url_private": "https://files.slack.com/a"}
    ]
    message = posted(subtype="file_share", text="", files=files)
    assert message.files == (FileRef("F1", "a.png", "image/png", 3, "https://files.slack.com/a"),)
    assert message.text == ""
    assert edited(files=files).message.files == message.files
    assert posted().files == ()


@pytest.mark.parametrize(
    ("told", "home"),
    [
        ({}, None),
        ({"team": "T1", "user_team": "T1", "source_team": "T1"}, None),
        ({"team": "T2"}, "T2"),
        ({"team": "T1", "source_team": "T2"}, "T2"),
        ({"team": "T1", "source_team": "T3", "user_team": "T2"}, "T2"),
        ({"team": "T1", "user_team": "E2"}, None),
        ({"user_team": ["T2"]}, None),
    ],
)
def test_who_writes_from_another_workspace_says_so(told: dict[str, Any], home: str | None) -> None:
    assert posted(**told).author.home == home
    assert edited(**told).message.author.home == home


def test_a_reply_belongs_to_the_thread_of_its_root() -> None:
    assert posted(thread_ts="1699999999.000001").thread.thread == "1699999999.000001"


@pytest.mark.parametrize("text", ["<@U0BOT> 안녕", "안녕 <@U0BOT|threadbot>", "<@U0BOT>"])
def test_both_copies_of_a_mention_are_decided_alike(text: str) -> None:
    message = posted(text=text)
    mention = posted(text=text, type="app_mention", channel_type=None)
    assert message == mention
    assert message.addressed


def test_somebody_elses_mention_is_not_ours() -> None:
    assert not posted(text="<@U0BOTTLE> hello and U0BOT").addressed


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("hello", set()),
        ("<@U0BOT> hello", set()),
        ("<@U0BOT> and <@U2|lee>, hello", {"U2"}),
        ("<!here> look", {"here"}),
        ("<!subteam^S1|@oncall> look <!channel>", {"subteam^S1", "channel"}),
        ("&lt;@U2&gt; is how it is written, <#C1|general>", set()),
    ],
)
def test_whom_a_message_mentions_beside_us_is_known(text: str, others: set[str]) -> None:
    assert posted(text=text).mentions == others


def test_the_words_are_what_is_left_without_our_mention() -> None:
    assert posted(text="<@U0BOT> 조용히 &amp; 빨리").words == "조용히 & 빨리"


@pytest.mark.parametrize("text", ["jarvis, hello", "스레드봇아 안녕", "hey threadbot"])
def test_our_name_calls_us_without_a_mention(text: str) -> None:
    heard = incoming(body(text=text), replace(US, name="jarvis"))
    assert isinstance(heard, Posted)
    assert (heard.addressed, heard.calls_bot) == (False, True)


def test_a_reply_says_who_opened_its_thread_and_whether_the_channel_sees_it() -> None:
    reply = posted(thread_ts="1699999999.000001", parent_user_id="U2", subtype="thread_broadcast")
    assert (reply.root_author, reply.broadcast) == ("U2", True)
    assert (posted().root_author, posted().broadcast) == (None, False)


def test_a_bot_is_known_by_all_its_ids() -> None:
    spoken = posted(user="U9", bot_id="B9", app_id="A9", bot_profile={"id": "B9", "app_id": "A9"})
    assert spoken.aliases == {"U9", "B9", "A9"}


def test_a_direct_message_is_direct_in_both_copies() -> None:
    assert posted(channel="D1", channel_type="im").direct
    assert posted(channel="D1", channel_type=None, type="app_mention").direct


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast", "me_message", "bot_message"])
def test_subtypes_that_carry_something_said_are_taken(subtype: str | None) -> None:
    assert posted(subtype=subtype).text == "hello"


@pytest.mark.parametrize("subtype", ["message_changed", "message_replied", "channel_join", "channel_topic"])
def test_other_subtypes_are_of_no_interest(subtype: str) -> None:
    assert incoming(body(subtype=subtype), US) is None


def test_a_message_that_only_has_a_file_has_an_empty_text() -> None:
    assert posted(subtype="file_share", text=None).text == ""


@pytest.mark.parametrize(
    "event",
    [
        {"user": "U0BOT"},
        {"user": "U0BOT", "bot_id": "B0BOT"},
        {"user": None, "bot_id": "B0BOT", "subtype": "bot_message"},
        {"bot_id": "B9", "app_id": "A1"},
        {"bot_id": "B9", "bot_profile": {"id": "B9", "app_id": "A1"}},
    ],
)
def test_what_we_said_ourselves_is_ours(event: dict[str, Any]) -> None:
    assert posted(**event).author.kind is ParticipantKind.SELF


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B9"},
        {"user": None, "bot_id": "B9", "subtype": "bot_message", "username": "deploy"},
        {"bot_profile": {"id": "B9", "app_id": "A9", "name": "deploy"}},
        {"subtype": "bot_message"},
    ],
)
def test_what_another_bot_said_is_a_bots(event: dict[str, Any]) -> None:
    assert posted(**event).author.kind is ParticipantKind.BOT


def test_a_bots_name_comes_with_its_message() -> None:
    author = posted(user=None, bot_id="B9", subtype="bot_message", username="배포").author
    assert (author.id, author.name) == ("B9", "배포")


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ({"display_name": "김 철수", "real_name": "Kim", "name": "kim"}, "김 철수"),
        ({"display_name": "", "real_name": "", "name": "kim"}, "kim"),
        *(({}, None), (None, None), ("kim", None), ({"display_name": 7}, None)),
    ],
)
def test_an_event_may_bring_the_name_of_a_person(profile: Any, name: str | None) -> None:
    assert posted(user_profile=profile).author.name == name


def test_the_workspace_is_the_one_the_event_was_delivered_for() -> None:
    shared = body()
    shared["team_id"] = "T9"  # Slack Connect: the other side's
    assert isinstance(heard := incoming(shared, US), Posted)
    assert heard.thread.workspace == "T1"


@pytest.mark.parametrize(
    ("authorizations", "team", "enterprise", "workspace"),
    [
        ([], "T9", None, "T9"),
        (None, "T9", None, "T9"),
        ([{"team_id": None, "enterprise_id": "E1"}], "T9", None, "E1"),
        ([], None, "E1", "E1"),
        ([], None, None, "T1"),
    ],
)
def test_the_workspace_is_found_where_authorizations_are_missing(
    authorizations: Any, team: str | None, enterprise: str | None, workspace: str
) -> None:
    odd = {**body(), "authorizations": authorizations, "team_id": team, "enterprise_id": enterprise}
    assert isinstance(heard := incoming(odd, US), Posted)
    assert heard.thread.workspace == workspace


def test_an_edit_is_the_whole_message_with_its_new_text_and_its_own_time() -> None:
    change = edited(text="고쳤어요", thread_ts="1699999999.000001", edited={"user": "U1", "ts": "1700000050.000000"})
    assert change.message == posted(text="고쳤어요", thread_ts="1699999999.000001")
    assert change.edited_at.isoformat() == "2023-11-14T22:14:10+00:00"


@pytest.mark.parametrize("text", ["<@U0BOT> 안녕", "안녕"])
def test_an_edit_is_addressed_if_its_new_text_mentions_us(text: str) -> None:
    assert edited(text=text).message.addressed == ("<@" in text)


def test_an_unfurled_link_is_passed_on_with_the_time_of_its_event() -> None:
    change = edited(
        text="see <https://example.com>", attachments=[{"title": "Example", "from_url": "https://example.com"}]
    )
    assert change.message.text == "see <https://example.com>"
    assert change.edited_at.isoformat() == "2023-11-14T22:14:20.000200+00:00"


def test_a_message_that_slack_unfolds_is_read_and_calls_nobody() -> None:
    other = {
        "is_msg_unfurl": True,
        "from_url": "https://t.slack.com/archives/C1/p1",
        "text": "threadbot, <@U0BOT> <!here>: help",
        "files": [{"id": "F1", "name": "a.txt"}],
    }
    unfolded = edited(text="see this", attachments=[other]).message
    assert unfolded.text == "see this\n\nthreadbot, <@U0BOT> <!here>: help"
    assert [file.name for file in unfolded.files] == ["a.txt"]
    assert (unfolded.addressed, unfolded.calls_bot, unfolded.mentions) == (False, False, frozenset())


def test_a_mention_that_fires_for_an_edited_message_is_the_same_edit() -> None:
    text, when = "<@U0BOT> 안녕", {"user": "U1", "ts": "1700000050.000000"}
    assert incoming(body(type="app_mention", channel_type=None, text=text, edited=when), US) == edited(
        text=text, edited=when
    )


@pytest.mark.parametrize("message", [{"user": "U0BOT"}, {"bot_id": "B0BOT"}, {"bot_id": "B9", "app_id": "A1"}])
def test_changes_of_our_own_messages_are_of_no_interest(message: dict[str, Any]) -> None:
    assert incoming(changed(**message), US) is None


@pytest.mark.parametrize("message", [{"ts": None}, {"user": None}])
def test_a_change_to_something_that_says_nothing_is_of_no_interest(message: dict[str, Any]) -> None:
    assert incoming(changed(**message), US) is None


def test_a_change_without_any_time_is_of_no_interest() -> None:
    assert incoming(changed(event_ts="soon"), US) is None


def test_a_direct_message_that_is_edited_is_direct() -> None:
    assert edited(channel="D1", channel_type="im").message.direct


def deleted(**event: Any) -> dict[str, Any]:
    return body(**{"subtype": "message_deleted", "ts": None, "text": None, "user": None, "deleted_ts": TS} | event)


def test_a_deletion_names_the_message_and_what_it_said() -> None:
    before = {"type": "message", "user": "U1", "text": "<@U0BOT> 안녕", "ts": TS}
    found = incoming(deleted(previous_message=before, event_ts="1700000009.000000"), US)
    assert isinstance(found, Deleted)
    assert (found.ref, found.deleted_at.second) == (MessageRef("slack", "T1", "C1", TS), 29)
    assert found.message == posted(text="<@U0BOT> 안녕")


def test_a_deletion_that_says_nothing_of_the_message_names_it() -> None:
    found = incoming(deleted(), US)
    assert isinstance(found, Deleted)
    assert (found.ref.id, found.message) == (TS, None)


def test_a_root_whose_thread_goes_on_becomes_a_tombstone() -> None:
    event = changed(subtype="tombstone", user="USLACKBOT", text="This message was deleted.")
    found = incoming(event, US)
    assert isinstance(found, Deleted)
    assert found.ref.id == TS
    wire = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "", "ts": TS}
    assert isinstance(events.read(wire, Place("T1", "C1", direct=False, recovered=True), US), Deleted)


@pytest.mark.parametrize("ts", [None, "", "yesterday", 17])
def test_a_deletion_of_no_message_is_of_no_interest(ts: object) -> None:
    assert incoming(deleted(deleted_ts=ts), US) is None


def test_a_message_that_is_read_back_is_the_message_that_the_event_told_of() -> None:
    wire = {"type": "message", "user": "U1", "text": "<@U0BOT> 안녕", "ts": TS, "team": "T1", "reply_count": 1}
    read = events.read(wire, Place("T1", "C1", direct=False, recovered=True), US)
    assert read == replace(posted(text="<@U0BOT> 안녕"), recovered=True)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"type": "block_actions"},
        {"type": "event_callback"},
        {"type": "event_callback", "event": "message"},
        body(type="reaction_added"),
        body(ts=None),
        body(ts="soon"),
        body(ts="999999999999.0"),
        body(ts=1700000000.0001),
        body(thread_ts="soon"),
        body(subtype=["channel_join"]),
        body(channel=None),
        body(user=None),
        body(text=7),
    ],
)
def test_a_body_that_lacks_what_it_should_have_is_of_no_interest(odd: dict[str, Any]) -> None:
    assert incoming(odd, US) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from([TS, "999999999999.0", "T1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["ts", "id", "team_id"]), inner),
    max_leaves=4,
)
EVENT_FIELDS = st.sampled_from(
    [
        "ts",
        "thread_ts",
        "user",
        "bot_id",
        "bot_profile",
        "user_profile",
        "subtype",
        "text",
        "edited",
        "app_id",
        "channel",
        "message",
    ]
)


@given(st.dictionaries(EVENT_FIELDS, JSON), st.dictionaries(st.sampled_from(["authorizations", "api_app_id"]), JSON))
def test_whatever_a_body_holds_nothing_is_raised(event: dict[str, Any], outside: dict[str, Any]) -> None:
    for whole in (body(), changed()):
        odd = {**whole, **outside, "event": {**whole["event"], **event}}
        incoming(odd, US)
        for_another_team(odd, US)
        incoming({**whole, "event": {**whole["event"], "message": event}}, US)


OTHERS, OURS = {"team_id": "T2", "enterprise_id": None}, {"team_id": "T1", "enterprise_id": None}


@pytest.mark.parametrize(
    ("authorizations", "another"),
    [
        ([OTHERS], True),
        ([OTHERS, {"team_id": "T3"}], True),
        ([OURS], False),
        ([OTHERS, OURS], False),
        ([OTHERS, {"team_id": None, "enterprise_id": "E1"}], False),
        ([{"team_id": None, "enterprise_id": "E1", "is_enterprise_install": True}], False),
        ([{"team_id": "T2", "enterprise_id": "E1", "is_enterprise_install": True}], False),
        ([{}], False),
        ([], False),
        (None, False),
    ],
)
def test_only_an_event_that_names_other_teams_alone_is_for_another_team(authorizations: Any, *, another: bool) -> None:
    assert for_another_team({**body(), "authorizations": authorizations}, US) is another


def test_an_event_for_several_workspaces_is_ours_when_we_are_among_them() -> None:
    heard = incoming({**body(), "team_id": "T2", "authorizations": [OTHERS, OURS]}, US)
    assert isinstance(heard, Posted)
    assert heard.thread.workspace == "T1"


def test_positions_keep_all_digits_of_a_ts() -> None:
    assert microseconds("1763888888.999999") == 1763888888999999
    assert microseconds("1763888888.1") == 1763888888100000
    assert timestamp(1763888888000001) == "1763888888.000001"
