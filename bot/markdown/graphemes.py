"""
Where a text may be cut between two characters: not before a combining mark, inside an emoji or a Hangul syllable. And
which characters nobody sees.

The common part of Unicode's UAX #29, from the standard library alone.
"""

from __future__ import annotations

import re
import unicodedata

LOOK_BACK = 64  # characters; longer clusters are cut
ZWJ = "\u200d"
_BLANK_BRAILLE = "\u2800"
# Ignorable, and not in the category Cf; U+2065, U+FFF0 and the tags may be unassigned.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\uffa0\ufe00-\ufe0f\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def boundary(text: str, at: int, lowest: int) -> int:
    """The last position from *lowest* + 1 to *at* where *text* may be cut; *at* itself when there is none."""
    for position in range(at, max(lowest, at - LOOK_BACK), -1):
        if not _joined(text, position):
            return position
    return at


def _joined(text: str, at: int) -> bool:
    """Whether readers see the characters on both sides of *at* as one."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return before == "\r" and after == "\n"
    return (
        ZWJ in (before, after)
        or unicodedata.category(after) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= after <= "\U000e007f"  # tags, as in the flag of Wales
        or _jamo_joined(before, after)
        or (
            "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"
        )  # a surrogate pair that was never combined
        or _flag_joined(text, at)
    )


def _jamo_joined(before: str, after: str) -> bool:
    """Hangul in separate letters: a vowel joins the lead before it, a tail joins the vowel or syllable before it."""
    if "\u1160" <= after <= "\u11a7":
        return "\u1100" <= before <= "\u11a7" or "가" <= before <= "힣"
    if "\u11a8" <= after <= "\u11ff":
        return "\u1160" <= before <= "\u11ff" or "가" <= before <= "힣"
    return "\u1100" <= before <= "\u115f" and "\u1100" <= after <= "\u115f"


def _flag_joined(text: str, at: int) -> bool:
    """A flag is a pair of regional indicators, so a cut after an odd number of them divides one."""
    if not _indicator(text[at]):
        return False
    first = at
    while first > max(0, at - LOOK_BACK) and _indicator(text[first - 1]):
        first -= 1
    return (at - first) % 2 == 1


def _indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def is_ignorable(character: str) -> bool:
    """Whether it is shown as nothing by design: UAX #44, Default_Ignorable_Code_Point, and what else is in Cf."""
    return unicodedata.category(character) == "Cf" or _IGNORABLE.match(character) is not None


def is_visible(text: str) -> bool:
    """Whether a reader sees anything of it: blanks, fillers and invisible characters are no words."""
    return any(
        unicodedata.category(character)[0] not in "ZC" and character != _BLANK_BRAILLE and not is_ignorable(character)
        for character in text
    )
