"""In which language the bot speaks to somebody: the platform's, as they have set it, else the text's, else its own."""

from __future__ import annotations

import pytest

from bot.core.texts import LANGUAGES, language_for
from bot.settings import LANGUAGES as CHOICES


@pytest.mark.parametrize(
    ("locale", "text", "default", "language"),
    [
        ("ko-KR", "hello", "en", "ko"),
        ("en-US", "안녕하세요", "ko", "en"),  # the menus around our buttons are English, too
        ("en-GB", "", "ko", "en"),
        ("ko_KR", "hello", "en", "ko"),
        ("KO", "hello", "en", "ko"),
        ("fr-FR", "안녕하세요", "en", "ko"),
        ("fr-FR", "bonjour", "ko", "ko"),
        (None, "안녕?", "en", "ko"),
        (None, "ㅋㅋ", "en", "ko"),
        (None, "hello", "en", "en"),
        (None, "hello", "ko", "ko"),
        ("", "🙂", "ko", "ko"),
        ("-", "hello", "en", "en"),
    ],
)
def test_the_language_of_our_sentences(locale: str | None, text: str, default: str, language: str) -> None:
    assert language_for(locale, text, default) == language


@pytest.mark.parametrize(
    ("locale", "place", "language"),
    [(None, "ko", "ko"), ("en-GB", "ko", "en"), ("fr", "ko", "ko"), ("fr", "de", "en"), (None, None, "en")],
)
def test_the_places_language_is_spoken_to_whom_nothing_is_known_of(
    locale: str | None, place: str | None, language: str
) -> None:
    assert language_for(locale, "hello", place=place) == language


def test_every_language_that_there_is_can_be_the_default() -> None:
    assert set(CHOICES) == set(LANGUAGES)
