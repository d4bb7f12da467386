"""What a message says where its text does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.incoming.message_text import text_of

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*배포 실패*"}, "fields": [{"text": "step 3"}]}
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "ask "},
                {"type": "user", "user_id": "U2"},
                {"type": "text", "text": " about "},
                {"type": "link", "url": "https://example.com", "text": "this"},
            ],
        },
        {"type": "rich_text_list", "elements": [{"type": "rich_text_section", "elements": [{"text": "one"}]}]},
    ],
}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"text": "hi"}, "hi"),
        ({"text": "hi", "blocks": [SECTION]}, "hi"),
        ({"text": "", "blocks": [SECTION]}, "*배포 실패*step 3"),
        ({"blocks": [RICH]}, "ask <@U2> about <https://example.com|this>\none"),
        ({"text": "", "attachments": [{"title": "Alert", "text": "disk full", "fallback": "no"}]}, "Alert\ndisk full"),
        ({"attachments": [{"fields": [{"title": "host", "value": "db1"}]}]}, "host: db1"),
        ({"attachments": [{"fallback": "disk full"}]}, "disk full"),
        (
            {"text": "see", "attachments": [{"is_share": True, "from_url": "https://x", "text": "forwarded"}]},
            "see\n\nforwarded",
        ),
        ({"text": "see <https://x>", "attachments": [{"from_url": "https://x", "title": "X"}]}, "see <https://x>"),
        ({"text": None, "blocks": "nonsense", "attachments": [17, None]}, ""),
    ],
)
def test_what_is_said(message: dict[str, Any], said: str) -> None:
    assert text_of(message) == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "elements", "fields", "url", "title", "value"]), inner)
    ),
    max_leaves=20,
)


@given(JSON, JSON)
def test_whatever_it_holds_nothing_is_raised(blocks: object, attachments: object) -> None:
    assert isinstance(text_of({"blocks": blocks, "attachments": attachments}), str)
    assert isinstance(text_of({"text": blocks, "attachments": [attachments]}), str)
