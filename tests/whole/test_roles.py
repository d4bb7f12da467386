"""Servers whose chat templates are strict: the user speaks first, then in turns, and some know no system message."""

from __future__ import annotations

from dataclasses import replace

from tests.whole.conftest import Office


async def test_a_model_without_a_system_message_reads_it_in_the_first_message_from_then_on(office: Office) -> None:
    office.model.rules = replace(office.model.rules, strict_roles=True, knows_system=False)
    async with office.bot(system_prompt="Be brief."):
        root = await office.ask("one")
        await office.answers(root)
        await office.ask("two", thread=root)
        await office.answers(root, 2)
    assert [request.status for request in office.model.requests] == [400, 200, 200]
    sent = office.prompts()
    assert [role for role, _ in sent[2]] == ["user", "assistant", "user"]
    assert sent[1][0] == sent[2][0] == ("user", "Be brief.\n\none")
