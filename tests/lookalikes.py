"""
Writes the table of bot/core/prompt/lookalikes.py from Unicode's file: `python -m tests.lookalikes confusables.txt`.

Source: https://www.unicode.org/Public/security/latest/confusables.txt
"""

from __future__ import annotations

import re
import sys
import textwrap
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

MODULE = Path(__file__).parent.parent / "bot" / "core" / "prompt" / "lookalikes.py"
BEGIN, END = '_TABLE = """\n', '"""\n'
# Letters that may be taken for one another, and that Unicode's list does not know or does not bring together.
OURS = {
    **dict(zip("ĸ〇丨匕乂厶", "kOlヒメム", strict=True)),
    **dict(zip("ハチオリソシミ", "八千才りンツ三", strict=True)),
    **dict(zip("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", strict=True)),
    **dict(zip("ぁぃぅぇぉっゃゅょゎ", "あいうえおつやゆよわ", strict=True)),
    # Of Hangul, where syllables are taken apart: ㅁ ㅅ ㅇ ㅏ ㅜ ㅣ
    **dict(zip("\u1106\u1109\u110b\u1161\u116e\u1175", "口人O卜Tl", strict=True)),
}
_LETTER = re.compile(
    r"(?:LATIN LETTER SMALL CAPITAL|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER|REGIONAL INDICATOR SYMBOL LETTER)"
    r" ([A-Z])"
)


def alike(lines: Iterable[str]) -> dict[str, str]:
    """What single characters look like, as *lines* of Unicode's say, and letters that they leave out."""
    found: dict[str, str] = {}
    for line in lines:
        source, _, target = line.partition("#")[0].partition(";")
        codes = target.partition(";")[0].split()
        if codes and len(source.split()) == 1:
            found[chr(int(source, 16))] = "".join(chr(int(code, 16)) for code in codes)
    names = ((chr(code), _LETTER.fullmatch(unicodedata.name(chr(code), ""))) for code in range(sys.maxunicode))
    return found | OURS | {each: name[1].lower() for each, name in names if name}


def table(pairs: Mapping[str, str]) -> dict[str, str]:
    """Each character with the letters that it comes to in the end, where these are not itself."""
    ends = {source: _end(source, pairs) for source in pairs if unicodedata.normalize("NFKD", source) == source}
    return {source: end for source, end in ends.items() if end not in ("", source) and not _is_needless(source, pairs)}


def _end(text: str, pairs: Mapping[str, str]) -> str:
    for _ in range(9):  # more steps than there are from any character to its end
        shown = unicodedata.normalize("NFKD", "".join(pairs.get(each, each) for each in text))
        text = "".join(each for each in shown if each.isalnum())
    return text


def _is_needless(source: str, pairs: Mapping[str, str]) -> bool:
    """A sign that looks like several letters (%), and a double letter of Hangul: syllables would look like others."""
    return len(pairs[source]) > 1 and (not source.isalnum() or unicodedata.name(source, "").startswith("HANGUL"))


def written(found: Mapping[str, str]) -> str:
    """For each look: it, then all that looks so. As code points: as letters they could not be told apart."""
    sources: dict[str, list[str]] = defaultdict(list)
    for source, end in sorted(found.items()):
        sources[end].append(f"{ord(source):X}")
    rows = (" ".join(["+".join(f"{ord(each):X}" for each in end), *sources[end]]) for end in sorted(sources))
    return textwrap.fill("; ".join(rows), 120) + "\n"


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text(encoding="utf-8-sig").splitlines()
    before, _, rest = MODULE.read_text(encoding="utf-8").partition(BEGIN)
    made = f"{before}{BEGIN}{written(table(alike(lines)))}{END}{rest.partition(END)[2]}"
    MODULE.write_text(made, encoding="utf-8")
