"""What is deleted on Slack leaves the files of the database while the bot runs."""

from __future__ import annotations

import pytest

from bot import database_file
from tests.standins.model.script import Answer
from tests.whole.conftest import Office
from tests.whole.test_away import bot

SECRET = "the code is 7d1f4c"


def is_stored(office: Office) -> bool:
    return any(SECRET.encode() in path.read_bytes() for path, _ in database_file.there(office.database))


async def gone(office: Office) -> None:
    await office.slack.wait_for(lambda: not is_stored(office))


async def test_a_deleted_message_leaves_the_files_with_its_edited_versions(office: Office) -> None:
    office.model.answers.extend([Answer("one"), Answer("two"), Answer("three")])  # that quote nothing
    async with office.bot():
        root = await office.ask("begin")
        await office.answers(root)
        secret = await office.slack.post(office.lee, office.general, SECRET, root)
        await office.ask("go on", thread=root)
        await office.answers(root, 2)
        await office.slack.edit(office.general, secret, "never mind")
        await office.slack.wait_for(lambda: office.rows("SELECT 1 FROM message_versions WHERE text = 'never mind'"))
        assert is_stored(office), "an edited text stays until its message is deleted"
        await office.slack.remove(office.general, secret)
        await gone(office)


async def test_a_deleted_answer_leaves_the_files(office: Office) -> None:
    office.model.answers.append(Answer(SECRET))
    async with office.bot():
        root = await office.ask("what is the code?")
        await office.answers(root)
        assert is_stored(office)
        [reply] = [each.ts for each in office.slack.thread(office.general, root) if each.user == office.slack.bot_user]
        await office.slack.remove(office.general, reply)
        await gone(office)


@pytest.mark.parametrize("event", ["channel_deleted", "group_deleted"])
async def test_a_deleted_channel_leaves_the_files_with_all_that_was_said_in_it(office: Office, event: str) -> None:
    office.model.answers.append(Answer(f"I know that {SECRET}"))
    async with office.bot():
        root = await office.ask(SECRET)
        await office.answers(root)
        await office.slack.emit({"type": event, "channel": "C0ELSEWHERE"})
        assert is_stored(office)
        await office.slack.emit({"type": event, "channel": office.general, "event_ts": "1.0"})
        await gone(office)


async def test_what_was_deleted_while_the_bot_was_away_leaves_when_it_reads_the_thread(office: Office) -> None:
    office.model.answers.extend([Answer("one"), Answer("two"), Answer("three")])  # that quote nothing
    async with bot(office):
        root = await office.ask("begin")
        await office.answers(root)
        secret = await office.slack.post(office.lee, office.general, SECRET, root)
        await office.slack.post(office.lee, office.general, "and this", root)
        await office.ask("go on", thread=root)
        await office.answers(root, 2)
    assert is_stored(office)
    await office.slack.remove(office.general, secret)
    async with bot(office):
        await office.ask("what was it?", thread=root)
        await office.answers(root, 3)
        await gone(office)
