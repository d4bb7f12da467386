"""The Slack stand-in takes the blocks that Slack takes, and refuses the others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standins.slack.api.blocks import valid_blocks
from tests.standins.slack.workspace import SlackError

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "again", "text": plain("Again"), "value": "1", **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def feedback(value: str = "good", label: str = "Good", **more: Any) -> Json:
    half = {"text": plain(label), "value": value}
    return {"type": "feedback_buttons", "action_id": "say", "positive_button": half, "negative_button": half, **more}


def context_actions(*elements: Json) -> Json:
    return {"type": "context_actions", "elements": list(elements)}


def table(rows: int = 1, cells: int = 1, text: str = "x", **more: Any) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * cells] * rows, **more}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


ICON = {"type": "icon_button", "icon": "trash", "text": plain("Delete")}
MRKDWN = {"type": "mrkdwn", "text": "x"}


@pytest.mark.parametrize(
    "blocks",
    [
        [section("가" * 3_000, accessory=button())],
        [{"type": "section", "fields": [MRKDWN] * 10}],
        [{"type": "header", "text": plain("가" * 150)}],
        [{"type": "context", "elements": [MRKDWN] * 10}],
        [actions(*[button(action_id=str(number)) for number in range(25)], block_id="i" * 255)],
        [actions(button(text=plain("가" * 75), value="v" * 2_000, action_id="a" * 255, style="danger"))],
        [context_actions(feedback("v" * 2_000, "가" * 75), ICON)],
        [{"type": "markdown", "text": "가" * 12_000}],
        [table(100, 20), table(1, 1)],
        [{"type": "divider"}] * 50,
    ],
)
def test_what_keeps_to_the_limits_is_taken(blocks: list[Json]) -> None:
    assert valid_blocks(blocks) == blocks


@pytest.mark.parametrize(
    "block",
    [
        section("가" * 3_001),
        section("x", accessory=button(value="")),
        section("x", colour="red"),
        {"type": "section"},
        {"type": "section", "fields": [MRKDWN] * 11},
        {"type": "header", "text": plain("가" * 151)},
        {"type": "header", "text": MRKDWN},
        {"type": "context", "elements": [MRKDWN] * 11},
        {"type": "context", "elements": [button()]},
        actions(),
        actions(*[button(action_id=str(number)) for number in range(26)]),
        actions(button(), button()),
        actions(button(text=plain("가" * 76))),
        actions(button(text=MRKDWN)),
        actions(button(value="v" * 2_001)),
        actions(button(action_id="a" * 256)),
        actions(button(style="green")),
        actions(feedback()),
        actions(button(), block_id="i" * 256),
        context_actions(button()),
        context_actions(*[{**ICON, "action_id": str(number)} for number in range(6)]),
        context_actions({**ICON, "icon": "star"}),
        context_actions(feedback("v" * 2_001)),
        context_actions(feedback("good", "가" * 76)),
        {"type": "markdown", "text": "가" * 12_001},
        {"type": "markdown", "text": ""},
        table(101),
        table(1, 21),
        table(1, 1, ""),
        table(100, 20, "x" * 6),
        {"type": "table", "rows": []},
        {"type": "marquee"},
        {},
        "section",
    ],
)
def test_what_does_not_is_refused(block: Any) -> None:
    with pytest.raises(SlackError, match="invalid_blocks"):
        valid_blocks([block])


def test_blocks_count_together() -> None:
    many = [{"type": "divider"}] * 51
    twins = [actions(button(), block_id="one"), actions(button(), block_id="one")]
    headings = [{"type": "markdown", "text": "# one\ntext\n" * 26}]
    long = [{"type": "markdown", "text": "가" * 6_001}] * 2
    for blocks, refusal in ((many, "invalid_blocks"), (twins, "invalid_blocks"), (headings, "invalid_blocks")):
        with pytest.raises(SlackError, match=refusal):
            valid_blocks(blocks)
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        valid_blocks(long)
