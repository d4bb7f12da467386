"""
What a message says: its `text`, its blocks and its attachments, each thing once. Pure.

For the messages of other apps the blocks are the message, and `text` may be no more than its notification: both are
read. What a person writes Slack gives as `text` and as rich text alike; what blocks say beside it, such as a table, is
read with it. A message that is forwarded, or that Slack unfolds from a permalink, comes as an attachment. Previews of
web pages are attachments, too, and are left out: nobody said them, and they come later.
Source: Slack, "Reference: Message payloads", "Blocks", "Legacy attachments".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.files import Cut
from bot.platforms.common.payloads import LONGEST, Json, few, mapping, string, within
from bot.platforms.slack.incoming.blocks import joined, pieces_of
from bot.platforms.slack.incoming.rich_text import DEEPEST, flat
from bot.platforms.slack.markup.text import readable, unescaped

MOST = 12_000  # characters of what is attached; what the author says is never cut, in blocks either
MOST_LINES = 40  # of a notification that are looked for within the lines of blocks
_TITLES = ("pretext", "author_name", "title")
_OF_MESSAGES = ("is_share", "is_msg_unfurl", "is_reply_unfurl", "is_thread_root_unfurl")
_NO_FALLBACK = "[no preview available]"  # of an attachment that is made of blocks
_HALF = re.compile(r"(?:<[^<>]{0,3000}|&[a-z]{0,3})\Z")  # of a token or an escape, where a text was cut
_TOKEN = re.compile(r"<([^<>]*)>")
_NAMED = re.compile(r"<((?:!subteam\^|#)[A-Z0-9]{1,40})\|([^<>]+)>")
_NAMELESS = re.compile(r"<((?:!subteam\^|#)[A-Z0-9]{1,40})>")
_EMOJI = re.compile(r":[a-z0-9_+'-]{1,100}:")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Words:
    """
    *own*: what the author says, as far as it can call somebody: nothing of a message of somebody else's.
    *text*: that, and what is attached below it; *cut* where that is only its beginning.
    """

    own: str
    text: str
    cut: Cut | None = None


def text_of(message: Json) -> str:
    return said_in(message).text


def said_in(message: Json) -> Words:
    """Never raises."""
    by_app = is_app(message)
    said = _once(string(message, "text"), message.get("blocks"), is_notification=by_app)
    attached: list[tuple[str, Json]] = []
    left = LONGEST
    for each in attachments_of(message):
        if left > 0 and (words := _attached(each)):
            attached.append((words, each))
            left -= len(words)
    if by_app and attached and said.strip():
        attached = [(words, each) for words, each in attached if _key(words) not in _key(said)]
        said = "\n".join(_unsaid(said, joined([words for words, _ in attached]))) if attached else said
    own = _apart([said, *(words for words, each in attached if not is_message(each))])
    uncut = [words for words, each in attached if _is_own(each)]
    whole = _apart([words for words, each in attached if not _is_own(each)])
    kept = whole if len(whole) <= MOST else _HALF.sub("", whole[:MOST])
    text = _apart([said, *uncut, kept])
    return Words(own, text, None if kept == whole else Cut(len(kept), len(whole), "characters"))


def _is_own(attachment: Json) -> bool:
    """Whether the author wrote it: a table that a person puts into a message comes as blocks of an attachment."""
    return not is_message(attachment) and bool(few(attachment, "blocks"))


def _apart(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return "\n\n".join(each for each in texts if each.strip())


def is_app(message: Json) -> bool:
    """Whether an app wrote it, ours included."""
    return bool(message.get("bot_id") or message.get("bot_profile")) or message.get("subtype") == "bot_message"


def attachments_of(message: Json) -> list[Json]:
    """Those that somebody said; the others are previews of web pages."""
    return [each for each in few(message, "attachments") if not _is_preview(each) or is_message(each)]


def _is_preview(attachment: Json) -> bool:
    return any(attachment.get(name) for name in ("from_url", "original_url", "app_unfurl_url"))


def is_message(attachment: Json) -> bool:
    """Whether it is another message: forwarded, or unfolded from a permalink."""
    told = any(attachment.get(name) is True for name in _OF_MESSAGES)
    return told or bool(few(attachment, "message_blocks"))


def messages_in(attachment: Json) -> list[Json]:
    """The text of another message that Slack has attached, as it is."""
    return [mapping(each, "message") for each in few(attachment, "message_blocks")]


def _attached(attachment: Json, depth: int = 0) -> str:
    if depth > DEEPEST:
        return flat(attachment)
    shared, others = is_message(attachment), messages_in(attachment)
    blocks = [block for each in (attachment, *others) for block in few(each, "blocks")]

    def said() -> Iterator[str]:
        yield from (string(attachment, name) for name in _TITLES)
        yield _once(string(attachment, "text"), blocks, is_notification=not shared)
        yield from map(_field, few(attachment, "fields"))
        yield from (_attached(inner, depth + 1) for each in (attachment, *others) for inner in attachments_of(each))
        if not shared:
            yield string(attachment, "footer")

    fallback = string(attachment, "fallback")
    return "\n".join(within(said()) or within([fallback] if fallback != _NO_FALLBACK else []))


def _field(field: Json) -> str:
    return ": ".join(words for name in ("title", "value") if (words := string(field, name)).strip())


# Each thing once


def _once(text: str, blocks: object, *, is_notification: bool) -> str:
    """
    What a text and blocks say together.

    Of a *text* that is only a notification, those lines are left out that the blocks have, too.
    """
    if not text.strip():
        return joined(pieces_of(blocks))
    pieces = _with_names(pieces_of(blocks, but="" if is_notification else "rich_text"), text)
    if not pieces:
        return text
    said = _key(text)
    if not is_notification:
        return joined([text, *(piece for piece in pieces if _key(piece).strip() and _key(piece) not in said)])
    shown = joined(pieces)
    unsaid = joined(list(_unsaid(text, shown)))
    return text if unsaid and _key(shown) in said else joined([unsaid, shown])


def _with_names(pieces: Sequence[str], text: str) -> Sequence[str]:
    """Tokens of blocks have no names; those of *text* may, and Slack tells us that of a user group nowhere else."""
    names = dict(_NAMED.findall(text))
    return [_NAMELESS.sub(lambda token: _named(token[1], names), each) for each in pieces] if names else pieces


def _named(target: str, names: Mapping[str, str]) -> str:
    return f"<{target}|{names[target]}>" if target in names else f"<{target}>"


def _unsaid(text: str, shown: str) -> Iterator[str]:
    """The lines of *text* that *shown* does not have, whatever its emphasis, punctuation and line breaks are."""
    words, lines = _key(shown), {_key(line) for line in shown.split("\n")}
    if (whole := _key(text)).strip() and whole in words:
        return
    for number, line in enumerate(text.split("\n")):
        key = _key(line)
        is_there = key in lines or (number < MOST_LINES and _beginning(line, key) in words)
        if not line.strip() or not (is_there if key.strip() else line.strip() in shown):
            yield line


def _beginning(line: str, key: str) -> str:
    """Of a line that was cut, up to where: within a word, perhaps."""
    return key.rstrip() if line.rstrip().endswith(("…", "...")) else key


def _key(text: str) -> str:
    """The words of *text*, each between blanks, such that two texts that say the same have the same."""
    plain = unescaped(_EMOJI.sub(" ", _TOKEN.sub(_meant, text)))
    return f" {' '.join(_WORD.findall(plain.casefold()))} "


def _meant(token: re.Match[str]) -> str:
    target, _, label = token[1].partition("|")
    if target.startswith("!date^"):
        return readable(token[0], "")
    return target[1:] if target[:1] in ("@", "#") or target.startswith("!subteam^") else label or target
