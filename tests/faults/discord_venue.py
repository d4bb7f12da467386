"""Discord as a venue of a chain: questions stand in a channel, each answer in the thread that is opened for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.faults.steps import Call
from tests.faults.venue import WAIT_SECONDS, Venue
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import BASIC_MESSAGES, Message
from tests.standins.slack.faults import Gate

SMALL = "-# "  # small print: sentences of the bot's own below an answer
STOP, CONTINUE = "threadbot:stop:", "threadbot:continue:"  # how the ids of these buttons begin
METHODS: Mapping[Call, str] = {
    "post": "create message",
    "edit": "edit message",
    "delete": "delete message",
    "notice": "trigger typing indicator",
    "thread": "start thread from message",
}


class DiscordVenue(Venue):
    platform = "discord"
    reads_back = True

    def __init__(self, discord: Discord) -> None:
        self._discord = discord
        self._kim, self._channel = discord.add_user("kim"), discord.add_channel("general")
        discord.gateway.limit.enforced = False  # five seconds between two lives test nothing

    def settings(self) -> Mapping[str, str]:
        return {"DISCORD_TOKEN": self._discord.token, "DISCORD_API_URL": self._discord.api_url}

    async def connected(self) -> None:
        await self._discord.wait_connected(WAIT_SECONDS)

    async def gone(self) -> None:
        await self._discord.wait_for(lambda: not self._discord.gateway.connected, WAIT_SECONDS)

    async def ask(self, words: str) -> str:
        return (await self._discord.post(self._kim, self._channel, f"{self._discord.mention} {words}")).id

    async def edit(self, question: str, words: str) -> None:
        await self._discord.edit(self._message(question), f"{self._discord.mention} {words}")

    async def delete(self, question: str) -> None:
        await self._discord.delete(self._message(question))

    async def stop(self, question: str) -> None:
        await self._discord.react(self._kim, self._message(question), "\N{OCTAGONAL SIGN}")

    async def go_on(self, question: str) -> None:
        last = self._own(question)[-1]
        [button] = [each for each in _buttons(last) if each.startswith(CONTINUE)]
        await self._discord.press(self._kim, last, button)

    def hold(self, call: Call) -> Gate:
        return self._discord.hold(METHODS[call])

    def replies(self, question: str) -> Sequence[str]:
        return [_read(message) for message in self._own(question)]

    def left(self, question: str) -> int:
        """Buttons that stop what is not written any more. That we type ends by itself, so it is never left behind."""
        return sum(button.startswith(STOP) for message in self._own(question) for button in _buttons(message))

    @property
    def wrong(self) -> int:
        return len(self._discord.violations)

    def evidence(self, question: str) -> Iterator[str]:
        yield from self._discord.violations
        for message in self._own(question):
            yield f"{message.id}: {len(message.content)} characters, {message.edits} edits, {_buttons(message)}"
        for call in self._discord.faults.calls:
            if question in call.parameters.values():
                yield f"{call.at:.3f} {call.name} {call.status} {call.code or ''}"

    def _message(self, question: str) -> Message:
        return self._discord.world.messages[question]

    def _own(self, question: str) -> list[Message]:
        """In its thread, and in the channel beside it."""
        thread = self._discord.world.channels.get(question)
        beside = [each for each in self._channel.shown if (each.reference or {}).get("message_id") == question]
        said = [*beside, *(thread.shown if thread else ())]
        return [each for each in said if each.author == self._discord.bot and each.type in BASIC_MESSAGES]


def _buttons(message: Message) -> list[str]:
    """Their ids."""
    return [str(button.get("custom_id")) for row in message.components for button in row.get("components") or ()]


def _read(message: Message) -> str:
    """With its small print as Discord shows it."""
    return "\n".join(line.removeprefix(SMALL) for line in message.content.split("\n"))
