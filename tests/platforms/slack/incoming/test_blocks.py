"""What each type of block says; types, fields and examples are those of Slack's documentation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.incoming.blocks import joined, pieces_of
from bot.platforms.slack.markup.text import readable

Json = dict[str, Any]

BUTTON = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Press me"}}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def raw(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words} | ({"style": style} if style else {})


def section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def listed(*items: Json, **fields: Any) -> Json:
    return {"type": "rich_text_list", "elements": list(items), "style": "bullet", **fields}


def read(*blocks: Any) -> str:
    """What a person reads of them."""
    return readable(joined(pieces_of(list(blocks))), "UBOT", {"U2": "Kim", "C2": "general"})


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"type": "header", "text": plain("Deploy <failed> & gone")}, "Deploy <failed> & gone"),
        ({"type": "section", "text": mrkdwn("*main* by <@U2>"), "accessory": BUTTON}, "*main* by @Kim"),
        ({"type": "section", "fields": [mrkdwn("*Env*\nprod"), plain("Host\ndb1")]}, "*Env*\nprod\nHost\ndb1"),
        (
            {"type": "section", "text": plain("see"), "accessory": {"type": "image", "alt_text": "a map"}},
            "see\nImage: a map",
        ),
        (
            {"type": "context", "elements": [{"type": "image", "alt_text": "cat"}, mrkdwn("by <@U2>")]},
            "Image: cat by @Kim",
        ),
        (
            {"type": "image", "title": plain("Sales"), "alt_text": "a chart", "image_url": "https://x"},
            "Image: Sales, a chart",
        ),
        ({"type": "image", "title": plain("cat"), "alt_text": "cat"}, "Image: cat"),
        (
            {"type": "video", "title": plain("Demo"), "alt_text": "Demo", "description": plain("of it")},
            "Video: Demo\nof it",
        ),
        (
            {"type": "file", "external_id": "x", "source": "remote", "file": {"title": "Plan", "name": "p.md"}},
            "File: Plan",
        ),
        ({"type": "file", "external_id": "x", "source": "remote"}, ""),
        (
            {"type": "call", "call_id": "R1", "call": {"v1": {"name": "Standup", "join_url": "https://x"}}},
            "Call: Standup",
        ),
        ({"type": "markdown", "text": "# H\n`a < b` <div> <@U2>"}, "# H\n`a < b` <div> @Kim"),
        ({"type": "divider"}, ""),
        ({"type": "actions", "elements": [BUTTON, {"type": "static_select", "placeholder": plain("Pick")}]}, ""),
        ({"type": "context_actions", "elements": [{"type": "feedback_buttons", "positive_button": BUTTON}]}, ""),
        ({"type": "input", "label": plain("Your name"), "element": {"type": "plain_text_input"}}, ""),
        ({"type": "alert", "text": mrkdwn("disk *full*"), "level": "error"}, "disk *full*"),
        (
            {
                "type": "card",
                "title": mrkdwn("T"),
                "subtitle": mrkdwn("s"),
                "body": mrkdwn("b"),
                "hero_image": {"image_url": "https://x", "alt_text": "hero"},
                "actions": [BUTTON],
            },
            "T\ns\nb\nImage: hero",
        ),
        (
            {"type": "carousel", "elements": [{"type": "card", "title": mrkdwn(n), "actions": [BUTTON]} for n in "ab"]},
            "a\nb",
        ),
        (
            {
                "type": "container",
                "title": plain("no"),
                "rich_text_title": rich(section(text("yes"))),
                "child_blocks": [{"type": "section", "text": plain("in it")}, {"type": "divider"}],
            },
            "yes\nin it",
        ),
        (
            {
                "type": "plan",
                "title": "Deploy",
                "tasks": [
                    {
                        "type": "task_card",
                        "task_id": "1",
                        "title": "Build",
                        "status": "complete",
                        "details": rich(section(text("with make"))),
                        "output": rich(section(text("ok"))),
                        "sources": [{"type": "url", "url": "https://ci", "text": "the log"}],
                    },
                ],
            },
            "Deploy\nBuild (complete)\nwith make\nok\nthe log (https://ci)",
        ),
        (
            {"type": "of_2030", "title": "T", "body": mrkdwn("b"), "elements": [plain("e"), BUTTON], "style": "x"},
            "T\nb\ne",
        ),
    ],
)
def test_what_a_block_says(block: Json, said: str) -> None:
    assert read(block) == said


@pytest.mark.parametrize(
    ("element", "said"),
    [
        (section(text("ask "), {"type": "user", "user_id": "U2"}), "ask @Kim"),
        (
            section({"type": "usergroup", "usergroup_id": "S1"}, text(" and "), {"type": "team", "team_id": "T1"}),
            "@group and T1",
        ),
        (section({"type": "broadcast", "range": "here"}, {"type": "channel", "channel_id": "C2"}), "@here#general"),
        (
            section(*({"type": "broadcast", "range": each} for each in ("channel", "everyone", "<!x>"))),
            "@channel@everyone",
        ),
        (section({"type": "date", "timestamp": 1720710212, "format": "{date}", "fallback": "in July"}), "in July"),
        (section({"type": "date", "timestamp": 1720710212, "format": "{date} at {time}"}), "2024-07-11 at 15:03 UTC"),
        (section({"type": "date", "timestamp": "1720710212", "format": "Due {date_short_pretty}"}), "Due 2024-07-11"),
        (section({"type": "date", "timestamp": 1720710212, "format": "{ago}"}), "2024-07-11 15:03 UTC"),
        (
            section({"type": "date", "timestamp": 1720710212, "format": "{time_secs}", "url": "https://x.kr"}),
            "15:03:32 UTC (https://x.kr)",
        ),
        (section({"type": "date", "timestamp": 10**30, "format": "{date}"}), ""),
        (section({"type": "emoji", "name": "wave", "skin_tone": 3, "unicode": "1f44b"}), ":wave::skin-tone-3:"),
        (section({"type": "color", "value": "#F405B3"}), "#F405B3"),
        (
            section({"type": "link", "url": "https://x.com/?a=1&b=<2>|3", "text": "a|b"}),
            "a|b (https://x.com/?a=1&b=%3C2%3E%7C3)",
        ),
        (section({"type": "link", "url": "https://x.com"}), "https://x.com"),
        (
            section(text("bold ", bold=True), text("both", bold=True, italic=True), text(" x", code=True)),
            "*bold* *_both_* `x`",
        ),
        (section(text("of_2030: "), {"type": "of_2030", "title": "a <canvas>"}), "of_2030: a <canvas>"),
        ({"type": "rich_text_quote", "elements": [text("one\ntwo")]}, "> one\n> two"),
        ({"type": "rich_text_preformatted", "elements": [text("if a < b:\n    *c*")]}, "```\nif a < b:\n    *c*\n```"),
        ({"type": "rich_text_preformatted", "elements": [text("```py\nx\n```")]}, "````\n```py\nx\n```\n````"),
    ],
)
def test_what_an_element_of_rich_text_says(element: Json, said: str) -> None:
    assert read(rich(element)) == said


def test_lists_keep_their_levels_and_numbers() -> None:
    one, two, inner, three = (section(text(each)) for each in ("one", "two\nlines", "inner", "three"))
    ordered = {"style": "ordered"}
    lists = [listed(one, two, **ordered), listed(inner, indent=1), listed(three, **ordered, offset=2)]
    assert read(rich(*lists)) == "1. one\n2. two\n  lines\n    • inner\n3. three"
    assert read(rich(listed(one, listed(inner)))) == "• one\n    • inner"


def test_each_section_stands_on_its_own_line() -> None:
    assert read(rich(section(text("one\n")), section(text("two"))), rich(section(text("three")))) == "one\ntwo\nthree"


def test_a_table_is_one_in_markdown_between_blank_lines() -> None:
    number = {"type": "raw_number", "value": 3.5}
    table = {
        "type": "table",
        "column_settings": [{"is_wrapped": True}, {"align": "right"}, None, {"align": "center"}],
        "rows": [
            [raw("a|b"), raw("c"), raw(""), raw("d")],
            [rich(section(text("x\ny "), {"type": "user", "user_id": "U2"})), number],
            [raw("<!channel> & ⟦Kim⟧"), rich(section({"type": "link", "url": "https://x", "text": "l|m"}))],
        ],
    }
    assert read(plain("before"), table, plain("after")) == (
        "before\n\n"
        "| a\\|b | c |  | d |\n| --- | --: | --- | :-: |\n"
        "| x<br>y @Kim | 3.5 |\n| <!channel> & ⟦Kim⟧ | l\\|m (https://x) |"
        "\n\nafter"
    )


def test_a_data_table_has_a_caption_and_numbers_as_they_are_written() -> None:
    number = {"type": "raw_number", "value": 1200, "text": "$1,200"}
    table = {"type": "data_table", "caption": "Costs", "rows": [[raw("a"), raw("b")], [raw("x"), number]]}
    assert read(table) == "Costs\n\n| a | b |\n| --- | --- |\n| x | $1,200 |"


@pytest.mark.parametrize("rows", [None, [], [[]], ["x"], [[{}, None]], [[raw("")], [raw(" ")]]])
def test_a_table_without_words_says_nothing(rows: Any) -> None:
    assert read({"type": "table", "rows": rows}) == ""


def test_charts_are_tables_of_their_values() -> None:
    pie = {"type": "pie", "segments": [{"label": "Twix", "value": 28}, {"label": "Kit|Kat", "value": 45.5}]}
    assert read({"type": "data_visualization", "title": "Candy", "chart": pie}) == (
        "Candy\n\n|  |  |\n| --- | --- |\n| Twix | 28 |\n| Kit\\|Kat | 45.5 |"
    )
    series = [
        {"name": "A", "data": [{"label": "Q1", "value": 1}, {"label": "Q2", "value": 2}]},
        {"name": "B", "data": []},
    ]
    bar = {"type": "bar", "series": series, "axis_config": {"categories": ["Q1", "Q2"], "x_label": "Quarter"}}
    assert read({"type": "data_visualization", "title": "Use", "chart": bar}) == (
        "Use\n\n| Quarter | A | B |\n| --- | --- | --- |\n| Q1 | 1 |  |\n| Q2 | 2 |  |"
    )


@pytest.mark.parametrize("hostile", ["<!channel>", "<@UBOT>", "<https://evil|bank>", "&lt;!here&gt;", "⟦Kim⟧ hi"])
@pytest.mark.parametrize("kind", ["plain_text", "raw_text", "text", "title", "cell"])
def test_nothing_in_plain_text_is_a_token(kind: str, hostile: str) -> None:
    block = {
        "plain_text": {"type": "header", "text": plain(hostile)},
        "raw_text": raw(hostile),
        "text": rich(section(text(hostile))),
        "title": {"type": "plan", "title": hostile},
        "cell": {"type": "table", "rows": [[raw(hostile)]]},
    }[kind]
    shown = hostile.replace("&lt;", "<").replace("&gt;", ">").replace("|", "\\|" if kind == "cell" else "|")
    assert shown in read(block)


@pytest.mark.parametrize(
    "type_", ["section", "rich_text", "rich_text_section", "rich_text_list", "container", "of_2030"]
)
@pytest.mark.parametrize("levels", [4, 23, 24, 25, 400])
def test_what_is_nested_deeper_than_anything_of_slacks_loses_its_form_and_no_words(type_: str, levels: int) -> None:
    holder = "child_blocks" if type_ == "container" else "elements"
    block: Json = {"type": type_, holder: [text("deep"), text("<!er>"), BUTTON]}
    for _ in range(levels):
        block = {"type": type_, holder: [block]}
    assert "".join(read(block).replace("•", "").split()) == "deep<!er>"


def test_a_type_that_comes_later_is_read_wherever_it_keeps_its_words() -> None:
    meeting = {"title": "Meeting", "when": {"type": "date", "timestamp": 1720710212, "format": "{date}"}}
    assert read({"type": "event", "event": meeting, "actions": [BUTTON]}) == "Meeting\n2024-07-11"
    steps = [{"label": text("first"), "text": text("second")}, BUTTON]
    assert read({"type": "steps", "heading": text("How"), "text": text("Do it:"), "steps": steps}) == (
        "How\nDo it:\nfirst\nsecond"
    )


def test_each_column_of_a_table_is_read() -> None:
    head, rule, row = read({"type": "table", "rows": [[raw("h")], [raw(str(n)) for n in range(150)]]}).split("\n")
    assert head.startswith("| h |")
    assert rule == "|" + " --- |" * 150
    assert row == f"| {' | '.join(map(str, range(150)))} |"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(
            ["type", "text", "elements", "fields", "rows", "title", "alt_text", "style", "chart", "series", "data",
             "label", "value", "offset", "indent", "timestamp", "column_settings", "accessory", "call", "v1", "file"]
        ), inner)
    ),
    max_leaves=20,
)  # fmt: skip
TYPES = st.sampled_from(
    ["table", "data_table", "data_visualization", "rich_text", "section", "image", "context", "call", "video", "file",
     "rich_text_list", "rich_text_section", "date", "emoji", "link", "text", "plan", "markdown", "x"]
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=3), JSON), TYPES, st.lists(JSON, max_size=3), st.lists(st.lists(JSON)))
def test_whatever_a_block_holds_nothing_is_raised(found: Json, type_: str, inner: list[Any], rows: list[Any]) -> None:
    inner = [{**each, "type": type_} if isinstance(each, dict) else each for each in inner]
    block = {**found, "type": type_, "elements": inner, "rows": [*rows, inner], "chart": {"series": inner}}
    assert isinstance(read(block, rich(block), *inner), str)
