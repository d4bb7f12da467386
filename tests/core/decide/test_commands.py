"""Commands are a closed list: what is on it is understood as people write it, and nothing else is a command."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.decide.commands import COURTESIES, PLACES, Command, parse
from bot.core.preferences.registry import LONG_ANSWERS, MODE, LongAnswers, Mode
from bot.core.preferences.setting import Scope, Setting
from bot.core.preferences.words import LONG_ANSWERS_WORDS, MODE_WORDS
from bot.core.texts import LABELS, LANGUAGES

Listed = tuple[Setting[Any], str, str]
"""A setting, a value, and words that set it."""
PHRASES: list[Listed] = [
    *((MODE, value, phrase) for value, phrases in MODE_WORDS.items() for phrase in phrases),
    *((LONG_ANSWERS, value, phrase) for value, phrases in LONG_ANSWERS_WORDS.items() for phrase in phrases),
]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("quiet", Command(MODE, Mode.QUIET)),
        ("Quiet.", Command(MODE, Mode.QUIET)),
        ("  QUIET!!  ", Command(MODE, Mode.QUIET)),
        ("please be quiet", Command(MODE, Mode.QUIET)),
        ("be quiet, please", Command(MODE, Mode.QUIET)),
        ("Don’t answer.", Command(MODE, Mode.QUIET)),
        ("quiet in this channel", Command(MODE, Mode.QUIET, Scope.CHANNEL)),
        ("please stay quiet in this thread", Command(MODE, Mode.QUIET, Scope.THREAD)),
        ("quiet in this channel please", Command(MODE, Mode.QUIET, Scope.CHANNEL)),
        ("in this channel, please be quiet", Command(MODE, Mode.QUIET, Scope.CHANNEL)),
        ("listen", Command(MODE, Mode.AUTO)),
        ("listen again, thanks!", Command(MODE, Mode.AUTO)),
        ("mention only", Command(MODE, Mode.MENTION)),
        ("Only answer when mentioned, please.", Command(MODE, Mode.MENTION)),
        ("mention only in this channel", Command(MODE, Mode.MENTION, Scope.CHANNEL)),
        ("조용히", Command(MODE, Mode.QUIET)),
        ("조용히 해 줘", Command(MODE, Mode.QUIET)),
        ("조용히 해줘", Command(MODE, Mode.QUIET)),
        ("조용히해주세요.", Command(MODE, Mode.QUIET)),
        ("좀 조용히 해 주세요~", Command(MODE, Mode.QUIET)),
        ("제발 조용히 좀 해", Command(MODE, Mode.QUIET)),
        ("이 채널에서는 조용히 해 줘", Command(MODE, Mode.QUIET, Scope.CHANNEL)),
        ("이 스레드에서 대답하지 마세요", Command(MODE, Mode.QUIET, Scope.THREAD)),
        ("다시 들어 줘", Command(MODE, Mode.AUTO)),
        ("이제 다시 들어 주세요!", Command(MODE, Mode.AUTO)),
        ("멘션할 때만", Command(MODE, Mode.MENTION)),
        ("멘션할 때만 답해 줘", Command(MODE, Mode.MENTION)),
        ("이 채널에서는 부를 때만 대답해 주세요", Command(MODE, Mode.MENTION, Scope.CHANNEL)),
        (unicodedata.normalize("NFD", "조용히 해 줘"), Command(MODE, Mode.QUIET)),
        ("조용히 해 줄래?", Command(MODE, Mode.QUIET)),
        ("이 채널에서 조용히 해주시겠어요？", Command(MODE, Mode.QUIET, Scope.CHANNEL)),
        ("다시 들어 줄래?!", Command(MODE, Mode.AUTO)),
        ("long answers as file", Command(LONG_ANSWERS, LongAnswers.FILE)),
        ("Long answers as a file, please.", Command(LONG_ANSWERS, LongAnswers.FILE)),
        ("send long answers as files in this channel", Command(LONG_ANSWERS, LongAnswers.FILE, Scope.CHANNEL)),
        ("long answers as messages", Command(LONG_ANSWERS, LongAnswers.MESSAGES)),
        ("in this thread, long answers as messages", Command(LONG_ANSWERS, LongAnswers.MESSAGES, Scope.THREAD)),
        ("긴 답변은 파일로", Command(LONG_ANSWERS, LongAnswers.FILE)),
        ("긴 답변은 파일로 보내 줘", Command(LONG_ANSWERS, LongAnswers.FILE)),
        ("긴 답은 파일로 해 주세요.", Command(LONG_ANSWERS, LongAnswers.FILE)),
        ("이 채널에서는 긴 답변은 파일로 보내주세요", Command(LONG_ANSWERS, LongAnswers.FILE, Scope.CHANNEL)),
        ("이제 긴 답변은 메시지로 올려 줄래?", Command(LONG_ANSWERS, LongAnswers.MESSAGES)),
        ("이 채널에서 긴 답변은 메시지로", Command(LONG_ANSWERS, LongAnswers.MESSAGES, Scope.CHANNEL)),
        (": quiet", Command(MODE, Mode.QUIET)),
        ("- 조용히 해 줘", Command(MODE, Mode.QUIET)),
    ],
)
def test_people_say_it_in_many_ways(words: str, command: Command[Any]) -> None:
    assert parse(words) == command


@pytest.mark.parametrize(
    "words",
    [
        "quiet cafés in Seoul?",
        "quiet cafés in Seoul",
        "quiet?",
        "listen?",
        "mention only？",
        "",
        "please",
        "in this channel",
        "이 채널에서",
        "quiet in that channel",
        "be quiet and tell me a joke",
        "what does quiet mean",
        "quiet mode vs mute",
        "listen to this",
        "stop",
        "answer again",
        "조용히 산다는 것",
        "조용히 해 줘 라고 영어로",
        "조용한 카페",
        "조용히 해?",
        "조용히 해 줄래? 왜?",
        "조용한 카페 알려 줄래?",
        "long answers as files or messages",
        "long answers",
        "answer as a file",
        "긴 답변은 파일로 어떻게 보내",
        "답변은 파일로 저장해 줘",
        ":: quiet",
        "다시 말해 줘",
        "다시 답해 줘",
        "멘션할 때만 답하는 봇 만들어 줘",
        '"quiet"',
        "`quiet`",
        "> quiet",
        "@lee quiet",
        "quiet @lee",
        "quiet:",
        "quiet\nlisten",
        "please quiet please the baby",
        "quiet " * 40,
    ],
)
def test_anything_more_or_less_is_a_question(words: str) -> None:
    assert parse(words) is None


@given(
    st.sampled_from(PHRASES),
    st.sampled_from(["", *COURTESIES]),
    st.sampled_from(["", *PLACES]),
    st.sampled_from(["", ".", "!", "~", "…", " . "]),
    st.booleans(),
)
def test_the_list_with_courtesy_place_and_punctuation_is_understood(
    listed: Listed, courtesy: str, place: str, end: str, loud: bool
) -> None:
    setting, value, phrase = listed
    words = " ".join(part for part in (place, courtesy, phrase) if part) + end
    assert parse(words.upper() if loud else words) == Command(setting, setting.read(value), PLACES.get(place))


@given(
    st.sampled_from(PHRASES),
    st.text(st.characters(categories=("L", "N", "So", "Sm")), min_size=1, max_size=12),
    st.booleans(),
)
def test_one_more_word_makes_a_question(listed: Listed, word: str, before: bool) -> None:
    phrase = listed[2]
    words = f"{word} {phrase}" if before else f"{phrase} {word}"
    found = parse(words)
    assume(found is None or not _is_of_the_list(words))
    assert found is None


@given(st.text(max_size=100))
def test_nothing_else_is_a_command_and_nothing_breaks_it(words: str) -> None:
    if parse(words) is not None:
        assert _is_of_the_list(words)


def _is_of_the_list(words: str) -> bool:
    """Written independently: whether only words of the list, courtesies and places are in it."""
    left = unicodedata.normalize("NFC", words).casefold().replace("’", "'")
    known = {*(phrase for *_, phrase in PHRASES), *COURTESIES, *PLACES}
    for phrase in sorted(known, key=len, reverse=True):
        left = left.replace(phrase, " ").replace(phrase.replace(" ", ""), " ")
    return not any(character.isalnum() for character in left)


def quoted(text: str) -> list[str]:
    return re.findall("“(.+?)”", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_that_a_confirmation_names_is_understood(language: str) -> None:
    confirmations = {key: text for key, text in LANGUAGES[language].items() if key.startswith(("mode_", "long_"))}
    named = {key: quoted(text) for key, text in confirmations.items()}
    assert all(named.values())
    assert [(key, words) for key, all_words in named.items() for words in all_words if parse(words) is None] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_home_tab_names_every_choice_in_words_that_are_understood(language: str) -> None:
    commands = [parse(words) for words in quoted(LABELS[language]["home_how"])]
    assert {command.name for command in commands if command is not None} == {
        f"{each.key} {value}" for each, value, _ in PHRASES
    }
    assert None not in commands
