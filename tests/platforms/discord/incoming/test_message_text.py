"""What a message says where its content does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.files import Cut
from bot.platforms.discord.incoming.message_text import MOST, said_in, text_of
from tests.platforms.discord.incoming.messages import message, user

APP: dict[str, Any] = {"author": user(name="jira", bot=True), "content": ""}
ALERT = {
    "type": "rich",
    "author": {"name": "Monitor"},
    "title": "Disk full",
    "description": "db1 has 2 % left",
    "fields": [{"name": "host", "value": "db1"}, {"name": "since", "value": "09:00", "inline": True}],
    "footer": {"text": "v2"},
}
PREVIEW = {"type": "article", "url": "https://example.com/a", "title": "A", "description": "…"}
BUTTONS = {"type": 1, "components": [{"type": 2, "label": "Approve"}, {"type": 2, "label": "Reject"}, {"type": 3}]}
LAYOUT = [
    {"type": 10, "content": "# Build 7"},
    {
        "type": 17,
        "components": [
            {"type": 9, "components": [{"type": 10, "content": "failed"}], "accessory": {"type": 2, "label": "Log"}},
            {"type": 12, "items": [{"media": {"url": "https://x"}, "description": "a graph"}, {"media": {}}]},
            {"type": 14},
        ],
    },
    {"type": 13, "file": {"url": "attachment://log.txt"}},
]
POLL = {
    "question": {"text": "Lunch?"},
    "answers": [
        {"answer_id": 1, "poll_media": {"text": "김밥", "emoji": {"name": "🍙"}}},
        {"answer_id": 2, "poll_media": {"emoji": {"name": "🍕"}}},
        {"answer_id": 3, "poll_media": {}},
    ],
    "expiry": "2026-11-02T00:00:00+00:00",
    "results": {"is_finalized": False, "answer_counts": [{"id": 1, "count": 3, "me_voted": False}]},
}


def snapshot(**said: Any) -> dict[str, Any]:
    return {"type": 0, "content": "", "embeds": [], "attachments": [], "components": [], "flags": 0} | said


def forward(**said: Any) -> dict[str, Any]:
    reference = {"type": 1, "message_id": "5", "channel_id": "6"}
    return {"content": "", "message_reference": reference, "message_snapshots": [{"message": snapshot(**said)}]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "hello"),
        ({"content": "가" * 4_000}, "가" * 4_000),
        (
            APP | {"content": "look", "embeds": [ALERT]},
            "look\n\nMonitor\nDisk full\ndb1 has 2 % left\nhost: db1\nsince: 09:00\nv2",
        ),
        (APP | {"embeds": [{"title": "one"}, {"type": "rich", "description": "two"}]}, "one\n\ntwo"),
        (
            APP
            | {"embeds": [{"fields": [{"name": "\u200b", "value": "only"}, {"name": "\u3164", "value": "\u200b"}]}]},
            "only",
        ),
        (APP | {"embeds": [{"type": "image", "url": "https://x/y.png"}]}, ""),
        (APP | {"content": "https://example.com/a", "embeds": [PREVIEW]}, "https://example.com/a"),
        (APP | {"content": "https://x.com/1", "embeds": [ALERT | {"url": "https://x.com/1"}]}, "https://x.com/1"),
        ({"content": "https://x.com/1", "embeds": [ALERT]}, "https://x.com/1"),  # a person's: somebody else's words
        ({"author": user(), "webhook_id": "5", "content": "", "embeds": [{"title": "Alert"}]}, "Alert"),
        (APP | {"components": [BUTTONS]}, ""),
        (
            APP | {"content": "Disk full\nlook", "embeds": [{"title": "Disk full", "description": "db1"}]},
            "Disk full\nlook\n\ndb1",
        ),
        (APP | {"content": "Build", "components": LAYOUT}, "Build\n\n# Build 7\nfailed\na graph"),
        (APP | {"content": "Merge?", "components": [BUTTONS]}, "Merge?"),
        (APP | {"components": LAYOUT, "flags": 1 << 15}, "# Build 7\nfailed\na graph"),
        ({"content": "", "components": LAYOUT}, ""),
        ({"content": "", "poll": POLL}, "Poll: Lunch?\n- 김밥\n- 🍕"),
        ({"content": "", "sticker_items": [{"id": "7", "name": "Wave", "format_type": 1}]}, "Sticker: Wave"),
        (
            {"content": "", "flags": 1 << 13, "attachments": [{"id": "5", "duration_secs": 12.4, "waveform": "A"}]},
            "Voice message, 12 s",
        ),
        ({"content": "", "flags": 1 << 13, "attachments": []}, "Voice message"),
        ({"content": "", "flags": 1 << 13, "attachments": [{"duration_secs": float("nan")}]}, "Voice message"),
        ({"content": "", "flags": 1 << 13, "attachments": [{"duration_secs": float("inf")}]}, "Voice message"),
        (forward(content="the plan"), "Forwarded message:\nthe plan"),
        (forward(embeds=[ALERT | {"fields": []}]), "Forwarded message:\nMonitor\nDisk full\ndb1 has 2 % left\nv2"),
        (forward(content="https://example.com/a", embeds=[PREVIEW]), "Forwarded message:\nhttps://example.com/a"),
        (forward(sticker_items=[{"name": "Wave"}]), "Forwarded message:\nSticker: Wave"),
        (forward(attachments=[{"id": "5", "filename": "a.txt"}]), "Forwarded message"),
        (forward(), ""),  # hidden
        (APP | {"embeds": "nonsense", "components": [17, None], "poll": [], "sticker_items": {}}, ""),
        (APP | {"embeds": [{"type": 7, "title": "x"}], "components": [{"type": "ten", "content": "y"}]}, ""),
    ],
)
def test_what_is_said(changes: dict[str, Any], said: str) -> None:
    assert text_of(message(**changes)) == said


def test_votes_change_nothing() -> None:
    later = POLL | {"results": {"is_finalized": True, "answer_counts": []}}
    assert text_of(message(content="", poll=POLL)) == text_of(message(content="", poll=later))


def test_only_so_much_is_put_together() -> None:
    embeds = [{"type": "rich", "description": "x" * 4_000}] * 10
    assert len(text_of(message(**APP | {"embeds": embeds}))) == MOST


def test_what_the_author_says_is_never_cut_and_of_the_rest_it_is_told_how_much_is() -> None:
    own, other = "가" * 4_000, "나" * (MOST + 4_000)
    said = said_in(message(content=own, message_snapshots=[{"message": snapshot(content=other)}]))
    forwarded = f"Forwarded message:\n{other}"
    assert said.own == own
    assert said.text == f"{own}\n\n{forwarded[:MOST]}"
    assert said.cut == Cut(MOST, len(forwarded), "characters")
    assert said_in(message(content=own)).cut is None


def test_components_are_read_however_deep_they_are() -> None:
    deepest: dict[str, Any] = {"type": 10, "content": "deep"}
    for _ in range(5_000):
        deepest = {"type": 17, "components": [deepest]}
    assert text_of(message(**APP | {"components": [deepest]})) == "deep"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 20) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "components", "label", "title", "message", "name"]), inner
        )
    ),
    max_leaves=20,
)
BESIDE = st.sampled_from(
    ["content", "embeds", "components", "poll", "sticker_items", "message_snapshots", "attachments", "flags", "author"]
)


@given(st.dictionaries(BESIDE, JSON))
def test_nothing_raises(said: dict[str, Any]) -> None:
    assert isinstance(text_of({"webhook_id": "5"} | said), str)
