"""How much of a text fits into a number of messages. Pure; the platform knows how much a message holds."""

from __future__ import annotations

from collections.abc import Callable

EXACT = 64  # characters; the result may be this much too short
LONGEST_WORD = 200  # characters


def fitting(text: str, messages: int, limit: int, count: Callable[[str], int]) -> str:
    """
    The longest beginning of *text* that fits into *messages* of about *limit* characters. It ends with a whole word.

    *count* returns how many messages a text takes.
    """
    if messages < 1:
        return ""
    fits, over = 0, min(len(text), 2 * limit * messages) + 1
    if over > len(text):
        if count(text) <= messages:
            return text
        over = len(text)
    while over - fits > EXACT:
        middle = (fits + over) // 2
        fits, over = (middle, over) if count(text[:middle]) <= messages else (fits, middle)
    space = max(text.rfind(" ", fits - LONGEST_WORD, fits), text.rfind("\n", fits - LONGEST_WORD, fits))
    return text[: space if space > 0 else fits].rstrip()
