"""Which proxy is taken for which address, as the environment says."""

from __future__ import annotations

import pytest

from bot.network.proxies import UnusableProxyError, proxy, proxy_of

SLACK, SOCKET, LOCAL = "https://slack.com/api/", "wss://wss-primary.slack.com/link", "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize(
    ("environment", "address", "found"),
    [
        ({}, SLACK, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, SLACK, "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, SOCKET, "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, LOCAL, None),
        ({"HTTPS_PROXY": "proxy:3128"}, SLACK, "http://proxy:3128"),
        ({"HTTPS_PROXY": "kim:pass%40word@proxy:3128"}, SLACK, "http://kim:pass%40word@proxy:3128"),
        ({"HTTPS_PROXY": ' "http://proxy:3128" '}, SLACK, "http://proxy:3128"),
        ({"https_proxy": "http://lower", "HTTPS_PROXY": "http://upper"}, SLACK, "http://lower"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://upper"}, SLACK, None),
        ({"HTTP_PROXY": "http://proxy"}, LOCAL, "http://proxy"),
        ({"HTTP_PROXY": "http://proxy"}, SLACK, None),
        ({"ALL_PROXY": "http://all"}, SLACK, "http://all"),
        ({"all_proxy": "all:8080"}, LOCAL, "http://all:8080"),
        ({"ALL_PROXY": "socks5://all", "HTTPS_PROXY": "http://proxy"}, SLACK, "http://proxy"),
        ({"HTTPS_PROXY": "https://proxy"}, SLACK, "https://proxy"),
        ({"HTTPS_PROXY": "http://proxy"}, "https://[::1", None),
    ],
)
def test_the_proxy_of_an_address(environment: dict[str, str], address: str, found: str | None) -> None:
    assert proxy_of(address, environment) == found


@pytest.mark.parametrize(
    ("no_proxy", "address", "excepted"),
    [
        ("*", SLACK, True),
        ("", SLACK, False),
        ("slack.com", SLACK, True),
        ("slack.com", SOCKET, True),
        (".slack.com", SOCKET, True),
        ("*.slack.com", SOCKET, True),
        ("SLACK.com.", SLACK, True),
        ("lack.com", SLACK, False),
        ("a.example, slack.com", SLACK, True),
        ("a.example slack.com", SLACK, True),
        ("slack.com:443", SLACK, True),
        ("slack.com:8443", SLACK, False),
        ("https://slack.com", SLACK, True),
        ("127.0.0.1", LOCAL, True),
        ("127.0.0.1:11434", LOCAL, True),
        ("127.0.0.1:80", LOCAL, False),
        ("127.0.0.0/8", LOCAL, True),
        ("10.0.0.0/8", LOCAL, False),
        ("10.0.0.0/8", "http://10.1.2.3/v1", True),
        ("10.0.0.0/8", "http://10.example/v1", False),
        ("::1", "http://[::1]:11434/v1", True),
        ("[::1]:11434", "http://[::1]:11434/v1", True),
        ("fd00::/8", "http://[fd12::1]/v1", True),
        ("fd00::/8", LOCAL, False),
        ("localhost", "http://localhost:11434", True),
        ("localhost", LOCAL, False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_what_needs_no_proxy(name: str, no_proxy: str, address: str, excepted: bool) -> None:
    assert (proxy_of(address, {"ALL_PROXY": "http://proxy", name: no_proxy}) is None) == excepted


@pytest.mark.parametrize("value", ["socks5://user:secret@proxy:1080", "socks4a://proxy", "SOCKS5H://proxy"])
def test_socks_is_named_with_its_variable_and_without_its_password(value: str) -> None:
    with pytest.raises(UnusableProxyError, match=r"^all_proxy: a SOCKS proxy cannot be used") as refused:
        proxy(SLACK, {"all_proxy": value})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "value", ["http://", "http://proxy:port", "ftp://proxy", "proxy:99999", "my proxy", "http://p:0"]
)
def test_what_is_no_address_is_named_with_its_variable(value: str) -> None:
    with pytest.raises(UnusableProxyError, match=r"^HTTPS_PROXY: this is no address of a proxy"):
        proxy(SLACK, {"HTTPS_PROXY": value})
