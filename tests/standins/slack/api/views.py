"""
Modals and Home tabs of the Slack stand-in: views.open, .update, .push, .publish, and the triggers that modals need.

What people do in them is in interactive.py. Knows nothing of bot/.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.views import View as ModelledView

from tests.standins.slack.api.blocks import valid_blocks
from tests.standins.slack.workspace import APP, BOT, TEAM, Clock, Json, Method, SlackError, Workspace, texts_of

TRIGGER_SECONDS = 3.0  # a trigger opens one view, and only so long
VIEW_BYTES = 250_000
VIEW_BLOCKS = 100
VIEW_BLOCK_TYPES = frozenset(
    {"actions", "alert", "context", "divider", "header", "image", "input", "rich_text", "section", "video"}
)
STACK_LIMIT = 3  # views of one person, above each other


class Triggers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, tuple[str, float]] = {}  # → person, when
        self._exchanged: set[str] = set()

    def issue(self, user: str) -> str:
        """What an app may open a view with for somebody who has just done something."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._issued[trigger] = user, self._clock()
        return trigger

    def exchange(self, trigger: object) -> str:
        """Whose it is; raises SlackError where it is not valid, or not any more."""
        if not isinstance(trigger, str) or trigger not in self._issued:
            raise SlackError("invalid_trigger_id")
        if trigger in self._exchanged:
            raise SlackError("exchanged_trigger_id")
        user, at = self._issued[trigger]
        if self._clock() - at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        self._exchanged.add(trigger)
        return user


@dataclass(slots=True)
class View:
    id: str
    user: str
    content: Json
    hash: str
    errors: dict[str, str] = field(default_factory=dict)  # by block, as the last submission was answered

    @property
    def shown(self) -> str:
        """What a reader sees between its title and its buttons."""
        return "\n\n".join(texts_of(self.content["blocks"]))

    @property
    def title(self) -> str:
        return str(self.content.get("title", {}).get("text", ""))

    def wire(self, values: Json | None = None) -> Json:
        blank = {"private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": False}
        more = {"id": self.id, "team_id": TEAM, "hash": self.hash, "app_id": APP, "bot_id": BOT}
        return blank | {"notify_on_close": False} | self.content | more | {"state": {"values": values or {}}}


class Views:
    """*modals* are those that people have open, the one on top last; *homes* those that were published, by person."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._numbers = itertools.count(1)
        self.triggers = Triggers(workspace.clock)
        self.modals: list[View] = []
        self.homes: dict[str, View] = {}
        self.methods: dict[str, Method] = {
            "views.open": self._open,
            "views.push": self._push,
            "views.update": self._update,
            "views.publish": self._publish,
        }

    def modal(self, user: str) -> View:
        """The one on top of what *user* has open."""
        return [view for view in self.modals if view.user == user][-1]

    def by_id(self, view: str) -> View:
        return next(each for each in (*self.modals, *self.homes.values()) if each.id == view)

    def answer_submission(self, view: View, answer: Json | None) -> None:
        """What becomes of a modal after its submission was acknowledged with *answer*."""
        action = (answer or {}).get("response_action")
        if action == "errors":
            view.errors = dict((answer or {})["errors"])
        elif action == "update":
            self._change(view, valid_view((answer or {})["view"], "modal"))
        elif action == "push":
            self.modals.append(self._made(view.user, valid_view((answer or {})["view"], "modal")))
        elif action == "clear":
            self.modals = [each for each in self.modals if each.user != view.user]
        else:
            self.modals.remove(view)

    def _open(self, arguments: Json) -> Json:
        content = valid_view(arguments.get("view"), "modal")
        view = self._made(self.triggers.exchange(arguments.get("trigger_id")), content)
        self.modals.append(view)
        return {"view": view.wire()}

    def _push(self, arguments: Json) -> Json:
        content = valid_view(arguments.get("view"), "modal")
        user = self.triggers.exchange(arguments.get("trigger_id"))
        below = sum(view.user == user for view in self.modals)
        if not below:
            raise SlackError("not_found")
        if below >= STACK_LIMIT:
            raise SlackError("push_limit_reached")
        self.modals.append(view := self._made(user, content))
        return {"view": view.wire()}

    def _update(self, arguments: Json) -> Json:
        content, wanted = valid_view(arguments.get("view"), "modal"), arguments.get("view_id")
        external = arguments.get("external_id")
        for view in self.modals:
            if view.id == wanted or (external and view.content.get("external_id") == external):
                _check_hash(view, arguments)
                self._change(view, content)
                return {"view": view.wire()}
        raise SlackError("not_found")

    def _publish(self, arguments: Json) -> Json:
        user, content = arguments.get("user_id"), valid_view(arguments.get("view"), "home")
        if not self._workspace.has_home:
            raise SlackError("not_enabled")
        if user not in self._workspace.users:
            raise SlackError("user_not_found")
        view = self.homes.get(user)
        if view is None:
            view = self.homes[user] = self._made(user, content)
        else:
            _check_hash(view, arguments)
            self._change(view, content)
        return {"view": view.wire()}

    def _made(self, user: str, content: Json) -> View:
        return View(f"V0VIEW{next(self._numbers):05d}", user, content, self._hash())

    def _change(self, view: View, content: Json) -> None:
        view.content, view.hash, view.errors = content, self._hash(), {}

    def _hash(self) -> str:
        return f"{self._workspace.ts()}.{secrets.token_hex(4)}"


def valid_view(view: object, kind: str) -> Json:
    """A view of *kind* ("modal", "home") as it is, or SlackError."""
    if not isinstance(view, dict) or view.get("type") != kind:
        raise SlackError("invalid_arguments")
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    if not _modelled(view) or not _texts_fit(view, kind):
        raise SlackError("invalid_arguments")
    try:
        valid_blocks(view.get("blocks"), limit=VIEW_BLOCKS, types=VIEW_BLOCK_TYPES)
    except SlackError as error:
        raise SlackError("invalid_arguments") from error
    return view


def _modelled(view: Json) -> bool:
    """Whether slack_sdk knows every field and finds nothing wrong: lengths of the title, buttons, ids and metadata."""
    try:
        modelled = ModelledView(**view)
        modelled.to_dict()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError, KeyError):
        return False
    return not modelled.additional_attributes and bool(view.get("blocks"))


def _texts_fit(view: Json, kind: str) -> bool:
    plain = [view[key] for key in ("title", "submit", "close") if key in view]
    if any(not isinstance(text, Mapping) or text.get("type") != "plain_text" for text in plain):
        return False
    has_input = any(isinstance(block, Mapping) and block.get("type") == "input" for block in view["blocks"])
    return kind == "home" or ("title" in view and ("submit" in view or not has_input))


def _check_hash(view: View, arguments: Json) -> None:
    if arguments.get("hash") not in (None, view.hash):
        raise SlackError("hash_conflict")
