"""Markdown as models write it, made up by Hypothesis. Tests live beside this."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = ("Threadbot", "answers", "the", "question", "굵은", "글씨는", "한국어로", "snake_case", "5 * 3", "a", "日本語")
CLUSTERS = ("👩‍👩‍👧", "e\u0301", "🇰🇷")
word = st.sampled_from(WORDS + CLUSTERS)
plain = st.lists(word, min_size=1, max_size=6).map(" ".join)
inline = st.one_of(
    plain,
    plain.map("**{}**".format),
    st.sampled_from(WORDS).map("**{}**은".format),  # behind a sign CommonMark would not close these
    plain.map("*{}*".format),
    plain.map("~~{}~~".format),
    plain.map("`{}`".format),
    plain.map("[{}](https://example.org/a_(b)?q=1)".format),
    plain.map('![{}](https://example.org/p.png "title")'.format),
)
sentence = st.tuples(st.lists(inline, min_size=1, max_size=5).map(" ".join), st.sampled_from(".!?")).map("".join)
paragraph = st.lists(sentence, min_size=1, max_size=4).flatmap(
    lambda sentences: st.sampled_from((" ", "\n")).map(lambda gap: gap.join(sentences))
)
heading = st.tuples(st.sampled_from(("# ", "## ", "### ")), plain).map("".join)
items = st.lists(inline, min_size=1, max_size=5)
bullets = items.map(lambda lines: "\n".join(f"- {line}" for line in lines))
numbers = items.map(lambda lines: "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1)))
nested = st.tuples(items, items).map(
    lambda both: "\n".join([*(f"- {line}" for line in both[0]), *(f"    - {line}" for line in both[1])])
)
code_lines = st.lists(
    st.sampled_from(
        ("x = 1", "    return x  # `why`", "", "print('안녕')", "def f(a: int) -> int:", "# not a heading")
    ),
    min_size=1,
    max_size=12,
)


def _fenced(lines: list[str], marks: str, info: str, indent: str) -> str:
    return "\n".join(indent + line for line in [marks + info, *lines, marks])


code = st.builds(
    _fenced, code_lines, st.sampled_from(("```", "~~~", "`````")), st.sampled_from(("", "python")), st.just("")
)
code_in_list = st.builds(_fenced, code_lines, st.just("```"), st.just("sh"), st.sampled_from(("  ", "    "))).map(
    "- Do this:\n\n{}".format
)
code_in_quote = st.builds(_fenced, code_lines, st.just("```"), st.just("sh"), st.just("> "))
quote = paragraph.map(lambda text: "\n".join(f"> {line}" for line in text.splitlines()))
rows = st.lists(st.tuples(plain, inline), min_size=1, max_size=8)
table = rows.map(
    lambda cells: "\n".join(["| a | b |", "|---|:-:|", *(f"| {left} | {right} |" for left, right in cells)])
)
block = st.one_of(paragraph, heading, bullets, numbers, nested, code, code_in_list, code_in_quote, quote, table)
documents = st.lists(block, min_size=1, max_size=10).map("\n\n".join)
scribbles = st.text(alphabet="ab *`~[]()|-_>#\\\n\t1.!가", max_size=80)
