"""What `threadbot check` says about a Slack app, and the manifest it is compared with."""

from __future__ import annotations

import json

import pytest

from bot.core.findings import Finding, Verdict
from bot.platforms.slack.checks import check, check_post
from bot.platforms.slack.manifest import EVENTS, SCOPES, manifest
from tests.standins.slack import Slack
from tests.standins.slack_faults import Lost, Refused, Stranger
from tests.standins.slack_workspace import SCOPES as GRANTED


async def found(slack: Slack, *, bot_token: str | None = None, app_token: str | None = None) -> dict[str, Finding]:
    findings = await check(
        bot_token=bot_token or slack.bot_token, app_token=app_token or slack.app_token, api_url=slack.api_url
    )
    return {finding.subject: finding for finding in findings}


async def test_a_sound_app_passes_and_what_cannot_be_seen_is_said_so(slack: Slack) -> None:
    findings = await found(slack)
    assert [each.verdict for each in findings.values()] == [Verdict.OK, Verdict.OK, Verdict.OK, Verdict.UNKNOWN]
    assert "app_mention" in findings["Slack event subscriptions"].remedy
    assert slack.bot_user in findings["Slack bot token"].detail


async def test_a_wrong_token_is_named_without_being_shown(slack: Slack) -> None:
    findings = await found(slack, bot_token="xoxb-wrong", app_token=slack.bot_token)
    assert findings["Slack bot token"].detail == "invalid_auth"
    assert findings["Slack app token"].detail == "not_allowed_token_type"
    assert "swapped" in findings["Slack app token"].remedy
    assert not any("xoxb-w" in finding.detail + finding.remedy for finding in findings.values())


async def test_missing_scopes_are_named(slack: Slack) -> None:
    slack.workspace.scopes = tuple(scope for scope in GRANTED if scope not in ("users:read", "im:history"))
    finding = (await found(slack))["Slack scopes"]
    assert (finding.verdict, finding.detail) == (Verdict.FAILED, "missing: im:history, users:read")
    assert "reinstall" in finding.remedy


async def test_an_app_token_without_its_scope_is_told_which(slack: Slack) -> None:
    slack.fail("apps.connections.open", Refused("missing_scope"))
    assert "connections:write" in (await found(slack))["Slack app token"].remedy


async def test_over_http_no_app_token_is_looked_for(slack: Slack) -> None:
    findings = await check(bot_token=slack.bot_token, app_token=None, api_url=slack.api_url)
    [finding] = [each for each in findings if each.subject == "Slack signing secret"]
    assert (finding.verdict, "/slack/events" in finding.remedy) == (Verdict.UNKNOWN, True)
    assert "apps.connections.open" not in [call.method for call in slack.faults.calls]


async def test_a_slack_that_cannot_be_reached_is_a_finding(slack: Slack) -> None:
    slack.fail("auth.test", Lost())
    assert (await found(slack))["Slack bot token"].detail == "connection_lost"


async def test_something_else_at_the_address_is_told_from_slack(slack: Slack) -> None:
    slack.fail("auth.test", Stranger())
    finding = (await found(slack))["Slack bot token"]
    assert (finding.verdict, finding.detail) == (Verdict.FAILED, "not_slack")
    assert finding.remedy == "This is not Slack's API: check SLACK_API_URL."


async def test_the_trial_posts_reads_back_edits_and_deletes(slack: Slack) -> None:
    channel = slack.add_channel("general")
    findings = await check_post(bot_token=slack.bot_token, channel=channel, api_url=slack.api_url)
    assert [finding.verdict for finding in findings] == [Verdict.OK] * 4
    assert [call.method for call in slack.faults.calls] == [
        "chat.postMessage",
        "conversations.replies",
        "chat.update",
        "chat.delete",
    ]
    assert slack.workspace.channels[channel].messages == {}


async def test_the_trial_says_what_to_do_where_the_bot_was_not_invited(slack: Slack) -> None:
    channel = slack.add_channel("secret", has_bot=False)
    [finding] = await check_post(bot_token=slack.bot_token, channel=channel, api_url=slack.api_url)
    assert (finding.verdict, finding.detail) == (Verdict.FAILED, "not_in_channel")
    assert "/invite" in finding.remedy


async def test_a_trial_that_fails_midway_leaves_no_message_behind(slack: Slack) -> None:
    channel = slack.add_channel("general")
    slack.fail("chat.update", Refused("fatal_error"))
    findings = await check_post(bot_token=slack.bot_token, channel=channel, api_url=slack.api_url)
    assert [finding.verdict for finding in findings] == [Verdict.OK, Verdict.OK, Verdict.FAILED, Verdict.OK]
    assert slack.workspace.channels[channel].messages == {}


def test_the_manifest_is_json_and_asks_for_what_the_tables_say() -> None:
    data = json.loads(json.dumps(manifest("우리 봇")))
    assert data["display_information"]["name"] == "우리 봇"
    assert data["oauth_config"]["scopes"]["bot"] == [scope.name for scope in SCOPES]
    assert data["settings"]["event_subscriptions"]["bot_events"] == [event.name for event in EVENTS]
    assert data["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(data)
    assert all(entry.reason for entry in (*SCOPES, *EVENTS))


@pytest.mark.parametrize("url", ["https://bot.example.com", "https://bot.example.com/"])
def test_over_http_the_manifest_says_where_the_bot_is(url: str) -> None:
    settings = manifest(url=url)["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == "https://bot.example.com/slack/events"
    assert settings["interactivity"] == {
        "is_enabled": True,
        "request_url": "https://bot.example.com/slack/interactions",
    }
