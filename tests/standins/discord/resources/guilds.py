"""Guilds, users and the application itself, as far as a bot reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.standins.discord.resources.access import Access
from tests.standins.discord.rest.errors import ApiError
from tests.standins.discord.rest.forms import Form, flag, number, snowflake
from tests.standins.discord.rest.routes import Asked, Route
from tests.standins.discord.state import wire
from tests.standins.discord.state.objects import Guild, Json
from tests.standins.discord.state.permissions import in_guild
from tests.standins.discord.state.world import World

TRUE = ("true", "True", "1")
PAGE = Form({"before": snowflake, "after": snowflake, "limit": number(1, 200), "with_counts": flag})
RECIPIENT = Form({"recipient_id": snowflake}, ("recipient_id",))
GATEWAY_FLAGS = {"presences": 1 << 13, "members": 1 << 15, "content": 1 << 19}  # …_LIMITED, for apps with few users


class Guilds:
    """*gateway*: the bodies of Get Gateway and of Get Gateway Bot."""

    def __init__(self, world: World, access: Access, gateway: Callable[[bool], Json]) -> None:
        self._world, self._access, self._gateway = world, access, gateway

    def routes(self) -> Sequence[Route]:
        guild = "/guilds/{guild}"
        return (
            Route("get gateway", "GET", "/gateway", lambda _: self._gateway(False), open=True),
            Route("get gateway bot", "GET", "/gateway/bot", lambda _: self._gateway(True)),
            Route("get current user", "GET", "/users/@me", lambda _: wire.user(self._world.users[self._world.bot])),
            Route("get user", "GET", "/users/{user}", self._user),
            Route("get current user guilds", "GET", "/users/@me/guilds", self._own, query=PAGE),
            Route("create dm", "POST", "/users/@me/channels", self._direct, RECIPIENT),
            Route("get current application", "GET", "/applications/@me", self._application),
            Route("get current bot application information", "GET", "/oauth2/applications/@me", self._application),
            Route("get guild", "GET", guild, self._guild, query=Form({"with_counts": flag})),
            Route("get guild channels", "GET", f"{guild}/channels", self._channels),
            Route("get guild roles", "GET", f"{guild}/roles", self._roles),
            Route("get guild member", "GET", f"{guild}/members/{{user}}", self._member),
            Route("list guild members", "GET", f"{guild}/members", self._members,
                  query=Form({"limit": number(1, 1000), "after": snowflake})),
        )  # fmt: skip

    def _user(self, asked: Asked) -> object:
        user = self._world.users.get(asked.parameters["user"])
        if user is None:
            raise ApiError(10013)
        return wire.user(user)

    def _direct(self, asked: Asked) -> object:
        recipient = str(asked.body["recipient_id"])
        if recipient not in self._world.users or recipient == self._world.bot:
            raise ApiError(50033)
        return wire.channel(self._world, self._world.direct(recipient))

    def _own(self, asked: Asked) -> object:
        limit, after = int(asked.query.get("limit", 200)), int(asked.query.get("after", 0))
        mine = sorted(
            (each for each in self._world.bot_guilds() if int(each.id) > after), key=lambda each: int(each.id)
        )
        bot, now = self._world.bot, self._world.clock()
        counted = asked.query.get("with_counts") in TRUE
        return [
            {"id": each.id, "name": each.name, "icon": None, "banner": None, "owner": each.owner == bot,
             "permissions": str(int(in_guild(each, bot, now))), "features": each.features}
            | (_counts(each) if counted else {})
            for each in mine[:limit]
        ]  # fmt: skip

    def _application(self, _asked: Asked) -> object:
        world = self._world
        switches = {"presences": world.presences_intent, "members": world.members_intent, "content": world.content}
        flags = sum(GATEWAY_FLAGS[name] for name, on in switches.items() if on)
        owner = wire.user(world.users[next(iter(world.guilds.values())).owner])
        shown: Json = {"id": world.application, "name": "threadbot", "icon": None, "description": "", "flags": flags}
        shown |= {"bot_public": False, "bot_require_code_grant": False, "verify_key": "0" * 64, "team": None}
        return shown | {"owner": owner, "bot": wire.user(world.users[world.bot]), "rpc_origins": []}

    def _guild(self, asked: Asked) -> object:
        guild = self._access.guild(asked.parameters["guild"])
        return wire.guild(guild) | (_counts(guild) if asked.query.get("with_counts") in TRUE else {})

    def _channels(self, asked: Asked) -> object:
        guild = self._access.guild(asked.parameters["guild"])
        return [wire.channel(self._world, each) for each in self._world.channels_of(guild)]

    def _roles(self, asked: Asked) -> object:
        return [wire.role(each) for each in self._access.guild(asked.parameters["guild"]).roles.values()]

    def _member(self, asked: Asked) -> object:
        guild = self._access.guild(asked.parameters["guild"])
        user = asked.parameters["user"]
        if user not in guild.members:
            raise ApiError(10007 if user in self._world.users else 10013)
        return wire.member(self._world, guild.members[user])

    def _members(self, asked: Asked) -> object:
        guild = self._access.guild(asked.parameters["guild"])
        if not self._world.members_intent:
            raise ApiError(50001)
        limit, after = int(asked.query.get("limit", 1)), int(asked.query.get("after", 0))
        found = sorted(
            (each for each in guild.members.values() if int(each.user) > after), key=lambda each: int(each.user)
        )
        return [wire.member(self._world, each) for each in found[:limit]]


def _counts(guild: Guild) -> Json:
    return {"approximate_member_count": len(guild.members), "approximate_presence_count": 1}
