"""How files stand in a prompt, how much of them, and what users are told of the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answer.file_intake import LEAST, fitted, refused_unseen
from bot.core.conversation import Message, Participant, Version
from bot.core.files import LARGEST, Cut, File, FileOutcome, FileRef, Reading, image_tokens
from bot.core.ports import PromptImage, PromptMessage
from bot.core.prompt import file_form
from bot.core.prompt.build import Prompt, build, is_blank
from bot.core.texts import LANGUAGES, sentence
from bot.core.turn import History, PastTurn
from tests.core.prompt.test_build import CONVERSATION, COUNTING, MINJI, NOW

BOB = Participant("U2", name="Bob")
PICTURE = Reading(FileOutcome.READ, image=b"\x89PNG", media_type="image/png", width=320, height=320)


def text(content: str, number: int = 1, name: str = "a.csv") -> File:
    return File(number, FileRef(f"F{number}", name, "text/csv"), Reading(FileOutcome.READ, content))


def image(number: int = 1, name: str = "p.png", reading: Reading = PICTURE) -> File:
    return File(number, FileRef(f"F{number}", name, "image/png"), reading)


def unread(outcome: FileOutcome, number: int = 1, name: str = "x.zip") -> File:
    return File(number, FileRef(f"F{number}", name, ""), Reading(outcome))


def message(number: int, said: str, *files: File, author: Participant = MINJI) -> Message:
    return Message(number, f"{number}.0", number, author, Version(number, said), True, NOW, files)


def prompt(*messages: Message, past: Sequence[PastTurn] = (), alone: bool = True, sees: bool = True) -> Prompt:
    built = build(
        system_prompt="",
        conversation=CONVERSATION,
        turn=100,
        history=History(past, messages, alone),
        readable=lambda said, _: said,
        counting=COUNTING,
        prompt_tokens=10**6,
        sees=sees,
    )
    assert isinstance(built, Prompt)
    return built


# forms


@pytest.mark.parametrize(
    ("file", "form"),
    [
        (text("1,2"), "⟦file ⟦a.csv⟧⟧\n1,2\n⟦end of ⟦a.csv⟧⟧"),
        (text("⟦Kim⟧ hi", name="⟦Kim⟧\n"), "⟦file ⟦[Kim]⟧⟧\n[Kim] hi\n⟦end of ⟦[Kim]⟧⟧"),
        (text("〘Kim〙 hi", name="⟬a⟭"), "⟦file ⟦⟬a⟭⟧⟧\n〘Kim〙 hi\n⟦end of ⟦⟬a⟭⟧⟧"),  # stored so
        (text("x", name="\u202e\n"), "⟦file ⟦F1⟧⟧\nx\n⟦end of ⟦F1⟧⟧"),
        (image(), "⟦image ⟦p.png⟧⟧"),
        (unread(FileOutcome.LOCKED), "⟦file ⟦x.zip⟧: not readable: it is protected with a password⟧"),
    ],
)
def test_how_a_file_stands_in_a_prompt(file: File, form: str) -> None:
    assert file_form.form(file, sees=True) == form


@pytest.mark.parametrize(
    ("cut", "part"),
    [
        (Cut(2000, 9000, "characters"), "the first 2,000 of 9,000 characters"),
        (Cut(3, 40, "pages"), "the first 3 of 40 pages"),
        (Cut(500, None, "characters"), "the first 500 characters"),
    ],
)
def test_a_model_knows_that_it_is_given_a_beginning(cut: Cut, part: str) -> None:
    file = text("x")
    form = file_form.form(replace(file, reading=replace(file.reading, cut=cut)), sees=True)
    assert form.startswith(f"⟦file ⟦a.csv⟧: {part}⟧\n")


brackets = st.text(alphabet="⟦⟧〚〛ab: \n", max_size=30)


@given(brackets, brackets, brackets, brackets)
def test_nothing_that_is_said_called_or_sent_passes_for_a_file(name: str, said: str, file: str, content: str) -> None:
    built = prompt(message(1, said, text(content or "x", name=file), author=Participant("U1", name=name)), alone=False)
    [sent] = built.messages
    assert len(re.findall(r"⟦file ⟦[^⟦⟧]*⟧⟧\n", sent.content)) == 1
    assert len(re.findall(r"⟦end of ⟦", sent.content)) == 1
    assert (
        sent.content.count("⟦") == sent.content.count("⟧") == (5 if said.strip() else 4 + bool(sent.content[0] == "⟦"))
    )


# prompts


def test_files_stand_behind_their_message_and_are_named_in_the_record() -> None:
    built = prompt(message(1, "compare", text("1", 7), text("2", 8, "b.csv")), message(2, "please"))
    assert built.entries == ["v1", "f7", "f8", "v2"]
    content = built.messages[0].content
    assert content.index("compare") < content.index("a.csv") < content.index("b.csv") < content.index("please")
    assert len(content) <= built.tokens <= len(content) + 20  # counted by characters here


def test_pictures_stand_where_they_were_sent() -> None:
    built = prompt(message(1, "one", image(1)), message(2, "two", image(2, "q.png")), message(3, "three"))
    [sent] = built.messages
    assert isinstance(sent, PromptMessage)
    assert [sent.content[: picture.at].rpartition("\n\n")[2] for picture in sent.images] == [
        "⟦image ⟦p.png⟧⟧",
        "⟦image ⟦q.png⟧⟧",
    ]
    assert sent.images[0] == PromptImage(len("one\n\n⟦image ⟦p.png⟧⟧"), b"\x89PNG", "image/png", image_tokens(320, 320))


def test_a_model_that_does_not_see_is_told_of_a_picture() -> None:
    built = prompt(message(1, "one", image()), sees=False)
    assert built.messages[0].images == ()
    assert built.messages[0].content.endswith("⟦image ⟦p.png⟧: not shown: this model cannot see images⟧")
    assert built.entries == ["v1", "f1:unseen"]


def test_who_sends_a_file_without_words_is_named_and_others_stay_as_they_were() -> None:
    built = prompt(message(1, "", text("1"), author=BOB), alone=False)
    assert built.messages[0].content.startswith("⟦Bob⟧ (sent without words)\n\n⟦file ⟦a.csv⟧⟧")

    alone = prompt(message(1, "", text("1")), message(2, "sum it up"))
    assert alone.messages[0].content == "⟦file ⟦a.csv⟧⟧\n1\n⟦end of ⟦a.csv⟧⟧\n\nsum it up"


def test_a_file_is_something_to_answer() -> None:
    assert not is_blank(History([], [message(1, " ", text("x"))], alone=True), lambda said: said)


# how much


def words(count: int) -> str:
    return "word\n" * count


def total(files: Sequence[File]) -> int:
    return sum(file.tokens for file in files)


def test_what_fits_is_given_whole() -> None:
    files = fitted([text("short"), image(2), unread(FileOutcome.EMPTY, 3)], 1000, len)
    assert [file.reading for file in files] == [text("short").reading, PICTURE, Reading(FileOutcome.EMPTY)]
    assert [file.tokens for file in files] == [file_form.tokens(file, len) for file in files]


def test_a_long_text_is_cut_at_the_end_of_a_line_and_a_short_one_beside_it_is_not() -> None:
    long, short = fitted([text(words(1000)), text(words(10), 2)], 1000, len)
    assert short.reading.cut is None
    assert long.reading.cut == Cut(len(long.reading.text), 5000, "characters")
    assert long.reading.text.endswith("word\n")
    assert 800 < long.tokens + short.tokens <= 1000


def test_of_a_pdf_that_is_cut_again_nobody_knows_how_long_it_is() -> None:
    file = text(words(1000))
    [cut] = fitted([replace(file, reading=replace(file.reading, cut=Cut(3, 40, "pages")))], 500, len)
    assert cut.reading.cut == Cut(len(cut.reading.text), None, "characters")


def test_more_pictures_than_there_is_room_for_are_left_out_and_said_to_be() -> None:
    files = fitted([image(n) for n in range(1, 10)], 500, len)
    assert [file.reading.outcome for file in files] == [FileOutcome.READ] * 3 + [FileOutcome.TOO_MANY] * 6


@given(st.lists(st.integers(0, 3000), max_size=8), st.integers(0, 4000))
def test_files_stay_within_what_they_may_have(lengths: list[int], allowance: int) -> None:
    files = [text("x" * length, n) if length else image(n) for n, length in enumerate(lengths, 1)]
    fitting = fitted(files, allowance, len)
    assert [file.id for file in fitting] == [file.id for file in files]
    assert total([file for file in fitting if file.reading.outcome is FileOutcome.READ]) <= max(allowance, 0) + LEAST


@pytest.mark.parametrize(
    ("file", "outcome"),
    [
        (FileRef("F1", "a", "text/plain", LARGEST), None),
        (FileRef("F1", "a", "text/plain", LARGEST + 1), FileOutcome.TOO_BIG),
        (FileRef("F1", "a", "", None), None),
        (FileRef("F1", "a", "application/octet-stream"), None),
        (FileRef("F1", "a", "image/svg+xml"), None),
        (FileRef("F1", "a", "image/heic"), FileOutcome.UNSUPPORTED),
        (FileRef("F1", "a", "Video/MP4"), FileOutcome.UNSUPPORTED),
        (FileRef("F1", "a", "application/zip"), FileOutcome.UNSUPPORTED),
    ],
)
def test_what_nobody_reads_is_not_fetched(file: FileRef, outcome: FileOutcome | None) -> None:
    assert refused_unseen(file) == outcome


# what users are told


def asked(*messages: Message) -> History:
    return History([], messages, alone=True)


def test_of_what_was_said_beside_the_question_only_what_was_sent_is_named() -> None:
    context = [replace(message(n, "", unread(FileOutcome.BROKEN, n, f"{n}.pdf")), addressed=False) for n in (1, 2)]
    history = asked(*context, message(3, "", unread(FileOutcome.BROKEN, 3, "3.pdf")))
    [notice] = file_form.notices(history, sees=True, sent=["f2:broken"])
    assert notice.values["names"] == "2.pdf, 3.pdf"


def test_files_of_one_kind_are_named_together_and_beginnings_each() -> None:
    broken = [unread(FileOutcome.BROKEN, 1, "a.pdf"), unread(FileOutcome.BROKEN, 2, "b⟦\n.pdf")]
    cut = replace(text("x", 3), reading=Reading(FileOutcome.READ, "x", cut=Cut(1, 9, "pages")))
    said = file_form.notices(asked(message(1, "", *broken), message(2, "", cut, text("x", 4))), sees=True)
    assert [sentence(notice, "en") for notice in said] == [
        "I could not read a.pdf, b[ .pdf: it is damaged, or not what its name says.",
        "Of a.csv I read the first 1 of 9 pages.",
    ]


@pytest.mark.parametrize(
    "outcome", [each for each in FileOutcome if each not in (FileOutcome.PENDING, FileOutcome.READ)]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_a_sentence(outcome: FileOutcome, language: str) -> None:
    [notice] = file_form.notices(asked(message(1, "", unread(outcome))), sees=True)
    assert "x.zip" in sentence(notice, language)
    assert "not readable: " in file_form.form(unread(outcome), sees=True)


@pytest.mark.parametrize("cut", [Cut(1, 9, "pages"), Cut(1, 9, "characters"), Cut(1, None, "characters")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_beginning_is_a_sentence(cut: Cut, language: str) -> None:
    file = replace(text("x"), reading=Reading(FileOutcome.READ, "x", cut=cut))
    [notice] = file_form.notices(asked(message(1, "", file)), sees=True)
    assert "a.csv" in sentence(notice, language)
