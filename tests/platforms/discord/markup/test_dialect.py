"""Markdown as Discord shows it."""

from __future__ import annotations

import pytest
from hypothesis import given

from bot.markdown import ZERO_WIDTH_SPACE as Z
from bot.platforms.discord.markup.dialect import RULE, dialect
from tests.markdown.writing import documents

CASES = {
    "headings that Discord has": ("# a\n\n## b ##\n\n### c #x", "# a\n\n## b\n\n### c #x"),
    "deeper headings": ("#### **a** b\n\n###### c ##", "**a b**\n\n**c**"),
    "no heading": ("#hashtag\n#", "#hashtag\n#"),
    "a rule": ("a\n\n---\n\nb\n\n* * *", f"a\n\n{RULE}\n\nb\n\n{RULE}"),
    "strong words with the sign of underlined ones": ("__a b__은 __init__ a__b__c", "**a b**은 **init** a__b__c"),
    "items": ("+ a\n  + b\n* c\n1. d", "- a\n  - b\n- c\n1. d"),
    "tasks": ("- [ ] a\n- [x] b\n1. [X] c", "- ☐ a\n- ☑ b\n1. ☑ c"),
    "quotes": (">a\n>> b\n> > c\n>>> d", "> a\n> b\n> c\n> d"),
    "quotes with blanks between": (" >  > a\n>    > b\n>\t > c", "> a\n> b\n> c"),
    "a heading in a quote": ("> #### a", "> **a**"),
    "small lines": ("-# a\n- -# b\n> -# c\na -# d", "\\-# a\n- \\-# b\n> \\-# c\na -# d"),
    "spoilers": ("a || b || c |||", "a \\|\\| b \\|\\| c \\|\\|\\|"),
    "spoilers in code": ("`a || b`\n```\na || b\n```", "`a || b`\n```\na || b\n```"),
    "pictures": ("![a b](https://x.y/z.png) ![](https://x.y)", "[a b](<https://x.y/z.png>) <https://x.y>"),
    "a picture that is a link": ("[![a](https://x.y/z.png)](https://x.y)", "[a](<https://x.y>)"),
    "links on the web": ('[a](https://x.y/a_(b) "c") <https://x.y>', '[a](https://x.y/a_(b) "c") <https://x.y>'),
    "other links": ("[a](b.md) [c](#c) [d](mailto:d@x.y) [e](e)", "a (b.md) c d (d@x.y) e"),
    "entities": ("a&nbsp;b &lt;b&gt; &amp;amp; &copy; &x; &#42;c&#42;", "a\u00a0b \\<b\\> \\&amp; © &x; \\*c\\*"),
    "HTML": ("<b>a</b> <i>b</i><br>c <u>d</u> <b>e", "**a** *b*\nc __d__ <b>e"),
    "a small line after a break": ("a<br>-# b<br/>>>> c", "a\n\\-# b\n\\>>> c"),
    "shortcodes": (":tada: a :+1:, **:White_Check_Mark:** done", "🎉 a 👍, **✅** done"),
    "no shortcodes": ("a:x:b ::x:: :unheard_of: `:x:` https://a.b/:x:/", "a:x:b ::x:: :unheard_of: `:x:` https://a.b/:x:/"),
    "HTML in code": ("`<b>a</b>&lt;`", "`<b>a</b>&lt;`"),
    "backticks without an end": ("a ` b\n\nc ``` d", "a \\` b\n\nc \\`\\`\\` d"),
    "code of several lines": ("a `b\n-# c` d", "a `b -# c` d"),
    "code between three backticks": ("a ```b``` c ````d ``` e````", f"a ``b`` c ``d `{Z}`{Z}` e``"),
    "code that is empty": ("```py\n\n```\n> ```\n> ```\n```", f"```py\n\n{Z}\n```\n> ```\n> {Z}\n> ```\n```\n{Z}\n```"),
    "another fence": ("~~~js\na\n~~~", "```js\na\n```"),
    "more than a language": ('```python title="a b"\na\n```\n\n```{r}\nb\n```', "```python\na\n```\n\n```\nb\n```"),
    "a fence in a fence": ("````md\n```py\na\n```\n````", f"```md\n`{Z}`{Z}`py\na\n`{Z}`{Z}`\n```"),
    "code in a list": ("1. a\n   ```py\n   if b:\n       c\n   ```\n2. d", "1. a\n```py\nif b:\n    c\n```\n2. d"),
    "code in a quote": ("> ```py\n> a\n> ```\nb", "> ```py\n> a\n> ```\nb"),
    "code without an end": ("a\n```py\nb", "a\n```py\nb\n```"),
    "a table": ("a\n\n| 이름 | b |\n|--|-:|\n| 김 | 10 |\n\nc", "a\n\n```\n이름 |  b\n-----+---\n김   | 10\n```\n\nc"),
    "a table with a fence in a cell": ("| a |\n|---|\n| ```x |", "```\na\n-\nx\n```"),
    "escapes": (r"\*a\* \|\| b \_", r"\*a\* \|\| b \_"),
    "marks that are alike": ("**a** *b* ***c*** ~~d~~ _e_", "**a** *b* ***c*** ~~d~~ _e_"),
}  # fmt: skip


@pytest.mark.parametrize(("markdown", "shown"), CASES.values(), ids=CASES.keys())
def test_what_discord_has_stays_and_the_rest_is_said_otherwise(markdown: str, shown: str) -> None:
    assert dialect(markdown) == shown


@pytest.mark.parametrize("sign", [">", "> ", " > ", " >  ", ">   ", ">\t", "> - ", "<b><i>", "__<b>", "[![", "- - "])
def test_what_is_deep_within_itself_is_shown(sign: str) -> None:
    assert "word" in dialect(f"{sign * 5_000}word")


@given(documents)
def test_no_word_is_lost(markdown: str) -> None:
    shown = dialect(markdown)
    for word in markdown.split():
        if word.isalnum():
            assert word in shown
