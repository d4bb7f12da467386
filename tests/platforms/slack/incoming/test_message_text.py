"""What a message says where its text does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.files import Cut
from bot.platforms.slack.incoming.files import files_of
from bot.platforms.slack.incoming.message_text import MOST, said_in, text_of

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
        ({"text": "hi", "blocks": [SECTION]}, "hi\n*배포 실패*\nstep 3"),
        ({"text": "hi", "blocks": [RICH]}, "hi"),
        ({"text": "", "blocks": [SECTION]}, "*배포 실패*\nstep 3"),
        ({"blocks": [RICH]}, "ask <@U2> about <https://example.com|this>\n• one"),
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


def by_app(text: str, *blocks: dict[str, Any], **fields: Any) -> str:
    return text_of({"bot_id": "B1", "text": text, "blocks": list(blocks), **fields})


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


HEADER = {"type": "header", "text": {"type": "plain_text", "text": "Deploy failed"}}
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Open"}}


@pytest.mark.parametrize(
    ("notification", "said"),
    [
        ("Deploy failed", "Deploy failed\n*main*, by <@U2>"),
        ("*Deploy failed*: main by <@U2|kim>!", "Deploy failed\n*main*, by <@U2>"),
        (":rotating_light: DEPLOY failed", "Deploy failed\n*main*, by <@U2>"),
        ("Deploy failed main…", "Deploy failed\n*main*, by <@U2>"),
        ("Deploy fail...", "Deploy failed\n*main*, by <@U2>"),
        ("Deploy fail", "Deploy fail\nDeploy failed\n*main*, by <@U2>"),
        ("New alert from CI", "New alert from CI\nDeploy failed\n*main*, by <@U2>"),
        ("New alert\nDeploy failed", "New alert\nDeploy failed\n*main*, by <@U2>"),
        ("Deploy failed: *main*, by <@U2>. Log: <https://ci|here>", None),
        ("✅", "✅\nDeploy failed\n*main*, by <@U2>"),
    ],
)
def test_of_an_app_the_blocks_are_the_message_and_each_thing_is_said_once(notification: str, said: str | None) -> None:
    blocks = HEADER, section("*main*, by <@U2>"), {"type": "actions", "elements": [BUTTON]}
    assert by_app(notification, *blocks) == (notification if said is None else said)


def test_of_an_app_text_blocks_and_attachments_are_one_message() -> None:
    attachment = {"text": "disk full", "blocks": [section("disk full"), section("on db1")], "footer": "nagios"}
    assert by_app("disk full", attachments=[attachment]) == "disk full\non db1\nnagios"
    assert by_app("disk full on db1 says nagios", attachments=[{"text": "disk full"}]) == "disk full on db1 says nagios"
    assert by_app("look", HEADER, attachments=[attachment]) == "look\nDeploy failed\n\ndisk full\non db1\nnagios"


def test_blank_lines_and_what_is_no_word_stay() -> None:
    text = "one\n\n- two\n\n```\nx = 1\n```"
    assert by_app(text) == text
    assert by_app(text, attachments=[{"text": "other"}]) == f"{text}\n\nother"
    assert by_app(f"{text}\nother", attachments=[{"text": "other"}]) == f"{text}\nother"
    assert by_app(text, HEADER) == f"{text}\nDeploy failed"


def test_a_table_that_a_person_pastes_stands_below_their_words() -> None:
    cells = [[{"type": "raw_text", "text": each} for each in row] for row in ("ab", "cd")]
    table, shown = {"type": "table", "rows": cells}, "| a | b |\n| --- | --- |\n| c | d |"
    assert text_of({"text": "see", "blocks": [RICH, table]}) == f"see\n\n{shown}"
    pasted = {"fallback": "[no preview available]", "blocks": [table]}
    assert text_of({"text": "see", "blocks": [RICH], "attachments": [pasted]}) == f"see\n\n{shown}"
    assert text_of({"text": "", "attachments": [{"fallback": "[no preview available]"}]}) == ""


def test_a_classic_attachment_is_read_whole() -> None:
    fields = [{"title": "host", "value": "db1"}, {"title": "", "value": "only"}]
    attachment = {
        "pretext": "p", "author_name": "a", "title": "t", "title_link": "https://x", "text": "x", "fields": fields,
        "actions": [BUTTON], "footer": "f", "fallback": "no", "color": "danger",
    }  # fmt: skip
    assert by_app("", attachments=[attachment]) == "p\na\nt\nx\nhost: db1\nonly\nf"


UNFOLDED = {
    "is_msg_unfurl": True,
    "from_url": "https://team.slack.com/archives/C1/p1700000000000100",
    "fallback": "[November 1st] kim: it broke",
    "author_name": "Kim",
    "text": "it broke <!channel> <@UBOT>",
    "footer": "Posted in #ops",
}


def test_a_message_that_slack_unfolds_from_a_permalink_is_read_and_the_preview_of_a_page_is_not() -> None:
    page = {"from_url": "https://example.com", "title": "A page", "text": "about"}
    message = {"text": "why?", "attachments": [UNFOLDED, page]}
    assert text_of(message) == "why?\n\nKim\nit broke <!channel> <@UBOT>"


def test_what_somebody_else_said_calls_nobody() -> None:
    said = said_in({"text": "why?", "attachments": [UNFOLDED]})
    assert said.own == "why?"
    alert = said_in({"bot_id": "B1", "text": "", "attachments": [{"text": "<@UBOT> look"}]})
    assert alert.own == "<@UBOT> look"


def test_a_forwarded_message_brings_its_blocks_once_and_what_was_attached_to_it() -> None:
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}
    inner = {"blocks": [RICH, table], "attachments": [{"text": "attached"}], "text": "ask"}
    forwarded = {"is_share": True, "text": "ask", "author_name": "Kim", "message_blocks": [{"message": inner}]}
    assert text_of({"text": "", "attachments": [forwarded]}) == "Kim\nask\n\n| a |\n| --- |\nattached"


def test_what_the_author_says_is_never_cut_and_of_the_rest_it_is_told_how_much_is() -> None:
    own, attached = "word " * 10_000, "끝 " * 10_000
    said = said_in({"text": own, "attachments": [{"is_share": True, "text": attached}]})
    assert said.text == f"{own}\n\n{attached[:MOST]}"
    assert said.cut == Cut(MOST, len(attached), "characters")
    assert said_in({"text": own, "attachments": [{"text": "x" * MOST}]}).cut is None
    assert said_in({"bot_id": "B", "text": "", "blocks": [section(own)]}).text == own.strip()


def test_what_an_author_writes_as_blocks_of_an_attachment_is_not_cut_to_make_room_for_what_is_forwarded() -> None:
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "칸 " * 10_000}]]}
    attachments = [
        {"is_share": True, "text": "x" * (MOST + 1)},
        {"fallback": "[no preview available]", "blocks": [table]},
    ]
    said = said_in({"text": "see", "attachments": attachments})
    drawn = f"| {('칸 ' * 10_000).strip()} |\n| --- |"
    assert said.own == f"see\n\n{drawn}"
    assert said.text == f"see\n\n{drawn}\n\n{'x' * MOST}"
    assert said.cut == Cut(MOST, MOST + 1, "characters")


DATED = {"type": "date", "timestamp": 1392734382, "format": "{date_num} {time}"}


@pytest.mark.parametrize("fallback", ["", "Feb 18"])
def test_a_date_is_said_once(fallback: str) -> None:
    text = f"<!date^1392734382^{{date_num}} {{time}}{'|' if fallback else ''}{fallback}>"
    block = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [DATED | {"fallback": fallback}]}],
    }
    assert by_app(f"due {text}", section(f"*due* {text}")) == f"*due* {text}"
    assert by_app(text, block) == (fallback or "2014-02-18 14:39 UTC")


def test_a_cut_leaves_no_half_token() -> None:
    attached = "x" * (MOST - 5) + " <@U12345> &amp;"
    said = said_in({"text": "", "attachments": [{"text": attached}]})
    assert said.text == "x" * (MOST - 5) + " "
    assert said.cut == Cut(MOST - 4, len(attached), "characters")


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


@pytest.mark.parametrize(
    "told",
    [
        {"is_share": True},
        {"is_msg_unfurl": True},
        {"is_reply_unfurl": True},
        {"is_thread_root_unfurl": True},
        {"message_blocks": [{"message": {"blocks": []}, "team": "T1", "ts": "1.1"}], "is_msg_unfurl": None},
    ],
)
def test_a_message_that_a_permalink_shows_is_content_with_its_files_and_a_preview_is_not(told: dict[str, Any]) -> None:
    shown = {"from_url": "https://t.slack.com/archives/C1/p1", "text": "it broke", "files": [{"id": "F1"}]}
    message = {"text": "why?", "attachments": [shown | told]}
    assert text_of(message) == "why?\n\nit broke"
    assert [file.id for file in files_of(message)] == ["F1"]
    preview = {"text": "why?", "attachments": [shown]}
    assert (text_of(preview), files_of(preview)) == ("why?", ())


GROUP = {"type": "rich_text_section", "elements": [{"text": "page "}, {"type": "usergroup", "usergroup_id": "S1"}]}


@pytest.mark.parametrize(
    "block",
    [section("page <!subteam^S1>"), section("*page* <!subteam^S1|@ops>"), {"type": "rich_text", "elements": [GROUP]}],
)
def test_a_user_group_has_the_name_that_its_token_in_the_text_brings(block: dict[str, Any]) -> None:
    assert by_app("page <!subteam^S1|@ops>", block).replace("*", "") == "page <!subteam^S1|@ops>"
    forwarded = {
        "is_share": True,
        "text": "page <!subteam^S1|@ops>",
        "message_blocks": [{"message": {"blocks": [block]}}],
    }
    assert text_of({"text": "see", "attachments": [forwarded]}) == "see\n\npage <!subteam^S1|@ops>"


def test_however_deep_messages_are_forwarded_within_each_other_their_words_and_files_are_read() -> None:
    message: dict[str, Any] = {"text": "words 40", "files": [{"id": "F40"}]}
    for level in reversed(range(40)):
        inner = {"attachments": [{**message, "is_share": True}]}
        held = {"message_blocks": [{"message": inner}]} if level % 2 else inner
        message = {"text": f"words {level}", "files": [{"id": f"F{level}"}], **held}
    assert text_of(message).split("\n") == ["words 0", "", *(f"words {level}" for level in range(1, 41))]
    assert [file.id for file in files_of(message)] == [f"F{level}" for level in range(41)]
