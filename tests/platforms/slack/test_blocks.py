"""What becomes of a reply whose blocks Slack refuses: shorter parts first, then plain text, and when that is kept."""

from __future__ import annotations

import pytest

from tests.contract.world import Log
from tests.platforms.slack.conftest import DELETE, POST, UPDATE, Place
from tests.standins.slack_faults import Refused


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
