"""
DATABASE_URL: a file of SQLite, or a PostgreSQL server as libpq's URLs name one. Nothing is connected to.

Hosters give URLs that are made for libpq, for Prisma, for JDBC or for a pool. What their words ask for is done, or it
is said that it is not; a word that nobody knows is refused, since the server would refuse it later. See PostgreSQL's
"Connection URIs" and "Parameter Key Words".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode

FORMS = "sqlite:///threadbot.db or postgresql://user:password@host/database"
PORT = 5432
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
MOST_CONNECTIONS = 500

_DRIVERS = frozenset({
    *("sslcert", "sslkey", "sslcrl", "sslpassword", "ssl_min_protocol_version", "ssl_max_protocol_version"),
    *("sslnegotiation", "target_session_attrs", "passfile", "service", "krbsrvname", "gsslib"),
})  # fmt: skip
"""Words that asyncpg reads from a URL as libpq does."""

_COUNTS = (
    "pool_size",
    "connection_limit",
    "pool_max_conns",
    "pool_max_size",
    "max_pool_size",
    "maxPoolSize",
    "maximumPoolSize",
)
"""Words of pools for the number of connections: of SQLAlchemy, Prisma, pgx, Ecto and JDBC."""

_HELD = frozenset({
    *("pgbouncer", "client_encoding", "statement_cache_size", "prepared_statement_cache_size", "prepared_statements"),
    *("prepareThreshold", "default_query_exec_mode", "statement_cache_capacity", "supa", "workaround"),
})  # fmt: skip
"""They ask for nothing that would be otherwise: statements are not kept, and text is UTF-8."""

_UNUSED = frozenset({
    *("pool_timeout", "pool_min_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time", "pool_mode"),
    *("pool_recycle", "pool_pre_ping", "max_overflow", "socket_timeout", "command_timeout", "tcpKeepAlive"),
    *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
    *("sslcompression", "sslsni", "sslcertmode", "load_balance_hosts", "async_fallback"),
    *("min_protocol_version", "max_protocol_version", "sslaccept", "sslkeylogfile", "uselibpqcompat"),
    *("pool_min_size", "min_pool_size", "maxIdle", "reWriteBatchedInserts", "loggerLevel"),
})  # fmt: skip
"""Words that are understood and do nothing here; it is said."""

_PROMISES = {"channel_binding": ("disable", "prefer"), "gssencmode": ("disable", "prefer")}
"""Words that ask for a protection that asyncpg does not have, and the values that do not need it."""

_REFUSED = {
    "require_auth": "the driver cannot limit how the server asks for the password. Leave it out",
    "requirepeer": "the driver cannot check who runs the server. Leave it out",
    "replication": "the bot is no replica. Leave it out",
    "requiressl": "this word is an old one. Write sslmode=require",
    "sslidentity": "the driver reads no PKCS #12. Write sslcert=FILE and sslkey=FILE",
    **dict.fromkeys(
        ("oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope"),
        "the driver cannot log in with OAuth. Write a user and a password",
    ),
    **dict.fromkeys(
        ("scram_client_key", "scram_server_key"), "the driver cannot log in with keys of SCRAM. Write a password"
    ),
}


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A path as it was written, absolute or not."""

    path: Path
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server, or several of which one is taken. None or empty means what it means to libpq's programs."""

    hosts: Sequence[tuple[str, int]]  # a host that begins with / is a directory with a socket
    user: str | None
    password: str | None = field(repr=False)
    database: str | None
    words: Mapping[str, str] = field(repr=False)  # as asyncpg reads them from a URL
    system_certificates: bool  # libpq's sslrootcert=system
    connect_seconds: float | None
    settings: Mapping[str, str]  # of the server's, sent at the beginning of a connection
    connections: int | None
    warnings: Sequence[str]

    @property
    def dsn(self) -> str:
        """Of the words alone: names, hosts and passwords go beside it."""
        return f"postgresql://?{urlencode(self.words)}" if self.words else "postgresql://"


