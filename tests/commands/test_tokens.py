"""`threadbot tokens` without click: what it reads, counts and says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import tokens
from tests.standins.model import counting

SEED = json.loads((Path(__file__).parents[1] / "data" / "seed-conversations.json").read_text())


def file(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def counted(document: Any, model: str = "gpt-4o-mini") -> tokens.Report:
    return tokens.report(tokens.parse(file(document)), model)


def test_the_first_conversation_counts_81_and_costs_what_81_tokens_cost() -> None:
    report = counted({"messages": SEED["counted_by_the_api"]["messages"]})
    assert report.total == 81
    assert report.cost_nanodollars == 81 * 150


def test_the_second_conversation_counts_91_where_the_older_rule_gives_92() -> None:
    report = counted(SEED["counted_by_hand"]["messages"])
    assert (report.total, report.older_total) == (91, SEED["counted_by_hand"]["total_at_4_per_message"])
    ids = [[piece.id for piece in message.pieces] for message in report.messages]
    assert ids == SEED["counted_by_hand"]["ids"]["content"]
    text = tokens.as_text(report)
    assert "91 prompt tokens, as the API counts them" in text
    assert "92 by an older rule" in text


def test_a_name_counts_as_the_api_counts_it() -> None:
    message = {"role": "user", "name": "Minji", "content": "안녕"}
    assert counted([message]).total == counting.count_prompt([message])


def test_text_parts_count_as_their_text() -> None:
    parts = [{"type": "text", "text": "안녕"}, {"type": "text", "text": "하세요"}]
    assert counted([{"role": "user", "content": parts}]) == counted([{"role": "user", "content": "안녕하세요"}])


def test_pieces_inside_a_character_are_shown_in_hexadecimal_and_the_last_with_the_character() -> None:
    report = counted([{"role": "user", "content": "뷁\u001b[31m\n끝"}])
    text = tokens.as_text(report)
    assert "<eb b7>|<81>뷁|\\x1b|[" in text
    assert "\u001b" not in text
    first, second = json.loads(tokens.as_json(report))["messages"][0]["pieces"][:2]
    assert (first["text"], first["bytes"], second["bytes"]) == (None, "ebb7", "81")


def test_a_model_without_a_price_is_said_so() -> None:
    report = counted([{"role": "user", "content": "hi"}], "nobody-knows-me")
    assert "nobody-knows-me: no price known" in tokens.as_text(report)
    assert json.loads(tokens.as_json(report))["cost_nanodollars"] is None


def test_a_lone_surrogate_can_be_printed() -> None:
    raw = rb'[{"role": "user", "name": "a\ud800", "content": "b\ud800"}]'
    report = tokens.report(tokens.parse(raw), "gpt-6-luna")
    for text in (tokens.as_text(report), tokens.as_json(report)):
        assert text.encode("utf-8")


def test_an_assistant_that_said_nothing_counts_as_empty_text() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    question = {"role": "user", "content": "서울 날씨는?"}
    silent = counted([question, {"role": "assistant", "content": None, "tool_calls": [call]}])
    assert silent == counted([question, {"role": "assistant", "content": ""}])


def started(directory: Path, content: str, output: int | None, unbuffered: str = "") -> subprocess.Popen[bytes]:
    """`threadbot tokens` as a process, on a prompt of one message."""
    prompt = directory / "prompt.json"
    prompt.write_bytes(file([{"role": "user", "content": content}]))
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "tokens", str(prompt)],
        stdout=output,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_device_is_said_so(tmp_path: Path, unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full, started(tmp_path, "안녕", full.fileno(), unbuffered) as process:
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (1, b"The output could not be written: No space left on device.\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_in_the_middle_is_said_so(tmp_path: Path, unbuffered: str) -> None:
    with started(tmp_path, "안녕 " * 20_000, subprocess.PIPE, unbuffered) as process:
        assert process.stdout is not None
        assert process.stdout.read(2) == b"1."
        process.stdout.close()
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (1, b"The output could not be written: Broken pipe.\n")


GOOD = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'[{"role": "user",\n  "content": }]', "line 2, column 14: not JSON"),
        (b"", "line 1, column 1: not JSON"),
        (b'["\xff"]', "byte 3: not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "a number is too long"),
        (file({"model": "x"}), 'it has no "messages"'),
        (file({"messages": 3}), "messages: expected a list, got number"),
        (file("hello"), "messages: expected a list, got text"),
        (file([]), "at least one message"),
        (file([GOOD, None]), "messages[1]: expected an object with role and content, got null"),
        (file([GOOD, {"role": "user"}]), "messages[1]: content is missing"),
        (file([{"content": "hi"}]), "messages[0]: role is missing"),
        (file([GOOD, GOOD, {"role": "user", "content": 3}]), "messages[2].content: expected text, got number"),
        (file([{"role": "user", "content": None}]), "messages[0].content: expected text, got null"),
        (file([{"role": True, "content": "x"}]), "messages[0].role: expected text, got true or false"),
        (file([{"role": "robot", "content": "x"}]), "messages[0].role: expected one of system, developer, user"),
        (file([{"role": "user", "content": [{"type": "image_url"}]}]), "messages[0].content[0].type: only parts"),
        (file([{"role": "user", "content": ["x"]}]), "messages[0].content[0]: expected an object, got text"),
        (file([{"role": "user", "content": [{"type": "text"}]}]), "messages[0].content[0].text: expected text"),
        (file([{"role": "user", "content": "x", "name": 3}]), "messages[0].name: expected text, got number"),
    ],
)
def test_a_file_that_is_no_prompt_is_refused_with_the_place(raw: bytes, sentence: str) -> None:
    with pytest.raises(tokens.UnusableFileError) as refused:
        tokens.parse(raw)
    assert sentence in str(refused.value)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["messages", "role", "content", "name", "type", "text"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(_json)
def test_any_json_is_either_counted_or_refused(document: Any) -> None:
    try:
        messages = tokens.parse(json.dumps(document).encode())
    except tokens.UnusableFileError:
        return
    assert tokens.report(messages, "gpt-6-luna").total > 0
