"""
A body of the Events API, or a message that was read back, becomes an Incoming, or None when it is of no interest.

Cannot do I/O. What a text means to a reader is in text.py; who hands them in, in adapter.py and channels.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core.conversation import (
    Deleted,
    Edited,
    Incoming,
    MessageRef,
    Participant,
    ParticipantKind,
    Posted,
    Said,
    ThreadRef,
)
from bot.core.decide.addressing import PRODUCT_NAMES, calls
from bot.platforms.common.payloads import Json, mapping, mappings, string
from bot.platforms.slack.incoming.files import files_of
from bot.platforms.slack.incoming.message_text import said_in
from bot.platforms.slack.incoming.participants import all_ids, home_of, mentioned_in, name_of, opened_by
from bot.platforms.slack.markup.text import readable

PLATFORM = "slack"

CONTENT_SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "me_message", "bot_message"})
"""The subtypes that carry something said. The rest are changes (message_changed, …) and noise (channel_join, …)."""

TOMBSTONE = "tombstone"  # the subtype of what is left of a deleted message that has replies

LAST_POSITION = 253_402_300_799_999_999  # microseconds; the last one that a datetime can hold
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are, from auth.test and users.info. Our app's id is in every body (`api_app_id`)."""

    team_id: str
    bot_user_id: str  # U… or W…, the one that is mentioned
    bot_id: str | None  # B…, the one that posts
    name: str = ""  # as people see it, and call us
    handle: str = ""  # the name that Slack made of the first one; it stays

    @property
    def called(self) -> str:
        """The text of a mention of us."""
        return self.name or PRODUCT_NAMES[0]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message was said: what events say beside the message, and messages that are read back do not say."""

    workspace: str
    channel: str
    direct: bool
    app_id: str | None = None  # ours, where it is known
    mention: bool = False  # Slack itself says that we are mentioned
    recovered: bool = False


def incoming(body: Json, us: Identity) -> Incoming | None:
    """
    What was said, or None. The same for both copies of a mention (`app_mention` and `message`), in either order.

    Never raises: a body that lacks what it should have is of no interest.
    """
    event = body.get("event")
    if body.get("type") != "event_callback" or not isinstance(event, Mapping):
        return None
    channel = event.get("channel")
    if event.get("type") not in ("app_mention", "message") or not isinstance(channel, str):
        return None
    place = Place(
        workspace=workspace(body, us),
        channel=channel,
        direct=event.get("channel_type") == "im" or channel.startswith("D"),  # app_mention has no channel_type
        app_id=body.get("api_app_id"),
        mention=event.get("type") == "app_mention",
    )
    match event.get("subtype"):
        case "message_changed":
            return _changed(event, place, us)
        case "message_deleted":
            return _deleted(event.get("deleted_ts"), event, place, us)
        case _:
            return read(event, place, us)


def joined(body: Json, us: Identity) -> str | None:
    """The channel that we were invited to, if that is what an event says."""
    event = body.get("event")
    if body.get("type") != "event_callback" or not isinstance(event, Mapping):
        return None
    if event.get("type") != "member_joined_channel" or event.get("user") != us.bot_user_id:
        return None
    channel = event.get("channel")
    return channel if isinstance(channel, str) else None


def gone(body: Json, us: Identity) -> tuple[str, str] | None:
    """The workspace and the channel that were deleted with all that was said there, if that is what an event says."""
    event = body.get("event")
    if body.get("type") != "event_callback" or not isinstance(event, Mapping):
        return None
    channel = event.get("channel")
    if event.get("type") not in ("channel_deleted", "group_deleted") or not isinstance(channel, str):
        return None
    return workspace(body, us), channel


def tells_that_we_joined(message: Json, us: Identity) -> bool:
    """Whether a message in a channel says what joined() does."""
    return message.get("subtype") in ("channel_join", "group_join") and message.get("user") == us.bot_user_id


def read(message: Json, place: Place, us: Identity) -> Said | Deleted | None:
    """
    A message object of Slack's, as it is now.

    One that was edited since says so itself (`edited`) and is an Edited; a tombstone is a Deleted.
    """
    if message.get("subtype") == TOMBSTONE:
        return _deleted(message.get("ts"), message, place, us)
    posted = _posted(message, place, us)
    edited_at = _edited_at(message)
    return posted if posted is None or edited_at is None else Edited(posted, edited_at)


def _deleted(ts: object, event: Json, place: Place, us: Identity) -> Deleted | None:
    """*event* may say when, and what the message last was."""
    said_at = moment(ts)
    if not isinstance(ts, str) or said_at is None:
        return None
    before = event.get("previous_message")
    message = _posted(before, place, us) if isinstance(before, Mapping) and before.get("ts") == ts else None
    at = moment(event.get("event_ts")) or moment(event.get("ts")) or said_at
    return Deleted(MessageRef(PLATFORM, place.workspace, place.channel, ts), message, at)


def _changed(event: Json, place: Place, us: Identity) -> Incoming | None:
    """
    The whole message comes in `message`. Slack calls it changed, too, when a link was unfurled in it, or when it was
    deleted and has replies.

    Each of our own edits comes back like this; nobody needs them.
    """
    message = event.get("message")
    if not isinstance(message, Mapping):
        return None
    if message.get("subtype") == TOMBSTONE:
        return _deleted(message.get("ts"), event, place, us)
    posted = _posted(message, place, us)
    edited_at = _edited_at(message) or moment(event.get("ts"))
    if posted is None or edited_at is None or posted.author.kind is ParticipantKind.SELF:
        return None
    return Edited(posted, edited_at)


def _edited_at(message: Json) -> datetime | None:
    edited = message.get("edited")
    return moment(edited.get("ts")) if isinstance(edited, Mapping) else None


def moment(ts: object) -> datetime | None:
    """A ts as an aware datetime; None if it is none."""
    position = microseconds(ts) if isinstance(ts, str) else None
    return None if position is None else moment_of(position)


def microseconds(ts: str) -> int | None:
    """A ts ("1700000000.000100") as an integer: floats do not hold all of its digits. None if it is no moment."""
    match = re.fullmatch(r"([0-9]{1,12})\.([0-9]{1,6})", ts)
    if match is None:
        return None
    position = int(match[1]) * 1_000_000 + int(match[2].ljust(6, "0"))
    return position if position <= LAST_POSITION else None


def position_of(moment: datetime) -> int:
    """An aware datetime in microseconds, as microseconds() gives them."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(position: int) -> datetime:
    return EPOCH + timedelta(microseconds=position)


