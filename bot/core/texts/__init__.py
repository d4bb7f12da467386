"""
Every sentence that a user can be shown, one file a language: en.py, ko.py.

A sentence is found by its key; a notice of the core carries such a key and the values that the sentence names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.core.texts import en, ko
from bot.core.turn import Notice

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": en.SENTENCES, "ko": ko.SENTENCES}
LABELS: Mapping[str, Mapping[str, str]] = {"en": en.LABELS, "ko": ko.LABELS}
"""What stands in views of ours, beside or above something else; no sentences that may be found again in a thread."""
DEFAULT_LANGUAGE = "en"
_HANGUL = re.compile(r"[ᄀ-ᇿ㄰-㆏가-힣]")


def language_of(text: str, default: str = DEFAULT_LANGUAGE) -> str:
    """The language for the author of *text*, if nothing else is known of them."""
    return "ko" if _HANGUL.search(text) else default


def language_for(locale: str | None, text: str, default: str = DEFAULT_LANGUAGE, *, place: str | None = None) -> str:
    """
    The language for the author of *text*: that of their *locale* (ko-KR), else that of the *place* where they
    wrote it (a locale, too), else the text's, else *default*.

    The locale comes first, also for somebody who reads the platform in English and writes Korean: our sentences and
    buttons stand among the platform's own, and those are in the language that they chose. The answer itself is the
    model's, and follows the question.
    """
    spoken = ((each or "").replace("_", "-").partition("-")[0].lower() for each in (locale, place))
    return next((each for each in spoken if each in LANGUAGES), None) or language_of(text, default)


def sentence(notice: Notice, language: str) -> str:
    """The sentence for a notice. Numbers are grouped: 16,000."""
    sentences = LANGUAGES.get(language, LANGUAGES[DEFAULT_LANGUAGE])
    values = {key: f"{value:,}" if isinstance(value, int) else value for key, value in notice.values.items()}
    return sentences[notice.key].format(**values)


def label(key: str, language: str, **values: object) -> str:
    return LABELS.get(language, LABELS[DEFAULT_LANGUAGE])[key].format(**values)
