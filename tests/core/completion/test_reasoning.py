"""Reasoning within a text, in the marks of many models; what an answer says of such marks stays in it."""

from __future__ import annotations

import pytest

from bot.core.completion.reasoning import Parting

SIZES = (1, 2, 3, 7, 1_000)  # characters of a piece


def parted(text: str, size: int, *, cut: bool = False, unopened: bool = False) -> tuple[str, str]:
    """The answer, and the reasoning."""
    parting = Parting(unopened=unopened)
    said = thought = ""
    pieces = [parting.feed(text[start : start + size]) for start in range(0, len(text), size)]
    for piece in [*pieces, parting.end(cut=cut)]:
        if piece.unsaid:
            said, thought = "", thought + said
        said, thought = said + piece.text, thought + piece.reasoning
    return said, thought


MARKED = {
    "most models": "<think>\nWell.\n</think>\n\nHello",
    "uppercase": "<THINK>Well.</THINK>Hello",
    "attributes": '<thinking type="deep" budget="5">Well.</thinking>\nHello',
    "blanks before": "\n \n<think>Well.</think>Hello",
    "thought": "<thought>Well.</thought>Hello",
    "reasoning": "<reasoning>Well.</reasoning> Hello",
    "another closing tag of the same": "<think>Well.</thinking>Hello",
    "a nested one": "<thinking>Well. <reflection>No.</reflection> Yes.</thinking>Hello",
    "Seed": "<seed:think>Well.</seed:think>Hello",
    "Mistral": "[THINK]Well.[/THINK]Hello",
    "Kimi": "◁think▷Well.◁/think▷Hello",
    "gpt-oss": "<|channel|>analysis<|message|>Well.<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>",
    "gpt-oss without special tokens": "analysisWell, so be it.assistantfinalHello",
    "Gemma": "<|channel>thought\nWell.<channel|>Hello",
    "Command A": "<|START_THINKING|>Well.<|END_THINKING|><|START_RESPONSE|>Hello<|END_RESPONSE|>",
    "a monologue": "<internal_monologue>Well.</internal_monologue>Hello",
    "Sky-T1": "<|begin_of_thought|>Well.<|end_of_thought|>\n\n<|begin_of_solution|>Hello<|end_of_solution|>",
    "Apertus": "<|inner_prefix|>Well.<|inner_suffix|>Hello",
    "MedGemma": "<unused94>thought\nWell.<unused95>Hello",
    "Granite": "Here is my thought process: Well.\n\nHere is my response:\nHello",
    "an answer in marks": "<think>Well.</think>\n<answer>Hello</answer>\n",
    "twice": "<think>Well.</think>\n<think>Yes.</think>\nHello",
    "a second closing tag": "<think>Well.</think>\n</think>\nHello",
    "a quoted tag within": "<think>Well, `</think>` is a tag.</think>Hello",
    "a name with more to it": "<think_never_used_51bce0c785ca2f68>Well.</think_never_used_51bce0c785ca2f68>Hello",
    "a process": "<thought_process>Well.</thought_process>Hello",
    "a name of its own": "<antThinking>Well.</antThinking>Hello",
    "an end of thought": "<start_of_thought>Well.<end_of_thought>Hello",
    "Open WebUI": '<details type="reasoning" done="true"><summary>Thought</summary>Well.</details>\nHello',
    "nothing": "<think>\n\n</think>\n\nHello",
}


@pytest.mark.parametrize("text", MARKED.values(), ids=MARKED.keys())
@pytest.mark.parametrize("size", SIZES)
def test_reasoning_in_marks_is_no_text(text: str, size: int) -> None:
    said, thought = parted(text, size)
    assert said.strip() == "Hello"
    assert "Hello" not in thought
    assert "Well" in thought or "\n\n</" in text


@pytest.mark.parametrize("text", MARKED.values(), ids=MARKED.keys())
@pytest.mark.parametrize("size", SIZES)
def test_an_answer_that_is_cut_within_reasoning_has_no_text(text: str, size: int) -> None:
    beginning = text[: text.index("Well") + 4] if "Well" in text else "<think>"
    assert parted(beginning, size, cut=True)[0].strip() == ""


UNOPENED = [
    "Well.\n</think>\n\nHello",
    "Well</think>Hello",
    "Well.</think> Hello",
    "Well. </THINKING>\nHello",
    "Well.[/THINK]Hello",
    "Well.\n◁/think▷Hello",
    "Well.\n</seed:think>\nHello",
    "\n</think>\n\nHello",
    "Well.<|end|><|start|>assistant<|channel|>final<|message|>Hello",
]


@pytest.mark.parametrize("text", UNOPENED)
@pytest.mark.parametrize("size", SIZES)
def test_what_stands_before_a_closing_mark_alone_was_reasoning(text: str, size: int) -> None:
    assert parted(text, size)[0].strip() == "Hello"
    assert parted(text, size, unopened=True)[0].strip() == "Hello"


SPOKEN_OF = [
    "Use the `<think>` and `</think>` tags.",
    "`</think>` closes it.",
    "The tag </think> ends it.",
    "The tag is </think>.",
    "The tags are <think> and </think>",
    'It writes "</think>" then.',
    "<think> is a tag that models write.",
    "<think> and </think> are tags.",
    "You write <think>so</think>\nand go on.",
    "태그는 </think>로 닫습니다.",
    "```\n<think>\nWell.\n</think>\n\nHello\n```\nis what it writes.",
    "So:\n\n~~~xml\nWell.\n</think>\n~~~\nThat is all.",
    "Well, <b>bold</b>, a<b, [a link](http://a.example), c[0] and ◁.",
    "analysis of it",
    "analysisOf all",
    "Here is my thought",
    "[thinking](http://a.example) is a link",
    "<answer>Hello</answer>",
    " <",
    "\n\n  in the middle",
    "\n",
]


@pytest.mark.parametrize("text", SPOKEN_OF)
@pytest.mark.parametrize("size", SIZES)
def test_marks_that_the_answer_speaks_of_stay(text: str, size: int) -> None:
    assert parted(text, size) == (text, "")


@pytest.mark.parametrize("size", SIZES)
def test_what_follows_on_reasoning_may_speak_of_marks(size: int) -> None:
    assert parted("<think>Well.</think>Write `</think>`:\n```\n<think>\n```\n", size)[0] == (
        "Write `</think>`:\n```\n<think>\n```\n"
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_model_that_thinks_again_at_the_start_of_a_line_is_not_quoted(size: int) -> None:
    assert parted("<think>a</think>One.\n<think>b</think>\nTwo.", size) == ("One.\nTwo.", "ab")


@pytest.mark.parametrize("size", SIZES)
def test_what_a_model_that_never_opens_its_reasoning_wrote_is_the_answer_when_nothing_closes_it(size: int) -> None:
    assert parted("Hello, you.", size, unopened=True) == ("Hello, you.", "")
    assert parted("Hello, you.", size, unopened=True, cut=True) == ("", "Hello, you.")


def test_an_answer_is_held_back_no_longer_than_it_may_be_a_mark() -> None:
    parting = Parting()
    assert [parting.feed(piece).text for piece in ("<", "b", "> a <", "/", "b> c")] == ["", "", "<b> a ", "", "</b> c"]


@pytest.mark.parametrize("size", SIZES)
def test_a_section_that_a_reader_opens_is_text(size: int) -> None:
    text = "<details><summary>More</summary>\nWell.\n</details>\n\nHello"
    assert parted(text, size) == (text, "")