def parse(url: str) -> SqliteFile | Server:
    """Raises ValueError with what is wrong, and what would be right; never with a password."""
    if re.match(r"jdbc:", url):
        raise ValueError(f"leave out jdbc: before the address. Use {FORMS}")
    if re.match(r"\s*(host|dbname|user|port)\s*=", url):
        raise ValueError(f"name=value pairs are not read here. Write a URL: {FORMS}")
    found = re.fullmatch(r"([A-Za-z][\w.-]*)(?:\+\w+)?://(.*)", url, re.DOTALL)
    if found is None:
        raise ValueError(f"it is not a database URL. Use {FORMS}")
    family, rest = found[1].lower(), found[2]
    if family == "sqlite":
        return _file(rest)
    if family in ("postgres", "postgresql"):
        return _server(rest)
    raise ValueError(f"{family} is not supported. Use {FORMS}")


def _file(rest: str) -> SqliteFile:
    before, _, path = rest.partition("?")[0].partition("/")
    if before:
        raise ValueError(f"three slashes stand before a file: sqlite:///{before}{'/' if path else ''}{path}")
    if path in ("", ":memory:"):
        raise ValueError("a database in memory forgets everything. Name a file: sqlite:///threadbot.db")
    unused = ("DATABASE_URL: what stands after ? is not used with SQLite",) if "?" in rest else ()
    return SqliteFile(Path(path), unused)


def _server(rest: str) -> Server:
    before, _, query = rest.partition("?")
    login, at, place = before.rpartition("@")
    if not at and any("@" in pair.partition("=")[0] for pair in query.split("&")):
        raise ValueError("in a password, write ? & = as %3F %26 %3D: they belong to what stands after it")
    user, colon, password = login.partition(":")
    hosts, _, database = place.partition("/")
    words = _Words(query)
    over = words.take("host", "hostaddr")
    port = words.take("port")
    named_user, named_password = words.take("user"), words.take("password")
    named_database = words.take("dbname", "database")
    return Server(
        hosts=_hosts(over or unquote(hosts), port),
        user=named_user or unquote(user) or None,
        password=named_password or (unquote(password) if colon else None),
        database=named_database or unquote(database) or None,
        system_certificates=words.system_certificates(),
        connect_seconds=words.connect_seconds(),
        settings=words.settings(),
        connections=words.connections(),
        words=words.drivers(),
        warnings=words.rest(),
    )


def _hosts(text: str, port: str) -> Sequence[tuple[str, int]]:
    names = text.split(",") if text else []
    ports = port.split(",") if port else []
    if len(ports) > 1 and len(ports) != len(names):
        raise ValueError("there should be one port, or as many as hosts")
    found = []
    for number, name in enumerate(names):
        host, own = _split_port(name)
        given = ports[number if len(ports) > 1 else 0] if ports else ""
        found.append((host, _port(own or given)))
    return found


def _split_port(name: str) -> tuple[str, str]:
    if name.startswith("/"):
        return name, ""
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", name)
    if bracketed:
        return bracketed[1], bracketed[2] or ""
    host, _, port = name.partition(":")
    if not host or re.search(r"\s", host):
        raise ValueError("a host is empty, or has blanks in it")
    return host, port


def _port(text: str) -> int:
    if not text:
        return PORT
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):  # it may be a part of a password
        raise ValueError(
            "what stands after the host's : is no port. In a password, write @ / ? # % as %40 %2F %3F %23 %25"
        )
    if not 1 <= int(text) <= 65535:
        raise ValueError(f"port {text} is out of range: use 1 to 65535")
    return int(text)


