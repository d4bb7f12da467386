"""A link's label does not hide where the link goes, whatever letters and marks it is written with."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.markdown import ZERO_WIDTH_SPACE as Z
from bot.platforms.common.hosts import host_of
from bot.platforms.common.links import with_targets, with_targets_of_tokens
from bot.platforms.slack.markup.message import content, pieces
from bot.platforms.slack.markup.mrkdwn import mrkdwn
from bot.platforms.slack.markup.text import safe

SHOWN = f"{Z} (evil.com){Z}"

LABELS = {
    "a top-level domain of no country": "bank.example",
    "a new top-level domain": "bank.zip",
    "a file that is a host": "file.py",
    "a version": "v1.2.3",
    "two sentences without a space": "end.Next",
    "a host behind the target": "evil.com or bank.com",
    "a host with a name before it": "https://bank.com@evil.com",
    "a host behind an abbreviation": "e.g/bank.com",
    "no dot, a scheme": "https://bank",
    "no dot, slashes": "//bank/login",
    "backslashes": "https:\\\\bank.com",
    "one slash": "https:/bank.com",
    "fullwidth letters": "ｂａｎｋ．ｃｏｍ",
    "fullwidth slashes": "https:／／bank／login",
    "a fraction slash": "http:⁄⁄bank",
    "an ideographic full stop": "bank。com",
    "a halfwidth full stop": "bank｡com",
    "a one dot leader": "bank․com",
    "a full stop of Urdu": "bank\u06d4com",
    "a full stop of Syriac": "bank\u0701com",
    "a letter of Lisu": "bank\ua4f8com",
    "a full stop of Vai": "bank\ua60ecom",
    "a sign of Kharoshthi": "bank\U00010a50com",
    "a dot of music": "bank\U0001d16dcom",
    "a dot of Braille": "bank\u2840com",
    "a zero of Arabic": "bank\u0660com",
    "letters in circles": "ⓑⓐⓝⓚ.ⓒⓞⓜ",
    "a fullwidth at sign": "me＠bank.com",
    "a fullwidth colon": "https：//bank",
    "a soft hyphen": "bank.\u00adcom",
    "a joiner": "bank\u2060.\u2060com",
    "a bidirectional mark": "bank\u200e.com",
    "an override": "\u202emoc knab",
    "a variation selector": "bank\ufe0f.com",
    "a supplementary variation selector": "bank\U000e0101.com",
    "a tag": "bank\U000e0062.com",
    "a Hangul filler": "bank\u3164.com",
    "a halfwidth filler": "bank\uffa0.com",
    "a combining grapheme joiner": "bank\u034f.com",
    "a hair space": "bank\u200a.com",
    "a thin space as an entity": "bank.&thinsp;com",
    "narrow no-break spaces": "bank\u202f.\u202fcom",
    "a hair space beside another full stop": "bank。\u200acom",
    "a hair space in a scheme": "https:\u200a//\u200abank",
    "a line separator": "bank.\u2028com",
    "a control character": "bank\x85.\x1fcom",
    "a combining mark": "bank\u0332.\u0332com",
    "a Mongolian vowel separator": "bank\u180e.com",
    "an entity": "bank&period;com",
    "an invisible entity": "bank&shy;.com",
    "an escape": "bank\\.com",
    "marks within": "ba**nk.c**om",
    "code within": "bank`.`com",
    "another alphabet": "bаnk.com",
    "Hangul": "은행.한국",
    "an emoji": "i❤.ws",
    "IPv4": "93.184.216.34",
    "a short IPv4": "127.1",
    "octal numbers": "0177.0.0.1",
    "hexadecimal numbers": "0x7f.0.0.1",
    "one hexadecimal number": "0x7f000001",
    "one decimal number": "2130706433",
    "IPv6": "[2001:db8::1]",
    "IPv6 without brackets": "2001:db8::1",
    "more than is looked at": "the bank " * 40,
    "a subdomain": "www.login.evil.com",
    "its domain of letters that look alike": "еvil.com",
    "a top-level domain": "https://com",
}


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS.keys())
def test_a_label_that_names_another_host_has_the_target_behind_it(label: str) -> None:
    for link in (f"[{label}](https://evil.com/a)", f"[see {label}!](<https://evil.com/a>)", f"![{label}](//evil.com)"):
        assert with_targets(link + " x") == f"{link}{SHOWN} x"
    assert with_targets(f"[{label}][1]") == f"[{label}]{Z}[1]"
    assert with_targets(f"<https://evil.com|{label}>") == f"<https://evil.com|{label}>{SHOWN}"


ADDRESSES = {
    "capitals": "HTTPS://EVIL.com",
    "a user": "https://bank.com@evil.com",
    "a user with a password": "https://bank.com:443@evil.com:8443/x",
    "an encoded user": "https://bank.com%2f@evil.com",
    "backslashes": "https:\\\\evil.com\\@bank.com",
    "one slash": "https:/evil.com",
    "no slash": "https:evil.com",
    "encoded letters": "https://%65vil.com",
    "an entity": "https://evil&#46;com",
    "a removed tab": "<https://ev&Tab;il.com>",
    "a soft hyphen": "https://ev\u00adil.com",
    "fullwidth letters": "https://ｅｖｉｌ.com",
    "an ideographic full stop": "https://evil。com",
    "a full stop at the end": "https://evil.com./",
    "another scheme": "ftp://evil.com",
    "no scheme": "evil.com/bank.com",
    "a query": "https://evil.com?bank.com",
    "a fragment": "https://evil.com#bank.com",
    "parentheses": "https://evil.com/a_(b_(c))",
    "an escaped parenthesis": "https://evil.com/a\\)b",
    "a no-break space": "https://evil.com/a\u00a0b",
    "a title": "https://evil.com 'a \\' b'",
    "a line break": "\nhttps://evil.com\n",
    "an escaped bracket": "<https://evil.com/\\>>",
    "an invisible character before it": "\u2060https://evil.com",
    "an invisible character in its scheme": "h\u200bttps://evil.com",
    "a no-break space before it": "\u00a0https://evil.com",
    "mail": "mailto:me@evil.com",
    "mail to a name with a sign": "mailto:a&b@evil.com",
    "mail to several": "mailto:me@evil.com,me@bank.com",
    "mail to several, with an encoded comma": "mailto:me@evil.com%2Cme@bank.com",
    "mail, with semicolons": "mailto:me@evil.com;me@bank.com",
    "mail to nobody first": "mailto:?to=me%40evil.com",
    "mail with a copy": "mailto:me@bank.com?subject=a&amp;CC=me@evil.com",
    "mail with a blind copy": "MAILTO:me@bank.com?bcc=me@bank.com,me@evil.com",
}


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_the_host_that_is_shown_is_the_one_that_browsers_open(address: str) -> None:
    link = f"[me@bank.com]({address})"
    assert with_targets(f"{link} x") == f"{link}{SHOWN} x"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://бank.com", "xn--ank-9cd.com"),
        ("https://xn--ank-9cd.com", "xn--ank-9cd.com"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://0177.0.0.1/", "127.0.0.1"),
        ("http://[2001:0DB8:0:0::1]:80/", "2001:db8::1"),
        ("http://1.2.3.256/", "1.2.3.256"),
        ("http://09.1/", "09.1"),
        ("https://bank.com⁄evil.com", "bank.xn--comevil-3d7c.com"),
        ("/api/workspace", ""),
        ("docs/a.md", ""),
        ("#top", ""),
        ("", ""),
    ],
)
def test_a_host_has_one_form(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    "link",
    [
        "[https://bank.com/index.html](https://bank.com/index.html)",
        "[BANK.com](https://bank.com/a)",
        "[www.bank.com](https://bank.com)",
        "[bank.com](https://www.bank.com)",
        "[ｂａｎｋ．ｃｏｍ](https://bank.com)",
        "[은행.com](https://xn--zs5b84x.com)",
        "[xn--zs5b84x.com](https://은행.com)",
        "[bank.com에서](https://bank.com)",
        "[127.0.0.1](http://2130706433/)",
        "[http://[::1]:80/a](http://[0::1]:80/a)",
        "[bank.com:443/a.html?b.c](https://bank.com:443/a.html?b.c)",
        "[first.last@bank.com](mailto:first.last@bank.com)",
        "[first.last@bank.com](mailto:first.last@bank.com?subject=me@evil.com)",
        "[e.g. this, in the U.S.](https://bank.com)",
        "[z.\u202fB. 12\u2009000](https://bank.com)",
        "[see\u2009bank.com\u200a](https://bank.com)",
        "[wait...](https://bank.com)",
        "[12:30 to 13:45](https://bank.com)",
        "[std::vector](https://bank.com)",
        "[문서](https://은행.com)",
        "[a [b] c](https://bank.com)",
        "[issue #1234567](https://bank.com)",
    ],
)
def test_a_label_that_names_no_other_host_stays_alone(link: str) -> None:
    assert with_targets(link) == link


@pytest.mark.parametrize(
    ("label", "host"),
    [
        ("github.io", "evil.github.io"),
        ("example.com", "login.example.com"),
        ("https://example.com/login", "example.com.evil.com"),
        ("co.uk", "evil.co.uk"),
        ("www.github.io", "evil.github.io"),
        ("https://io", "evil.github.io"),
        ("은행.com", "나.xn--zs5b84x.com"),
        ("me@example.com", "mail.example.com"),
        ("2.3.4", "1.2.3.4"),
        ("[::1]", "1.0.0.1"),
    ],
)
def test_a_domain_does_not_stand_for_the_hosts_below_it(label: str, host: str) -> None:
    goes = host_of(f"https://{host}")
    link, token = f"[{label}](https://{host}/x)", f"<https://{host}/x|{label}>"
    assert with_targets(link) == f"{link}{Z} ({goes}){Z}"
    assert with_targets_of_tokens(token) == f"{token}{Z} ({goes}){Z}"


@pytest.mark.parametrize(
    ("host", "goes"),
    [
        ("аррӏе.com", "xn--80ak6aa92e.com"),  # all of its first part is Cyrillic
        ("pаypal.com", "xn--pypal-4ve.com"),
        ("login.раураl.com", "login.xn--l-7sba6dbr.com"),
        ("gοοgle.com", "xn--ggle-0nda.com"),
    ],
)
def test_a_host_that_looks_like_another_shows_its_form_in_ascii(host: str, goes: str) -> None:
    link = f"[{host}](https://{host})"
    assert with_targets(link) == f"{link}{Z} ({goes}){Z}"


@pytest.mark.parametrize("host", ["россия.рф", "δοκιμή.gr", "café.com", "münchen.de", "例え.jp", "은행.한국"])
def test_a_host_in_another_alphabet_needs_nothing_behind_it(host: str) -> None:
    assert with_targets(f"[{host}](https://{host})") == f"[{host}](https://{host})"


@pytest.mark.parametrize(
    "text",
    [
        "[`a]` bank.com](https://evil.com)",
        "[bank.com `[`](https://evil.com)",
        "[bank.com <a [>](https://evil.com)",
        "[bank.com\\\\](https://evil.com)",
        "[bank.com \\[](https://evil.com)",
        "[bank.com ![x](y)](https://evil.com)",
    ],
)
def test_brackets_in_a_label_do_not_hide_its_beginning(text: str) -> None:
    assert with_targets(text) == f"{text}{SHOWN}"


def test_an_address_with_many_parentheses_begins_no_link() -> None:
    assert with_targets("[bank.com](https://evil.com/(((a))))") == f"[bank.com](https://evil.com/(({SHOWN}(a))))"


def test_a_link_in_what_is_code_for_markdown_and_not_for_slack_shows_its_target() -> None:
    quoted = "> ~~~\n> [bank.com](https://evil.com)\n> ~~~"
    assert f"<https://evil.com|bank.com>{SHOWN}" in mrkdwn(safe(quoted))
    assert with_targets_of_tokens(mrkdwn(safe(quoted))) == mrkdwn(safe(quoted))


@pytest.mark.parametrize("plain", [True, False])
def test_every_form_of_a_message_shows_the_target_once(*, plain: bool) -> None:
    [piece] = pieces("[bank.example](https://evil.com)", plain=plain)
    message = content(piece, plain=plain)
    for text in [message["text"], *(block["text"] for block in message.get("blocks", ()))]:
        assert text.count("(evil.com)") == 1


# properties

INVISIBLE = ["\u00ad", "\u200b", "\u200e", "\u202e", "\u2066", "\ufe0f", "\u3164", "\u034f", "\U000e0041", "**", "`"]
DOTS = [".", "．", "。", "｡", "․", "&#46;", "\\."]
FORMS = ["{}", "https://{}", "https:\\\\{}/a", "go to {} now", "me@{}", "{}:443/x.html", "({})", "“{}”"]
letters = st.text("abcdez0189ｂé한ⓒ-", min_size=2, max_size=6).map(lambda part: f"a{part}a")


@st.composite
def hosts_in_labels(draw: st.DrawFn) -> tuple[str, str]:
    """A host, and a label that names it."""
    parts = draw(st.lists(letters, min_size=2, max_size=4))
    dotted = parts[0] + "".join(draw(st.sampled_from(DOTS)) + part for part in parts[1:])
    at = draw(st.integers(0, len(parts[0])))
    return ".".join(parts), draw(st.sampled_from(FORMS)).format(
        dotted[:at] + draw(st.sampled_from(["", *INVISIBLE])) + dotted[at:]
    )


@settings(max_examples=500)
@given(hosts_in_labels(), st.lists(letters, min_size=2, max_size=3).map(".".join))
def test_a_label_that_names_another_host_is_never_alone(named: tuple[str, str], target: str) -> None:
    host, label = named
    shown, goes = host_of(f"https://{host}"), host_of(f"https://{target}")
    behind = with_targets(f"[{label}](https://{target}/)").removeprefix(f"[{label}](https://{target}/)")
    assert behind == f"{Z} ({goes}){Z}" or shown == goes


SCRAPS = [
    "[",
    "]",
    "(",
    ")",
    "](",
    "][",
    "]:",
    "`",
    "``",
    "\\",
    "<",
    ">",
    "|",
    "https://evil.com",
    "//x.y/",
    "bank.com",
]
SCRAPS += [
    " ",
    "\n",
    "\n\n",
    '"',
    "'",
    "a",
    "!",
    "한",
    "<https://e.io|",
    "&#46;",
    Z,
    f"{Z} (evil.com){Z}",
    " (evil.com)",
]
SCRAPS += ["[a.com](https://b.com", "mailto:a@b.com", "é", "]("]
texts = st.lists(st.sampled_from(SCRAPS), max_size=20).map("".join)


@settings(max_examples=500)
@given(texts, st.integers(0, 60))
def test_what_stands_in_a_beginning_stays_and_twice_is_once(text: str, cut: int) -> None:
    shown = with_targets(text)
    assert with_targets(shown) == shown
    if f"{Z} (" not in text:  # an addition that is there by half is none yet
        assert shown.startswith(with_targets(text[:cut]))


HOSTILE = [chr(code) for code in range(128)]
HOSTILE += [
    *"。．｡／⁄＠：é한\u0301\u0315\u200b\u202e\u3164\ufdfa\U000e0041",
    "](",
    "[[",
    "[<",
    "<h:",
    "a.",
    "://",
    "::",
]
HOSTILE += ["[a.b](h:", "](h:(", "[a.b](<h:", "[a.b](h:x '", "[`", "<h:a|a.b>", "&#46", "\\[", "[a.b]["]


@pytest.mark.parametrize("before", ["", "[", "[a.b](h:", "<h:"])
def test_time_grows_with_the_length_alone(before: str) -> None:
    """A pattern that is quadratic takes sixteen times as long for four times the text, and seconds for this one."""
    for part in HOSTILE:
        text = (before + part * 40_000)[:40_000]
        started = time.process_time()
        with_targets(text)
        with_targets_of_tokens(text)
        assert time.process_time() - started < 2, (before, part)
