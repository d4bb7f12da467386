"""However an answer ends, the user reads a sentence that can be understood: never silence, never a placeholder."""

from dataclasses import replace

import pytest

from bot.core.worker import worker
from tests.standins.model.script import Answer, failure
from tests.standins.slack.faults import Lost, RateLimited, Refused, ServerError
from tests.whole.conftest import Office


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer("Half an answer", finish_reason="length"), "length limit"),
        (Answer("Half an answer", finish_reason="content_filter"), "content filter"),
        (Answer("Half an answer", finish_reason="tool_calls"), "use a tool"),
        (Answer("Half an answer", finish_reason="function_call"), "use a tool"),
        (Answer("Half an answer", finish_reason="brand_new"), "a reason I don't know"),
        (Answer("", finish_reason="stop"), "empty"),
        (Answer("", finish_reason="content_filter"), "content filter"),
        (Answer("", finish_reason="tool_calls", tool_call=True), "use a tool"),
        (Answer("", refusal="I can't help with that."), "declined"),
        (Answer(failure=failure(401, "Incorrect API key", code="invalid_api_key")), "does not accept my key"),
        (Answer(failure=failure(404, "no such model", code="model_not_found")), "does not exist"),
        (Answer(failure=failure(400, "bad")), "refused my request"),
        (Answer(failure=failure(429, "no credit", code="insufficient_quota", type="insufficient_quota")), "quota"),
    ],
)
async def test_every_ending_but_stop_is_said(office: Office, answer: Answer, sentence: str) -> None:
    office.model.answers.append(answer)
    async with office.bot():
        [shown] = await office.answers(await office.ask("hello"))
    assert sentence in shown
    assert shown.startswith(answer.text or answer.refusal or "")
    assert len(office.model.requests) == 1
    assert "Error" not in shown


@pytest.mark.parametrize("reason", ["stop", None])
async def test_stop_is_silent_and_so_is_an_end_without_a_word_of_it(office: Office, reason: str | None) -> None:
    office.model.answers.append(Answer("All of it.", finish_reason=reason))
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["All of it."]


async def test_sentences_come_in_the_language_of_the_question(office: Office) -> None:
    office.model.answers.append(Answer("반쪽", finish_reason="length"))
    async with office.bot():
        [shown] = await office.answers(await office.ask("안녕?"))
    assert "길이 제한" in shown


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(failure=failure(500, "oops")),
        Answer(failure=replace(failure(502, ""), body="<html>Bad Gateway</html>")),
        Answer(failure=failure(429, "slow down", headers={"Retry-After": "1"})),
        Answer(drop=True),
        Answer("Half an answer that breaks", chunk_size=4, cut_at=3),
        Answer("Half an answer that breaks", chunk_size=4, error_at=3),
        Answer("Half an answer that breaks", chunk_size=4, end_at=3),
    ],
)
async def test_passing_troubles_of_the_model_are_tried_again_in_the_same_reply(office: Office, trouble: Answer) -> None:
    office.model.answers.extend([trouble, Answer("The whole answer.")])
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["The whole answer."]
    assert len(office.model.requests) == 2
    assert [outcome for (outcome,) in office.rows("SELECT outcome FROM completions ORDER BY id")][1] == "complete"


async def test_a_model_is_asked_again_as_soon_as_it_wanted_to_be(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 1_000.0)  # what is looked for only now and then does not come
    office.model.answers.append(Answer(failure=failure(429, "slow down", headers={"Retry-After": "1"})))
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["You said: hello"]
    first, second = (request.at for request in office.model.requests)
    assert second - first >= 1.0


async def test_a_model_that_says_nothing_for_too_long_is_given_up_and_tried_again(office: Office) -> None:
    office.model.answers.extend([Answer("Half", chunk_size=2, stall_at=1), Answer("The whole answer.")])
    async with office.bot(openai_timeout=0.3):
        assert await office.answers(await office.ask("hello")) == ["The whole answer."]


async def test_an_unsupported_parameter_is_dropped_for_the_model_and_the_turn_goes_on(office: Office) -> None:
    refusal = failure(400, "temperature is not supported", code="unsupported_parameter", param="temperature")
    office.model.answers.append(Answer(failure=refusal))
    async with office.bot(openai_temperature=0.7):
        root = await office.ask("hello")
        await office.answers(root)
        await office.ask("again", thread=root)
        assert len(await office.answers(root, 2)) == 2
    assert ["temperature" in request.body for request in office.model.requests] == [True, False, False]


async def test_a_rate_limit_of_slack_is_waited_out(office: Office) -> None:
    office.model.answers.append(Answer("The answer."))
    office.slack.fail("chat.postMessage", RateLimited(1))
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["The answer."]


@pytest.mark.parametrize("fault", [Lost(), ServerError()])
async def test_a_post_whose_response_is_lost_is_found_and_not_posted_twice(
    office: Office, fault: Lost | ServerError
) -> None:
    office.model.answers.append(Answer("The answer."))
    office.slack.fail("chat.postMessage", fault)
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["The answer."]
    assert len(office.model.requests) == 1


async def test_a_channel_that_can_no_longer_be_written_to_ends_the_turn(office: Office) -> None:
    office.slack.fail("chat.postMessage", Refused("is_archived"), times=5)
    async with office.bot():
        await office.ask("hello")
        await office.slack.wait_for(lambda: office.settled())
    assert office.rows("SELECT state, reason FROM turns") == [("failed", "is_archived")]


async def test_neither_keys_nor_messages_reach_the_log(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.model.answers.append(Answer(failure=failure(401, "Incorrect API key provided: sk-test", code="x")))
    caplog.set_level("DEBUG")
    async with office.bot():
        await office.answers(await office.ask("a secret matter"))
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("bot"))
    assert "turn=1" in logged
    for private in ("a secret matter", "sk-test", office.slack.bot_token, office.slack.app_token):
        assert private not in logged


THINKING = Answer("", finish_reason="length", reasoning="thinking " * 20)


async def test_reasoning_that_used_up_all_room_is_given_more_once(office: Office) -> None:
    office.model.answers.extend([THINKING, Answer("Five.")])
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["Five."]
    assert [request.body["max_completion_tokens"] for request in office.model.requests] == [4096, 4 * 4096]
    calls = office.rows("SELECT outcome, chosen, max_tokens, completion_tokens > 0 FROM completions ORDER BY id")
    assert calls == [("empty", 0, 4096, 1), ("complete", 1, 4 * 4096, 1)]


async def test_reasoning_that_uses_up_more_room_as_well_is_said_to_have_done_so(office: Office) -> None:
    office.model.answers.extend([THINKING, THINKING])
    async with office.bot():
        [shown] = await office.answers(await office.ask("hello"))
    assert "16,384 tokens" in shown
    assert len(office.model.requests) == 2
    assert office.rows("SELECT state FROM turns") == [("failed",)]


async def test_more_room_is_no_more_than_the_window_has_beside_the_prompt(office: Office) -> None:
    office.model.answers.extend([THINKING, Answer("Five.")])
    async with office.bot(openai_model="gpt-4"):
        assert await office.answers(await office.ask("hello")) == ["Five."]
    first, second = ((r.body["max_completion_tokens"], r.prompt_tokens or 0) for r in office.model.requests)
    assert first[0] < second[0] <= 8192 - second[1]
