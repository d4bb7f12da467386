"""In which threads something may have been said that nobody told us of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.ports import WHOLE_WORKSPACE
from bot.platforms.common.catch_up import LOOK_BACK
from tests.platforms.slack.conftest import Heard, running
from tests.platforms.slack.reading.absence import HOUR, Marks, Office, ago, away, caught_up, heard_by
from tests.platforms.slack.reading.absence import marks as marks
from tests.platforms.slack.reading.absence import office as office
from tests.standins.slack import Slack

LOOKED_BACK = LOOK_BACK // timedelta(microseconds=1)


async def test_every_thread_has_a_gap_whether_something_was_said_in_it_or_not(
    slack: Slack, office: Office, marks: Marks
) -> None:
    """Only the thread itself tells of edits, deletions and reactions."""
    mark = marks.whole
    busy = office.say("busy", before=2 * HOUR)
    office.say("reply", thread=busy)
    await heard_by(slack, marks)
    assert marks.gaps == {WHOLE_WORKSPACE: mark - LOOKED_BACK}


async def test_after_a_time_that_is_not_read_back_every_thread_has_a_gap(
    slack: Slack, office: Office, marks: Marks
) -> None:
    marks.positions[WHOLE_WORKSPACE] = mark = ago(timedelta(days=2))
    office.say("recent")
    await heard_by(slack, marks)
    assert marks.gaps == {WHOLE_WORKSPACE: mark - LOOKED_BACK}


async def test_a_gap_is_noted_before_the_question_in_it_is_handed_in(
    slack: Slack, office: Office, marks: Marks
) -> None:
    noted: list[bool] = []
    marks.positions[WHOLE_WORKSPACE] = ago(timedelta(days=2))
    before, _ = marks.whole, office.say()

    async def receive(_said: object) -> None:
        noted.append(WHOLE_WORKSPACE in marks.gaps)

    async with running(slack, receive, away(slack, marks)):
        await caught_up(slack, marks, since=before)
    assert noted == [True]


async def test_who_invites_us_while_we_are_away_leaves_a_gap_from_whatever_we_knew(
    slack: Slack, office: Office, marks: Marks
) -> None:
    joined = slack.workspace.add_message(office.general, slack.bot_user, "joined", subtype="channel_join")
    await heard_by(slack, marks)
    assert joined.ts in slack.workspace.channels[office.general].messages
    assert marks.gaps[office.general] is None


async def test_in_a_workspace_of_which_nothing_was_noted_every_thread_has_a_gap(slack: Slack, office: Office) -> None:
    marks = Marks({})
    await heard_by(slack, marks)
    assert marks.gaps == {WHOLE_WORKSPACE: None}


def invitation(slack: Slack, user: str, channel: str) -> dict[str, object]:
    return {"type": "member_joined_channel", "user": user, "channel": channel, "channel_type": "C", "team": slack.team}


async def test_an_invitation_is_noted_before_it_is_acknowledged(slack: Slack, office: Office, marks: Marks) -> None:
    async with running(slack, Heard(), away(slack, marks)):
        await caught_up(slack, marks, since=ago(timedelta(minutes=1)))
        marks.gaps.clear()
        others = await slack.emit(invitation(slack, office.kim, office.general))
        await slack.wait_for(lambda: others.acknowledged)
        assert marks.gaps == {}
        marks.broken = True
        refused = await slack.emit(invitation(slack, slack.bot_user, office.general))
        with pytest.raises(TimeoutError):
            await slack.wait_for(lambda: refused.acknowledged, 0.2)
        marks.broken = False
        await slack.socket_mode.redeliver()
        await slack.wait_for(lambda: refused.acknowledged)
        assert marks.gaps == {office.general: None}


async def test_without_watermarks_an_invitation_is_acknowledged(slack: Slack, office: Office) -> None:
    async with running(slack, Heard()):
        delivery = await slack.emit(invitation(slack, slack.bot_user, office.general))
        await slack.wait_for(lambda: delivery.acknowledged)
