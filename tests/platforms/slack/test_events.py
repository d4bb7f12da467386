"""Bodies of the Events API, as Slack sends them, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.conversation import ParticipantKind, Posted, ThreadRef
from bot.platforms.slack.events import Identity, incoming, microseconds, timestamp

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
    said = incoming(body(**event), US)
    assert said is not None
    return said


def test_a_message_in_a_channel_is_the_root_of_a_thread_of_its_own() -> None:
    said = posted()
    assert said.thread == ThreadRef("slack", "T1", "C1", TS)
    assert (said.id, said.position) == (TS, 1_700_000_000_000_100)
    assert said.posted_at.isoformat() == "2023-11-14T22:13:20.000100+00:00"
    assert (said.author.id, said.author.kind) == ("U1", ParticipantKind.PERSON)
    assert not said.addressed
    assert not said.direct


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


def test_a_direct_message_is_direct_in_both_copies() -> None:
    assert posted(channel="D1", channel_type="im").direct
    assert posted(channel="D1", channel_type=None, type="app_mention").direct


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast", "me_message", "bot_message"])
def test_subtypes_that_carry_something_said_are_taken(subtype: str | None) -> None:
    assert posted(subtype=subtype).text == "hello"


@pytest.mark.parametrize(
    "subtype", ["message_changed", "message_deleted", "channel_join", "channel_topic", "tombstone"]
)
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


def test_the_workspace_is_the_one_the_event_was_delivered_for() -> None:
    shared = body()
    shared["team_id"] = "T9"  # Slack Connect: the other side's
    assert (said := incoming(shared, US)) is not None
    assert said.thread.workspace == "T1"


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
    assert (said := incoming(odd, US)) is not None
    assert said.thread.workspace == workspace


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
        body(channel=None),
        body(user=None),
        body(text=7),
    ],
)
def test_a_body_that_lacks_what_it_should_have_is_of_no_interest(odd: dict[str, Any]) -> None:
    assert incoming(odd, US) is None


def test_positions_keep_all_digits_of_a_ts() -> None:
    assert microseconds("1763888888.999999") == 1763888888999999
    assert microseconds("1763888888.1") == 1763888888100000
    assert timestamp(1763888888000001) == "1763888888.000001"
