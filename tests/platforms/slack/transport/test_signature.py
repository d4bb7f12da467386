"""Slack's documented example of a signature, and what only looks like one."""

from __future__ import annotations

import pytest

from bot.platforms.slack.transport.signature import fresh, signed
from tests.platforms.slack.transport.requesting import EXAMPLE

NOW = 1_531_420_618


def test_the_documented_example_is_signed() -> None:
    assert signed(EXAMPLE.secret, EXAMPLE.timestamp, EXAMPLE.body, EXAMPLE.signature)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "v0=",
        EXAMPLE.signature.removeprefix("v0="),
        EXAMPLE.signature.replace("v0=", "v1="),
        EXAMPLE.signature.upper(),
        EXAMPLE.signature[:-1],
        EXAMPLE.signature + "0",
        "v0=서명",
        "v0=\udcff",  # a byte that is no text, as aiohttp hands it on
    ],
)
def test_another_signature_is_none(signature: str) -> None:
    assert not signed(EXAMPLE.secret, EXAMPLE.timestamp, EXAMPLE.body, signature)


def test_another_secret_body_or_timestamp_is_not_signed() -> None:
    assert not signed(EXAMPLE.secret[::-1], EXAMPLE.timestamp, EXAMPLE.body, EXAMPLE.signature)
    assert not signed(EXAMPLE.secret, EXAMPLE.timestamp, EXAMPLE.body + b"&", EXAMPLE.signature)
    assert not signed(EXAMPLE.secret, f"0{EXAMPLE.timestamp}", EXAMPLE.body, EXAMPLE.signature)


@pytest.mark.parametrize(("seconds", "expected"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_a_timestamp_is_fresh_for_five_minutes_either_way(seconds: int, expected: bool) -> None:
    assert fresh(str(NOW - seconds), NOW) is expected


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "1531420618.0", "１５３１４２０６１８", "9" * 5000, "٣"])
def test_a_timestamp_that_is_no_number_is_not_fresh(timestamp: str) -> None:
    assert not fresh(timestamp, NOW)
