"""What the calls send, what comes back, and what is said of one that failed."""

from __future__ import annotations

import aiohttp
import pytest

from bot.core.errors import PlatformError, UncertainError
from bot.network.proxies import proxy_of
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import DiscordError
from bot.platforms.discord.calls.limits import DiscordLimiter
from tests.standins.discord import Discord
from tests.standins.discord.faults import Fault, Hung, Lost, RateLimited, Refused, ServerError, Stranger
from tests.standins.discord.state.objects import MessageFlag


async def test_a_thread_is_opened_answered_in_edited_and_read(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    question = await discord.post(kim, channel, "a question")
    async with aiohttp.ClientSession() as session:
        api.use(session)
        thread = str((await api.start_thread(channel.id, question.id, "a question"))["id"])
        assert thread == question.id
        await api.type_in(thread)
        payload = {"content": "an ans", "flags": int(MessageFlag.SUPPRESS_EMBEDS)}
        answer = str((await api.create_message(thread, payload))["id"])
        await api.edit_message(thread, answer, {"content": "an answer"})
        further = str((await api.create_message(thread, {"content": "more"}))["id"])
        assert [each["content"] for each in await api.messages(thread, after=answer)] == ["more"]
        assert (await api.message(thread, answer))["content"] == "an answer"
        await api.delete_message(thread, further)
        assert [each["id"] for each in await api.active_threads(discord.guild.id)] == [thread]
        await api.edit_channel(thread, {"archived": True})
        assert [each["id"] for each in (await api.archived_threads(channel.id))["threads"]] == [thread]
    assert not discord.violations


async def test_it_reads_who_it_is_and_where(discord: Discord, api: DiscordApi) -> None:
    kim = discord.add_user("kim")
    assert (await api.me())["id"] == discord.bot
    assert (await api.application())["id"] == discord.application
    assert (await api.gateway())["url"] == discord.gateway.url
    assert [(each["id"], each["approximate_member_count"]) for each in await api.guilds()] == [(discord.guild.id, 3)]
    assert (await api.guild(discord.guild.id))["name"] == "Guild"
    assert await api.guild_channels(discord.guild.id) == []
    assert (await api.member(discord.guild.id, kim.id))["user"]["username"] == "kim"
    assert (await api.user(kim.id))["username"] == "kim"
    assert not discord.violations


@pytest.mark.parametrize("fault", [Refused(404, 0), Stranger(404)])
async def test_a_server_that_knows_the_application_by_its_older_name_is_asked_by_that(
    discord: Discord, api: DiscordApi, fault: Fault
) -> None:
    discord.fail("get current application", fault)
    assert (await api.application())["id"] == discord.application


async def test_what_is_written_calls_nobody(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    discord.allow(channel, "MENTION_EVERYONE")
    question = await discord.post(kim, channel, "a question")
    payload = {"content": f"@everyone <@{kim.id}>", "message_reference": {"message_id": question.id}}
    message = str((await api.create_message(channel.id, payload))["id"])
    await api.edit_message(channel.id, message, {"content": f"@here and <@{kim.id}>"})
    assert not channel.shown[-1].pinged
    assert not channel.shown[-1].highlighted


async def test_a_file_is_sent_under_its_name(discord: Discord, api: DiscordApi) -> None:
    channel = discord.add_channel("general")
    await api.create_message(channel.id, {"content": "here"}, [("대답 1.md", b"# text")])
    [attachment] = channel.shown[-1].attachments
    assert (attachment.name.replace("_", " "), len(attachment.content)) == ("대답 1.md", 6)
    assert not discord.violations


async def test_commands_are_written_and_read_back(discord: Discord, api: DiscordApi) -> None:
    await api.put_commands([{"name": "ask", "type": 1, "description": "Ask"}])
    assert [each["name"] for each in await api.commands()] == ["ask"]
    assert len(discord.calls("get current application")) == 1, "it names the application in its path"


async def test_an_interaction_is_answered_without_a_token(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    await api.put_commands([{"name": "ask", "type": 1, "description": "Ask"}])
    interaction = await discord.call(kim, channel, "ask")
    await api.respond(interaction.id, interaction.token, {"type": 4, "data": {"content": "@everyone"}})
    await api.edit_response(interaction.token, {"content": "all of it"})
    await api.follow_up(interaction.token, {"content": f"<@{kim.id}>"})
    assert [message.content for message in channel.shown] == ["all of it", f"<@{kim.id}>"]
    assert not channel.shown[-1].pinged
    await api.delete_response(interaction.token)
    assert len(channel.shown) == 1
    assert not discord.violations


async def test_a_guild_that_is_not_indexed_yet_is_searched_later(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    message = await discord.post(kim, channel, f"{discord.mention} hello")
    discord.search.unindexed = 1
    with pytest.raises(PlatformError, match="not_indexed") as refusal:
        await api.search(discord.guild.id, mentions=discord.bot)
    assert refusal.value.passing
    assert refusal.value.retry_after is not None
    found = await api.search(discord.guild.id, mentions=discord.bot)
    assert [each["id"] for [each] in found["messages"]] == [message.id]


@pytest.mark.parametrize(
    ("fault", "code", "certain"),
    [
        (Lost(performed=True), "connection_lost", False),
        (Lost(performed=False), "connection_lost", False),
        (Hung(performed=True), "connection_lost", False),
        (ServerError(502, html=True, performed=True), "http_502", False),
        (ServerError(503), "http_503", False),
        (Stranger(200), "invalid_response", False),
        (Stranger(407), "http_407", True),
        (Refused(403, 50013), "missing_permissions", True),
        (Refused(400, 160004), "thread_exists", True),
        (Refused(400, 90001), "discord_90001", True),
        (Refused(404, 0), "http_404", True),
        (Refused(403, 240000), "blocked_links", True),
        (RateLimited(code=30046), "too_many_edits", True),
    ],
)
async def test_a_failure_says_whether_the_call_may_have_been_carried_out(
    discord: Discord, fault: Fault, code: str, certain: bool
) -> None:
    api = DiscordApi(discord.token, discord.api_url, DiscordLimiter(), seconds=0.3)
    channel = discord.add_channel("general")
    await api.me()
    discord.fail("create message", fault)
    with pytest.raises(PlatformError) as failure:
        await api.create_message(channel.id, {"content": "once"})
    assert failure.value.code == code
    assert isinstance(failure.value, UncertainError) is not certain
    assert failure.value.passing is not certain
    assert len(discord.calls("create message")) == 1, "nothing is repeated here"


async def test_a_refusal_keeps_the_number_that_discord_gave_it(discord: Discord, api: DiscordApi) -> None:
    with pytest.raises(DiscordError) as refusal:
        await api.channel("1")
    assert (refusal.value.code, refusal.value.number) == ("unknown_channel", 10003)


async def test_a_wrong_token_is_said_to_be_one(discord: Discord) -> None:
    with pytest.raises(PlatformError, match="invalid_token") as refusal:
        await DiscordApi("wrong", discord.api_url, DiscordLimiter()).me()
    assert not refusal.value.passing


@pytest.mark.parametrize("status", [200, 302, 404])
async def test_who_answers_at_another_address_is_not_taken_for_discord(discord: Discord, status: int) -> None:
    discord.fail("get current user", Stranger(status))
    with pytest.raises(PlatformError, match="not_discord") as refusal:
        await DiscordApi(discord.token, discord.api_url, DiscordLimiter()).me()
    assert not refusal.value.passing


async def test_nobody_at_the_address_may_be_there_later() -> None:
    with pytest.raises(UncertainError, match="connection_lost"):
        await DiscordApi("token", "http://127.0.0.1:9/api", DiscordLimiter()).me()


@pytest.mark.parametrize("address", ["http://[", "nonsense", "http://"])
async def test_what_is_no_address_stays_none(address: str) -> None:
    with pytest.raises(PlatformError, match="not_discord"):
        await DiscordApi("token", address, DiscordLimiter()).me()


async def test_the_proxy_of_the_environment_is_used(
    discord: Discord, api: DiscordApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = f"http://127.0.0.1:{discord.cdn_port}"
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    assert proxy_of(discord.api_url) == proxy
    assert proxy_of("https://discord.com/api/v10") != proxy
    with pytest.raises(PlatformError, match="not_discord"):  # what is there takes no requests for others
        await api.me()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert proxy_of(discord.api_url) is None
    assert (await api.me())["id"] == discord.bot


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Refused(401, 40001), "invalid_token"),
        (Refused(401, 50014), "invalid_token"),
        (Refused(403, 0), "missing_permissions"),
    ],
)
async def test_a_refusal_is_understood_with_another_number_and_with_none(
    discord: Discord, api: DiscordApi, fault: Fault, code: str
) -> None:
    discord.fail("get current user", fault)
    with pytest.raises(PlatformError, match=code) as refusal:
        await api.me()
    assert not refusal.value.passing


@pytest.mark.parametrize("code", [20016, 20028, 40004, 130000])
async def test_what_is_a_matter_of_time_passes_whatever_its_status_is(
    discord: Discord, api: DiscordApi, code: int
) -> None:
    channel = discord.add_channel("general")
    discord.fail("create message", Refused(403, code))
    with pytest.raises(PlatformError) as failure:
        await api.create_message(channel.id, {"content": "once"})
    assert failure.value.passing
    assert not isinstance(failure.value, UncertainError)
