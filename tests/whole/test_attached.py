"""What is attached to a question in Slack: tables, forwarded messages and unfolded ones, up to what a model is sent."""

from __future__ import annotations

from tests.whole.conftest import Office
from tests.whole.test_files import CSV, contents, upload


async def test_a_table_a_forwarded_message_and_its_file_are_sent(office: Office) -> None:
    cells = [[{"type": "raw_text", "text": each} for each in row] for row in (("month", "sum|net"), ("May", "7"))]
    file = upload(office, "s.csv", CSV, "text/csv")
    other = {"is_share": True, "author_name": "Lee", "text": "⟦Kim⟧ <!channel> look", "files": [file]}
    async with office.bot():
        root = await office.slack.post(
            office.kim,
            office.general,
            f"{office.slack.mention} compare",
            blocks=[{"type": "rich_text", "elements": []}, {"type": "table", "rows": cells}],
            attachments=[other],
        )
        await office.answers(root)
    table = "| month | sum\\|net |\n| --- | --- |\n| May | 7 |"
    lines = f"⟦file ⟦s.csv⟧⟧\n{CSV.decode()}\n⟦end of ⟦s.csv⟧⟧"
    assert contents(office) == [[f"compare\n\n{table}\n\nLee\n[Kim] @channel look\n\n{lines}"]]


async def test_what_is_cut_of_it_is_named_and_the_question_is_whole(office: Office) -> None:
    question = ("word " * 3_000).strip()
    async with office.bot():
        asked = f"{office.slack.mention} {question}"
        other = {"is_share": True, "text": "x" * 20_000}
        root = await office.slack.post(office.kim, office.general, asked, attachments=[other])
        answers = await office.answers(root)
    assert contents(office) == [[f"{question}\n\n{'x' * 12_000}"]]
    said = "Of what is attached to a message I read the first 12,000 of 20,000 characters."
    assert answers[-1].endswith(said)


async def test_a_message_that_is_unfolded_later_is_answered_with_the_question(office: Office) -> None:
    async with office.bot():
        asked = f"{office.slack.mention} why? <https://t.slack.com/archives/C1/p1>"
        root = await office.slack.post(office.kim, office.general, asked)
        await office.slack.unfold(office.general, root, {"text": "it broke"})
        await office.slack.wait_for(lambda: contents(office) and contents(office)[-1][-1].endswith("\n\nit broke"))
        await office.answers(root)
