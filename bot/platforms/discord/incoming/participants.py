"""Who wrote a message, and whom it speaks to. Pure; see reading/names.py, too."""

from __future__ import annotations

from bot.core.conversation import Participant, ParticipantKind
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.places.payloads import Json, mapping, mappings, text, texts
from bot.platforms.discord.places.payloads import name_of as name_of

EVERYBODY = "everyone"  # @everyone and @here: Discord tells them as one
ROLE = "&"  # before the id of a role, as in its mention


def author_of(message: Json, us: Identity) -> Participant | None:
    """
    None where nobody is named.

    People have no name here: events tell their names in the guild, and messages that are read back do not, so they are
    asked for as they are needed. Nobody can be asked for the name of a webhook, and each message of a bot says its own.
    """
    author = mapping(message, "author")
    id_ = text(author, "id")
    if not id_:
        return None
    application = text(message, "application_id")
    if id_ == us.user_id or (application and application == us.application_id):
        return Participant(us.user_id, ParticipantKind.SELF)
    if is_app(message):
        return Participant(id_, ParticipantKind.BOT, name_of(author))
    return Participant(id_)


def is_app(message: Json) -> bool:
    """Whether a bot or a webhook wrote it."""
    return mapping(message, "author").get("bot") is True or bool(text(message, "webhook_id"))


def all_ids(message: Json) -> frozenset[str]:
    """Those by which the author is known: a bot's user, its webhook and its application."""
    own = (text(mapping(message, "author"), "id"), text(message, "webhook_id"), text(message, "application_id"))
    return frozenset(each for each in own if each)


def calls_us(message: Json, us: Identity, own_role: str | None) -> bool:
    """
    Whether it mentions us, by our name or by the role that is ours, or replies to us.

    A reply to an answer asks on, whether it lets us be notified or not.
    """
    content = text(message, "content")
    if f"<@{us.user_id}>" in content or f"<@!{us.user_id}>" in content or us.user_id in _people(message):
        return True
    return (own_role is not None and own_role in _roles(message)) or _replied_to(message) == us.user_id


def others_called(message: Json, us: Identity, own_role: str | None) -> frozenset[str]:
    """The ids of people and bots, those of roles after ROLE, and EVERYBODY; whoever is replied to is called as well."""
    people = {*_people(message), *((replied,) if (replied := _replied_to(message)) else ())} - {us.user_id}
    roles = {ROLE + role for role in _roles(message) if role != own_role}
    return frozenset({*people, *roles, *((EVERYBODY,) if message.get("mention_everyone") is True else ())})


def _people(message: Json) -> list[str]:
    return [id_ for each in mappings(message, "mentions") if (id_ := text(each, "id"))]


def _roles(message: Json) -> list[str]:
    return texts(message, "mention_roles")


def _replied_to(message: Json) -> str:
    """Empty for what is no reply, or one to a message that is gone."""
    return text(mapping(mapping(message, "referenced_message"), "author"), "id")
