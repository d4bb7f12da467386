"""The page's Markdown renderer, in the browser that runs it: texts in, elements out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from bot.platforms.web.workspace.live import Live
from bot.platforms.web.workspace.server import serving
from bot.platforms.web.workspace.store import Store
from tests.platforms.web.browser import browser, page_at

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one page for all of them

RENDER = """async (texts) => {
    const { markdown } = await import("/page/markdown.js");
    return texts.map((text) => {
        const place = document.createElement("div");
        place.append(markdown(text));
        for (const link of place.querySelectorAll("a"))
            for (const name of ["target", "rel", "title"]) link.removeAttribute(name);
        for (const block of place.querySelectorAll("pre")) block.removeAttribute("tabindex");
        return place.innerHTML;
    });
}"""

CASES = {
    "**bold** and *slanted*, ~~gone~~": "<p><strong>bold</strong> and <em>slanted</em>, <del>gone</del></p>",
    '**굵게**은 **"인용"**은 _기울임_은': '<p><strong>굵게</strong>은 <strong>"인용"</strong>은 <em>기울임</em>은</p>',
    "***both*** and **a *b* c**": "<p><em><strong>both</strong></em> and <strong>a <em>b</em> c</strong></p>",
    "2 * 3 * 4, snake_case_name, 5 ** 2, a ~ b": "<p>2 * 3 * 4, snake_case_name, 5 ** 2, a ~ b</p>",
    "**open and *never closed": "<p>**open and *never closed</p>",
    r"\*not\* a \[link](x) \\": r"<p>*not* a [link](x) \</p>",
    "`code <b> **x**` and ``a ` b``": "<p><code>code &lt;b&gt; **x**</code> and <code>a ` b</code></p>",
    "`open": "<p>`open</p>",
    "one\ntwo  \nthree\n\nfour": "<p>one<br>two<br>three</p><p>four</p>",
    "a &amp; b &lt;c&gt; &copy; <b>d</b>": "<p>a &amp; b &lt;c&gt; &amp;copy; &lt;b&gt;d&lt;/b&gt;</p>",
    "# One\n### Three ###\n####### Seven": "<h3>One</h3><h5>Three</h5><p>####### Seven</p>",
    "# C#": "<h3>C#</h3>",
    "---\n***": "<hr><hr>",
    "> said\n> **so**": "<blockquote><p>said<br><strong>so</strong></p></blockquote>",
    "```python\nif a < b:\n    pass\n```\nafter": (
        '<pre data-language="python"><code>if a &lt; b:\n    pass</code></pre><p>after</p>'
    ),
    "```\nstill being written\n\n- no list": "<pre><code>still being written\n\n- no list</code></pre>",
    "~~~~\n~~~\n```\n~~~~": "<pre><code>~~~\n```</code></pre>",
    "- a\n- b\n  - c\n\n1. one\n2. two": (
        "<ul><li><p>a</p></li><li><p>b</p><ul><li><p>c</p></li></ul></li></ul><ol><li><p>one</p></li><li><p>two</p></li></ol>"
    ),
    "3. three\n4. four\n   ```\n   code\n   ```": (
        '<ol start="3"><li><p>three</p></li><li><p>four</p><pre><code>code</code></pre></li></ol>'
    ),
    "- a\n\n  more of a\n- b\n\nafter": "<ul><li><p>a</p><p>more of a</p></li><li><p>b</p></li></ul><p>after</p>",
    "In 2026.\n5. is no list here": "<p>In 2026.<br>5. is no list here</p>",
    "| a | b |\n| --- | ---: |\n| `x` | 1 \\| 2 |\n| only |\nafter": (
        '<div class="table"><table><thead><tr><th>a</th><th class="right">b</th></tr></thead>'
        '<tbody><tr><td><code>x</code></td><td class="right">1 | 2</td></tr>'
        '<tr><td>only</td><td class="right"></td></tr></tbody></table></div><p>after</p>'
    ),
    '[Kim & Co](https://example.com/a_(b)?q=1 "t")': '<p><a href="https://example.com/a_(b)?q=1">Kim &amp; Co</a></p>',
    "see https://example.com/한글 and (https://example.com/a).": (
        '<p>see <a href="https://example.com/">https://example.com/</a>한글 and '
        '(<a href="https://example.com/a">https://example.com/a</a>).</p>'
    ),
    "<https://example.com> <mailto:a@example.com>": (
        '<p><a href="https://example.com/">https://example.com</a> '
        '<a href="mailto:a@example.com">mailto:a@example.com</a></p>'
    ),
    "![a picture](https://example.com/x.png)": '<p><a href="https://example.com/x.png">a picture</a></p>',
    "[a [b](https://b.example) c](https://a.example)": '<p><a href="https://a.example/">a b c</a></p>',
    "": "",
}

UNSAFE = (
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x) <javascript:alert(1)>",
    "[x](//evil.example) [x](/api/workspace) [x](file:///etc/passwd)",
    "<img src=x onerror=alert(1)><svg onload=alert(1)><iframe src=/>",
    "```<script>\nalert(1)\n```\n<script>alert(1)</script>",
    "| <b>x</b> |\n| - |\n| <img src=x> |",
    "[<img src=x onerror=alert(1)>](https://example.com)",
    '[x](https://example.com "onmouseover=alert(1)")',
    'x](https://example.com" onclick="alert(1))[',
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Page]:
    store = Store.open(tmp_path_factory.mktemp("markdown") / "playground.db")
    async with (
        serving(Live(store), host="127.0.0.1", port=0, secret="s", redeliver_seconds=5) as port,
        browser() as chrome,
        page_at(chrome, f"http://127.0.0.1:{port}") as opened,
    ):
        yield opened
    store.close()


async def test_markdown_becomes_the_elements_that_it_stands_for(page: Page) -> None:
    rendered = await page.evaluate(RENDER, list(CASES))
    assert dict(zip(CASES, rendered, strict=True)) == CASES


async def test_only_harmless_elements_attributes_and_addresses_come_of_any_text(page: Page) -> None:
    found = await page.evaluate(
        """async (texts) => {
            const { markdown } = await import("/page/markdown.js");
            const found = new Set();
            for (const text of texts)
                for (const element of markdown(text).querySelectorAll("*")) {
                    found.add(element.localName);
                    for (const { name } of element.attributes) found.add(`${element.localName} ${name}`);
                    if (element.localName === "a") found.add(element.protocol + element.rel + element.target);
                }
            return [...found].sort();
        }""",
        [*UNSAFE, *CASES],
    )
    assert set(found) <= {
        *(
            "p",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "br",
            "strong",
            "em",
            "del",
            "code",
            "pre",
            "blockquote",
            "ul",
            "ol",
            "li",
        ),
        *("div", "table", "thead", "tbody", "tr", "th", "td", "a"),
        *("pre tabindex", "pre data-language", "ol start", "div class", "th class", "td class"),
        *("a href", "a target", "a rel", "a title"),
        *(f"{scheme}noopener noreferrer nofollow_blank" for scheme in ("https:", "mailto:")),
    }


NAMING_ANOTHER = [
    *("bank.com", "bank.example", "file.py", "https://bank", "see //bank/x", "https:\\\\bank.com", "me@bank.com"),
    *(
        "https://bank.com@evil.com",
        "evil.com or bank.com",
        "e.g/bank.com",
        "ｂａｎｋ．ｃｏｍ",
        "bank。com",
        "bank\u06d4com",
        "bank\ua4f8com",
        "bank\u0660com",
        "bank\U0001d16dcom",
        "http:⁄⁄bank",
    ),
    *("bank\u200a.com", "bank.\u202fcom", "bank。\u2009com", "https:\u200a//\u200abank", "bank\x85.\x1fcom"),
    *("bank\u00ad.com", "bank\u3164.com", "bank\U000e0062.com", "\u202emoc knab", "ba**nk.c**om"),
    *("bаnk.com", "은행.한국", "i❤.ws", "127.1", "0x7f000001", "2130706433", "\\[2001:db8::1\\]", "the bank " * 40),
]
TO_ANOTHER = (
    *("me@evil.com", "a&b@evil.com", "me@evil.com,me@bank.com", "me@bank.com;me@evil.com", "?to=me%40evil.com"),
    *("me@evil.com?cc=me@bank.com", "me@bank.com?subject=a&BCC=me@evil.com", "me@evil.com%2Cme@bank.com"),
)
NAMING_NO_OTHER = {
    "the bank": "https://evil.com/",
    "https://bank.com/index.html": "https://bank.com/index.html",
    "www.bank.com": "https://bank.com/",
    "docs of bank.com에서": "https://bank.com/",
    "١٠ banks of ٢٠٢٤": "https://evil.com/",
    "россия.рф": "https://россия.рф/",
    "은행.com": "https://xn--zs5b84x.com/",
    "127.0.0.1:80/a.html": "http://2130706433/",
    "first.last@bank.com": "mailto:first.last@bank.com?subject=me@evil.com",
    "e.g. this, wait...": "https://bank.com/",
}


async def test_a_link_whose_label_names_another_host_has_its_own_behind_it(page: Page) -> None:
    texts = [f"[{label}](https://evil.com)" for label in NAMING_ANOTHER]
    mails = [f"[me@bank.com](mailto:{to})" for to in TO_ANOTHER]
    rendered = await page.evaluate(RENDER, [*texts, *mails])
    assert [text for text in rendered if not text.endswith("</a> (evil.com)</p>")] == []

    below = [
        "[github.io](https://evil.github.io)",
        "[аррӏе.com](https://аррӏе.com)",
        "[gοοgle.com](https://gοοgle.com)",
    ]
    rendered = await page.evaluate(RENDER, below)
    shown = [text.partition("</a> ")[2] for text in rendered]
    assert shown == ["(evil.github.io)</p>", "(xn--80ak6aa92e.com)</p>", "(xn--ggle-0nda.com)</p>"]

    rendered = await page.evaluate(RENDER, [f"[{label}]({address})" for label, address in NAMING_NO_OTHER.items()])
    assert [text for text in rendered if not text.endswith("</a></p>")] == []


async def test_every_beginning_of_an_answer_can_be_shown(page: Page) -> None:
    text = "\n\n".join(CASES)
    assert await page.evaluate(
        """async (text) => {
            const { markdown } = await import("/page/markdown.js");
            for (let end = 0; end <= text.length; end += 1) markdown(text.slice(0, end));
            return true;
        }""",
        text,
    )


async def test_text_made_to_be_slow_is_not(page: Page) -> None:
    hostile = [
        *(
            mark * (20_000 // len(mark))
            for mark in ("[", "*a ", "**a*", "`", "`a``b", "> ", "- ", "_a", "![](", "<h", "| a ")
        ),
        *(
            "[a](" * 5000,
            "https://" * 2500,
            "\\" * 20_000,
            "# " + " " * 20_000 + "x",
            "|" * 20_000 + "\n" + "|-" * 10_000,
        ),
        *(
            "```" + " " * 20_000 + "`",
            "-" + " " * 20_000 + "x",
            "\n" * 20_000,
            "1. " * 6000,
            "*" * 20_000 + "a",
            "~~a" * 6000,
        ),
    ]
    slowest = await page.evaluate(
        """async (texts) => {
            const { markdown } = await import("/page/markdown.js");
            const times = texts.map((text) => {
                const start = performance.now();
                markdown(text);
                return [performance.now() - start, text.slice(0, 8)];
            });
            return times.sort((a, b) => b[0] - a[0])[0];
        }""",
        hostile,
    )
    assert slowest[0] < 1000, slowest  # ms; what takes quadratic time takes far longer
