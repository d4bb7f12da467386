"""What `threadbot check` says about a Slack app, and the manifest it is compared with."""

from __future__ import annotations

import json

import pytest

from bot.core.check_findings import Finding, Verdict
from bot.core.texts import language_of
from bot.platforms.slack.setup.checks import check
from bot.platforms.slack.setup.manifest import EVENTS, SCOPES, manifest
from tests.standins.slack import Slack
from tests.standins.slack.faults import Lost, Refused, Stranger
from tests.standins.slack.workspace import SCOPES as GRANTED


async def found(slack: Slack, *, bot_token: str | None = None, app_token: str | None = None) -> dict[str, Finding]:
    findings = await check(
        bot_token=bot_token or slack.bot_token, app_token=app_token or slack.app_token, api_url=slack.api_url
    )
    return {finding.subject: finding for finding in findings}


async def test_a_sound_app_passes_and_what_cannot_be_seen_is_said_so(slack: Slack) -> None:
    findings = await found(slack)
    told = [each.verdict for each in findings.values() if not each.subject.startswith("Slack: ")]
    assert told == [Verdict.OK, Verdict.OK, Verdict.OK, Verdict.UNKNOWN]
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


async def test_an_optional_scope_that_is_missing_is_said_with_what_is_done_without_it(slack: Slack) -> None:
    slack.workspace.scopes = tuple(scope for scope in GRANTED if scope != "usergroups:read")
    findings = await found(slack)
    finding = findings["Slack scopes"]
    assert finding.verdict is Verdict.ABSENT
    assert "without usergroups:read a user group" in finding.detail
    assert sum("usergroups" in each.detail for each in findings.values()) == 1
    slack.workspace.scopes = tuple(scope for scope in slack.workspace.scopes if scope != "users:read")
    finding = (await found(slack))["Slack scopes"]
    assert (finding.verdict, finding.detail) == (Verdict.FAILED, "missing: users:read, usergroups:read (optional)")


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
    assert (await found(slack))["Slack bot token"].detail.endswith(" broke off")


async def test_something_else_at_the_address_is_told_from_slack(slack: Slack) -> None:
    slack.fail("auth.test", Stranger())
    finding = (await found(slack))["Slack bot token"]
    assert (finding.verdict, finding.detail) == (Verdict.FAILED, "not_slack")
    assert finding.remedy == "This is not Slack's API: check SLACK_API_URL."


async def test_what_a_workspace_has_is_told_without_posting(slack: Slack) -> None:
    slack.workspace.has_sessions = True
    findings = await found(slack)
    told = {name: findings[name].verdict for name in ("Slack: streams", "Slack: agent sessions", "Slack: status")}
    assert set(told.values()) == {Verdict.OK}
    assert all(not channel.messages for channel in slack.workspace.channels.values())


@pytest.mark.parametrize(
    ("method", "subject", "instead"),
    [
        ("chat.startStream", "Slack: streams", "posted and edited"),
        ("agents.sessions.setStatus", "Slack: agent sessions", "status"),
        ("assistant.threads.setStatus", "Slack: status", ":eyes:"),
    ],
)
async def test_what_a_workspace_lacks_is_named_with_what_is_done_instead(
    slack: Slack, method: str, subject: str, instead: str
) -> None:
    for code in ("unknown_method", "feature_disabled"):
        slack.fail(method, Refused(code))
        finding = (await found(slack))[subject]
        assert finding.verdict is Verdict.ABSENT
        assert code in finding.detail
        assert instead in finding.detail
    slack.fail(method, Refused("missing_scope"))
    assert (await found(slack))[subject].verdict is Verdict.FAILED
    slack.fail(method, Refused("something_new"))
    assert (await found(slack))[subject].verdict is Verdict.UNKNOWN


def test_the_manifest_is_json_and_asks_for_what_the_tables_say() -> None:
    data = json.loads(json.dumps(manifest("우리 봇")))
    assert data["display_information"]["name"] == "우리 봇"
    assert data["oauth_config"]["scopes"]["bot"] == [scope.name for scope in SCOPES]
    assert data["settings"]["event_subscriptions"]["bot_events"] == [event.name for event in EVENTS]
    assert data["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(data)
    assert all(entry.reason for entry in (*SCOPES, *EVENTS))


def test_what_people_read_of_the_manifest_is_in_the_language_that_is_asked_for() -> None:
    data = manifest(language="ko")
    description, features = data["display_information"]["description"], data["features"]
    view, [shortcut] = features["agent_view"], features["shortcuts"]
    prompts = [text for prompt in view["suggested_prompts"] for text in prompt.values()]
    read = [description, view["agent_description"], *prompts, shortcut["name"], shortcut["description"]]
    assert [text for text in read if language_of(text) != "ko"] == []
    assert len(description) <= 140, "Slack, App manifest reference"


@pytest.mark.parametrize("url", ["https://bot.example.com", "https://bot.example.com/"])
def test_over_http_the_manifest_says_where_the_bot_is(url: str) -> None:
    settings = manifest(url=url)["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == "https://bot.example.com/slack/events"
    assert settings["interactivity"] == {
        "is_enabled": True,
        "request_url": "https://bot.example.com/slack/interactions",
    }
