"""discord.py's buttons and commands, in the stand-in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import library, running

dpy = library()


async def test_a_button_is_pressed_and_answered(
    discord: Discord, kim: User, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go(interaction: Any) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content="went")
        await interaction.followup.send("and came back", ephemeral=True)

    async with running(discord, monkeypatch) as bot:
        view, button = dpy.ui.View(timeout=None), dpy.ui.Button(label="Go", custom_id="go")
        button.callback = go
        view.add_item(button)
        await bot.get_partial_messageable(int(channel.id)).send("press", view=view)
        pressed = await discord.press(kim, channel.shown[0], "go")
        await discord.wait_for(lambda: pressed.followups)
    assert pressed.original
    assert (pressed.original.content, pressed.original.only_for) == ("went", kim.id)
    assert pressed.followups[0].content == "and came back"
    assert not discord.violations


async def test_commands_are_registered_and_called(
    discord: Discord, kim: User, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(interaction: Any, text: str) -> None:
        await interaction.response.send_message(text.upper())

    answer.__annotations__ = {"interaction": dpy.Interaction, "text": str}

    async def details(interaction: Any, message: Any) -> None:
        await interaction.response.send_message(message.content, ephemeral=True)

    details.__annotations__ = {"interaction": dpy.Interaction, "message": dpy.Message}

    async with running(discord, monkeypatch) as bot:
        tree = dpy.app_commands.CommandTree(bot)
        tree.command(name="ask", description="Ask")(answer)
        tree.context_menu(name="Details")(details)
        await tree.sync()
        called = await discord.call(kim, channel, "ask", text="hello")
        await discord.wait_for(lambda: called.answered)
        used = await discord.use_on(kim, channel.shown[0], "Details")
        await discord.wait_for(lambda: used.answered)
    assert discord.replies(channel) == ["HELLO"]
    assert used.original
    assert used.original.content == "HELLO"
    assert discord.commands.writes == {"": 1}
    assert not discord.violations
