"""The column for what was cut comes, empty, and every row stays as it was, on both databases."""

from bot.store.database import migrate
from bot.store.database.urls import open_database
from tests.store.database.dumps import bring_to, columns, rows


async def test_every_version_stays_and_has_lost_nothing(database_url: str) -> None:
    database = open_database(database_url)
    await bring_to(database, "0007")
    await migrate.upgrade(database, "0011")
    stored, before = await database.read(rows), await database.read(columns)
    await migrate.upgrade(database, "0012")
    assert stored["message_versions"]
    now, after = await database.read(rows), await database.read(columns)
    assert {name: each for name, each in now.items() if name != "message_versions"} == {
        name: each for name, each in stored.items() if name != "message_versions"
    }
    assert len(now["message_versions"]) == len(stored["message_versions"])
    assert len(after["message_versions"]) == len(before["message_versions"]) + 1
    await database.close()
