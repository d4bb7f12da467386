"""Nothing that a model or a user writes pings, whatever way it takes; links show where they go."""

from __future__ import annotations

import html
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.markdown import ZERO_WIDTH_SPACE, Growing, spaced, split
from bot.platforms.slack.markup.message import beginning, content, pieces
from bot.platforms.slack.markup.mrkdwn import mrkdwn
from bot.platforms.slack.markup.text import notification, safe

# A recognizer of its own: by hand, character by character, and more suspicious than Slack is.


def pings(text: str) -> str:
    """The first token in *text*, in any of the readings that somebody may give it; empty when there is none."""
    readings = {text, html.unescape(text), html.unescape(html.unescape(text))}
    readings |= {reading.replace("\\", "").replace("\0", "") for reading in readings}
    return next(filter(None, map(_token, readings)), "")


def _token(text: str) -> str:
    for start, character in enumerate(text):
        if character == "<":
            body = text[start + 1 :].split(">", 1)
            target = body[0].split("|")[0].strip()
            if (len(body) == 2 or "|" in body[0]) and _calls(target):
                return text[start : start + 40]
    return ""


def _calls(target: str) -> bool:
    kind, name = target[:1], target[1:].strip()
    if kind == "!":
        word = name.split("^")[0].lower()
        return word in {"channel", "here", "everyone", "group"} or (word in {"subteam", "date"} and "^" in name)
    letters = {"@": "UWB", "#": "CGD"}.get(kind, "")
    return name[:1] in set(letters) and len(name) > 1 and all(c.isdigit() or "A" <= c <= "Z" for c in name)


@pytest.mark.parametrize("token", ["<!channel>", "<!here|x>", "<@U1>", "<@W12|kim>", "<#C1>", "<!subteam^S1>"])
def test_the_recognizer_knows_tokens(token: str) -> None:
    for text in (token, f"말{token}", html.escape(token), token.replace("!", "\\!"), f"[{token}](https://x.y)"):
        assert pings(text)


TOKENS = ["<!channel>", "<!here>", "<!everyone>", "<!here|here>", "<!Channel>", "<!group>", "<!subteam^S12>"]
TOKENS += ["<!date^1^{date}|x>", "<@U1ABC>", "<@W1ABC>", "<@U1|kim>", "<#C12>", "<#C12|general>", "<!channel|x>"]
TOKENS += ["<\\!channel>", "&lt;!channel&gt;", "&LT;!here>", "&#60;@U1>", "&#x3C;@U1&#x3e;", "<&#33;channel>"]
TOKENS += ["< !here>", "<\n@U1>", "<!he\0re>", "<\0@U1>", "<@U" + "&#x000041;" * 21 + ">"]
TOKENS += ["<!&#104;ere>", "<@U1&gt;", "<!channel&#62;", "\\<!channel>", "&amp;lt;!channel&amp;gt;", "<! here>"]
AROUND = ["{}", "말 {}은", "`{}`", "```\n{}\n```", "[a]({})", "[{}](https://x.y)", "**{}**", "<{}", "| {} | b |"]
AROUND += ["![{}](https://x.y/z.png)", "[a][1]\n\n[1]: https://x.y '{}'", "# {}", "> {}", "- **{}**은", "~~{}~~"]
AROUND += ["| a | b |\n|---|---|\n| {} | {} |", "https://x.y/{}", "<https://x.y|{}>", "[{}", "**'{}'**은"]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("token", TOKENS)
def test_no_token_pings_in_any_form(token: str, around: str) -> None:
    text = around.replace("{}", token)
    if "&amp;" not in token:  # Slack unescapes once, if at all
        assert pings(text)
    for shown in shown_forms(text):
        assert not pings(shown) or "&amp;" in token, shown


