"""PostgreSQL by the URLs that hosters give."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from bot.core.errors import LedgerError
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from tests.standins.postgres import Postgres


async def shown(database: Database, name: str) -> str:
    query = text("SELECT current_setting(:name)")
    return await database.read(lambda connection: str(connection.execute(query, {"name": name}).scalar_one()))


async def test_words_of_libpq_reach_the_server(postgres: Postgres) -> None:
    url = await postgres.new_database()
    words = "sslmode=disable&application_name=the-bot&connect_timeout=5&pgbouncer=true&options=-c%20geqo%3Doff"
    database = open_database(f"{url}&{words}")
    assert await shown(database, "application_name") == "the-bot"
    assert await shown(database, "geqo") == "off"
    await database.close()


async def test_of_several_hosts_one_that_is_there_is_taken(postgres: Postgres) -> None:
    url = await postgres.new_database()
    database = open_database(url.replace("host=", "host=/nowhere,"))
    assert await shown(database, "server_encoding") == "UTF8"
    await database.close()


async def test_a_login_that_the_server_refuses_is_an_error_of_the_database(postgres: Postgres) -> None:
    url = await postgres.new_database()
    for wrong in (url.replace("/test_", "/no_test_"), f"{url}&user=nobody"):
        database = open_database(wrong)
        with pytest.raises(LedgerError, match="does not exist"):
            await shown(database, "server_encoding")
        await database.close()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nobody.invalid", "the name of nobody.invalid:5432 is not found"),
        ("127.0.0.1:1", "127.0.0.1:1 refuses the connection"),
        ("127.0.0.1:1,[::1]:1", "refuses the connection"),
    ],
)
async def test_what_keeps_a_server_from_being_reached_is_named_with_its_place(place: str, words: str) -> None:
    database = open_database(f"postgresql://kim:secret@{place}/test?sslmode=disable")
    with pytest.raises(LedgerError, match=re.escape(words)) as failed:
        await shown(database, "server_encoding")
    await database.close()
    assert "secret" not in str(failed.value)
