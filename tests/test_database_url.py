"""DATABASE_URL as people write it, and as hosters give it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.environment.database_url import Server, SqliteFile, parse
from bot.settings import Settings


def server(url: str) -> Server:
    found = parse(url)
    assert isinstance(found, Server)
    return found


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///threadbot.db", "threadbot.db"),
        ("sqlite+aiosqlite:////data/threadbot.db", "/data/threadbot.db"),
        ("sqlite+pysqlite:///data/thread bot%20.db", "data/thread bot%20.db"),
    ],
)
def test_a_file_is_named_after_three_slashes(url: str, path: str) -> None:
    assert parse(url) == SqliteFile(Path(path))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg2", "POSTGRES"])
def test_a_server_is_named_by_any_of_its_schemes(scheme: str) -> None:
    found = server(f"{scheme}://me:p%40ss@db.example:6543/bot")
    assert (found.user, found.password, found.hosts, found.database) == ("me", "p@ss", [("db.example", 6543)], "bot")
    assert (found.words, found.settings, found.connect_seconds, found.connections) == ({}, {}, None, None)
    assert not found.warnings
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql:///bot", []),
        ("postgresql://me@/bot?host=/run/postgresql", [("/run/postgresql", 5432)]),
        ("postgresql://me@%2Frun%2Fpostgresql/bot", [("/run/postgresql", 5432)]),
        ("postgresql://[::1]/bot", [("::1", 5432)]),
        ("postgresql://a:1,b,[fe80::1]:3/bot", [("a", 1), ("b", 5432), ("fe80::1", 3)]),
        ("postgresql:///bot?host=a,b&port=1,2", [("a", 1), ("b", 2)]),
        ("postgresql:///bot?host=a,b&port=7", [("a", 7), ("b", 7)]),
        ("postgresql:///bot?host=a:1&host=b:2", [("a", 1), ("b", 2)]),
        ("postgresql:///bot?hostaddr=10.0.0.1", [("10.0.0.1", 5432)]),
    ],
)
def test_hosts_are_found_wherever_they_are_written(url: str, hosts: list[tuple[str, int]]) -> None:
    assert list(server(url).hosts) == hosts


def test_a_password_may_have_most_characters_as_they_are() -> None:
    assert server("postgres://me:a/b:c@d#e@host/bot").password == "a/b:c@d#e"
    assert server("postgres://host/bot?user=me&password=a%26b").password == "a&b"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sslmode=require", {"sslmode": "require"}),
        ("ssl=true", {"sslmode": "require"}),
        ("ssl=verify-full", {"sslmode": "verify-full"}),
        (
            "sslmode=disable&target_session_attrs=read-write",
            {"sslmode": "disable", "target_session_attrs": "read-write"},
        ),
        ("pgbouncer=true&statement_cache_size=0&client_encoding=utf8", {}),
        ("channel_binding=prefer&gssencmode=disable&schema=public&supa=base-pooler.x", {}),
    ],
)
def test_words_of_libpq_and_others_are_translated(query: str, words: dict[str, str]) -> None:
    found = server(f"postgres://me:secret@host/bot?{query}")
    assert found.words == words
    assert not found.warnings


def test_what_is_told_to_the_server_and_how_long_is_waited_for_it() -> None:
    found = server(
        "postgres://h/d?application_name=bot&options=-c%20geqo%3Doff&currentSchema=chat&connect_timeout=5&pool_size=7"
    )
    assert found.settings == {"application_name": "bot", "options": "-c geqo=off", "search_path": "chat"}
    assert (found.connect_seconds, found.connections) == (5, 7)
    assert server("postgres://h/d?connect_timeout=0").connect_seconds is None
    assert server("postgres://h/d?connection_limit=3").connections == 3


def test_the_systems_certificates_are_asked_for_as_libpq_does() -> None:
    found = server("postgres://h/d?sslmode=verify-full&sslrootcert=system")
    assert found.system_certificates
    assert found.words == {}
    with pytest.raises(ValueError, match="verify-full, not require"):
        parse("postgres://h/d?sslmode=require&sslrootcert=system")


def test_what_is_not_kept_or_not_used_is_said_in_one_line_each() -> None:
    url = "postgres://me:hunter2@h/d?sslmode=require&channel_binding=require&keepalives=1&uselibpqcompat=true"
    binding, unused = Settings(database_url=url).warnings
    assert binding.startswith("DATABASE_URL: channel_binding=require is not kept")
    assert unused == "DATABASE_URL: not used here: keepalives, uselibpqcompat"
    assert Settings(database_url="sqlite:///a.db?timeout=5").warnings == [
        "DATABASE_URL: what stands after ? is not used with SQLite"
    ]


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("threadbot.db", "sqlite:///threadbot.db"),
        ("sqlite://threadbot.db", "sqlite:///threadbot.db"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("mysql+aiomysql://me:hunter2@h/d", "mysql is not supported"),
        ("mongodb+srv://me:hunter2@h/d", "mongodb is not supported"),
        ("jdbc:postgresql://h/d?password=hunter2", "leave out jdbc:"),
        ("host=h password=hunter2", "Write a URL"),
        ("postgres://me:hunter2@h:70000/d", "port 70000 is out of range"),
        ("postgres://me:hunter2@h:0/d", "port 0 is out of range"),
        ("postgres://me:hunter2@h:five/d", "no port"),
        ("postgres://me:hunter2@a,,b/d", "a host is empty"),
        ("postgres://me:hunter2@a,b/d?port=1,2,3", "one port, or as many as hosts"),
        ("postgres://me:hun?ter2@h/d", "%3F"),
        ("postgres://me:hun?ter2&x@h/d", "%3F"),
        ("postgres://h:hunter2", "no port"),
        ("postgres://me:hunter2@h/d?sslmode=required", "disable, allow, prefer, require"),
        ("postgres://me:hunter2@h/d?ssl_mode=require", "Did you mean sslmode?"),
        ("postgres://me:hunter2@h/d?frobnicate=1", "frobnicate (after ?) is not known"),
        ("postgres://me:hunter2@h/d?require_auth=none", "require_auth"),
        ("postgres://me:hunter2@h/d?requiressl=1", "Write sslmode=require"),
        ("postgres://me:hunter2@h/d?oauth_issuer=x", "Write a user and a password"),
        ("postgres://me:hunter2@h/d?scram_client_key=x", "Write a password"),
        ("postgres://me:hunter2@h/d?sslidentity=a.p12", "sslcert=FILE"),
        ("postgres://me:hunter2@h/d?connect_timeout=soon", "no number of seconds"),
        ("postgres://me:hunter2@h/d?pool_size=0", "use 1 to 500"),
        ("postgres://me:hunter2@h/d?sslrootcert=/nowhere/ca.pem", "/nowhere/ca.pem, and there is no such file"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_would_be_right(url: str, right: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the words are below
        parse(url)
    assert right in str(refused.value)
    assert "hun" not in str(refused.value)
    assert "ter2" not in str(refused.value)
