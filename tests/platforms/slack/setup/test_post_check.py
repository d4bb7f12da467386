"""What `threadbot check --post` finds out in a channel, and that nothing of it stays there."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.core.check_findings import Finding, Verdict
from bot.platforms.slack.setup.post_check import check_post
from tests.standins.slack import Slack
from tests.standins.slack.faults import Refused

OK, FAILED, UNKNOWN, ABSENT = Verdict.OK, Verdict.FAILED, Verdict.UNKNOWN, Verdict.ABSENT
STREAM = ("Slack: begin a stream", "Slack: a long stream", "Slack: end a stream")


@dataclass
class Room:
    """A channel in which somebody has written."""

    slack: Slack
    channel: str

    async def tried(self) -> dict[str, Finding]:
        findings = await check_post(bot_token=self.slack.bot_token, channel=self.channel, api_url=self.slack.api_url)
        return {finding.subject: finding for finding in findings}

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.slack.workspace.channels[self.channel].messages.values()]


@pytest.fixture
async def room(slack: Slack) -> Room:
    slack.workspace.has_sessions = True
    channel = slack.add_channel("general")
    await slack.post(slack.add_user("kim"), channel, "hello")
    return Room(slack, channel)


async def test_everything_works_where_slack_has_everything(room: Room) -> None:
    found = await room.tried()
    assert {subject: finding.verdict for subject, finding in found.items()} == dict.fromkeys(found, OK)
    assert len(found) == 12
    assert "12,000 characters" in found["Slack: a long Markdown block"].detail
    assert found["Slack: a long stream"].detail.startswith("it takes 9,")
    assert room.texts == ["hello"]


async def test_a_direct_message_needs_nobody_to_stream_to(slack: Slack) -> None:
    room = Room(slack, slack.direct(slack.add_user("kim")))
    found = await room.tried()
    assert all(found[subject].verdict is OK for subject in STREAM)
    assert room.texts == []


async def test_it_says_what_to_do_where_the_bot_was_not_invited(slack: Slack) -> None:
    [finding] = (await Room(slack, slack.add_channel("secret", has_bot=False)).tried()).values()
    assert (finding.verdict, finding.detail) == (FAILED, "not_in_channel")
    assert "/invite" in finding.remedy


async def test_a_slack_without_markdown_blocks_is_tried_with_plain_text(room: Room) -> None:
    room.slack.fail("chat.postMessage", Refused("invalid_blocks"))
    found = await room.tried()
    assert found["Slack: post a message"].verdict is ABSENT
    assert found["Slack: edit it"].verdict is OK
    assert "Slack: a long Markdown block" not in found
    assert room.texts == ["hello"]


async def test_a_slack_without_feedback_buttons_is_tried_with_plain_ones(room: Room) -> None:
    room.slack.fail("chat.update", Refused("invalid_blocks"), times=3)  # the edit, the long block, and these
    finding = (await room.tried())["Slack: feedback buttons"]
    assert (finding.verdict, "plain buttons" in finding.detail) == (ABSENT, True)


async def test_where_nobody_wrote_there_is_nobody_to_stream_to(slack: Slack) -> None:
    finding = (await Room(slack, slack.add_channel("empty")).tried())[STREAM[0]]
    assert finding.verdict is UNKNOWN
    assert "Write something" in finding.remedy


@pytest.mark.parametrize(
    ("method", "code", "subject", "verdict"),
    [
        ("chat.update", "fatal_error", "Slack: edit it", FAILED),
        ("conversations.replies", "missing_scope", "Slack: read it back by its metadata", FAILED),
        ("agents.sessions.setStatus", "feature_disabled", "Slack: agent sessions", ABSENT),
        ("assistant.threads.setStatus", "not_agent_app", "Slack: status", ABSENT),
        ("chat.startStream", "unknown_method", "Slack: begin a stream", ABSENT),
        ("chat.startStream", "missing_scope", "Slack: begin a stream", FAILED),
        ("chat.appendStream", "msg_too_long", "Slack: a long stream", FAILED),
        ("chat.stopStream", "internal_error", "Slack: end a stream", FAILED),
    ],
)
async def test_a_step_that_fails_is_named_and_the_others_are_tried(
    room: Room, method: str, code: str, subject: str, verdict: Verdict
) -> None:
    room.slack.fail(method, Refused(code))
    found = await room.tried()
    assert (found[subject].verdict, code in found[subject].detail) == (verdict, True)
    assert list(found)[-1] == "Slack: delete it"
    assert room.texts == ["hello"]
