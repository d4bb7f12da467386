"""What was given as a token is named by its form."""

from __future__ import annotations

import pytest

from bot.platforms.discord.setup.token_kinds import kind, owner, problem
from tests.standins.discord.state.world import TOKEN


def test_a_bots_token_names_its_bot() -> None:
    assert kind(TOKEN) is None
    assert problem(TOKEN) is None
    assert owner(TOKEN) == "1145141919810931893"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("x9JqQ0kZ7yq1m3n5p7r9t1v3x5z7B9D1", "client secret"),
        ("1145141919810931893", "an id"),
        ("a" * 64, "public key"),
        ("https://discord.com/api/webhooks/123456789012345678/abc-def", "webhook"),
        ("https://discord.com/oauth2/authorize?client_id=1", "an address"),
        ("xoxb-12-34-hunter2", "Slack"),
        ("sk-hunter2", "model provider"),
        ("ghp_hunter2hunter2", "GitHub"),
        ("1234567890:AAHunter2-hunter2-hunter2-hunter2-1", "Telegram"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2hunter2hunter2hunter2", "JWT"),
        ("mfa.hunter2hunter2hunter2hunter2", "a person's account"),
        ("hunter2", "something other than a bot's token"),
        ("MTE0.hunter2.short", "something other than a bot's token"),
        ("!!!!!!!!!!!!!!!!!!!!!!!!.GxStan.hunter2-hunter2-hunter2-hunter2", "something other than a bot's token"),
        ("", "something other than a bot's token"),
    ],
)
def test_what_is_none_is_named_and_not_repeated(given: str, named: str) -> None:
    sentence = problem(given)
    assert sentence is not None
    assert named in sentence
    assert "DISCORD_TOKEN" in sentence
    assert "hunter2" not in sentence