class _Words:
    """What stands after ?; each method takes the words that it is about, and rest() says what becomes of the others."""

    def __init__(self, query: str) -> None:
        pairs = parse_qsl(query, keep_blank_values=True)
        self._left = dict(pairs)  # the last one wins, as with libpq
        hosts = [value for name, value in pairs if name == "host"]
        if len(hosts) > 1:  # as SQLAlchemy writes several
            self._left["host"] = ",".join(hosts)

    def take(self, *names: str) -> str:
        """The first that is there and not empty; all of them are done with."""
        found = [self._left.pop(name, "") for name in names]
        return next((value for value in found if value), "")

    def system_certificates(self) -> bool:
        if self._left.get("sslrootcert") != "system":
            return False
        self.take("sslrootcert")
        mode = self._ssl_mode()
        if mode not in ("", "verify-full"):
            raise ValueError(f"sslrootcert=system needs sslmode=verify-full, not {mode}")
        return True

    def drivers(self) -> Mapping[str, str]:
        found = {name: self.take(name) for name in sorted(_DRIVERS & self._left.keys())}
        if mode := self._ssl_mode():
            found["sslmode"] = mode
        if root := self.take("sslrootcert"):
            found["sslrootcert"] = root
        for name in ("sslrootcert", "sslcert", "sslkey", "sslcrl"):
            if found.get(name) and not Path(found[name]).is_file():
                raise ValueError(f"{name} names {found[name]}, and there is no such file")
        return {name: value for name, value in found.items() if value}

    def _ssl_mode(self) -> str:
        mode, ssl = self.take("sslmode"), self.take("ssl").lower()
        mode = mode or {"true": "require", "on": "require", "1": "require", "false": "disable", "0": "disable"}.get(
            ssl, ssl
        )
        mode = {"no-verify": "require", "verify_ca": "verify-ca", "verify_full": "verify-full"}.get(mode, mode)
        if mode and mode not in SSL_MODES:
            raise ValueError(f"sslmode {mode} is not known. Use one of {', '.join(SSL_MODES)}")
        return mode

    def connect_seconds(self) -> float | None:
        text = self.take("connect_timeout", "connectTimeout", "timeout")
        if text and not re.fullmatch(r"[0-9]{1,6}", text, re.ASCII):
            raise ValueError(f"connect_timeout {text} is no number of seconds")
        return float(text) or None if text else None

    def settings(self) -> Mapping[str, str]:
        name = self.take("application_name", "fallback_application_name", "ApplicationName")
        schema = self.take("search_path", "currentSchema", "schema")
        found = {
            "application_name": name,
            "search_path": "" if schema == "public" else schema,
            "options": self.take("options"),
        }
        return {name: value for name, value in found.items() if value}

    def connections(self) -> int | None:
        text = self.take(*_COUNTS)
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) or not 1 <= int(text) <= MOST_CONNECTIONS:
            raise ValueError(f"{text} is no number of connections: use 1 to {MOST_CONNECTIONS}")
        return int(text)

    def rest(self) -> Sequence[str]:
        """Sentences for what is not used. Raises ValueError for what is not known."""
        warnings, unused = [], []
        for name, value in self._left.items():
            if name in _REFUSED:
                raise ValueError(f"{name}: {_REFUSED[name]}")
            if name in _PROMISES and value not in _PROMISES[name]:
                warnings.append(
                    f"DATABASE_URL: {name}={value} is not kept: the driver cannot. "
                    "sslmode=verify-full makes sure that it is the right server"
                )
            elif name in _UNUSED:
                unused.append(name)
            elif name not in _HELD and name not in _PROMISES:
                raise ValueError(_unknown(name))
        if unused:
            warnings.append(f"DATABASE_URL: not used here: {', '.join(unused)}")
        return warnings


def _unknown(name: str) -> str:
    known = ["sslmode", "sslrootcert", "application_name", "connect_timeout", "options", "host", "port", "dbname"]
    known += [*_DRIVERS, *_COUNTS, *_HELD, *_UNUSED, *_PROMISES]
    near = difflib.get_close_matches(name, known, 1)
    better = (
        f"Did you mean {near[0]}?" if near else "Leave it out; settings of the server go into options=-c name=value"
    )
    return f"{name} (after ?) is not known. {better}"
