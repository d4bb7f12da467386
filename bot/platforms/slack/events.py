"""
A body of the Events API becomes an Incoming, or None when it is of no interest.

Cannot do I/O. What a text means to a reader is in text.py; who hands the bodies in, in adapter.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.conversation import Incoming, Participant, ParticipantKind, Posted, ThreadRef

PLATFORM = "slack"

Json = Mapping[str, Any]

CONTENT_SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "me_message", "bot_message"})
"""The subtypes that carry something said. The rest are changes (message_changed, …) and noise (channel_join, …)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are, from auth.test. Our app's id is in every body (`api_app_id`)."""

    team_id: str
    bot_user_id: str  # U… or W…, the one that is mentioned
    bot_id: str | None  # B…, the one that posts


def incoming(body: Json, us: Identity) -> Incoming | None:
    """
    What was said, or None. The same for both copies of a mention (`app_mention` and `message`), in either order.

    Never raises: a body that lacks what it should have is of no interest.
    """
    event = body.get("event")
    if body.get("type") != "event_callback" or not isinstance(event, Mapping):
        return None
    if event.get("type") not in ("app_mention", "message"):
        return None
    subtype = event.get("subtype")
    if subtype in CONTENT_SUBTYPES:
        return _posted(body, event, us)
    # message_changed and message_deleted become Edited and Deleted here, once the core has them.
    return None


def microseconds(ts: str) -> int | None:
    """A ts ("1700000000.000100") as an integer: floats do not hold all of its digits. None if it is not one."""
    match = re.fullmatch(r"(\d{1,12})\.(\d{1,6})", ts)
    if match is None:
        return None
    return int(match[1]) * 1_000_000 + int(match[2].ljust(6, "0"))


def position_of(moment: datetime) -> int:
    """An aware datetime in microseconds, as microseconds() gives them."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def timestamp(position: int) -> str:
    """The ts of a number of microseconds."""
    return f"{position // 1_000_000}.{position % 1_000_000:06d}"


def _posted(body: Json, event: Json, us: Identity) -> Posted | None:
    ts, channel, text = event.get("ts"), event.get("channel"), event.get("text") or ""
    if not isinstance(ts, str) or not isinstance(channel, str) or not isinstance(text, str):
        return None
    position, author = microseconds(ts), _author(body, event, us)
    if position is None or author is None:
        return None
    thread = event.get("thread_ts") or ts
    return Posted(
        thread=ThreadRef(PLATFORM, _workspace(body, us), channel, str(thread)),
        id=ts,
        position=position,
        author=author,
        text=text,
        posted_at=EPOCH + timedelta(microseconds=position),
        addressed=event.get("type") == "app_mention" or _mentions(text, us.bot_user_id),
        direct=event.get("channel_type") == "im" or channel.startswith("D"),  # app_mention has no channel_type
    )


def _mentions(text: str, bot_user_id: str) -> bool:
    return f"<@{bot_user_id}>" in text or f"<@{bot_user_id}|" in text


def _workspace(body: Json, us: Identity) -> str:
    """The team the event was delivered for, as Bolt finds it: in Slack Connect the body's own may be another's."""
    authorizations = body.get("authorizations")
    first = authorizations[0] if isinstance(authorizations, list) and authorizations else {}
    for source in (first, body):
        if isinstance(source, Mapping) and (workspace := source.get("team_id") or source.get("enterprise_id")):
            return str(workspace)
    return us.team_id


def _author(body: Json, event: Json, us: Identity) -> Participant | None:
    profile = event.get("bot_profile")
    profile = profile if isinstance(profile, Mapping) else {}
    user, bot = event.get("user"), event.get("bot_id") or profile.get("id")
    speaker = user or bot
    if not isinstance(speaker, str):
        return None
    apps = {event.get("app_id"), profile.get("app_id")} - {None}
    if user == us.bot_user_id or (bot is not None and bot == us.bot_id) or body.get("api_app_id") in apps:
        return Participant(speaker, ParticipantKind.SELF)
    if bot is not None or event.get("subtype") == "bot_message":
        name = event.get("username") or profile.get("name")
        return Participant(speaker, ParticipantKind.BOT, name if isinstance(name, str) else None)
    return Participant(speaker)
