"""The bodies of messages: "Create Message", "Edit Message" and "Embed Limits" in Discord's page "Message"."""

from __future__ import annotations

from collections.abc import Iterator

from tests.standins.discord.rest.errors import invalid
from tests.standins.discord.rest.forms import (
    Check,
    Form,
    anything,
    decimal,
    either,
    flag,
    many,
    nullable,
    number,
    one_of,
    snowflake,
    text,
    thing,
)
from tests.standins.discord.state.objects import Json, MessageFlag

CONTENT_LIMIT, EMBEDS_LIMIT, NONCE_LIMIT = 2000, 6000, 25
SETTABLE = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.IS_VOICE_MESSAGE
    | MessageFlag.IS_COMPONENTS_V2
)
EXCLUSIVE = ("users", "roles")  # with the same word in `parse`


def _trimmed(check: Check) -> Check:
    """Embed texts are measured without the white space around them."""
    return lambda value: check(value.strip() if isinstance(value, str) else value)


_MEDIA = Form(
    {"url": text(2048), "proxy_url": text(2048), "height": number(), "width": number()}
    | dict.fromkeys(("placeholder", "placeholder_version", "content_type", "description", "flags"), anything),
    ("url",),
)
EMBED = Form(
    {
        "title": _trimmed(text(256)),
        "type": text(32),
        "description": _trimmed(text(4096)),
        "url": text(2048),
        "timestamp": text(64),
        "color": nullable(number(0, 0xFFFFFF)),
        "footer": Form({"text": _trimmed(text(2048)), "icon_url": text(2048), "proxy_icon_url": text(2048)}, ("text",)),
        "image": _MEDIA,
        "thumbnail": _MEDIA,
        "author": Form(
            {"name": _trimmed(text(256)), "url": text(2048), "icon_url": text(2048), "proxy_icon_url": text(2048)},
            ("name",),
        ),
        "fields": many(
            Form({"name": _trimmed(text(256, 1)), "value": _trimmed(text(1024, 1)), "inline": flag}, ("name", "value")),
            25,
        ),
        "flags": number(0),
    }
)
ALLOWED_MENTIONS = Form(
    {
        "parse": many(one_of("users", "roles", "everyone"), 3),
        "users": nullable(many(snowflake, 100)),
        "roles": nullable(many(snowflake, 100)),
        "replied_user": flag,
    }
)
ATTACHMENT = Form(
    {
        "id": either(snowflake, number(0)),
        "filename": text(1024),
        "title": nullable(text(1024)),
        "description": nullable(text(1024)),
        "duration_secs": decimal,
        "waveform": text(400),
        "is_spoiler": flag,
    }
    # a message's attachments may be sent back as they were received, and as libraries keep them
    | dict.fromkeys(("url", "proxy_url", "size", "content_type", "height", "width"), anything)
    | dict.fromkeys(("ephemeral", "flags", "spoiler"), anything),
    ("id",),
)
REFERENCE = Form(
    {
        "type": one_of(0, 1),
        "message_id": snowflake,
        "channel_id": snowflake,
        "guild_id": snowflake,
        "fail_if_not_exists": flag,
    },
    ("message_id",),
)
POLL = Form(
    {
        "question": Form({"text": text(300, 1)}, ("text",)),
        "answers": many(
            Form(
                {"poll_media": Form({"text": text(55, 1), "emoji": anything}), "answer_id": number(0)}, ("poll_media",)
            ),
            10,
            1,
        ),
        "duration": number(1, 32 * 24),
        "allow_multiselect": flag,
        "layout_type": one_of(1),
    },
    ("question", "answers"),
)
_SHARED: dict[str, Check] = {
    "content": nullable(text(CONTENT_LIMIT)),
    "embeds": nullable(many(EMBED, 10)),
    "allowed_mentions": nullable(ALLOWED_MENTIONS),
    "components": nullable(many(thing, 40)),
    "attachments": nullable(many(ATTACHMENT, 10)),
    "flags": nullable(number(0)),
}
_IGNORED: dict[str, Check] = {"tts": flag}  # not on these pages; libraries send it, and Discord ignores it
WEBHOOK = Form(_SHARED | {"tts": flag, "poll": nullable(POLL)})
FORUM_MESSAGE = Form(_SHARED | _IGNORED | {"sticker_ids": nullable(many(snowflake, 3))})
CREATE = Form(
    _SHARED
    | {
        "nonce": nullable(either(number(), text(NONCE_LIMIT))),
        "tts": flag,
        "message_reference": nullable(REFERENCE),
        "sticker_ids": nullable(many(snowflake, 3)),
        "enforce_nonce": flag,
        "poll": nullable(POLL),
        "shared_client_theme": anything,
    }
)
EDIT = Form(_SHARED | _IGNORED)


def check(body: Json, settable: int = SETTABLE) -> None:
    """Check what a form cannot say: the sum of the embeds, the mentions that exclude each other, the flags."""
    if len(str(body.get("nonce") or "")) > NONCE_LIMIT:
        raise invalid("nonce", "BASE_TYPE_MAX_LENGTH", f"Must be {NONCE_LIMIT} or fewer in length.")
    if sum(len(each.strip()) for embed in body.get("embeds") or () for each in _texts(embed)) > EMBEDS_LIMIT:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBEDS_LIMIT}")
    allowed = body.get("allowed_mentions") or {}
    for kind in EXCLUSIVE:
        if kind in (allowed.get("parse") or ()) and allowed.get(kind):
            what = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", what)
    if int(body.get("flags") or 0) & ~settable:
        raise invalid("flags", "BITFIELD_UNKNOWN_FLAGS", "These flags cannot be set.")
    _check_layout(body)


def _check_layout(body: Json) -> None:
    if not int(body.get("flags") or 0) & MessageFlag.IS_COMPONENTS_V2:
        return
    for name in ("content", "embeds", "sticker_ids", "poll"):
        if body.get(name):
            raise invalid(
                name, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", f"The '{name}' field cannot be used."
            )


def _texts(embed: Json) -> Iterator[str]:
    for part, name in (
        (embed, "title"),
        (embed, "description"),
        (embed.get("footer"), "text"),
        (embed.get("author"), "name"),
    ):
        if part and part.get(name):
            yield part[name]
    for each in embed.get("fields") or ():
        yield each["name"]
        yield each["value"]