def timestamp(position: int) -> str:
    """The ts of a number of microseconds."""
    return f"{position // 1_000_000}.{position % 1_000_000:06d}"


def _posted(message: Json, place: Place, us: Identity) -> Posted | None:
    ts, said, subtype = message.get("ts"), said_in(message), message.get("subtype")
    if not isinstance(subtype, str | None) or subtype not in CONTENT_SUBTYPES:
        return None
    if not isinstance(ts, str) or not isinstance(message.get("text"), str | None):
        return None
    thread = str(message.get("thread_ts") or ts)
    position, author = microseconds(ts), _author(message, place, us)
    if position is None or author is None or microseconds(thread) is None:
        return None
    return Posted(
        thread=ThreadRef(PLATFORM, place.workspace, place.channel, thread),
        id=ts,
        position=position,
        author=author,
        text=said.text,
        posted_at=moment_of(position),
        addressed=place.mention or _mentions(said.own, us.bot_user_id),
        direct=place.direct,
        recovered=place.recovered,
        plain=_readable(said.text, us),
        calls_bot=calls(_readable(said.own, us), {us.name, us.handle, *PRODUCT_NAMES}),
        mentions=mentioned_in(said.own) - {us.bot_user_id},
        broadcast=subtype == "thread_broadcast",
        root_author=opened_by(message, us.bot_user_id),
        aliases=all_ids(message),
        files=files_of(message),
        cut=said.cut,
    )


def _readable(text: str, us: Identity) -> str:
    return readable(text, us.bot_user_id, {us.bot_user_id: us.called})


def _mentions(text: str, bot_user_id: str) -> bool:
    return f"<@{bot_user_id}>" in text or f"<@{bot_user_id}|" in text


def for_another_team(body: Json, us: Identity) -> bool:
    """
    Whether an event was delivered for another workspace that our app is installed in, and not for ours.

    What does not name its team may be ours; an organization's installation (Enterprise Grid) speaks for all its teams.
    """
    authorizations = _authorizations(body)
    teams = [each.get("team_id") for each in authorizations]
    organization = any(each.get("is_enterprise_install") for each in authorizations)
    return bool(teams) and all(teams) and not organization and us.team_id not in teams


def workspace(body: Json, us: Identity) -> str:
    """
    The team the event was delivered for, as Bolt finds it: in Slack Connect the body's own may be another's.

    When it was delivered for several at once, and we are among them, that is us.
    """
    authorizations = _authorizations(body)
    if any(each.get("team_id") == us.team_id for each in authorizations):
        return us.team_id
    for source in (*authorizations[:1], body):
        if workspace := source.get("team_id") or source.get("enterprise_id"):
            return str(workspace)
    return us.team_id


def _authorizations(body: Json) -> Sequence[Json]:
    return mappings(body, "authorizations")


def _author(message: Json, place: Place, us: Identity) -> Participant | None:
    profile = mapping(message, "bot_profile")
    user, bot = message.get("user"), message.get("bot_id") or profile.get("id")
    speaker = user or bot
    if not isinstance(speaker, str):
        return None
    apps = (message.get("app_id"), profile.get("app_id"))
    ours = place.app_id is not None and place.app_id in apps
    if ours or user == us.bot_user_id or (bot is not None and bot == us.bot_id):
        return Participant(speaker, ParticipantKind.SELF)
    if bot is not None or message.get("subtype") == "bot_message":
        name = string(message, "username") or string(profile, "name")
        return Participant(speaker, ParticipantKind.BOT, name or None)
    return Participant(speaker, name=_told_name(message), home=home_of(message, place.workspace))


def _told_name(message: Json) -> str | None:
    """A person's name, where the event brings it; of somebody from another workspace there may be no other."""
    profile = mapping(message, "user_profile")
    return name_of({"profile": profile, "name": profile.get("name")})
