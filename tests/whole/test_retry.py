"""An operator looks at the ledger and retries a failed turn, with the commands, while the bot runs."""

import json

from tests.standins.model.script import Answer, failure
from tests.test_cli import Result, threadbot
from tests.whole.conftest import Office

WRONG_KEY = Answer(failure=failure(401, "Incorrect API key", code="invalid_api_key"))


async def operator(office: Office, *words: str) -> Result:
    return await threadbot(
        office.database.parent, *words, DATABASE_URL=f"sqlite+aiosqlite:///{office.database}", LOG_LEVEL="WARNING"
    )


async def test_a_turn_that_failed_with_a_wrong_key_is_answered_in_the_same_reply(office: Office) -> None:
    office.model.answers.extend([WRONG_KEY, Answer("창원 NC파크입니다.")])
    async with office.bot():
        root = await office.ask("마지막 게임은 어디?")
        [sentence] = await office.answers(root)
        listed = await operator(office, "turns", "--state", "failed")
        assert listed.out.splitlines()[1].split()[-1] == "model_auth"
        retried = await operator(office, "retry", "1")
        assert (retried.status, retried.err) == (0, "")
        assert retried.out.startswith("Turn 1 is pending")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) != [sentence])
        assert await office.answers(root) == ["창원 NC파크입니다."]
    assert office.prompts() == [[("user", "마지막 게임은 어디?")]] * 2
    assert office.rows("SELECT state, reason, attempts FROM turns") == [("shown", None, 1)]


async def test_a_turn_retried_while_the_bot_is_away_is_answered_after_its_start(office: Office) -> None:
    office.model.answers.extend([WRONG_KEY, Answer("Here you are.")])
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
    assert (await operator(office, "retry", "1")).status == 0
    async with office.bot():
        assert await office.answers(root) == ["Here you are."]


async def test_a_turn_retried_after_a_later_one_was_answered_is_asked_as_it_was(office: Office) -> None:
    office.model.answers.extend([Answer("One."), WRONG_KEY, Answer("Three."), Answer("Two, at last.")])
    async with office.bot():
        root = await office.ask("first")
        await office.answers(root)
        await office.ask("second", thread=root)
        await office.answers(root, 2)
        await office.ask("third", thread=root)
        await office.answers(root, 3)
        await operator(office, "retry", "2")
        await office.slack.wait_for(lambda: "Two, at last." in office.slack.replies(office.general, root))
        assert await office.answers(root, 3) == ["One.", "Two, at last.", "Three."]
    assert office.prompts()[-1] == [("user", "first"), ("assistant", "One."), ("user", "second")]


async def test_what_cannot_be_retried_is_said_with_its_state(office: Office) -> None:
    async with office.bot():
        await office.answers(await office.ask("a secret matter"))
        shown, unknown = await operator(office, "retry", "1"), await operator(office, "retry", "2")
        listed = json.loads((await operator(office, "turns", "--json")).out)
    assert (shown.status, shown.err) == (1, "Turn 1 is shown; only a failed turn can be tried again.\n")
    assert (unknown.status, unknown.err) == (1, "There is no turn 2.\n")
    assert [(one["turn"], one["state"], one["attempts"]) for one in listed] == [(1, "shown", 1)]
    assert listed[0]["prompt_tokens"] > 0
    assert listed[0]["seconds"] > 0
    assert "secret" not in json.dumps(listed)