def shown_forms(text: str) -> list[str]:
    """What is sent for *text* in every form that there is, in all states of its being written."""
    forms = [shown for end in range(len(text) + 1) for shown in begun(text[:end])]
    for limit in (12, 40, 4_000):
        forms += split(spaced(safe(text)), limit)
    return forms + streamed(text, 1)


def begun(text: str) -> list[str]:
    """The messages of an answer that is still being written, with blocks."""
    return [piece.markdown for piece in beginning(text, plain=False)]


def streamed(text: str, size: int) -> list[str]:
    """What a stream shows at every moment."""
    growing, states = Growing(), list[str]()
    for end in [*range(size, len(text) + 1, size), len(text)]:
        growing.take(safe(text[:end], unfinished=True))
        states.append(growing.shown)
    return states


SCRAPS = ["<", "!", "@", "#", "|", "^", ">", "&", "lt", "gt", "amp", ";", "#60", "#x3c", "\\", "here", "channel"]
SCRAPS += ["everyone", "subteam", "date", "U1", "W1A", "C12", " ", "\n", "`", "```", "*", "**", "[", "](", ")", "한"]
SCRAPS += ["https://x.y", "- ", "| ", "(", "]", ":", ZERO_WIDTH_SPACE, "\u200d", "S1"]
pieces_of_tokens = st.lists(st.sampled_from(SCRAPS), max_size=24).map("".join)


@settings(max_examples=300)
@given(pieces_of_tokens, st.integers(min_value=8, max_value=60), st.integers(min_value=1, max_value=9))
@example("<!chan\\nel>", 8, 1)
@example("&lt;!here&gt;", 9, 2)
@example("<[!channel>](https://x.y", 60, 1)
@example("&l[t;@U1&gt;](h", 60, 1)
def test_nothing_that_can_be_written_pings_at_any_moment(text: str, limit: int, size: int) -> None:
    for shown in [*streamed(text, size), *split(spaced(safe(text)), limit), safe(text)]:
        assert not raw_ping(shown), shown
    for end in range(0, len(text) + 1, size):
        assert not any(map(raw_ping, begun(text[:end])))


def raw_ping(text: str) -> str:
    """As pings(), unescaped once at most: twice is nobody's reading."""
    readings = {text, html.unescape(text)}
    return next(filter(None, map(_token, readings | {reading.replace("\\", "") for reading in readings})), "")


@settings(max_examples=200)
@given(pieces_of_tokens, st.booleans())
def test_no_form_of_a_message_pings(text: str, finished: bool) -> None:
    made = pieces if finished else beginning
    for piece in made(text, plain=True):
        assert not _token(str(content(piece, plain=True)["text"]))
    for piece in made(text, plain=False):
        assert not raw_ping(piece.open_end)
        message = content(piece, plain=False)
        assert not _token(str(message["text"]))
        assert not any(raw_ping(block["text"]) for block in message["blocks"])
    assert not _token(mrkdwn(safe(text)))
    assert not _token(notification(text))


@given(pieces_of_tokens, st.integers(min_value=1, max_value=9))
def test_what_was_shown_of_a_beginning_stays(text: str, size: int) -> None:
    shown = ""
    for end in range(0, len(text) + 1, size):
        now = safe(text[:end], unfinished=True)
        assert now.startswith(shown)
        shown = now
    assert safe(text).startswith(shown)


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html>",
        "<!-- a note -->",
        "#include <stdio.h>",
        "List<String>",
        "a < b > c",
        "<@property>",
        "<https://example.com>",
        "<https://example.com/a|the page>",
        "if (a <b && c> d)",
        "<!important",
        "&lt;div&gt;",
        "vector<U1>",
        "<#top>",
        "<!channels>",
    ],
)
def test_what_only_looks_like_a_token_survives_a_copy(text: str) -> None:
    for around in AROUND[:4]:
        whole = around.replace("{}", text)
        assert spaced(safe(whole)) == whole
        assert streamed(f"{whole}\n\nend", 3)[-1].startswith(whole)


