"""
What a message says where its `text` does not say it: alerts of other apps, forwarded messages. Pure.

Apps write in blocks or attachments and may leave the text empty; what somebody forwards comes as an attachment.
Previews of links are attachments, too, and are left out: nobody said them, and they come later.
Source: Slack, "Reference: Message payloads", "Blocks", "Legacy attachments".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MOST = 12_000  # characters of what is put together
LONGEST = 40_000  # characters of a text; Slack cuts longer ones
MOST_BLOCKS = 100  # blocks, or attachments, of a message; Slack takes fewer
_TITLES = ("pretext", "author_name", "title", "text")


def text_of(message: Mapping[str, Any]) -> str:
    """The text as Slack writes it, with what attachments say below it; that of the blocks where there is none."""
    text = message.get("text")
    said = text if isinstance(text, str) and text.strip() else "\n".join(_lines(message.get("blocks")))
    said = said[:LONGEST]
    attached = [words for each in _mappings(message.get("attachments"), MOST_BLOCKS) if (words := _attached(each))]
    if not attached:
        return said
    return "\n\n".join([*([said] if said.strip() else []), *attached])[:MOST]


def _attached(attachment: Mapping[str, Any]) -> str:
    if _is_preview(attachment):
        return ""
    said = [each for name in _TITLES if isinstance(each := attachment.get(name), str) and each.strip()]
    fields = _mappings(attachment.get("fields"))
    said += [": ".join(str(field[name]) for name in ("title", "value") if field.get(name)) for field in fields]
    said += _lines(attachment.get("blocks"))
    fallback = attachment.get("fallback")
    if not said and isinstance(fallback, str):
        said.append(fallback)
    return "\n".join(each for each in said if each.strip())


def _is_preview(attachment: Mapping[str, Any]) -> bool:
    """Of a link. A message that was forwarded says where it is from in the same way, and that it is shared."""
    linked = any(attachment.get(name) for name in ("from_url", "original_url", "app_unfurl_url"))
    return linked and attachment.get("is_share") is not True


def _lines(blocks: object) -> list[str]:
    return [words for block in _mappings(blocks, MOST_BLOCKS) if (words := "".join(_texts(block)).strip())]


def _texts(element: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Of a block and what is in it, however deep Slack nests it."""
    if depth > 8:
        return
    match element.get("type"):
        case "user":
            yield f"<@{element.get('user_id')}>"
        case "channel":
            yield f"<#{element.get('channel_id')}>"
        case "link" if isinstance(element.get("url"), str):
            label = element.get("text")
            yield f"<{element['url']}|{label}>" if label else f"<{element['url']}>"
            return
    text = element.get("text")
    if isinstance(text, str):
        yield text
    elif isinstance(text, Mapping):
        yield from _texts(text, depth + 1)
    for name in ("elements", "fields"):
        for n, inner in enumerate(_mappings(element.get(name))):
            inner_text = "".join(_texts(inner, depth + 1))
            own_line = n and (name == "fields" or inner.get("type", "").startswith("rich_text_"))
            yield f"\n{inner_text}" if own_line else inner_text


def _mappings(value: object, most: int | None = None) -> list[Mapping[str, Any]]:
    """Those among the first *most* in a list."""
    return [each for each in value[:most] if isinstance(each, Mapping)] if isinstance(value, list) else []
