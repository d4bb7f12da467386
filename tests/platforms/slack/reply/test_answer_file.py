"""A long answer as a file: once, whole and below its beginning, or in messages where Slack takes no file."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from bot.core.controls import Control, Controls
from bot.core.errors import PlatformError
from bot.core.ports import Reply, ReplyRequest
from bot.core.texts import LABELS, LANGUAGES
from bot.platforms.slack.calls.api import COMPLETE_UPLOAD, DELETE_FILE, FILE, UPLOAD_URL
from bot.platforms.slack.markup.message import SHORTENED
from bot.platforms.slack.reply.answer_file import FILE_PART, file_name, shared_at
from tests.platforms.slack.conftest import DELETE, POST, UPDATE, Place
from tests.standins.slack.api.uploads import NEVER
from tests.standins.slack.faults import Lost, RateLimited, Refused, ServerError
from tests.standins.slack.workspace import Message

LONG = "".join(f"Paragraph {n} says <!channel> and a little more of it, up to the end.\n\n" for n in range(200))
KOREAN = "".join(f"## 제목 {n}\n\n{'**한국어** 답변은 조사가 붙어서 길어집니다. ' * 8}\n\n" for n in range(60))
OTHER = LONG.replace("Paragraph", "Section")
SAID = {language: sentences["whole_in_file"] for language, sentences in LANGUAGES.items()}


async def opened(place: Place, *, language: str = "en", as_file: bool = True) -> Reply:
    request = ReplyRequest(place.thread, 7, place.log.parts(), place.log, None, language, as_file)
    return await place.door.open_reply(request)


def messages(place: Place) -> list[Message]:
    return place.slack.thread(place.thread.channel, place.thread.thread)[1:]


def files(place: Place) -> list[str]:
    """What the files in the thread hold."""
    shared = [file["id"] for message in messages(place) for file in message.files]
    return [place.slack.files.stored[file].content.decode() for file in shared]


def is_whole(place: Place, text: str) -> bool:
    """Whether the beginning of *text* and, below it, all of it as a file are all that is there."""
    beginning, below = messages(place)
    return files(place) == [text] and beginning.shown.startswith(text[:7]) and not below.shown


@pytest.mark.parametrize(("language", "text"), [("en", LONG), ("ko", KOREAN)])
async def test_its_beginning_is_shown_and_all_of_it_as_it_is_follows_as_a_file(
    place: Place, language: str, text: str
) -> None:
    await (await opened(place, language=language)).finish(text, ["Cut."], Controls((Control.REPEAT,), 1, language))

    assert is_whole(place, text)
    beginning, below = messages(place)
    assert [block["type"] for block in beginning.blocks] == ["markdown", "context", "context", "actions"]
    assert len(beginning.blocks[0]["text"]) <= SHORTENED
    assert "<!channel>" not in beginning.shown
    assert beginning.blocks[1]["elements"][0]["text"] == SAID[language]
    assert below.thread_ts == place.thread.thread
    [file] = below.files
    assert (file["name"], file["title"]) == (file_name(7, text), LABELS[language]["answer_file"])
    assert place.log.ids == {1: beginning.ts, FILE_PART: below.ts}
    assert place.slack.uploads.authorized == [], "the token has no business there"


async def test_it_is_not_shared_when_the_reply_is_halted_while_slack_asks_to_wait(place: Place) -> None:
    place.slack.fail(COMPLETE_UPLOAD, RateLimited(1))
    reply = await opened(place)
    finishing = asyncio.create_task(reply.finish(LONG))
    await place.slack.wait_for(lambda: place.slack.calls(COMPLETE_UPLOAD))
    reply.halt()
    await finishing
    assert len(place.slack.calls(COMPLETE_UPLOAD)) == 1
    assert files(place) == []
    await reply.finish(await reply.kept(LONG), ["Stopped here."])
    assert len(messages(place)) == 1


async def test_it_is_cut_between_paragraphs(place: Place) -> None:
    await (await opened(place)).finish(LONG)
    assert messages(place)[0].blocks[0]["text"].endswith("up to the end.")


async def test_where_nobody_asked_for_a_file_it_comes_in_messages(place: Place) -> None:
    await (await opened(place, as_file=False)).finish(LONG)
    assert len(messages(place)) == 2
    assert place.calls() == [POST, POST]


async def test_what_fits_into_one_message_is_one(place: Place) -> None:
    await (await opened(place)).finish("short")
    assert place.shown == ["short"]
    assert place.calls() == [POST]


async def test_messages_that_showed_it_while_it_was_written_are_taken_away(place: Place) -> None:
    reply = await opened(place)
    await reply.show(LONG[:500])
    await reply.show(LONG[:-10])
    assert len(messages(place)) == 2
    await reply.finish(LONG)
    assert is_whole(place, LONG)
    assert sorted(place.log.ids) == [1, FILE_PART]


async def test_its_message_may_come_later_than_slack_says_that_it_was_shared(place: Place) -> None:
    place.slack.uploads.late = 2
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)
    assert place.log.ids[FILE_PART] == messages(place)[1].ts


async def test_a_file_that_slack_never_shows_is_deleted_and_comes_in_messages(place: Place) -> None:
    place.slack.uploads.late = NEVER
    place.door._replies.files.waits = (0.0, 0.0)  # noqa: SLF001 - 20 seconds else
    await (await opened(place)).finish(LONG)
    assert [bool(message.files) for message in messages(place)] == [False, False]
    assert place.slack.files.stored == {}
    assert sorted(place.log.ids) == [1, 2]
    place.slack.uploads.late = 0
    await (await opened(place)).finish(OTHER)
    assert is_whole(place, OTHER), "that was no word on the next one"


@pytest.mark.parametrize("method", [UPLOAD_URL, COMPLETE_UPLOAD])
@pytest.mark.parametrize("code", ["missing_scope", "file_uploads_disabled"])
async def test_a_workspace_that_takes_no_files_gets_messages_and_is_not_asked_again(
    place: Place, method: str, code: str
) -> None:
    place.slack.switch_off(method, code)
    await (await opened(place)).finish(LONG)
    await (await opened(place)).finish(OTHER)
    assert [shown[:7] for shown in place.shown] == ["Section", "Section"]
    assert len(place.slack.calls(method)) == 1
    assert sorted(place.log.ids) == [1, 2]


async def test_without_the_scope_it_comes_in_messages(place: Place) -> None:
    place.slack.workspace.scopes = tuple(set(place.slack.workspace.scopes) - {"files:write"})
    await (await opened(place)).finish(LONG)
    assert len(place.shown) == 2


async def test_a_refusal_of_this_file_is_no_word_on_the_next(place: Place) -> None:
    place.slack.fail(UPLOAD_URL, Refused("file_upload_size_restricted"))
    await (await opened(place)).finish(LONG)
    assert files(place) == []
    await (await opened(place)).finish(OTHER)
    assert is_whole(place, OTHER)


async def test_an_upload_that_is_refused_leaves_messages(place: Place) -> None:
    place.slack.uploads.status = 413
    await (await opened(place)).finish(LONG)
    assert len(place.shown) == 2
    assert sorted(place.log.ids) == [1, 2]


async def test_a_limit_is_sat_out(place: Place) -> None:
    place.slack.fail(UPLOAD_URL, RateLimited(0))
    place.slack.fail(COMPLETE_UPLOAD, RateLimited(0))
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)


@pytest.mark.parametrize("method", [UPLOAD_URL, COMPLETE_UPLOAD, FILE])
@pytest.mark.parametrize("fault", [Lost(), Lost(performed=False), ServerError()])
async def test_after_a_lost_response_it_is_there_once(place: Place, method: str, fault: Lost | ServerError) -> None:
    place.slack.fail(method, fault)
    with suppress(PlatformError):  # aiohttp asks again by itself for what only reads
        await (await opened(place)).finish(LONG)
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)
    assert len(place.slack.files.stored) == 1


async def test_after_a_passing_error_of_the_upload_it_is_there_once(place: Place) -> None:
    place.slack.uploads.status = 503
    with pytest.raises(PlatformError):
        await (await opened(place)).finish(LONG)
    place.slack.uploads.status = 200
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)


async def test_one_that_was_shared_while_nobody_could_note_it_is_found_and_not_sent_again(place: Place) -> None:
    gate = place.slack.hold(FILE)
    dying = asyncio.create_task((await opened(place)).finish(LONG))
    await gate.reached.wait()
    place.log.deaf = True
    gate.open()
    await dying
    assert "." not in str(place.log.ids[FILE_PART]), "only the file is noted, not its message"
    place.log.deaf = False
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)
    assert len(place.slack.calls(COMPLETE_UPLOAD)) == 1
    assert place.log.ids[FILE_PART] == messages(place)[1].ts


async def test_what_stands_there_already_is_neither_sent_nor_deleted_again(place: Place) -> None:
    await (await opened(place)).finish(LONG)
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)
    assert len(place.slack.calls(UPLOAD_URL)) == 1
    assert place.slack.calls(DELETE_FILE) == []


async def test_another_variant_takes_the_earlier_file_away(place: Place) -> None:
    await (await opened(place)).finish(LONG)
    reply = await opened(place)
    await reply.show(OTHER[:2_000])
    await reply.finish(OTHER)
    assert is_whole(place, OTHER)
    assert [place.slack.files.stored[file].content.decode() for file in place.slack.files.stored] == [OTHER]
    await (await opened(place)).finish("short")
    assert place.shown == ["short"]
    assert place.slack.files.stored == {}
    assert sorted(place.log.ids) == [1]


async def test_removing_the_answer_removes_its_file(place: Place) -> None:
    await (await opened(place)).finish(LONG)
    await (await opened(place)).remove()
    assert messages(place) == []
    assert place.slack.files.stored == {}
    assert place.log.ids == {}


async def test_one_that_somebody_deleted_is_sent_again(place: Place) -> None:
    await (await opened(place)).finish(LONG)
    place.slack.delete(place.thread.channel, str(place.log.ids[FILE_PART]))
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)


async def test_it_stays_below_its_beginning_where_that_must_be_posted_anew(place: Place) -> None:
    await (await opened(place)).finish(LONG)
    place.slack.fail(UPDATE, Refused("edit_window_closed"))
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)


async def test_a_first_part_that_was_lost_is_not_taken_for_the_file(place: Place) -> None:
    await (await opened(place)).finish(LONG)
    place.log.ids[1] = None
    messages(place)[0].metadata = None
    await (await opened(place)).finish(LONG)
    assert is_whole(place, LONG)
    assert place.slack.calls(DELETE) == []


def test_a_share_in_another_thread_is_none_of_ours(place: Place) -> None:
    channel, thread = place.thread.channel, place.thread.thread
    assert shared_at({}, place.thread) is None
    assert shared_at({"shares": {"public": {"C9": [{"ts": "1.0", "thread_ts": thread}]}}}, place.thread) is None
    assert shared_at({"shares": {"private": {channel: [{"ts": "1.0", "thread_ts": "0.5"}]}}}, place.thread) is None
    assert shared_at({"shares": {"public": {channel: [{"ts": "2.0", "thread_ts": thread}]}}}, place.thread) == "2.0"
