"""People press buttons, call commands and fill in forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.standins.discord.interactions.commands import Commands
from tests.standins.discord.interactions.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
    Interactions,
    called,
    pressed,
)
from tests.standins.discord.state.objects import Channel, Json, Message, User
from tests.standins.discord.state.wire import Messages
from tests.standins.discord.state.world import World


class Presses:
    """Each is told to the sessions before it returns; the interaction says later how it was answered."""

    world: World
    wire_messages: Messages
    commands: Commands
    interactions: Interactions

    async def press(
        self, user: User, message: Message, custom_id: str, values: Sequence[str] | None = None
    ) -> Interaction:
        """Use a component of a message, a button or a select; LookupError where there is none with this id."""
        channel, data = self.world.channels[message.channel], pressed(message, custom_id, values)
        return self.interactions.create(COMPONENT, user.id, channel, data, message)

    async def call(self, user: User, channel: Channel, command: str, **options: object) -> Interaction:
        """A slash command; LookupError where none of this name is registered."""
        found = self._command(command, channel)
        return self.interactions.create(COMMAND, user.id, channel, called(found, options))

    async def use_on(self, user: User, message: Message, command: str) -> Interaction:
        """A command of a message's menu."""
        channel = self.world.channels[message.channel]
        data = called(self._command(command, channel), {}) | {"target_id": message.id}
        data["resolved"] = {"messages": {message.id: self.wire_messages.shown(message, content=True)}}
        return self.interactions.create(COMMAND, user.id, channel, data)

    async def complete(self, user: User, channel: Channel, command: str, option: str, typed: str) -> Interaction:
        """Somebody types into an option, and the client asks for suggestions."""
        data = called(self._command(command, channel), {option: typed})
        data["options"][0]["focused"] = True
        return self.interactions.create(AUTOCOMPLETE, user.id, channel, data)

    async def submit(self, user: User, interaction: Interaction, values: Mapping[str, str]) -> Interaction:
        """Fill in the modal that answered an interaction."""
        if interaction.modal is None:
            raise LookupError("no modal was opened")
        rows = [{"type": 1, "components": [{"type": 4, "custom_id": key, "value": values[key]}]} for key in values]
        data: Json = {"custom_id": interaction.modal["custom_id"], "components": rows}
        return self.interactions.create(MODAL_SUBMIT, user.id, interaction.channel, data, interaction.message)

    def _command(self, name: str, channel: Channel) -> Json:
        found = self.commands.find(name, channel.guild)
        if found is None:
            raise LookupError(f"no command {name!r} is registered")
        return found