Z = ZERO_WIDTH_SPACE
LINKS = {
    "another bank": ("[https://bank.com](https://evil.com)", "[https://bank.com](https://evil.com)| (evil.com)|"),
    "without a scheme": ("[bank.com](https://evil.com/a)은", "[bank.com](https://evil.com/a)| (evil.com)|은"),
    "before a Korean particle": (
        "[bank.com에서](https://evil.com)",
        "[bank.com에서](https://evil.com)| (evil.com)|",
    ),
    "of another country": ("[bank.nl](https://evil.com)", "[bank.nl](https://evil.com)| (evil.com)|"),
    "in words": ("[go to www.bank.com](http://evil.com)", "[go to www.bank.com](http://evil.com)| (evil.com)|"),
    "with marks": ("[**bank.com**](https://evil.com)", "[**bank.com**](https://evil.com)| (evil.com)|"),
    "with invisible letters": ("[ba\u200bnk.com](//x) [ba\u200bnk.com](https://evil.com)", None),
    "with a name before": (
        "[bank.com](https://bank.com@evil.com)",
        "[bank.com](https://bank.com@evil.com)| (evil.com)|",
    ),
    "a longer name": (
        "[bank.com](https://bank.com.evil.io)",
        "[bank.com](https://bank.com.evil.io)| (bank.com.evil.io)|",
    ),
    "as entities": ("[bank&#46;com](https://evil.com)", "[bank&#46;com](https://evil.com)| (evil.com)|"),
    "in brackets": ("[[bank.com]](https://evil.com)", "[[bank.com]](https://evil.com)| (evil.com)|"),
    "with a title": ('[bank.com](https://evil.com "x")', '[bank.com](https://evil.com "x")| (evil.com)|'),
    "as a picture": ("![bank.com](https://evil.com)", "![bank.com](https://evil.com)| (evil.com)|"),
    "as Slack writes it": ("<https://evil.com|bank.com>", "<https://evil.com|bank.com>| (evil.com)|"),
    "by a reference": ("[bank.com][1]\n\n[1]: https://evil.com", "[bank.com]|[1]\n\n[1]: https://evil.com"),
    "by its own name": ("[bank.com]\n\n[bank.com]: https://evil.com", "[bank.com]\n\n[bank.com]|: https://evil.com"),
    "by mail": ("[me@bank.com](mailto:me@evil.com)", "[me@bank.com](mailto:me@evil.com)| (evil.com)|"),
}


@pytest.mark.parametrize(("text", "shown"), LINKS.values(), ids=LINKS.keys())
def test_a_label_that_looks_like_another_address_is_not_alone(text: str, shown: str | None) -> None:
    if shown is None:
        assert safe(text) == f"{text}{Z} (evil.com){Z}"
    else:
        assert safe(text).replace(Z, "|") == shown
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize(
    "text",
    [
        "[the bank](https://evil.com)",
        "[https://bank.com/a](https://bank.com/a)",
        "[bank.com](https://www.bank.com/login?x=1#y)",
        "[bank.com에서](https://bank.com)",
        "[order id](https://docs.io/order)",
        "[README.md](README.md)",
        "[한국어 문서](https://ko.wikipedia.org/wiki/가_(나))",
        "[1. a.b](https://x.y)",
        "[me@bank.com](mailto:me@bank.com)",
        "[a][1]\n\n[1]: https://x.y",
        "```md\n[https://bank.com](https://evil.com)\n```",
        "a[0][1] and x]:y",
    ],
)
def test_other_links_stay_as_they_are(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    "part", ["<", "&lt;", "<!", "<!here", "[", "](", "](https://x.y)", "[a.com](b", "<https://x|", "]["]
)
def test_a_hundred_thousand_characters_take_no_seconds(part: str) -> None:
    started = time.process_time()
    safe(part * (100_000 // len(part)))

    assert time.process_time() - started < 3
