"""What becomes of a reply whose blocks Slack refuses: shorter parts first, then plain text, and when that is kept."""

from __future__ import annotations

import pytest

from bot.core.controls import Control, Controls
from tests.contract.world import Log
from tests.platforms.slack.conftest import DELETE, POST, UPDATE, Place
from tests.standins.slack.faults import Refused


async def refused_replies(place: Place, count: int) -> None:
    for turn in range(count):
        place.slack.fail(POST, Refused("invalid_blocks"))
        place.log = Log()
        await (await place.reply(turn=100 + turn)).finish("odd")


async def posts_blocks(place: Place) -> bool:
    place.log = Log()
    await (await place.reply(turn=8)).finish("next")
    return "blocks" in place.slack.calls(POST)[-1].arguments


async def test_where_blocks_are_refused_readable_plain_text_is_posted(place: Place) -> None:
    place.slack.fail(POST, Refused("invalid_blocks"))
    await (await place.reply()).finish("**굵게** <!channel> & so\n\n[여기](https://example.com)", ["A note."])
    [shown] = place.shown
    assert shown.startswith("*굵게* &lt;")
    assert "<!channel>" not in shown
    assert shown.endswith(" &amp; so\n\n<https://example.com|여기>\n\n_A note._")
    assert place.calls() == [POST, POST]


@pytest.mark.parametrize(("refused", "blocks"), [(1, True), (2, True), (3, False)])
async def test_only_three_refused_replies_say_that_a_workspace_does_not_take_blocks(
    place: Place, refused: int, blocks: bool
) -> None:
    await refused_replies(place, refused)
    assert await posts_blocks(place) is blocks


async def test_one_reply_that_is_refused_again_and_again_says_nothing_of_the_workspace(place: Place) -> None:
    for method in (POST, UPDATE, UPDATE, UPDATE):
        place.slack.fail(method, Refused("invalid_blocks"))
        await (await place.reply()).finish("odd")
    assert await posts_blocks(place)


async def test_where_blocks_were_ever_taken_refusals_say_nothing_of_the_workspace(place: Place) -> None:
    assert await posts_blocks(place)
    await refused_replies(place, 4)
    assert await posts_blocks(place)


async def test_an_answer_of_many_headings_is_split_until_slack_takes_it(place: Place) -> None:
    text = "\n\n".join(f"## {number}. 제목\n\n**말** {number}" for number in range(60))
    reply = await place.reply()
    await reply.finish(text)
    assert "\n\n".join(place.shown) == text
    assert 3 <= len(place.shown) <= 6
    assert all("blocks" in call.arguments for call in place.slack.calls(POST))
    assert await posts_blocks(place)


async def test_an_answer_that_grows_beyond_what_slack_takes_keeps_its_order(place: Place) -> None:
    lines = [f"# {number}" for number in range(120)]
    reply = await place.reply()
    for end in (40, 80, 120):
        await reply.show("\n".join(lines[:end]))
    await reply.finish("\n".join(lines))
    assert "\n".join(place.shown).split() == "\n".join(lines).split()
    assert DELETE not in place.calls()


async def test_plain_text_is_cut_to_what_an_edit_takes(place: Place) -> None:
    place.slack.fail(POST, Refused("unsupported_block_type"))
    text = "\n\n".join(f"{number}: a < b && c > d 한글" * 5 for number in range(200))
    await (await place.reply()).finish(text)
    assert all(len(shown) <= 4_000 for shown in place.shown)
    assert " ".join(place.shown).split() == text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split()


BELOW = Controls((Control.REPEAT, Control.FEEDBACK), completion=3)


async def types_of(place: Place, turn: int) -> list[str]:
    """The blocks of an answer with controls, as it was posted last."""
    place.log = Log()
    await (await place.reply(turn=turn)).finish("an answer", (), BELOW)
    return [block["type"] for block in place.slack.calls(POST)[-1].arguments["blocks"]]


async def test_where_the_element_for_feedback_is_refused_there_are_buttons_and_soon_at_once(place: Place) -> None:
    for turn in range(3):
        place.slack.fail(POST, Refused("invalid_blocks"))
        assert await types_of(place, turn) == ["markdown", "actions"]
    before = len(place.slack.calls(POST))
    assert await types_of(place, 3) == ["markdown", "actions"]
    assert len(place.slack.calls(POST)) == before + 1


async def test_where_no_buttons_are_taken_the_answer_stands_without_them(place: Place) -> None:
    place.slack.fail(POST, Refused("invalid_blocks"), times=2)
    assert await types_of(place, 1) == ["markdown"]
    assert await types_of(place, 2) == ["markdown", "actions", "context_actions"]  # once says nothing


async def test_where_controls_were_taken_it_is_something_else_that_is_refused(place: Place) -> None:
    assert await types_of(place, 1) == ["markdown", "actions", "context_actions"]
    place.slack.fail(POST, Refused("invalid_blocks_format"))
    place.log = Log()
    await (await place.reply(turn=2)).finish("odd", (), BELOW)
    assert "blocks" not in place.slack.calls(POST)[-1].arguments
