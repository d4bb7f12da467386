"""A stage of the bench on Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.arena import Call, Stage, model_control, model_settings, stand_ins, wall_offset
from tests.standins.control_client import ControlClient

SMALLEST = "tests.bench.smallest_bot"
NOT_COUNTED = ("auth.test", "apps.connections.open")  # calls that no reply needs


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of one bot's stand-ins."""

    slack: Mapping[str, Any]  # as the Slack stand-in prints them
    model_url: str

    def control(self, session: aiohttp.ClientSession) -> tuple[ControlClient, ControlClient]:
        """Of Slack and of the model."""
        return ControlClient(self.slack["control_url"], session), model_control(self.model_url, session)

    def settings(self) -> dict[str, str]:
        return model_settings(self.model_url) | {
            "SLACK_BOT_TOKEN": self.slack["bot_token"],
            "SLACK_APP_TOKEN": self.slack["app_token"],
            "SLACK_API_URL": self.slack["api_url"],
        }


class SlackStage(Stage):
    def __init__(self, addresses: Addresses, session: aiohttp.ClientSession) -> None:
        self.addresses = addresses
        self._slack, model = addresses.control(session)
        super().__init__(model)
        self._calls: list[Call] = []  # all so far: only new ones are fetched, since asking costs the stand-in time
        self._sent: list[tuple[str | None, list[float]]] = []  # event and times of each delivery

    @property
    def settings(self) -> Mapping[str, str]:
        return self.addresses.settings()

    async def post(self, text: str, thread: str | None = None, **more: Any) -> str:
        """Say something in the channel. Returns its ts."""
        slack = self.addresses.slack
        said = {"user": slack["user"], "channel": slack["channel"], "text": text, "thread_ts": thread}
        return str((await self._slack.post("post", said | more))["ts"])

    async def mention(self, text: str, thread: str | None = None) -> str:
        return await self.post(f"<@{self.addresses.slack['bot_user']}> {text}", thread)

    async def replies(self, root: str) -> list[str]:
        slack = self.addresses.slack
        told = await self._slack.get(f"thread?channel={slack['channel']}&ts={root}")
        return [message["shown"] for message in told["messages"] if message["user"] == slack["bot_user"]]

    async def connections(self) -> int:
        return int((await self._slack.get("connections"))["connections"])

    async def sent_at(self, message: str) -> float:
        told = await self._slack.get(f"deliveries?since={len(self._sent)}")
        self._sent += [(each["event_ts"], each["sent_at"]) for each in told["deliveries"]]
        return min(at for event, times in self._sent if event == message for at in times) - wall_offset()

    async def calls(self) -> list[Call]:
        told = (await self._slack.get(f"calls?since={len(self._calls)}"))["calls"]
        offset = wall_offset()
        self._calls += [Call(each["method"], each["at"] - offset, each["arguments"].get("thread_ts")) for each in told]
        return [call for call in self._calls if call.method not in NOT_COUNTED]


@asynccontextmanager
async def slack_stage(name: str, directory: Path) -> AsyncIterator[SlackStage]:
    """A Slack and a model for one bot."""
    async with stand_ins(name, "slack", directory) as (session, there, model_url):
        yield SlackStage(Addresses(there, model_url), session)
