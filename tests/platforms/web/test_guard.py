"""Who is let in: hosts and origins, decided without a server."""

from __future__ import annotations

import pytest

from bot.platforms.web.workspace.guard import host_allowed, refuse_strangers
from bot.platforms.web.workspace.places import RefusedError

LOOPBACK, ANY = "127.0.0.1", "0.0.0.0"  # noqa: S104 - compared, not bound


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST", "[::1]:8765", "127.0.0.1"])
def test_our_own_names_are_allowed(host: str) -> None:
    assert host_allowed(LOOPBACK, host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8765", "192.168.0.4:8765", "", "[", "a@b:1:2"],
)
def test_other_names_are_refused(host: str) -> None:
    assert not host_allowed(LOOPBACK, host)


def test_behind_a_wildcard_an_address_is_allowed_and_a_name_is_not() -> None:
    assert host_allowed(ANY, "192.168.0.4:8765")
    assert not host_allowed(ANY, "evil.example:8765")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/messages", {"Origin": "http://evil.example"}),
        ("/api/messages", {"Origin": "null"}),
        ("/api/messages", {"Origin": "http://127.0.0.1:3000"}),
        ("/api/messages", {"Origin": "https://127.0.0.1:8765"}),
        ("/api/workspace", {"Sec-Fetch-Site": "cross-site"}),
        ("/api/workspace", {"Sec-Fetch-Site": "same-site"}),
        ("/bot/events", {"Origin": "http://127.0.0.1:8765"}),
    ],
)
def test_a_page_that_is_not_ours_is_refused(path: str, headers: dict[str, str]) -> None:
    with pytest.raises(RefusedError, match="origin_not_allowed"):
        refuse_strangers(LOOPBACK, path, {"Host": "127.0.0.1:8765", **headers})


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/messages", {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}),
        ("/api/messages", {}),  # no browser
        ("/", {"Sec-Fetch-Site": "cross-site"}),  # a link to us
        ("/bot/events", {}),
    ],
)
def test_our_page_our_bot_and_a_link_to_us_are_let_in(path: str, headers: dict[str, str]) -> None:
    refuse_strangers(LOOPBACK, path, {"Host": "127.0.0.1:8765", **headers})
