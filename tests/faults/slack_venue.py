"""Slack as a venue of a chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from tests.faults.lives import surroundings
from tests.faults.steps import Call, Step
from tests.faults.venue import WAIT_SECONDS, Venue
from tests.standins.model import ModelServer
from tests.standins.slack import Slack
from tests.standins.slack.faults import Gate

CONTINUE = "threadbot_continue"  # the action of the button
METHODS: Mapping[Call, str] = {
    "post": "chat.postMessage",
    "edit": "chat.update",
    "delete": "chat.delete",
    "begin a stream": "chat.startStream",
    "append": "chat.appendStream",
    "end a stream": "chat.stopStream",
}


def settings_for(slack: Slack) -> dict[str, str]:
    return {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token, "SLACK_API_URL": slack.api_url}


def environment(slack: Slack, model: ModelServer, directory: Path) -> dict[str, str]:
    """For a bot on Slack, and on SQLite in *directory*."""
    return surroundings(model, directory) | settings_for(slack)


class SlackVenue(Venue):
    platform = "slack"
    reads_back = False

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._kim, self._channel = slack.add_user("kim"), slack.add_channel("general")

    def settings(self) -> Mapping[str, str]:
        return settings_for(self._slack)

    def choose(self, random: Random) -> None:
        """The workspace takes a status in one chain out of two."""
        self._slack.workspace.is_agent = random.random() < 0.5

    def prepare(self, step: Step) -> None:
        self._slack.workspace.stream_kinds = ("channel",) if step.streams else ()

    async def connected(self) -> None:
        await self._slack.wait_connected(WAIT_SECONDS)

    async def gone(self) -> None:
        await self._slack.wait_for(lambda: self._slack.socket_mode.connections == 0, WAIT_SECONDS)

    async def bring_again(self) -> None:
        await self._slack.socket_mode.redeliver()

    def acknowledged(self, question: str) -> bool:
        return all(each.acknowledged for each in self._slack.delivered(question))

    async def ask(self, words: str) -> str:
        return await self._slack.post(self._kim, self._channel, f"{self._slack.mention} {words}")

    async def edit(self, question: str, words: str) -> None:
        await self._slack.edit(self._channel, question, f"{self._slack.mention} {words}")

    async def delete(self, question: str) -> None:
        await self._slack.remove(self._channel, question)

    async def stop(self, question: str) -> None:
        await self._slack.react(self._kim, self._channel, question, "octagonal_sign")

    async def go_on(self, question: str) -> None:
        replies = [each for each in self._slack.thread(self._channel, question) if each.user == self._slack.bot_user]
        await self._slack.press(self._kim, self._channel, replies[-1].ts, CONTINUE)

    def hold(self, call: Call) -> Gate:
        return self._slack.hold(self._notice if call == "notice" else METHODS[call])

    @property
    def _notice(self) -> str:
        return "assistant.threads.setStatus" if self._slack.workspace.is_agent else "reactions.add"

    def replies(self, question: str) -> Sequence[str]:
        return self._slack.replies(self._channel, question)

    def left(self, question: str) -> int:
        return self._notices(question) + self._streaming(question)

    def _notices(self, question: str) -> int:
        """That it was noticed, still shown."""
        channel = self._slack.workspace.channels[self._channel]
        given = channel.messages[question].reactions.values() if question in channel.messages else ()
        reactions = sum(self._slack.bot_user in users for users in given)
        return reactions + (question in channel.statuses)

    def _streaming(self, question: str) -> int:
        """Messages that look as if more were to come."""
        return sum(map(self._slack.workspace.streaming, self._slack.thread(self._channel, question)))

    def evidence(self, question: str) -> Iterator[str]:
        for message in self._slack.thread(self._channel, question):
            yield f"{message.ts} {message.user}: {len(message.text)} characters, {message.reactions}"
        for call in self._slack.faults.calls:
            if question in call.arguments.values():
                yield f"{call.at:.3f} {call.method} {'ok' if call.ok else 'refused'}"
