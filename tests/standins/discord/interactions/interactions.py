"""Interactions: what people press, choose and call; the app's first answer, and its later ones as a webhook."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.standins.discord.gateway.events import Events
from tests.standins.discord.resources import components
from tests.standins.discord.resources.composing import Composer, checked
from tests.standins.discord.resources.message_forms import EDIT, SETTABLE, WEBHOOK
from tests.standins.discord.rest.errors import ApiError, invalid
from tests.standins.discord.rest.forms import Form, anything, flag, is_true, many, one_of, text
from tests.standins.discord.rest.routes import Answer, Asked, Route
from tests.standins.discord.state import wire
from tests.standins.discord.state.mentions import OF_WEBHOOKS
from tests.standins.discord.state.objects import Channel, Json, Message, MessageFlag, MessageType
from tests.standins.discord.state.wire import Messages
from tests.standins.discord.state.world import World

ANSWER_SECONDS, TOKEN_SECONDS = 3.0, 15 * 60.0
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
FITTING = {
    COMMAND: (MESSAGE, DEFERRED_MESSAGE, MODAL),
    COMPONENT: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE),
}  # "Interaction Callback Type"; a modal from a component may update its message
CALLBACK = Form({"type": one_of(1, 4, 5, 6, 7, 8, 9, 10, 12), "data": anything}, ("type",))
CHOICE_FORM = Form({"choices": many(anything, 25)}, ("choices",))
MODAL_FORM = Form(
    {"custom_id": text(100, 1), "title": text(45, 1), "components": many(anything, 5, 1)},
    ("custom_id", "title", "components"),
)
DEFER_FORM = Form({"flags": one_of(0, int(MessageFlag.EPHEMERAL))})
SETTABLE_HERE = SETTABLE | MessageFlag.EPHEMERAL
MESSAGE_TYPES = {COMMAND: MessageType.CHAT_INPUT_COMMAND}


@dataclass(slots=True)
class Interaction:
    """*answered*: the type of the first answer, 0 without one. *original*: the message that `@original` is."""

    id: str
    token: str
    kind: int
    user: str
    channel: Channel
    at: float
    data: Json
    message: Message | None = None
    answered: int = 0
    answered_at: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None

    @property
    def loading(self) -> bool:
        return self.original is not None and bool(self.original.flags & MessageFlag.LOADING)


class Interactions:
    def __init__(self, world: World, composer: Composer, events: Events, messages: Messages) -> None:
        self._world, self._composer, self._events, self._messages = world, composer, events, messages
        self.answer_seconds, self.token_seconds = ANSWER_SECONDS, TOKEN_SECONDS
        self.all: list[Interaction] = []

    def routes(self) -> Sequence[Route]:
        hook = "/webhooks/{webhook}/{token}"
        original, one = f"{hook}/messages/@original", f"{hook}/messages/{{message}}"
        callback = "/interactions/{interaction}/{token}/callback"
        query = Form({"with_response": flag})
        waiting = Form({"wait": flag, "with_components": flag})
        edit, get, delete = self._edit, self._get, self._delete
        return (
            Route(
                "create interaction response", "POST", callback, self._answer, CALLBACK, query, open=True, files=True
            ),
            Route("get original interaction response", "GET", original, get, open=True),
            Route("edit original interaction response", "PATCH", original, edit, EDIT, waiting, open=True, files=True),
            Route("delete original interaction response", "DELETE", original, delete, open=True),
            Route("create followup message", "POST", hook, self._follow, WEBHOOK, waiting, open=True, files=True),
            Route("get followup message", "GET", one, get, open=True),
            Route("edit followup message", "PATCH", one, edit, EDIT, waiting, open=True, files=True),
            Route("delete followup message", "DELETE", one, delete, open=True),
        )

    # what a person does

    def create(self, kind: int, user: str, channel: Channel, data: Json, message: Message | None = None) -> Interaction:
        new_id, token = self._world.new_id(), secrets.token_urlsafe(40)
        made = Interaction(new_id, token, kind, user, channel, self._world.clock(), data, message)
        self.all.append(made)
        self._events.interaction(self._world.guild_of(channel), self._body(made))
        return made

    def _body(self, of: Interaction) -> Json:
        world, guild = self._world, self._world.guild_of(of.channel)
        body: Json = {
            "id": of.id,
            "application_id": world.application,
            "type": of.kind,
            "token": of.token,
            "version": 1,
        }
        body |= {"data": of.data, "channel_id": of.channel.id, "channel": wire.channel(world, of.channel)}
        body |= {"locale": world.users[of.user].locale, "entitlements": [], "attachment_size_limit": 10 * 1024**2}
        body |= {"app_permissions": str(int(world.bits(of.channel, world.bot))), "context": 0 if guild else 1}
        if of.message:
            body["message"] = self._messages.shown(of.message, content=True)
        if guild is None:
            owners = {"1": of.user}
            return body | {"user": wire.user(world.users[of.user]), "authorizing_integration_owners": owners}
        who = wire.member(world, guild.members[of.user]) | {"permissions": str(int(world.bits(of.channel, of.user)))}
        place = {"id": guild.id, "locale": guild.locale, "features": guild.features}
        return (
            body
            | {"member": who, "guild_id": guild.id, "guild": place, "guild_locale": guild.locale}
            | {"authorizing_integration_owners": {"0": guild.id}}
        )

    # the first answer

    def _answer(self, asked: Asked) -> object:
        of = next((each for each in self.all if each.id == asked.parameters["interaction"]), None)
        now = self._world.clock()
        if of is None or of.token != asked.parameters["token"]:
            raise ApiError(10062)
        if of.answered:
            raise ApiError(40060)
        if now - of.at > self.answer_seconds:
            raise ApiError(10062)
        kind = int(asked.body["type"])
        if kind not in FITTING[of.kind] or (kind in (DEFERRED_UPDATE, UPDATE) and of.message is None):
            raise invalid("type", "INTERACTION_TYPE_INVALID", "Not valid for this type of interaction.")
        self._perform(of, kind, asked.body.get("data") or {}, asked)
        of.answered, of.answered_at = kind, now
        return self._resource(of, kind) if is_true(asked.query.get("with_response")) else None

    def _perform(self, of: Interaction, kind: int, data: Json, asked: Asked) -> None:
        if kind == MESSAGE:
            WEBHOOK.demand(data)
            of.original = self._post(of, checked(data, SETTABLE_HERE), asked)
        elif kind == DEFERRED_MESSAGE:
            DEFER_FORM.demand(data)
            of.original = self._defer(of, int(data.get("flags") or 0))
        elif kind == UPDATE:
            EDIT.demand(data)
            assert of.message is not None
            of.original = self._composer.change(of.message, checked(data), asked.files, OF_WEBHOOKS)
        elif kind == DEFERRED_UPDATE:
            of.original = of.message
        elif kind == CHOICES:
            CHOICE_FORM.demand(data)
            of.choices = data["choices"]
        else:
            MODAL_FORM.demand(data)
            of.modal = data

    def _post(self, of: Interaction, body: Json, asked: Asked) -> Message:
        bot = self._world.bot
        message = self._composer.new(of.channel, bot, body, asked.files, mentions_by_default=OF_WEBHOOKS)
        return self._composer.post(self._marked(of, message))

    def _defer(self, of: Interaction, flags: int) -> Message:
        message = Message(self._world.new_id(), of.channel.id, self._world.bot, "", self._world.clock())
        message.flags = flags | MessageFlag.LOADING
        return self._composer.post(self._marked(of, message))

    def _marked(self, of: Interaction, message: Message) -> Message:
        message.application = self._world.application
        user = wire.user(self._world.users[of.user])
        message.interaction = {"id": of.id, "type": of.kind, "user": user, "authorizing_integration_owners": {}}
        message.type = MESSAGE_TYPES.get(of.kind, MessageType.DEFAULT)
        message.only_for = of.user if message.ephemeral else None
        return message

    def _resource(self, of: Interaction, kind: int) -> Json:
        about: Json = {"id": of.id, "type": of.kind}
        if of.original is None or kind not in (MESSAGE, DEFERRED_MESSAGE, UPDATE):
            return {"interaction": about}
        about |= {"response_message_id": of.original.id, "response_message_loading": of.loading}
        about["response_message_ephemeral"] = of.original.ephemeral
        resource: Json = {"type": kind}
        if kind in (MESSAGE, UPDATE):
            resource["message"] = self._composer.shown(of.original)
        return {"interaction": about, "resource": resource}

    # later answers

    def _hook(self, asked: Asked) -> Interaction:
        """A token lives 15 minutes; where no first answer came in time it is invalid, too."""
        of = next((each for each in self.all if each.token == asked.parameters["token"]), None)
        if of is None or asked.parameters["webhook"] != self._world.application or not of.answered:
            raise ApiError(10015)
        if self._world.clock() - of.at > self.token_seconds:
            raise ApiError(50027)
        return of

    def _target(self, asked: Asked) -> tuple[Interaction, Message]:
        of = self._hook(asked)
        wanted = asked.parameters.get("message")
        own = [*([of.original] if of.original else []), *of.followups]
        found = of.original if wanted is None else next((each for each in own if each.id == wanted), None)
        if found is None or found.id not in self._world.messages:
            raise ApiError(10008)
        return of, found

    def _get(self, asked: Asked) -> object:
        return self._composer.shown(self._target(asked)[1])

    def _edit(self, asked: Asked) -> object:
        _, message = self._target(asked)
        changed = self._composer.change(message, checked(asked.body), asked.files, OF_WEBHOOKS)
        return self._composer.shown(changed)

    def _delete(self, asked: Asked) -> None:
        self._composer.remove(self._target(asked)[1])

    def _follow(self, asked: Asked) -> object:
        """After a deferred message the first follow-up fills that one, which keeps its ephemeral state."""
        of = self._hook(asked)
        body = checked(asked.body, SETTABLE_HERE)
        if of.loading and of.original:
            kept = {key: value for key, value in body.items() if key not in ("flags", "tts", "poll")}
            return self._composer.shown(self._composer.change(of.original, kept, asked.files, OF_WEBHOOKS))
        message = self._post(of, body, asked)
        message.type = MessageType.DEFAULT
        if of.original and message.interaction:
            message.interaction |= {"original_response_message_id": of.original.id}
        of.followups.append(message)
        return Answer(self._composer.shown(message))


def pressed(message: Message, custom_id: str, values: Sequence[str] | None) -> Json:
    """The data of a component that somebody uses; LookupError where the message has none, or a disabled one."""
    found = components.find(message.components, custom_id)
    if found is None or found.get("disabled"):
        raise LookupError(f"there is nothing to press with the id {custom_id!r}")
    data: Json = {"component_type": found["type"], "custom_id": custom_id, "id": found.get("id", 1)}
    return data | ({"values": list(values)} if values is not None else {})


def called(command: Json, options: Mapping[str, object]) -> Json:
    """The data of a slash command with its options."""
    kinds: dict[type, int] = {str: 3, bool: 5, int: 4, float: 10}
    known = {option["name"]: option["type"] for option in command.get("options") or ()}
    given = [
        {"name": name, "type": known.get(name, kinds.get(type(value), 3)), "value": value}
        for name, value in options.items()
    ]
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    return (
        data
        | ({"options": given} if given else {})
        | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})
    )
