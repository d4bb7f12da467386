"""What `threadbot check` finds out about an application and its servers, and the link that invites it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.core.check_findings import Finding, Verdict
from bot.platforms.discord.setup import checks
from bot.platforms.discord.setup.invite import INTEGER, PERMISSIONS, link
from tests.standins.discord import Discord
from tests.standins.discord.faults import ServerError
from tests.standins.discord.state.permissions import Permission


async def check(discord: Discord, *allowed: str, most: int = checks.MOST_GUILDS) -> dict[str, Finding]:
    found = await checks.check(token=discord.token, api_url=discord.api_url, allowed=allowed, most=most)
    return {finding.subject: finding for finding in found}


def server(discord: Discord) -> str:
    return f"Discord server Guild ({discord.guild.id})"


def verdicts(found: Sequence[Finding]) -> set[Verdict]:
    return {finding.verdict for finding in found}


async def test_an_application_that_has_all_it_needs_is_fine(discord: Discord) -> None:
    discord.add_channel("general")
    discord.add_channel("help", "forum")
    discord.add_channel("talk", "voice")
    found = await check(discord)
    assert verdicts(list(found.values())) == {Verdict.OK}
    assert found[server(discord)].detail == "it may do all it needs in 3 channels"
    assert not discord.violations


async def test_a_permission_that_is_missing_is_named_with_the_channel_and_what_to_do(discord: Discord) -> None:
    general, news = discord.add_channel("general"), discord.add_channel("news", "announcement")
    discord.add_channel("staff", hidden=True)
    discord.forbid(general, "SEND_MESSAGES_IN_THREADS")
    discord.forbid(news, "READ_MESSAGE_HISTORY", target=discord.guild.id)
    finding = (await check(discord))[server(discord)]
    assert finding.verdict is Verdict.WARNING
    assert "Send Messages in Threads in #general" in finding.detail
    assert "Read Message History in #news" in finding.detail
    assert "#staff" not in finding.detail
    assert "it does not see 1 other" in finding.detail
    assert "Server Settings → Roles → threadbot" in finding.remedy


async def test_a_role_of_its_own_may_allow_what_everybody_may_not(discord: Discord) -> None:
    general = discord.add_channel("general")
    role = discord.add_role("speakers")
    discord.forbid(general, "SEND_MESSAGES", target=discord.guild.id)
    discord.allow(general, "SEND_MESSAGES", target=role.id)
    assert (await check(discord))[server(discord)].verdict is Verdict.WARNING
    discord.give_role(discord.bot, role)
    assert (await check(discord))[server(discord)].verdict is Verdict.OK


async def test_where_it_can_answer_nowhere_that_is_a_failure(discord: Discord) -> None:
    for name in ("general", "other"):
        discord.forbid(discord.add_channel(name), "SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS")
    finding = (await check(discord))[server(discord)]
    assert finding.verdict is Verdict.FAILED
    assert "Send Messages in every channel" in finding.detail


async def test_where_it_sees_nothing_that_is_a_failure(discord: Discord) -> None:
    discord.add_channel("staff", hidden=True)
    finding = (await check(discord))[server(discord)]
    assert finding.verdict is Verdict.FAILED
    assert "sees no channel" in finding.detail


async def test_without_message_content_it_says_how_far_it_goes_and_where_the_switch_is(discord: Discord) -> None:
    discord.world.content = False
    finding = (await check(discord))["Discord message content"]
    assert finding.verdict is Verdict.ABSENT
    assert "mentions" in finding.detail
    assert "Message Content Intent" in finding.remedy


async def test_only_the_servers_that_are_answered_in_are_looked_at(discord: Discord) -> None:
    discord.add_channel("general")
    discord.add_guild("other")
    found = await check(discord, discord.guild.id, "123456789012345678")
    assert found["Discord servers"].detail == "it is in 2, and answers in 1"
    assert server(discord) in found
    assert not [subject for subject in found if "other" in subject]
    missing = found["Discord server 123456789012345678"]
    assert missing.verdict is Verdict.FAILED
    assert link(discord.application) in missing.remedy


async def test_in_no_server_it_says_how_to_invite_it(discord: Discord) -> None:
    await discord.remove_bot(discord.guild)
    finding = (await check(discord))["Discord servers"]
    assert finding.verdict is Verdict.WARNING
    assert link(discord.application) in finding.remedy


async def test_how_close_the_review_is_is_said(discord: Discord) -> None:
    discord.add_channel("general")
    assert (await check(discord))["Discord review"].detail.startswith("about 2 users in 1 server ")
    application = {"flags": checks.LIMITED, "approximate_user_install_count": 8_001}
    near = checks._review(application, 0, 3)  # noqa: SLF001 - the stand-in has no such crowd
    assert near.verdict is Verdict.WARNING
    assert "8,001" in near.detail
    approved = checks._review({"flags": checks.APPROVED}, 20_000, 3)  # noqa: SLF001 - as above
    assert approved.verdict is Verdict.OK


async def test_all_servers_are_counted_also_those_that_are_not_looked_at(discord: Discord) -> None:
    discord.add_channel("general")
    discord.add_channel("general", guild=discord.add_guild("other"))
    found = await check(discord, most=1)
    assert found["Discord review"].detail.startswith("about 4 users in 2 servers")
    assert found["Discord servers"].detail.startswith("it is in 2; looked at: 1")
    only = await check(discord, discord.guild.id)
    assert only["Discord review"].detail.startswith("about 4 users in 2 servers")


async def test_a_token_that_is_none_is_named_without_asking_anybody(discord: Discord) -> None:
    [finding] = await checks.check(token="x9JqQ0kZ7yq1m3n5p7r9t1v3x5z7B9D1", api_url=discord.api_url)
    assert finding.verdict is Verdict.FAILED
    assert "client secret" in finding.detail
    assert not discord.faults.calls


async def test_a_token_that_was_reset_is_said_to_be_one(discord: Discord) -> None:
    token = discord.token
    discord.world.token += "-reset"
    [finding] = await checks.check(token=token, api_url=discord.api_url)
    assert finding.verdict is Verdict.FAILED
    assert "1145141919810931893" in finding.detail
    assert "Reset Token" in finding.remedy


async def test_another_address_is_said_to_be_one(discord: Discord) -> None:
    [finding] = await checks.check(token=discord.token, api_url=discord.api_url.replace("/api/v10", "/elsewhere"))
    assert finding.verdict is Verdict.FAILED
    assert "DISCORD_API_URL" in finding.remedy


async def test_a_server_that_cannot_be_read_does_not_hide_the_others(discord: Discord) -> None:
    discord.add_channel("general")
    other = discord.add_guild("other")
    discord.add_channel("general", guild=other)
    discord.fail("get guild", ServerError())
    found = await checks.check(token=discord.token, api_url=discord.api_url)
    assert [each.verdict for each in found if each.subject.startswith("Discord server ")] == [
        Verdict.FAILED,
        Verdict.OK,
    ]


async def test_a_post_that_is_tried_goes_away_again(discord: Discord) -> None:
    channel = discord.add_channel("general")
    finding = await checks.check_post(discord.token, discord.api_url, channel.id)
    assert finding.verdict is Verdict.OK
    assert not channel.shown
    discord.forbid(channel, "SEND_MESSAGES")
    refused = await checks.check_post(discord.token, discord.api_url, channel.id)
    assert refused.verdict is Verdict.FAILED
    assert refused.detail == "missing_permissions"


def test_the_link_asks_for_what_it_needs_and_nothing_else() -> None:
    address = urlsplit(link("123"))
    query = parse_qs(address.query)
    assert (address.scheme, address.hostname, address.path) == ("https", "discord.com", "/oauth2/authorize")
    assert query == {"client_id": ["123"], "permissions": [str(INTEGER)], "scope": ["bot applications.commands"]}
    wanted = {each.name for each in PERMISSIONS}
    assert {name for name, bit in Permission.__members__.items() if INTEGER & bit} == wanted
    assert {each.name: each.bit for each in PERMISSIONS} == {name: int(Permission[name]) for name in wanted}


@pytest.mark.parametrize("name", ["ADMINISTRATOR", "MANAGE_MESSAGES", "MENTION_EVERYONE", "MANAGE_THREADS"])
def test_no_power_over_others_is_asked_for(name: str) -> None:
    assert not INTEGER & Permission[name]
