"""Which permission the bot lacks in which channel of a server. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.core.check_findings import Finding, Verdict, counted
from bot.platforms.discord.calls.requests import Json
from bot.platforms.discord.places import Kind
from bot.platforms.discord.places.guilds import KnownChannel, KnownGuild, bits_in, channel_of
from bot.platforms.discord.places.payloads import text
from bot.platforms.discord.setup.invite import FILES, HISTORY, SEND, SEND_THERE, THREADS, VIEW, Permission

ON_TOP = (HISTORY, THREADS, SEND_THERE, SEND, FILES)
NEEDED: Mapping[Kind, Sequence[Permission]] = {
    Kind.TEXT: ON_TOP,
    Kind.ANNOUNCEMENT: ON_TOP,
    Kind.FORUM: (HISTORY, SEND_THERE, FILES),
    Kind.VOICE: (HISTORY, SEND, FILES),
}
"""In a channel that the bot sees. One that it does not see is nobody's mistake."""
MOST_NAMES = 5  # of channels


def finding(guild: Json, member: Json, channels: Sequence[Json], own_id: str, invite: str) -> Finding:
    """*member*: the bot as a member of *guild*."""
    known = KnownGuild()
    known.update(guild, own_id)
    roles = member.get("roles")
    known.own_roles = frozenset(str(each) for each in roles) if isinstance(roles, list) else frozenset()
    subject = f"Discord server {text(guild, 'name')} ({text(guild, 'id')})"
    if member.get("communication_disabled_until"):
        remedy = "Somebody has to remove the timeout from it, or it ends by itself."
        return Finding(subject, Verdict.FAILED, "the bot has a timeout there: it may write nothing", remedy)
    places = [found for each in channels if (found := channel_of(each, text(guild, "id"))) and found.kind in NEEDED]
    bits = [(place, bits_in(place, known, known.own_roles, own_id)) for place in places]
    seen = [(place, may) for place, may in bits if may & VIEW.bit]
    if not seen:
        remedy = f"Give its role {VIEW.label} in the channels where it is to answer, or invite it again: {invite}"
        return Finding(subject, Verdict.FAILED, "it sees no channel there", remedy)
    lacking = {each: [place for place, may in seen if _lacks(each, place, may)] for each in ON_TOP}
    missing = [f"{each.label} {_where(lacks, len(seen))}" for each, lacks in lacking.items() if lacks]
    hidden = len(bits) - len(seen)
    unseen = f"; it does not see {counted(hidden, 'other')}" if hidden else ""
    if not missing:
        return Finding(subject, Verdict.OK, f"it may do all it needs in {counted(len(seen), 'channel')}{unseen}")
    remedy = (
        f"Allow that for its role (Server Settings → Roles → {_role(known)}), or for the role in a channel "
        f"(Edit Channel → Permissions). Or invite it again: {invite}"
    )
    mute = all(_is_mute(place, may) for place, may in seen)
    verdict = Verdict.FAILED if mute else Verdict.WARNING
    return Finding(subject, verdict, f"it lacks {'; '.join(missing)}{unseen}", remedy)


def _lacks(permission: Permission, place: KnownChannel, may: int) -> bool:
    return permission in NEEDED[place.kind] and not may & permission.bit


def _is_mute(place: KnownChannel, may: int) -> bool:
    """Whether no answer can be given there."""
    in_threads = bool(may & SEND_THERE.bit) and place.kind is not Kind.VOICE
    in_place = bool(may & SEND.bit) and place.kind is not Kind.FORUM
    return not in_threads and not in_place


def _where(places: Sequence[KnownChannel], of: int) -> str:
    if len(places) == of > 1:
        return "in every channel"
    names = ", ".join(f"#{place.name}" for place in places[:MOST_NAMES])
    more = len(places) - MOST_NAMES
    return f"in {names}" + (f" and {more:,} more" if more > 0 else "")


def _role(guild: KnownGuild) -> str:
    return guild.roles.get(guild.own_role or "", ("the bot's", 0))[0]
