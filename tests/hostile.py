"""Texts that make careless code slow: long runs of a character, of what opens and never closes, of what nests."""

from __future__ import annotations

import sys
from collections.abc import Iterator

LENGTH = 40_000  # characters; the longest text of a message in Slack

BLANKS = [character for code in range(sys.maxunicode + 1) if (character := chr(code)).isspace()]
UNSEEN = ["\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\u3164", "\ufe0f", "\U000e0061", "\0", "\ud800"]
SIGNS = [*"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~⟦⟧…。？”’–"]
LETTERS = [*"aAUW07é가야님İﷺ😀", "\u1100", "\u0301", "\U0001f1f0"]
WORDS = """
a·|a·b·|a→|·a↵|↵↵|·↵|\\u0020|\\ud800|가·|가나다|스레드봇·|threadbot·|👨\u200d|e\u0301|\u1100\u1161|\U0001f1f0\U0001f1f7
**a|**a·|*a·|*a**·|__a·|_a|~~a·|a**|***|**a*·|*·|a*b|**가|*a_|**"|- -|* *·|_ _·|==|=↵|---↵|*a|~a·|__|**
[a](|[a](b)·|[](|](|![|![a](|[![|[a]|[a][|[a]:·b↵|[[]|[a](b·"|(a|(a)|()|(()|[a](((|[a](<|[a](http://a|]*a·|]·
\\[|\\]|\\(|\\)|$a|$$a|$a·|\\·|`a|`a``|```·|```↵|~~~↵|```a↵```↵|a```|~~~a
-·|-·-·|1.·|1)·a↵|-·a↵|-·[·]·|··-·a↵|>·|>·>·|>·a↵|>·-·|#·|#↵|#·a↵|#a|######·|a·#|a·↵
¦|¦a|¦·a·|¦a¦↵|¦-|¦-¦↵|¦a¦b¦↵¦-¦-¦↵|\\¦|:-|¦:-:|-¦|a¦↵-¦↵|¦`a
&a|&lt;|&gt;|&amp;|&#60;|&#x3c;|&#|&#0|&lt;!|&gt;&gt;|&&lt;|&lt;http://a|&lt;@U1&gt;
<@|<@U|<@U1>·|<@U1¦|<@UBOT>|·<@UBOT>|<@UBOT>·|<@UBOT¦a|<@UBOT>↵|<!|<!here|<!here>·|<!date^|<#C1¦|<http://a¦|<http://a
<http://a¦b>|<·|<a>|<a·|</think>|<think>|<!--|<![CDATA[|<?|</a|<¦endoftext¦>
@a|@a·|@threadbot·|·@threadbot|@-|hey·|hey,·|안녕·|thanks·|thank·you·threadbot·|threadbot·is·|?·|?!|...|.·|a.|a.b|a,·|a…|줄래?
http://|http://a|http://a.com·|https:/|www.|www.a|a.com|mailto:a@|a@b.c·|://|a-|a-b.|a.b.com
data:·|[DONE]|data:·[DONE|not·|image·|content·|not·support·|exceeds·the·|request·too·large·for·|context·length·|image_url
maximum·context·length·is·|1,|1:|0·|a0|aA|⟦a⟧|⟦⟧|⟦a|⟦⟦|{|{}|{"a":|[1,|"a|'a|""·|=·|a=b·
"""
"""What opens and never closes, nests or nearly fits, by lines and bars: · is a space, → a tab, ↵ a newline, ¦ a bar."""
_SIGNS = str.maketrans({"·": " ", "→": "\t", "↵": "\n", "¦": "|"})
UNITS = [
    *BLANKS,
    *UNSEEN,
    *SIGNS,
    *LETTERS,
    *(word.translate(_SIGNS) for word in WORDS.strip().replace("\n", "|").split("|")),
]

_BESIDE_BLANKS = ("a", "7", "가", "[a](", "<@UBOT", "](", "**", "~~", "hey", "@a", "threadbot", "|-", "|a|\n|-|\n|")


def run(unit: str, length: int = LENGTH) -> str:
    return (unit * (length // len(unit) + 1))[:length]


def runs(length: int = LENGTH) -> Iterator[str]:
    """Each unit again and again, where what follows it does not fit."""
    for unit in dict.fromkeys(UNITS):
        yield f"x{run(unit, length)}x\n"


def alone() -> Iterator[str]:
    for unit in dict.fromkeys(UNITS):
        yield run(unit)


def pairs(length: int = LENGTH) -> Iterator[str]:
    """Blanks around something, two signs that belong together, runs of growing length."""
    for blank in (" ", "\t", "\n", "\u3000"):
        for sign in (
            *SIGNS,
            "a",
            "7",
            "가",
            "[a](",
            "<@UBOT",
            "](",
            "**",
            "~~",
            "hey",
            "@a",
            "threadbot",
            "|-",
            "|a|\n|-|\n|",
        ):
            yield f"{sign}{run(blank, length)}{sign}"
            yield f"a{sign}{run(blank, length)}x"
    for sign in SIGNS:
        for inner in ("a", " ", "가", "7"):
            yield run(sign * 20 + inner * 20, length)
            yield run(sign, length // 2) + run(inner, length // 2) + "\n"
        yield "a".join(sign * times for times in range(1, int((2 * length) ** 0.5)))
    for first, second in ("[]", "()", "<>", "⟦⟧", "{}", "[(", "(["):
        yield run(first, length // 2) + run(second, length // 2)


def shown(text: str) -> str:
    """How a text is called in a message of a test."""
    return f"{text[:12]!r} … {text[-6:]!r}"
