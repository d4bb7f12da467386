"""Nothing that a model writes calls anybody or is replaced by Discord, whatever way it takes, at any moment."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.markdown import ZERO_WIDTH_SPACE
from bot.platforms.discord.markup.message import LIMIT, Piece, beginning, content, pieces, shortened
from bot.platforms.discord.markup.own_message import answer_of
from bot.platforms.discord.markup.text import literal, safe, thread_name, units

# A recognizer of its own: by hand, and more suspicious than Discord is.


def replaced(text: str) -> str:
    """The first token in *text*, as it is or with escapes undone; empty when there is none."""
    without = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)
    seen = [re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", each) for each in (text, without)]
    return next(filter(None, map(_token, (text, without, *seen))), "")


def _token(text: str) -> str:
    for start, character in enumerate(text):
        rest = text[start + 1 :]
        if character == "@" and rest.startswith(("everyone", "here")):
            return text[start : start + 9]
        if character == "<" and ">" in rest and _is_token(rest[: rest.index(">")]):
            return text[start : start + 40]
    return ""


def _is_token(body: str) -> bool:
    name, _, last = body.rpartition(":")
    for prefix in ("@!", "@&", "@", "#"):
        if body.startswith(prefix):
            return _digits(body[len(prefix) :])
    if body.startswith("t:"):
        return _digits(body[2:].split(":")[0].removeprefix("-"))
    if body.startswith("id:"):
        return body[3:4].isalpha()
    if body[:1] == "/":
        return len(name) > 1 and _digits(last) and "\n" not in name
    return body.startswith((":", "a:")) and name.count(":") == 1 and name[-1] != ":" and _digits(last)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


TOKENS = [
    "<@12>",
    "<@!12>",
    "<@&12>",
    "<#12>",
    "@everyone",
    "@here",
    "<t:12>",
    "<t:-12:R>",
    "<:smile:12>",
    "<a:dance:12>",
]
TOKENS += [
    "</ask:12>",
    "</ask it now:12>",
    "<id:customize>",
    "<id:linked-roles:12>",
    "<@&amp;12>",
    "&lt;@12&gt;",
    "<&#64;12>",
]
TOKENS += [
    "&commat;everyone",
    "@\0here",
    "<\0@12>",
    "<\x1b#12>",
    "<&#35;12>",
    "@&#101;veryone",
    "<t&colon;12>",
    "<@1\x002>",
]
TOKENS += ["<\\@12>", "\\<@12>", "\\@everyone", "<t\\:12>", "<\\:smile:12>", "<a&#58;dance:12>", "&#x3C;&#x2f;ask:12>"]
AROUND = ["{}", "말 {}은", "`{}`", "``{}``", "```\n{}\n```", "```{}\n```", "~~~{}\n{}", "[a]({})", "[{}](https://x.y)"]
AROUND += [
    "**{}**",
    "__{}__",
    "<{}",
    "| {} | b |",
    "![{}](https://x.y/z.png)",
    "![]({})",
    "[a][1]\n\n[1]: https://x.y '{}'",
]
AROUND += [
    "# {}",
    "##### {} #",
    "> {}",
    "- [ ] {}",
    "||{}||",
    "-# {}",
    "| a | b |\n|---|---|\n| {} | {} |",
    "https://x.y/{}",
]
AROUND += [
    "<b>{}</b>",
    "a<br>{}",
    "[{}",
    "[![{}](a)](https://x.y)",
    "1. ```\n   {}\n   ```",
    "<[{}](https://x.y",
    "@{}",
    "[{}](b)",
]


@pytest.mark.parametrize("token", [each for each in TOKENS if ";" not in each and "\0" not in each])
def test_the_recognizer_knows_tokens(token: str) -> None:
    for text in (token, f"말{token}", f"`{token}`", f"[{token}](https://x.y)"):
        assert replaced(text)
    assert not replaced(token.replace("<", f"<{ZERO_WIDTH_SPACE}").replace("@", f"@{ZERO_WIDTH_SPACE}"))


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("token", TOKENS)
def test_no_token_is_one_in_any_form(token: str, around: str) -> None:
    text = around.replace("{}", token)
    for shown in shown_forms(text):
        assert not replaced(shown), shown


def shown_forms(text: str) -> list[str]:
    """What is sent for *text* in every form that there is, in all states of its being written."""
    states = [piece for end in range(len(text) + 1) for piece in beginning(text[:end])]
    long = text + " word" * 450 + text
    return [
        *map(sent, (*states, *pieces(text, [text]), *pieces(long), *shortened(f"{text}.", [text]))),
        *(literal(text), safe(text), thread_name(text, "Conversation")),
    ]


def sent(piece: Piece) -> str:
    message = content(piece)
    assert 0 < units(str(message["content"])) <= LIMIT
    return str(message["content"])


SCRAPS = [
    "<",
    "@",
    "!",
    "&",
    "#",
    ":",
    ">",
    "/",
    "t",
    "a",
    "id",
    "1",
    "12",
    "-",
    "\\",
    "here",
    "everyone",
    "smile",
    "\0",
    "\n",
]
SCRAPS += [
    " ",
    "`",
    "```",
    "~~~",
    "*",
    "**",
    "__",
    "[",
    "](",
    ")",
    "]",
    "(",
    "|",
    "||",
    "| ",
    "|-|-|\n",
    "- ",
    "1. ",
    "> ",
    "-# ",
]
SCRAPS += [
    "&lt;",
    "&#64;",
    "&commat;",
    "&amp;",
    "한",
    ZERO_WIDTH_SPACE,
    "\u200d",
    "https://x.y",
    "<br>",
    "<b>",
    "</b>",
    "![",
    "👍🏽",
]
texts = st.lists(st.sampled_from(SCRAPS), max_size=24).map("".join)


@settings(max_examples=400)
@given(texts, st.integers(min_value=1, max_value=9))
@example("<[@12>](https://x.y", 1)
@example("<![@1](https://x.y)", 1)
@example("`<br>`@&#104;ere", 3)
def test_nothing_that_can_be_written_is_a_token_at_any_moment(text: str, size: int) -> None:
    made = [beginning(text[:end]) for end in range(0, len(text) + 1, size)]
    for piece in [*(each for some in made for each in some), *pieces(text, [f"Note {text}"])]:
        assert not replaced(sent(piece)), sent(piece)
    assert not replaced(thread_name(text, "Conversation"))
    assert units(thread_name(text, "Conversation")) <= 100


@settings(max_examples=200)
@given(texts, st.lists(texts, max_size=2))
def test_a_message_tells_itself_what_of_it_is_an_answer(text: str, notes: list[str]) -> None:
    alone = [str(content(piece)["content"]) for piece in pieces(text)]
    read = [str(answer_of(content(piece))["content"]) for piece in pieces(text, [f"Note {each}" for each in notes])]
    assert [each.rstrip() for each in read if each] == alone


def open_code(text: str) -> str:
    """What follows three backticks that nothing closes, as Discord reads from left to right; empty when all is well."""
    at = 0
    while at < len(text):
        code = re.compile(r"```[^\n`]*\n*[^\n][\s\S]*?```|(`+)[\s\S]*?[^`]\1(?!`)|\\.").match(text, at)
        if code is None and text.startswith("```", at):
            return text[at:]
        at = code.end() if code else at + 1
    return ""


@settings(max_examples=200)
@given(texts)
@example("```<`")
@example("`<```")
@example("```<````")
@example("\n```")
def test_code_that_is_opened_is_closed_in_each_message(text: str) -> None:
    for piece in [*pieces(text), *beginning(text), *pieces("```py\n" + text * 200)]:
        assert not open_code(sent(piece)), sent(piece)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "</div>",
            "<T: int>",
            "List<a>",
            "kim@example.com",
            "#include <stdio.h>",
            "a < b > c",
            "<!-- a -->",
            "<a: b>",
        ),
        *(
            "if (a <b && c> d)",
            "@property",
            "@Here",
            "<https://example.com>",
            "std::vector<t::x>",
            "10:30:45",
            "</a></b:c>",
        ),
    ],
)
def test_what_only_looks_like_a_token_survives_a_copy(text: str) -> None:
    assert safe(text) == text
    assert str(content(pieces(f"`{text}`")[0])["content"]) == f"`{text}`"
