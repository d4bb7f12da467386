"""
What a message says where its `content` does not say it: alerts of other apps, forwards, polls, stickers. Pure.

Apps write in embeds or components and may leave the content empty. Previews of links are embeds, too, and are left out:
nobody said them, and they come later. What changes by itself, such as the votes of a poll, is left out as well.
Source: Discord, "Message Object", "Embed Object", "Component Reference", "Poll Object".
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.platforms.discord.incoming.files import attachments_of
from bot.platforms.discord.incoming.participants import is_app
from bot.platforms.discord.places.payloads import Json, few, mapping, number, text

MOST = 12_000  # characters of what is put together
LONGEST = 40_000  # characters of a content; Discord takes a tenth of it
_DEEPEST = 8  # levels of components
_VOICE_MESSAGE = 1 << 13
_LONGEST_VOICE = 86_400  # seconds


def text_of(message: Json) -> str:
    """The content as Discord writes it, with what else there is below it."""
    said = text(message, "content")[:LONGEST]
    more = [words for words in _beside(message, by_app=is_app(message)) if words]
    if not more:
        return said
    return "\n\n".join([*([said] if said.strip() else []), *more])[:MOST]


def _beside(message: Json, *, by_app: bool) -> Iterator[str]:
    if by_app:
        yield from _of_app(message)
    yield _poll(mapping(message, "poll"))
    if (flags := number(message.get("flags"))) is not None and flags & _VOICE_MESSAGE:
        yield _voice(message)
    if names := [name for each in few(message, "sticker_items") if (name := text(each, "name").strip())]:
        yield f"Sticker: {', '.join(names)}"
    for snapshot in few(message, "message_snapshots"):
        yield _forwarded(mapping(snapshot, "message"))


def _forwarded(message: Json) -> str:
    """Who wrote it is not said."""
    words = [text(message, "content"), *_beside({**message, "message_snapshots": None}, by_app=True)]
    said = "\n\n".join(each for each in words if each.strip())
    if said:
        return f"Forwarded message:\n{said}"
    return "Forwarded message" if any(attachments_of(message)) else ""


def _of_app(message: Json) -> Iterator[str]:
    """Its embeds; its components where there are no other words."""
    content = text(message, "content")
    embeds = [words for each in few(message, "embeds") if (words := _embed(each, content))]
    yield from embeds
    if not content.strip() and not embeds:
        yield "\n".join(words for each in few(message, "components") for words in _component(each) if words)


def _embed(embed: Json, content: str) -> str:
    url = text(embed, "url")
    if embed.get("type", "rich") != "rich" or (url and url in content):
        return ""  # a preview
    said = [text(mapping(embed, "author"), "name"), text(embed, "title"), text(embed, "description")]
    said += [
        ": ".join(words for name in ("name", "value") if (words := text(field, name)).strip())
        for field in few(embed, "fields")
    ]
    return "\n".join(each for each in said if each.strip())


def _component(component: Json, depth: int = 0) -> Iterator[str]:
    """A line of each text in it, and one of all buttons in a row. Numbers are those of "Component Types"."""
    if depth > _DEEPEST:
        return
    match number(component.get("type")):
        case 10:  # text display
            yield text(component, "content")
        case 11:  # thumbnail
            yield text(component, "description")
        case 2:  # button
            yield text(component, "label")
        case 12:  # media gallery
            yield from (text(each, "description") for each in few(component, "items"))
        case 1:  # action row
            inner = (words for each in few(component, "components") for words in _component(each, depth + 1))
            yield ", ".join(words for words in inner if words)
        case _:
            for each in (*few(component, "components"), mapping(component, "accessory")):
                yield from _component(each, depth + 1)


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
