"""
What people press, choose and submit in the Slack stand-in, and the payloads that tell the app.

The shapes are those of the reference of interaction payloads: block_actions, message_action, view_submission,
view_closed. Who presses what is not there gets a LookupError: on Slack one cannot. Knows nothing of bot/.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol

from tests.standins.slack.api.elements import pressable
from tests.standins.slack.api.responses import Responses
from tests.standins.slack.api.views import View, Views
from tests.standins.slack.delivery.deliveries import Delivery, Kind
from tests.standins.slack.workspace import APP, TEAM, Channel, Json, Message, Workspace

CHANNEL_NAMES = {"group": "privategroup", "mpim": "privategroup", "im": "directmessage"}  # as payloads call them


class Deliver(Protocol):
    def __call__(
        self, payload: Json, kind: Kind = ..., answered: Callable[[Json | None], None] | None = ...
    ) -> Awaitable[Delivery]: ...


class Interactions:
    def __init__(self, workspace: Workspace, views: Views, responses: Responses, deliver: Deliver) -> None:
        self._workspace, self._views, self._responses, self._deliver = workspace, views, responses, deliver
        self._block_ids = itertools.count(1)

    async def press(
        self, user: str, channel: str, ts: str, action_id: str, *, value: str | None = None, times: int = 1
    ) -> list[Delivery]:
        """
        Somebody presses a button of a message. A feedback element has two: *value* says which.

        *times*: as fast as one can, before anything changes.
        """
        place = self._workspace.channels[channel]
        message = self._workspace.visible(user, channel, ts)
        action = self._action(message.blocks, action_id, value)
        payload = {
            **self._around("block_actions", user),
            "container": _container(message),
            "channel": _named(place),
            "message": copy.deepcopy(message.wire()),
            "state": {"values": {}},
            "response_url": self._responses.url(user, channel, message),
        }
        if message.ephemeral_to is not None:
            del payload["message"]
        return [await self._deliver(self._acted(payload, user, action), "interactive") for _ in range(times)]

    async def again(self, pressed: Delivery) -> Delivery:
        """The same press is delivered once more."""
        return await self._deliver(copy.deepcopy(pressed.payload), pressed.kind)

    async def press_in_view(self, user: str, view: View, action_id: str, *, value: str | None = None) -> Delivery:
        """Somebody presses a button of a modal, or of the Home tab."""
        if view.user != user or view not in (*self._views.modals, *self._views.homes.values()):
            raise LookupError(f"{user} does not see {view.id}")
        payload = {
            **self._around("block_actions", user),
            "container": {"type": "view", "view_id": view.id},
            "view": copy.deepcopy(view.wire()),
        }
        return await self._deliver(
            self._acted(payload, user, self._action(view.content["blocks"], action_id, value)), "interactive"
        )

    async def choose(self, user: str, channel: str, ts: str, callback_id: str) -> Delivery:
        """Somebody chooses a message shortcut in the menu of a message, anybody's."""
        message = self._workspace.visible(user, channel, ts)
        payload = {
            **self._around("message_action", user),
            "callback_id": callback_id,
            "trigger_id": self._views.triggers.issue(user),
            "response_url": self._responses.url(user, channel, message),
            "action_ts": self._workspace.ts(),
            "message_ts": message.ts,
            "channel": _named(self._workspace.channels[channel]),
            "message": copy.deepcopy(message.wire()),
        }
        return await self._deliver(payload, "interactive")

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Delivery:
        """Somebody types a slash command; what the acknowledgement carries is shown to them."""
        place = self._workspace.channels[channel]
        payload = {
            "token": "stand-in",
            "team_id": TEAM,
            "team_domain": "standin",
            "channel_id": channel,
            "channel_name": _named(place)["name"],
            "user_id": user,
            "user_name": self._workspace.users[user]["name"],
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._responses.url(user, channel),
            "trigger_id": self._views.triggers.issue(user),
        }
        return await self._deliver(payload, "slash_commands")

    async def submit(self, user: str, values: Json | None = None) -> Delivery:
        """
        Somebody submits the modal on top. *values*: block_id → action_id → what stands there.

        It closes when the submission is acknowledged in time, unless the acknowledgement says otherwise.
        """
        view = self._views.modal(user)
        if "submit" not in view.content:
            raise LookupError(f"{view.id} cannot be submitted")
        payload = {
            **self._around("view_submission", user),
            "trigger_id": self._views.triggers.issue(user),
            "view": copy.deepcopy(view.wire(values)),
            "response_urls": [],
        }
        return await self._deliver(
            payload, "interactive", lambda response: self._views.answer_submission(view, response)
        )

    async def close(self, user: str) -> Delivery | None:
        """Somebody closes the modal on top. The app is told only if it wanted to be."""
        view = self._views.modal(user)
        self._views.modals.remove(view)
        if not view.content.get("notify_on_close"):
            return None
        payload = self._around("view_closed", user) | {"view": copy.deepcopy(view.wire()), "is_cleared": False}
        return await self._deliver(payload, "interactive")

    def _around(self, kind: str, user: str) -> Json:
        name = self._workspace.users[user]["name"]
        return {
            "type": kind,
            "team": {"id": TEAM, "domain": "standin"},
            "user": {"id": user, "username": name, "name": name, "team_id": TEAM},
            "api_app_id": APP,
            "token": "stand-in",
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _acted(self, payload: Json, user: str, action: Json) -> Json:
        acted = action | {"action_ts": self._workspace.ts()}
        return payload | {"trigger_id": self._views.triggers.issue(user), "actions": [acted]}

    def _action(self, blocks: list[Json], action_id: str, value: str | None) -> Json:
        for block, element in pressable(blocks):
            for half in _halves(element):
                if element.get("action_id") == action_id and value in (None, half.get("value")):
                    block_id = block.setdefault("block_id", f"b{next(self._block_ids):04d}")
                    acted: Json = {"type": element["type"], "action_id": action_id, "block_id": block_id}
                    return acted | {key: half[key] for key in ("text", "value") if key in half}
        raise LookupError(f"there is nothing called {action_id} to press")


def _halves(element: Json) -> Iterator[Json]:
    if element["type"] == "feedback_buttons":
        yield from (element["positive_button"], element["negative_button"])
    else:
        yield element


def _container(message: Message) -> Json:
    known = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
    return known | {"is_ephemeral": message.ephemeral_to is not None}


def _named(channel: Channel) -> Json:
    return {"id": channel.id, "name": CHANNEL_NAMES.get(channel.kind, channel.name)}
