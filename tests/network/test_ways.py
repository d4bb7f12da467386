"""Every client goes through the proxy and trusts our own CA; what goes wrong on the way is named by each."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.core.check_findings import Finding, Verdict
from bot.core.conversation import Incoming
from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import CompletionRequest, PromptMessage
from bot.llm.openai_chat import OpenAIChat
from bot.network import certificates, proxies
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import DiscordLimiter
from bot.platforms.discord.setup import checks as discord_checks
from bot.platforms.slack.setup import checks as slack_checks
from tests.faults.slack_venue import environment
from tests.platforms.discord.gateway.listening import listener
from tests.platforms.slack.conftest import door
from tests.standins.authority import Authority, in_front_of
from tests.standins.discord import Discord
from tests.standins.model import ModelServer
from tests.standins.proxy import ForwardProxy
from tests.standins.slack import Slack

DISCORD_TOKEN = "MTE1NTU1NTU1NTU1NTU1NTU1NQ.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*proxies.VARIABLES, *certificates.VARIABLES):
        for written in (name, name.lower()):
            monkeypatch.delenv(written, raising=False)


async def of_slack(address: str) -> Finding:
    return (await slack_checks.check(bot_token="xoxb-1", app_token="xapp-1", api_url=f"{address}/api/"))[0]


async def of_discord(address: str) -> Finding:
    return (await discord_checks.check(token=DISCORD_TOKEN, api_url=f"{address}/api/v10"))[0]


async def of_model(address: str) -> Finding:
    model = OpenAIChat(api_key="sk-1", base_url=f"{address}/v1", timeout=20)
    try:
        return await model.probe("a-model")
    finally:
        await model.aclose()


Check = Callable[[str], Awaitable[Finding]]
CHECKS = pytest.mark.parametrize("check", [of_slack, of_discord, of_model])


def unused_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@CHECKS
async def test_a_connection_that_is_refused_is_named(check: Check) -> None:
    port = unused_port()
    finding = await check(f"http://127.0.0.1:{port}")
    assert finding.verdict is Verdict.FAILED
    assert f"127.0.0.1:{port} refuses the connection" in finding.detail


@CHECKS
async def test_a_name_that_is_not_found_is_named(check: Check) -> None:
    finding = await check("https://nobody.invalid")
    assert "the name of nobody.invalid is not found" in finding.detail
    assert "DNS" in finding.remedy


@CHECKS
async def test_a_proxy_that_is_not_there_is_named_with_its_variable(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://kim:secret@127.0.0.1:{unused_port()}")
    finding = await check("https://slack.test")
    assert "(HTTPS_PROXY) refuses the connection" in finding.detail
    assert "secret" not in finding.detail + finding.remedy


@CHECKS
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_wants_a_login_is_named(check: Check, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ForwardProxy(login="kim:right") as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url("kim:wrong"))
        finding = await check(f"{scheme}://slack.test")
    assert proxy.refused
    assert "407" in finding.detail
    assert "PROXY" in finding.remedy
    assert "wrong" not in finding.detail + finding.remedy


@CHECKS
async def test_a_proxy_that_does_not_open_the_way_is_named(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ForwardProxy(status=403) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url())
        finding = await check("https://slack.test")
        place = proxy.place
    assert f"the proxy {place} (HTTPS_PROXY) does not open the way to slack.test (HTTP 403)" in finding.detail


@CHECKS
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("self-signed", "is self-signed"),
        ("unknown CA", "is signed by a CA that this machine does not trust"),
        ("expired", "has expired"),
        ("another host", "is for another"),
    ],
)
@pytest.mark.parametrize("proxied", [False, True])
async def test_a_certificate_that_is_not_accepted_is_named(
    check: Check, kind: str, words: str, proxied: bool, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind in ("expired", "another host"):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    certificate = {
        "self-signed": partial(authority.self_signed),
        "unknown CA": partial(authority.certificate),
        "expired": partial(authority.certificate, days=-1),
        "another host": partial(authority.certificate, ["DNS:other.test"]),
    }[kind]()
    async with AsyncExitStack() as stack:
        if proxied:
            proxy = await stack.enter_async_context(ForwardProxy())
            monkeypatch.setenv("HTTPS_PROXY", proxy.url())
        port = await stack.enter_async_context(in_front_of(unused_port(), certificate))
        finding = await check(f"https://127.0.0.1:{port}")
    assert f"the certificate of 127.0.0.1:{port} {words}" in finding.detail


@CHECKS
async def test_a_server_without_tls_is_named(check: Check) -> None:
    async with ModelServer() as server:
        place = urlsplit(server.url).netloc
        finding = await check(f"https://{place}")
    assert f"{place} does not speak TLS" in finding.detail


@pytest.mark.parametrize("login", ["", "kim:p@ss:word/ 한"])
async def test_the_model_is_asked_through_the_proxy_with_our_own_ca(
    login: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = authority.certificate(["DNS:model.test"])
    async with (
        ModelServer() as server,
        ForwardProxy(login=login) as proxy,
        in_front_of(urlsplit(server.url).port or 0, certificate) as port,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url(login))
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        finding = await of_model(f"https://model.test:{port}")
        assert finding.verdict is Verdict.OK, finding
        assert proxy.through == [("CONNECT", f"model.test:{port}")]


async def test_discords_calls_go_through_the_proxy_with_our_own_ca(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Discord() as discord, ForwardProxy() as proxy:
        port = urlsplit(discord.api_url).port or 0
        async with in_front_of(port, authority.certificate(["DNS:discord.test"])) as front:
            monkeypatch.setenv("https_proxy", proxy.url())
            monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
            api = DiscordApi(discord.token, f"https://discord.test:{front}/api/v10", DiscordLimiter())
            assert (await api.me())["id"] == discord.bot
    assert proxy.hosts("CONNECT") == {f"discord.test:{front}"}


async def test_a_model_that_is_not_trusted_is_a_problem_of_its_own(authority: Authority) -> None:
    async with in_front_of(unused_port(), authority.self_signed()) as port:
        model = OpenAIChat(api_key="sk-1", base_url=f"https://127.0.0.1:{port}/v1", timeout=20)
        with pytest.raises(ModelError, match="is self-signed") as failed:
            async for _ in model.stream(CompletionRequest("m", [PromptMessage("user", "hi")], 16)):
                pass
        await model.aclose()
    assert failed.value.problem is ModelProblem.CERTIFICATE


async def test_a_bot_on_both_platforms_goes_through_the_proxy_with_all_that_it_does(tmp_path: Path) -> None:
    """Web calls, Socket Mode, the gateway, the CDN and the model; nothing of it beside the proxy."""
    async with Slack() as slack, Discord() as discord, ModelServer() as model, ForwardProxy(login="kim:pw") as proxy:
        discord.gateway.limit.enforced = False
        variables = environment(slack, model, tmp_path) | {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_URL": discord.api_url,
            "HTTP_PROXY": proxy.url("kim:pw"),
        }
        bot = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "run", cwd=tmp_path, env=variables)
        try:
            await slack.wait_connected(20)
            kim, channel = slack.add_user("kim"), slack.add_channel("general")
            note = slack.files.add("note.txt", b"a note", "text/plain")
            root = await slack.post(kim, channel, f"{slack.mention} hello", files=[note])
            await slack.wait_for(lambda: slack.replies(channel, root))
            lee, place = discord.add_user("lee"), discord.add_channel("general")
            await discord.wait_for(lambda: discord.gateway.identified)
            await discord.post(lee, place, f"<@{discord.bot}> hello", files=[("n.txt", b"a note", "text/plain")])
            await discord.wait_for(lambda: discord.cdn.requests)
        finally:
            bot.send_signal(signal.SIGTERM)
            await bot.wait()
        ports = {urlsplit(each).port for each in (slack.api_url, discord.api_url, discord.gateway.url, model.url)}
        assert {f"127.0.0.1:{port}" for port in (*ports, discord.cdn_port)} <= proxy.hosts()
        assert ("GET", urlsplit(slack.api_url).netloc) in proxy.through, "Socket Mode, and files"
        assert proxy.refused == 0


@pytest.mark.parametrize("proxied", [False, True])
async def test_a_bot_on_both_platforms_trusts_our_own_ca_with_all_that_it_does(
    proxied: bool, authority: Authority, tmp_path: Path
) -> None:
    """Web calls, Socket Mode, files, the gateway, the CDN and the model: all of them over TLS."""
    async with AsyncExitStack() as stack:
        slack, discord = await stack.enter_async_context(Slack()), await stack.enter_async_context(Discord())
        model = await stack.enter_async_context(ModelServer())
        proxy = await stack.enter_async_context(ForwardProxy(login="kim:pw"))
        certificate = authority.certificate()

        async def place(port: int) -> str:
            return f"127.0.0.1:{await stack.enter_async_context(in_front_of(port, certificate))}"

        discord.gateway.limit.enforced = False
        places = [await place(port) for port in (slack.port, discord.port, discord.cdn_port)]
        places.append(await place(urlsplit(model.url).port or 0))
        slack.front, discord.cdn.base = f"https://{places[0]}", f"https://{places[2]}"
        discord.gateway.url = f"wss://{places[1]}/gateway/"
        variables = environment(slack, model, tmp_path) | {
            "SLACK_API_URL": f"{slack.front}/api/",
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_URL": f"https://{places[1]}/api/v10",
            "OPENAI_BASE_URL": f"https://{places[3]}/v1",
            "SSL_CERT_FILE": str(authority.file),
            **({"HTTPS_PROXY": proxy.url("kim:pw")} if proxied else {}),
        }
        bot = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "run", cwd=tmp_path, env=variables)
        try:
            await slack.wait_connected(20)
            kim, channel = slack.add_user("kim"), slack.add_channel("general")
            note = slack.files.add("note.txt", b"of the first", "text/plain")
            root = await slack.post(kim, channel, f"{slack.mention} hello", files=[note])
            await slack.wait_for(lambda: slack.replies(channel, root))
            lee, where = discord.add_user("lee"), discord.add_channel("general")
            await discord.wait_for(lambda: discord.gateway.identified)
            await discord.post(lee, where, f"<@{discord.bot}> hello", files=[("n.txt", b"of the second", "text/plain")])
            await slack.wait_for(lambda: len(model.requests) == 2)
        finally:
            bot.send_signal(signal.SIGTERM)
            await bot.wait()
        asked = [str(request.body["messages"]) for request in model.requests]
        assert ["of the first" in asked[0], "of the second" in asked[1]] == [True, True]
        assert proxy.hosts("CONNECT") == (set(places) if proxied else set())


async def test_a_handshake_of_the_gateway_that_fails_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Discord() as discord, ForwardProxy(login="kim:pw", upgrades=False) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url("kim:pw"))
        made = listener(discord)
        made.task = asyncio.create_task(made.connection.serve(made.hear, made.greet))
        try:
            await discord.wait_for(lambda: "discord: the gateway cannot be reached" in caplog.text)
        finally:
            made.task.cancel()
            await asyncio.wait([made.task])
        assert "pw" not in caplog.text


async def test_a_handshake_of_socket_mode_that_fails_is_named_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def receive(_: Incoming) -> None:
        pass

    async with Slack() as slack, ForwardProxy(upgrades=False) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        serving = asyncio.create_task(door(slack).run(receive))
        said = f"the connection to the proxy {proxy.place} (HTTP_PROXY) broke off"
        try:
            await slack.wait_for(lambda: said in caplog.text and proxy.refused > 1)
        finally:
            serving.cancel()
            await asyncio.wait([serving])
        assert caplog.text.count(said) == 1
        assert "ticket" not in caplog.text
