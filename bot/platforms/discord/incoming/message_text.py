"""
What a message says where its `content` does not say it: alerts of other apps, forwards, polls, stickers. Pure.

Apps write in embeds and components and may leave the content empty. The labels of buttons are no words. Previews of
links are embeds, too, and are left out: nobody said them, and they come later. What changes by itself, such as the
votes of a poll, is left out as well.
Source: Discord, "Message Object", "Embed Object", "Component Reference", "Poll Object".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.core.files import Cut
from bot.platforms.discord.incoming.files import attachments_of
from bot.platforms.discord.incoming.participants import is_app
from bot.platforms.discord.places.payloads import Json, few, mapping, number, text

MOST = 12_000  # characters of what stands beside the content, which is never cut
LONGEST = 40_000  # characters of a content; Discord takes a tenth of it
_VOICE_MESSAGE = 1 << 13
_LONGEST_VOICE = 86_400  # seconds
_BLANKS = " \t\n\u200b\u200e\u2800\u3164"  # what apps fill in where Discord takes no empty text
_HALF = re.compile(r"<[^<>]{0,200}\Z")  # of a token, where a text was cut


@dataclass(frozen=True, slots=True)
class Words:
    """
    *own*: what the author says, and nothing of a message that is forwarded. *text*: that, and what is beside it, below;
    *cut* where that is only its beginning.
    """

    own: str
    text: str
    cut: Cut | None = None


def text_of(message: Json) -> str:
    return said_in(message).text


def said_in(message: Json) -> Words:
    """The content as Discord writes it, with what else there is below it."""
    said = text(message, "content")[:LONGEST]
    beside = [words for words in _beside(message, by_app=is_app(message)) if words]
    forwarded = [words for words in _forwarded_by(message) if words]
    whole = "\n\n".join([*beside, *forwarded])
    kept = whole if len(whole) <= MOST else _HALF.sub("", whole[:MOST])
    own, whole_text = (_apart([said, *more]) for more in (beside, [kept]))
    return Words(own, whole_text, None if kept == whole else Cut(len(kept), len(whole), "characters"))


def _apart(texts: Sequence[str]) -> str:
    found = [each for each in texts if each.strip()]
    return "\n\n".join(found) if len(found) > 1 or texts[0] not in found else texts[0]


def _beside(message: Json, *, by_app: bool) -> Iterator[str]:
    if by_app:
        yield from _of_app(message)
    yield _poll(mapping(message, "poll"))
    if (flags := number(message.get("flags"))) is not None and flags & _VOICE_MESSAGE:
        yield _voice(message)
    if names := [name for each in few(message, "sticker_items") if (name := text(each, "name").strip())]:
        yield f"Sticker: {', '.join(names)}"


def _forwarded_by(message: Json) -> Iterator[str]:
    for snapshot in few(message, "message_snapshots"):
        yield _forwarded(mapping(snapshot, "message"))


def _forwarded(message: Json) -> str:
    """Who wrote it is not said."""
    words = [text(message, "content"), *_beside(message, by_app=True)]
    said = "\n\n".join(each for each in words if each.strip())
    if said:
        return f"Forwarded message:\n{said}"
    return "Forwarded message" if any(attachments_of(message)) else ""


def _of_app(message: Json) -> Iterator[str]:
    """Its embeds and its components, without what its content says as well."""
    content = text(message, "content")
    said = set(content.split("\n"))
    for embed in few(message, "embeds"):
        yield "\n".join(line for line in _embed(embed, content) if line.strip() and line not in said)
    lines = (line for each in few(message, "components") for line in _component(each))
    yield "\n".join(line for line in lines if line.strip() and line not in said)


def _embed(embed: Json, content: str) -> Sequence[str]:
    url = text(embed, "url")
    if embed.get("type", "rich") != "rich" or (url and url in content):
        return ()  # a preview
    said = [text(mapping(embed, "author"), "name"), text(embed, "title"), text(embed, "description")]
    said += [
        ": ".join(words for name in ("name", "value") if (words := text(field, name)).strip(_BLANKS))
        for field in few(embed, "fields")
    ]
    return [*said, text(mapping(embed, "footer"), "text")]


def _component(component: Json) -> Iterator[str]:
    """The texts in it, however deep; what is to be pressed says nothing. Numbers are those of "Component Types"."""
    rest = [component]
    while rest:
        each = rest.pop()
        match number(each.get("type")):
            case 10:  # text display
                yield text(each, "content")
            case 11:  # thumbnail
                yield text(each, "description")
            case 12:  # media gallery
                yield from (text(item, "description") for item in few(each, "items"))
            case 1 | 2:  # action row, button
                continue
            case _:
                accessory = mapping(each, "accessory")
                rest += reversed([*few(each, "components"), *([accessory] if accessory else [])])


def _poll(poll: Json) -> str:
    question = text(mapping(poll, "question"), "text")
    answers = [mapping(each, "poll_media") for each in few(poll, "answers")]
    shown = [text(each, "text") or text(mapping(each, "emoji"), "name") for each in answers]
    if not question and not any(shown):
        return ""
    return "\n".join([f"Poll: {question}", *(f"- {words}" for words in shown if words)])


def _voice(message: Json) -> str:
    seconds = next((each.get("duration_secs") for each in attachments_of(message)), None)
    if isinstance(seconds, int | float) and 0.5 <= seconds <= _LONGEST_VOICE:
        return f"Voice message, {round(seconds)} s"
    return "Voice message"
