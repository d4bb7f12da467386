"""How much JSON is read at a time."""

from __future__ import annotations

import json

import pytest

from bot.network.json_bound import MOST_CONTAINERS, takes_too_long

MOST = ",".join(["{}"] * (MOST_CONTAINERS - 1))


@pytest.mark.parametrize("unit", ["{}", "[]", '{"a":[1,"}"]}', '"a]",[]', '"\\\\",{}', '"\\"",{}'])
def test_objects_and_arrays_are_counted_wherever_they_are(unit: str) -> None:
    text = "[" + ",".join([unit] * (MOST_CONTAINERS + 1)) + "]"
    assert takes_too_long(text)
    assert takes_too_long(text.encode())


@pytest.mark.parametrize("unit", ["[{", '"[{', "\\", "[가", "\ud800{["])
def test_brackets_in_strings_are_not(unit: str) -> None:
    assert not takes_too_long(json.dumps({"a": unit * MOST_CONTAINERS}))
    assert not takes_too_long(json.dumps([unit] * MOST_CONTAINERS, ensure_ascii=False))


def test_the_most_is_not_too_many() -> None:
    assert not takes_too_long(f"[{MOST}]")
    assert takes_too_long(f"[{MOST},[]]")


@pytest.mark.parametrize("text", ["", "[" * 10, '"' + "[" * MOST_CONTAINERS * 2, "[" * MOST_CONTAINERS + '"[[['])
def test_what_json_does_not_read_to_its_end_is_not_too_long(text: str) -> None:
    assert not takes_too_long(text)
