"""A private channel is shared with another company, which gives it another id, while the bot is away."""

from __future__ import annotations

from dataclasses import replace

from tests.whole.conftest import Office


def share(office: Office, private: str) -> str:
    """Returns the id that it has from then on."""
    shared = "C" + private[1:]
    office.slack.workspace.channels[shared] = replace(office.slack.workspace.channels.pop(private), id=shared)
    return shared


async def test_what_was_set_and_said_there_holds_under_the_new_id(office: Office) -> None:
    first = office.slack.add_channel("deals", "group")
    private = "G" + first[1:]
    office.slack.workspace.channels[private] = replace(office.slack.workspace.channels.pop(first), id=private)
    async with office.bot():
        root = await office.ask("hello", channel=private)
        await office.answers(root, channel=private)
    shared = share(office, private)
    async with office.bot():
        await office.ask("and more", thread=root, channel=shared)
        await office.slack.wait_for(lambda: len(office.prompts()) == 2 and office.settled())
    assert [content for _, content in office.prompts()[1]] == ["hello", "You said: hello", "and more"]
    assert office.rows("SELECT channel FROM conversations") == [(shared,)]
    assert office.rows("SELECT old_channel, new_channel FROM moved_channels") == [(private, shared)]
