"""Frames of a stream as servers might send them: whatever is not as it should be counts as absent."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.ports import Chunk
from bot.core.turn import Usage
from bot.llm.openai_chunks import read


@pytest.mark.parametrize(
    "frame",
    [
        {"choices": "x"},
        {"choices": 5},
        {"choices": {"0": {}}},
        {"choices": [None]},
        {"choices": ["x"]},
        {"choices": [[]]},
        {"choices": [{"delta": "str"}]},
        {"choices": [{"delta": ["str"]}]},
        {"choices": [{"delta": {"content": 5, "refusal": {"a": 1}}, "finish_reason": 5}]},
        {"choices": [{"finish_reason": {"a": 1}}]},
        {"choices": [{"finish_reason": "st\u0000p"}]},
        {"usage": 5},
        {"usage": "x"},
        {"usage": []},
        {"id": 5, "model": ["x"], "system_fingerprint": {"a": 1}},
        {"id": "", "model": "\ud800"},
    ],
)
def test_a_field_that_is_not_what_it_should_be_counts_as_absent(frame: Any) -> None:
    assert read(frame) == Chunk()


@pytest.mark.parametrize("value", [2**31, 10**30, -1, 1.5, None, [7], "many"])
def test_a_number_of_tokens_that_cannot_be_one_counts_as_absent(value: Any) -> None:
    names = ("prompt_tokens", "completion_tokens")
    details = {
        "prompt_tokens_details": {"cached_tokens": value, "cache_write_tokens": value},
        "completion_tokens_details": {"reasoning_tokens": value},
    }
    assert read({"usage": dict.fromkeys(names, value) | details}) == Chunk(usage=Usage())


@pytest.mark.parametrize("value", [True, "7"])
def test_a_total_that_is_no_number_counts_as_absent(value: Any) -> None:
    assert read({"usage": {"prompt_tokens": value, "completion_tokens": value}}) == Chunk(usage=Usage())


@pytest.mark.parametrize("details", [5, "x", [None], {}])
def test_details_that_are_none_leave_the_totals(details: Any) -> None:
    said = {"prompt_tokens": 2**31 - 1, "completion_tokens": 0}
    frame = {"usage": said | {"prompt_tokens_details": details, "completion_tokens_details": details}}
    assert read(frame) == Chunk(usage=Usage(prompt_tokens=2**31 - 1, completion_tokens=0))


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["text", "stop", 2**31 - 1, 2**31, 10**30])
)
_names = st.sampled_from(
    [
        *("id", "model", "system_fingerprint", "choices", "usage", "delta", "content", "refusal", "finish_reason"),
        *("prompt_tokens", "completion_tokens", "prompt_tokens_details", "completion_tokens_details", "type", "text"),
        *("cached_tokens", "cache_write_tokens", "reasoning_tokens", "tool_calls", "index"),
    ]
)
_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=6), max_leaves=20
)


def _like(shape: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Mostly of this shape, so that what lies deeper is reached."""
    return st.fixed_dictionaries({}, optional=shape) | _json


_details = _like(dict.fromkeys(("cached_tokens", "cache_write_tokens", "reasoning_tokens"), _scalars))
_usage = _like(
    dict.fromkeys(("prompt_tokens", "completion_tokens"), _scalars)
    | dict.fromkeys(("prompt_tokens_details", "completion_tokens_details"), _details)
)
_part = _like({"type": st.just("text"), "text": _scalars})
_delta = _like(dict.fromkeys(("content", "refusal"), st.lists(_part, max_size=2) | _scalars))
_choice = _like({"delta": _delta, "finish_reason": _scalars})
_frame = _like({"id": _scalars, "model": _scalars, "choices": st.lists(_choice, max_size=2), "usage": _usage})


@settings(deadline=None, max_examples=300)
@given(_frame)
def test_any_json_is_read_as_what_can_be_stored(frame: Any) -> None:
    chunk = read(frame)
    assert isinstance(chunk.text, str)
    assert isinstance(chunk.refusal, str)
    for word in (chunk.finish_reason, chunk.response_id, chunk.model, chunk.fingerprint):
        assert word is None or (word and word.encode())
    for count in astuple(chunk.usage) if chunk.usage else ():
        assert count is None or (type(count) is int and 0 <= count < 2**31)


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        *((word, "stop") for word in ("stop", "STOP", "eos", "eos_token", "end_turn", "stop_sequence", "COMPLETE")),
        ("FINISH_REASON_STOP", "stop"),
        *((word, "length") for word in ("length", "max_tokens", "MAX_TOKENS", "model_length")),
        *((word, "length") for word in ("max_new_tokens", "model_context_window_exceeded", "ERROR_LIMIT")),
        *((word, "content_filter") for word in ("content_filter", "SAFETY", "BLOCKLIST", "refusal", "sensitive")),
        *((word, "tool_calls") for word in ("tool_calls", "tool_use")),
        *((word, "error") for word in ("error", "insufficient_system_resource", "network_error", "abort")),
        ("brand_new", "brand_new"),
    ],
)
def test_a_finish_reason_is_read_in_the_words_of_the_api(said: str, read_as: str) -> None:
    assert read({"choices": [{"delta": {}, "finish_reason": said}]}).finish_reason == read_as
