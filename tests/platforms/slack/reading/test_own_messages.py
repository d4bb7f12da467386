"""What was ours in a thread that is read: answers, told from notices by how a message is made and not by its words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.controls import Control, Controls
from bot.core.conversation import posted_of
from bot.core.ports import Reply, ReplyRequest
from bot.core.texts import LANGUAGES
from bot.platforms.slack.markup.own_message import answer_of
from tests.platforms.slack.conftest import POST, UPDATE, Place
from tests.standins.slack.workspace import Message

NOTES = ("Words that no version has ever said.", "두 번째 문장: main.py & co. <읽지> 못했습니다.")
TWO_LINES = ("I could not read a\nb.md, whatever its name is.", "_Another_ one.")
BELOW = Controls((Control.REPEAT, Control.FEEDBACK), completion=3)
SAID_TODAY = LANGUAGES["en"]["stopped"]
ANSWERS = {
    "one line": "An answer with `a < b`.",
    "many": "**An** answer.\n\n- one\n- two\n\n_The end._",
    "Korean": "답변입니다.\n\n끝.",
    "ours, by the model": f"The sentence you asked for is this:\n\n{SAID_TODAY}",
}


async def opened(place: Place, *, asker: str | None = None, as_file: bool = False) -> Reply:
    request = ReplyRequest(place.thread, 7, place.log.parts(), place.log, asker, as_file=as_file)
    return await place.door.open_reply(request)


async def read(place: Place) -> list[str]:
    """Our messages in the thread, as people read them."""
    found = await place.door.read_thread(place.thread)
    return [place.door.readable(posted_of(said).text) for said in found.messages][1:]


def messages(place: Place) -> list[Message]:
    return place.slack.thread(place.thread.channel, place.thread.thread)[1:]


def without_blocks(place: Place) -> None:
    for method in (POST, UPDATE):
        place.slack.switch_off(method, "invalid_blocks", argument="blocks")


@pytest.mark.parametrize("notes", [(), NOTES[:1], NOTES, TWO_LINES])
@pytest.mark.parametrize("answer", ["", *ANSWERS.values()], ids=["none", *ANSWERS])
@pytest.mark.parametrize("blocks", [True, False])
async def test_an_answer_is_read_without_what_stands_below_it(
    place: Place, answer: str, notes: tuple[str, ...], blocks: bool
) -> None:
    if not blocks:
        without_blocks(place)
    await (await opened(place)).finish(answer, notes, BELOW)
    shown = answer if blocks else answer.replace("**", "*").replace("- ", "• ")
    assert await read(place) == ([shown] if answer or notes else [])


@pytest.mark.parametrize("blocks", [True, False])
async def test_what_took_the_place_of_a_notice_is_read_and_the_notice_no_more(place: Place, blocks: bool) -> None:
    if not blocks:
        place.slack.switch_off(POST, "invalid_blocks", argument="blocks")
    for text, notes in (("", NOTES), ("An answer.", NOTES[:1]), ("", TWO_LINES), ("An answer.", ())):
        await (await opened(place)).finish(text, notes)
        assert await read(place) == [text]


@pytest.mark.parametrize("notes", [(), NOTES])
async def test_a_streamed_answer_is_read_without_what_stands_below_it(place: Place, notes: tuple[str, ...]) -> None:
    reply = await opened(place, asker=place.slack.add_user("lee"))
    await reply.show("An answer in some words, as")
    [streamed] = messages(place)
    assert streamed.stream is not None
    assert await read(place) == [streamed.shown]
    await reply.finish("An answer in some words, as they come.", notes, BELOW)
    assert await read(place) == ["An answer in some words, as they come."]


async def test_a_notice_in_place_of_a_streamed_answer_is_none(place: Place) -> None:
    reply = await opened(place, asker=place.slack.add_user("lee"))
    await reply.show("An answer in some words, as")
    await reply.finish("", NOTES)
    assert await read(place) == [""]


async def test_of_an_answer_in_a_file_its_beginning_is_read(place: Place) -> None:
    await (await opened(place, as_file=True)).finish("One paragraph of many.\n\n" * 1_000, NOTES, BELOW)
    beginning, file = await read(place)
    assert set(beginning.split("\n\n")) == {"One paragraph of many."}
    assert file == ""


def translated(message: Message) -> dict[str, Any]:
    """*message* as Slack may give it back: Markdown as other blocks, plain text escaped, names linked in its text."""
    blocks: list[Any] = []
    for block in message.blocks:
        if block["type"] == "markdown":
            blocks.append({"type": "rich_text", "elements": []})
        else:
            blocks.append(block)
    text = message.text.replace("main.py", "<http://main.py|main.py>")
    return {**message.wire(with_metadata=True), "text": text, "blocks": blocks}


@pytest.mark.parametrize("notes", [(), NOTES[:1], NOTES, TWO_LINES])
async def test_where_slack_has_made_other_blocks_of_markdown_the_text_is_read_without_notices(
    place: Place, notes: tuple[str, ...]
) -> None:
    await (await opened(place)).finish("**An** answer.\n\nThe end.", notes, BELOW)
    [message] = messages(place)
    assert answer_of(translated(message))["text"] == "An answer. The end."


@pytest.mark.parametrize("length", range(2_850, 3_010, 5))
async def test_the_same_where_the_text_was_cut_for_its_length(place: Place, length: int) -> None:
    answer = ("word " * 1_000)[:length].strip()
    await (await opened(place)).finish(answer, NOTES, BELOW)
    [message] = messages(place)
    assert answer_of(translated(message))["text"].rstrip("…").strip() in (answer, answer[:2_999].strip())


def before(text: str, *blocks: dict[str, Any], part: str = "1") -> dict[str, Any]:
    """A message as it was posted when messages did not yet say what of them is a notice."""
    metadata = {"event_type": "threadbot_part", "event_payload": {"turn": "7", "part": part}}
    return {"text": text, "blocks": list(blocks), "metadata": metadata, "attachments": []}


def note(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "plain_text", "text": text}]}


def markdown(text: str) -> dict[str, Any]:
    return {"type": "markdown", "text": text}


CUT = "The answer stops here because it reached the length limit. To go on, press “Continue” or write me “continue”."
BUSY = "지금 모델이 너무 바쁩니다. 몇 분 뒤에 다시 물어봐 주세요."
FORMER = {
    "blocks": (before(f"An answer.\n{CUT}", markdown("An **answer**."), note(CUT)), "An **answer**."),
    "other blocks": (before(f"An answer.\n{CUT}", {"type": "rich_text", "elements": []}, note(CUT)), "An answer."),
    "text": (before(f"An answer.\n\n_{CUT}_\n\n_Of a&amp;b.md I read the first 3 of 5 pages._"), "An answer."),
    "a notice": (before(BUSY, markdown(BUSY)), ""),
    "two notices": (before(f"{BUSY}\n{BUSY}", markdown(f"{BUSY}\n\n{BUSY}")), ""),
    "a notice as text": (before(BUSY), ""),
    "an answer": (before("The model declined.", markdown("The model declined.")), "The model declined."),
}


@pytest.mark.parametrize(("message", "answer"), FORMER.values(), ids=FORMER)
def test_messages_of_versions_before_are_read_as_these_wrote_them(message: dict[str, Any], answer: str) -> None:
    assert answer_of(message)["text"] == answer
