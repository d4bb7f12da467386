"""The gateway of the Discord stand-in: it takes connections, opens and resumes sessions, and breaks when told to."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from tests.standins.discord.gateway import identify
from tests.standins.discord.gateway.connection import Connection
from tests.standins.discord.gateway.encoding import TRANSPORT
from tests.standins.discord.gateway.events import Events
from tests.standins.discord.gateway.identify import StartLimit
from tests.standins.discord.gateway.intents import Intent
from tests.standins.discord.gateway.sessions import Session, Sessions
from tests.standins.discord.state import wire
from tests.standins.discord.state.objects import Json
from tests.standins.discord.state.world import World

PRESENCE, VOICE_STATE, REQUEST_MEMBERS, SOUNDS, CHANNEL_INFO = 3, 4, 8, 31, 43
LEAVING = (1000, 1001)  # a client that closes so ends its session as well
MEMBERS_AT_ONCE = 100


class Gateway:
    """
    *refuses*: new connections get 503. *acknowledges*: heartbeats are answered. *replays*: how often a resumed session
    is sent what it missed.
    """

    def __init__(self, world: World, sessions: Sessions, events: Events, violation: Callable[[str], None]) -> None:
        self._world, self._sessions, self._events = world, sessions, events
        self.violation = violation
        self.heartbeat_seconds = 41.25
        self.acknowledges, self.refuses, self.replays = True, False, 1
        self.limit = StartLimit()
        self.url = ""
        self.connections: list[Connection] = []
        self.identified: list[Json] = []  # every IDENTIFY that was accepted, without its token
        self.resumed: list[str] = []  # the sessions that were resumed
        self.presences: list[Json] = []

    # connections

    async def connect(self, request: web.Request) -> web.StreamResponse:
        if self.refuses:
            return web.Response(status=503)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        code = _unfit(request)
        if code is not None:
            self.violation(f"gateway address {request.query_string!r}")
            await socket.close(code=code)
            return socket
        encoder = TRANSPORT[request.query.get("compress")]()
        connection = Connection(socket, request.transport, self, encoder)
        self.connections.append(connection)
        try:
            await connection.live()
        finally:
            self.connections.remove(connection)
            self._left(connection)
        return socket

    def _left(self, connection: Connection) -> None:
        session = connection.session
        if session is None or session.carrier is not connection:
            return
        session.carrier, session.left_at = None, self._world.clock()
        if connection.closed_with in LEAVING and not connection.frozen:
            self._sessions.forget(session)

    def stop(self) -> None:
        for connection in self.connections:
            connection.abort()

    # sessions

    def identify(self, connection: Connection, body: object) -> None:
        wrong = identify.malformed(body)
        if wrong or not isinstance(body, dict):
            self.violation(f"IDENTIFY: {wrong}")
            return connection.close_soon(4001)
        code = identify.close_code(self._world, self.limit, body)
        if code is not None:
            return connection.close_soon(code)
        shard = body.get("shard", [0, 1])
        if not self.limit.admits(shard[0], self._world.clock()):
            self.violation("IDENTIFY: more than max_concurrency within five seconds")
            return connection.send(_invalid(resumable=False))
        if self.limit.exceeded():
            return self._lock_out()
        if body.get("compress"):
            connection.compress_payloads()
        self.identified.append({key: value for key, value in body.items() if key != "token"})
        session = self._sessions.open(body["intents"], (shard[0], shard[1]) if "shard" in body else None)
        self._attach(session, connection)
        self._greet(session)
        return None

    def _greet(self, session: Session) -> None:
        guilds = [guild for guild in self._world.bot_guilds() if session.serves(guild)]
        world = self._world
        ready: Json = {"v": 10, "user": wire.user(world.users[world.bot]), "session_id": session.id}
        ready |= {"user": ready["user"] | {"verified": True, "mfa_enabled": False, "email": None}}
        ready |= {"guilds": [{"id": guild.id, "unavailable": True} for guild in guilds]}
        ready |= {"resume_gateway_url": self.url, "application": {"id": world.application, "flags": 1 << 19}}
        ready |= {"private_channels": [], "relationships": []} | ({"shard": session.shard} if session.shard else {})
        session.dispatch("READY", ready)
        for guild in guilds:
            self._events.guild_created(guild, session)

    def resume(self, connection: Connection, body: object) -> None:
        if not isinstance(body, dict) or not isinstance(body.get("seq"), int):
            self.violation("RESUME without a sequence number")
            return connection.close_soon(4001)
        if body.get("token") != self._world.token:
            return connection.close_soon(4004)
        session = self._sessions.find(str(body.get("session_id")))
        if session is None:
            return connection.send(_invalid(resumable=False))
        if not 0 <= body["seq"] <= session.seq:
            self._sessions.forget(session)
            return connection.close_soon(4007)
        missed = session.missed(body["seq"])
        if missed is None:
            self._sessions.forget(session)
            return connection.send(_invalid(resumable=False))
        self._attach(session, connection)
        for payload in missed * self.replays:
            connection.send(payload)
        self.resumed.append(session.id)
        session.dispatch("RESUMED", {})
        return None

    def _attach(self, session: Session, connection: Connection) -> None:
        if session.carrier is not None:
            session.carrier.close_soon(4000)  # a session has one connection: the newest
        session.carrier, session.left_at, connection.session = connection, None, session

    def _lock_out(self) -> None:
        """Over the day's limit "all active sessions … will be terminated, the bot token will be reset"."""
        self.violation("more IDENTIFY in a day than the session start limit")
        self._world.token += "-reset"
        self._sessions.clear()
        for connection in self.connections:
            connection.close_soon(4004)

    # other requests

    def ask(self, connection: Connection, op: int, body: object) -> bool:
        if op == PRESENCE and isinstance(body, dict):
            self.presences.append(body)
        if op == REQUEST_MEMBERS and isinstance(body, dict):
            self._send_members(connection, body)
        return op in (PRESENCE, VOICE_STATE, REQUEST_MEMBERS, SOUNDS, CHANNEL_INFO)

    def _send_members(self, connection: Connection, wanted: Json) -> None:
        session, guild = connection.session, self._world.guilds.get(str(wanted.get("guild_id")))
        if session is None or guild is None:
            return None
        ids = wanted.get("user_ids") or []
        ids = [str(each) for each in (ids if isinstance(ids, list) else [ids])]
        if not ids and not wanted.get("query") and not session.intents & Intent.GUILD_MEMBERS:
            return self.violation("all members of a guild are asked for without the intent GUILD_MEMBERS")
        begins = str(wanted.get("query") or "")
        everybody = guild.members.values()
        found = [each for each in everybody if each.user in ids] if ids else list(everybody)
        found = [each for each in found if self._world.users[each.user].name.startswith(begins)][:MEMBERS_AT_ONCE]
        body: Json = {"guild_id": guild.id, "members": [wire.member(self._world, each) for each in found]}
        body |= {"chunk_index": 0, "chunk_count": 1, "not_found": [each for each in ids if each not in guild.members]}
        session.dispatch("GUILD_MEMBERS_CHUNK", body | ({"nonce": wanted["nonce"]} if "nonce" in wanted else {}))
        return None

    # what goes wrong

    def drop(self, code: int | None = None) -> None:
        """Every connection ends: closed with *code*, or cut without one. The sessions can be resumed."""
        for connection in self.connections:
            if code is None:
                connection.abort()
            else:
                connection.close_soon(code)

    def reconnect(self) -> None:
        """Opcode 7: clients are asked to reconnect and resume; those that do not are left alone."""
        self._send_all({"op": 7, "t": None, "s": None, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Opcode 9 to every connection; a session that is not resumable is lost with all its events."""
        if not resumable:
            self._sessions.clear()
        self._send_all(_invalid(resumable=resumable))

    def forget_sessions(self) -> None:
        """Nothing can be resumed, which clients find out when they try."""
        self._sessions.clear()

    def request_heartbeat(self) -> None:
        self._send_all({"op": 1, "t": None, "s": None, "d": None})

    def freeze(self) -> None:
        """The connections that are open now are half open from now on."""
        for connection in self.connections:
            connection.frozen = True

    def repeat(self, count: int = 1) -> None:
        """The last *count* events come once more as new ones: "Be sent up to N times per client"."""
        for session in self._sessions.all():
            for payload in list(session.kept)[-count:]:
                session.dispatch(payload["t"], payload["d"])

    def hold_events(self) -> None:
        """Events wait until release_events()."""
        for session in self._sessions.all():
            session.hold()

    def release_events(self, *, backwards: bool = False) -> None:
        """*backwards*: the last comes first, as "client actions … may be executed in any order"."""
        for session in self._sessions.all():
            session.release(backwards=backwards)

    @property
    def connected(self) -> int:
        """How many connections have a session."""
        return sum(1 for connection in self.connections if connection.session and not connection.frozen)

    def _send_all(self, payload: Json) -> None:
        for connection in self.connections:
            connection.send(payload)


def _invalid(*, resumable: bool) -> Json:
    return {"op": 9, "t": None, "s": None, "d": resumable}


def _unfit(request: web.Request) -> int | None:
    """With which code an address is refused; ETF is not played here."""
    if request.query.get("v") not in ("9", "10"):
        return 4012
    if request.query.get("encoding", "json") != "json" or request.query.get("compress") not in TRANSPORT:
        return 4002
    return None
