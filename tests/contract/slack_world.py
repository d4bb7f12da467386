"""The Slack door in its stand-in, as the contract wants it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.core.controls import Control
from bot.core.conversation import Operation, ThreadRef
from bot.core.ports import Platform
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.incoming.reactions import DEFAULT_NAMES
from bot.platforms.slack.markup import buttons
from bot.platforms.slack.markup.message import PART_LIMIT
from tests.contract.world import Asked, Capability, CapableWorld, Person
from tests.standins.slack import Slack
from tests.standins.slack.api.files import failed
from tests.standins.slack.faults import Lost, Refused, ServerError
from tests.standins.slack.workspace import Json, Message

LACKS: Mapping[Capability, str] = {Capability.CLOSING: "Slack cannot close a thread"}
STATUS_METHODS = ("agents.sessions.setStatus", "assistant.threads.setStatus", "reactions.add")
LOOKUP_METHODS = ("users.info", "bots.info", "conversations.info")
EMOJI = {operation: name for name, operation in DEFAULT_NAMES.items()}
CONTROLS = {
    buttons.CONTINUE: Control.CONTINUE,
    buttons.REPEAT: Control.REPEAT,
    buttons.FEEDBACK: Control.FEEDBACK,
    buttons.RECEIPT: Control.RECEIPT,
}
ACTIONS = {
    Operation.CONTINUE: (buttons.CONTINUE, ""),
    Operation.REPEAT: (buttons.REPEAT, ""),
    Operation.LIKE: (buttons.FEEDBACK, "positive_button"),
    Operation.DISLIKE: (buttons.FEEDBACK, "negative_button"),
}


class SlackWorld:
    lacks = LACKS
    message_limit = PART_LIMIT
    ping = "<!channel>"
    channel_name = "general"

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._kim, self._channel = slack.add_user("kim", locale="ko-KR"), slack.add_channel(self.channel_name)
        self.person = Person(self._kim, "kim", "ko-KR")

    def platform(self) -> Platform:
        slack = self._slack
        return SlackPlatform(
            bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url, ping_seconds=0.2
        )

    async def connected(self, platform: Platform) -> None:
        await self._slack.wait_connected()
        await self._slack.wait_for(lambda: platform.connected)

    async def ask(self, text: str, *, after: Asked | None = None) -> Asked:
        return await self._post(f"{self._slack.mention} {typed(text)}", after)

    async def say(self, text: str, *, after: Asked | None = None) -> Asked:
        return await self._post(typed(text), after)

    async def _post(self, wire: str, after: Asked | None = None, files: tuple[Json, ...] = ()) -> Asked:
        thread = after.thread.thread if after else None
        ts = await self._slack.post(self._kim, self._channel, wire, thread, files=files)
        return Asked(ThreadRef("slack", self._slack.team, self._channel, thread or ts), ts)

    async def deliver_again(self) -> None:
        await self._slack.socket_mode.redeliver(everything=True)

    async def redeliver(self) -> None:
        await self._slack.socket_mode.redeliver()

    def acknowledged(self, asked: Asked) -> bool:
        return all(delivery.acknowledged for delivery in self._slack.delivered(asked.id))

    def replies(self, thread: ThreadRef) -> list[str]:
        return self._slack.replies(thread.channel, thread.thread)

    def lose_next_post(self) -> None:
        self._slack.fail("chat.postMessage", Lost())

    async def wait_for(self, condition: Callable[[], object]) -> None:
        await self._slack.wait_for(condition)

    # pings

    def pings(self, shown: str) -> bool:
        return re.search(r"<(?:!(?:channel|here|everyone)|@[UW])", shown) is not None

    def pinged(self, thread: ThreadRef) -> bool:
        return any(map(self.pings, self.replies(thread)))

    # edits, deletions, reactions

    async def edit(self, asked: Asked, text: str, *, mention: bool = True) -> None:
        wire = f"{self._slack.mention} {typed(text)}" if mention else typed(text)
        await self._slack.edit(asked.thread.channel, asked.id, wire)

    async def delete(self, asked: Asked) -> None:
        await self._slack.remove(asked.thread.channel, asked.id)

    async def react(self, thread: ThreadRef, message: str, operation: Operation, *, added: bool = True) -> None:
        change = self._slack.react if added else self._slack.unreact
        await change(self._kim, thread.channel, message, EMOJI[operation])

    # controls

    def controls(self, thread: ThreadRef) -> list[frozenset[Control]]:
        return [frozenset(CONTROLS[each["action_id"]] for each in elements(one)) for one in self._messages(thread)]

    async def press(self, thread: ThreadRef, operation: Operation) -> None:
        action, half = ACTIONS[operation]
        *_, last = self._messages(thread)
        [element] = [each for each in elements(last) if each["action_id"] == action]
        value = (element[half] if half else element)["value"]
        await self._slack.press(self._kim, thread.channel, last.ts, action, value=value)

    def _messages(self, thread: ThreadRef) -> list[Message]:
        found = self._slack.thread(thread.channel, thread.thread)
        return [message for message in found if message.user == self._slack.bot_user]

    # directory

    async def refer(self) -> Asked:
        return await self._post(f"{self._slack.mention} <@{self._kim}> &amp; <#{self._channel}>?")

    def fail_lookups(self) -> None:
        for method in LOOKUP_METHODS:
            self._slack.fail(method, ServerError(), times=1_000)

    # status

    def working(self, asked: Asked) -> bool:
        channel, thread = asked.thread.channel, asked.thread.thread
        in_session = self._slack.agents.session(channel, thread) == "processing"
        eyes = self._slack.workspace.channels[channel].messages[asked.id].reactions.get("eyes")
        return in_session or bool(self._slack.agents.status(channel, thread)) or bool(eyes)

    def refuse_statuses(self) -> None:
        for method in STATUS_METHODS:
            self._slack.fail(method, Refused("unknown_method"), times=1_000)

    # files

    async def send_file(self, name: str, content: bytes, media_type: str) -> Asked:
        described = self._slack.files.add(name, content, media_type)
        return await self._post(f"{self._slack.mention} a file", files=(described,))

    def remove_files(self) -> None:
        self._slack.files.stored.clear()

    def fail_files(self) -> None:
        for stored in self._slack.files.stored.values():
            stored.answer = failed(*[503] * 100)


def typed(text: str) -> str:
    """As Slack takes what is typed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def elements(message: Message) -> Iterator[Mapping[str, Any]]:
    """What can be pressed below a message."""
    return (each for block in message.blocks for each in block.get("elements", ()) if "action_id" in each)


@asynccontextmanager
async def open_world() -> AsyncIterator[CapableWorld]:
    async with Slack() as slack:
        yield SlackWorld(slack)
