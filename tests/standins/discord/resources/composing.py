"""Messages are made and changed here for everybody: the bot, people, and answers to interactions."""

from __future__ import annotations

from collections.abc import Sequence

from tests.standins.discord.gateway.events import Events
from tests.standins.discord.resources import components, message_forms
from tests.standins.discord.rest.errors import ApiError, invalid
from tests.standins.discord.rest.forms import is_true
from tests.standins.discord.rest.routes import Upload
from tests.standins.discord.state import mentions
from tests.standins.discord.state.ids import iso
from tests.standins.discord.state.mentions import ALL_PARSED
from tests.standins.discord.state.objects import (
    BASIC_MESSAGES,
    Attachment,
    Channel,
    Json,
    Message,
    MessageFlag,
    MessageType,
)
from tests.standins.discord.state.wire import Messages
from tests.standins.discord.state.world import World

FORWARD = 1


class Composer:
    def __init__(self, world: World, events: Events, messages: Messages) -> None:
        self._world, self._events, self._messages = world, events, messages

    def new(
        self, channel: Channel, author: str, body: Json, files: Sequence[Upload] = (), *, message_id: str = "",
        mentions_by_default: Json = ALL_PARSED,
    ) -> Message:  # fmt: skip
        """A message of a checked form, not yet in its channel. *message_id*: a forum post's is that of its thread."""
        world = self._world
        message = Message(
            message_id or world.new_id(), channel.id, author, (body.get("content") or "").strip(), world.clock()
        )
        message.tts, message.flags = is_true(body.get("tts")), int(body.get("flags") or 0)
        message.embeds = [{"type": "rich"} | each for each in body.get("embeds") or ()]
        message.components = body.get("components") or []
        components.check(message.components, layout=bool(message.flags & MessageFlag.IS_COMPONENTS_V2))
        message.attachments = self.attachments(channel, body, files)
        message.poll = self._poll(body["poll"]) if body.get("poll") else None
        message.sticker_items = body.get("sticker_items") or []  # a person's; see messages.py for sticker_ids
        self._refer(message, body.get("message_reference"))
        self._demand_something(message)
        self.mention(message, body.get("allowed_mentions"), mentions_by_default, calls=True)
        return message

    def _demand_something(self, message: Message) -> None:
        has = (message.content, message.embeds, message.components, message.attachments, message.poll)
        if not any((*has, message.sticker_items, message.snapshots)):
            raise ApiError(50006)

    def mention(self, message: Message, allowed: Json | None, default: Json, *, calls: bool) -> None:
        """Rebuild whom the message mentions from its content and the allowance of this request."""
        world, channel = self._world, self._world.channels[message.channel]
        wanted = default if allowed is None else allowed
        texts = [message.content, *(each.get("content", "") for _, each in components.parts(message.components))]
        found = mentions.mentioned(world, channel, message.author, "\n".join(texts), wanted)
        mentions.apply(world, message, found, calls=calls)
        replied = self._replied(message)
        # `replied_user` "defaults to false" in an allowance; a reply without any allowance calls its author
        if replied and (allowed is None or allowed.get("replied_user")) and replied not in message.mentions:
            message.mentions.append(replied)
            if replied != message.author:
                message.highlighted.add(replied)
                message.pinged |= {replied} if calls else set()

    def _replied(self, message: Message) -> str | None:
        if message.type != MessageType.REPLY or not message.reference:
            return None
        referenced = self._world.messages.get(message.reference["message_id"])
        return referenced.author if referenced else None

    def _refer(self, message: Message, reference: Json | None) -> None:
        if not reference:
            return None
        wanted = str(reference["message_id"])
        if reference.get("type") == FORWARD:
            return self._forward(message, reference)
        channel = self._world.channels[message.channel]
        referenced = channel.messages.get(wanted)
        if referenced is None or referenced.ephemeral:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            return None
        if referenced.type not in BASIC_MESSAGES:
            raise invalid(
                "message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to a system message"
            )
        message.type = MessageType.REPLY
        place = {"channel_id": channel.id} | ({"guild_id": channel.guild} if channel.guild else {})
        message.reference = {"type": 0, "message_id": wanted} | place
        return None

    def _forward(self, message: Message, reference: Json) -> None:
        if "channel_id" not in reference:
            raise invalid("message_reference.channel_id", "BASE_TYPE_REQUIRED", "This field is required")
        source = self._world.channels.get(str(reference["channel_id"]))
        original = source.messages.get(str(reference["message_id"])) if source else None
        if source is None or original is None:
            raise invalid("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
        if not self._world.may(source, message.author, "VIEW_CHANNEL"):
            raise ApiError(50001)
        if message.author == self._world.bot and not self._world.content and not self._messages.is_open(original):
            raise ApiError(160014)
        if original.type not in BASIC_MESSAGES or original.poll:
            raise invalid("message_reference", "MESSAGE_REFERENCE_INVALID", "This message cannot be forwarded.")
        place = {"channel_id": source.id} | ({"guild_id": source.guild} if source.guild else {})
        message.reference = {"type": FORWARD, "message_id": original.id} | place
        message.snapshots = [self._messages.snapshot(original)]
        message.flags |= MessageFlag.HAS_SNAPSHOT

    def attachments(self, channel: Channel, body: Json, files: Sequence[Upload]) -> list[Attachment]:
        """The new files, with what `attachments` says of them under the number of each."""
        told = {str(each["id"]): each for each in body.get("attachments") or ()}
        return [self._attachment(channel, file, told.get(file.number, {})) for file in files]

    def _attachment(self, channel: Channel, file: Upload, told: Json) -> Attachment:
        name = str(told.get("filename") or file.name).replace(" ", "_")
        new = Attachment(self._world.new_id(), name, file.content, file.content_type, channel.id)
        new.description, new.title = told.get("description"), told.get("title")
        new.duration, new.waveform = told.get("duration_secs"), told.get("waveform")
        return new

    def _poll(self, wanted: Json) -> Json:
        answers = [{"answer_id": number} | each for number, each in enumerate(wanted["answers"], 1)]
        expiry = iso(self._world.clock() + 3600 * int(wanted.get("duration", 24)))
        poll: Json = {"question": wanted["question"], "answers": answers, "expiry": expiry, "layout_type": 1}
        multiple = bool(wanted.get("allow_multiselect"))
        return poll | {"allow_multiselect": multiple, "results": {"is_finalized": False, "answer_counts": []}}

    # into its channel

    def post(self, message: Message) -> Message:
        """Put it into its channel; that unarchives a thread, and its author and those it calls join the thread."""
        channel = self._world.channels[message.channel]
        if not message.ephemeral:
            self.wake(channel)
        self._world.keep(message)
        if channel.thread and not message.ephemeral:
            channel.thread.active_at = message.created
            self.join(channel, message.author, *message.mentions)
        self._events.message("MESSAGE_CREATE", message)
        return message

    def wake(self, channel: Channel) -> None:
        if channel.thread and channel.thread.archived:
            channel.thread.archived = False
            channel.thread.archived_changed = channel.thread.active_at = self._world.clock()
            self._events.thread_updated(channel)
            self._events.thread_member(channel)

    def join(self, thread: Channel, *users: str) -> None:
        assert thread.thread is not None
        guild = self._world.guild_of(thread)
        joining = [each for each in users if each not in thread.thread.members and guild and each in guild.members]
        new = list(dict.fromkeys(joining))
        for user in new:
            thread.thread.members[user] = self._world.clock()
        if new:
            self._events.thread_members(thread, added=new)

    # changed

    def change(self, message: Message, body: Json, files: Sequence[Upload] = (), default: Json = ALL_PARSED) -> Message:
        """Apply a checked form of an edit: what it does not name stays; null empties a field."""
        before = message.flags
        flags = int(body.get("flags") or 0)
        if "flags" in body:
            message.flags = before & ~MessageFlag.SUPPRESS_EMBEDS | flags & MessageFlag.SUPPRESS_EMBEDS
            message.flags |= flags & MessageFlag.IS_COMPONENTS_V2
        if "content" in body:
            message.content = (body["content"] or "").strip()
        if "embeds" in body:
            message.embeds = [{"type": "rich"} | each for each in body["embeds"] or ()]
        if "components" in body:
            layout = bool(message.flags & MessageFlag.IS_COMPONENTS_V2)
            components.check(body["components"] or [], layout=layout)
            message.components = body["components"] or []
        self._change_attachments(message, body, files)
        self._demand_something(message)
        if "content" in body:
            self.mention(message, body.get("allowed_mentions"), default, calls=False)
        message.edits, message.edited = message.edits + 1, self._world.clock()
        message.flags &= ~MessageFlag.LOADING
        self._events.message("MESSAGE_UPDATE", message)
        return message

    def _change_attachments(self, message: Message, body: Json, files: Sequence[Upload]) -> None:
        channel = self._world.channels[message.channel]
        if "attachments" in body:
            kept = {str(each["id"]) for each in body["attachments"] or ()}
            message.attachments = [each for each in message.attachments if each.id in kept]
        message.attachments += self.attachments(channel, body, files)

    def remove(self, message: Message) -> None:
        channel = self._world.channels[message.channel]
        self._world.drop(message)
        self._events.deleted(channel, message.id)

    def shown(self, message: Message) -> Json:
        """As the API answers it to this application, which wrote it or asked for it."""
        return self._messages.shown(message, content=self._world.content)


def checked(body: Json, settable: int = message_forms.SETTABLE) -> Json:
    message_forms.check(body, settable)
    return body
