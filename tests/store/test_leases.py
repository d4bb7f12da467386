"""A lease has one owner at a time, by the database's clock; on PostgreSQL, where processes share them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping

import pytest

from bot.platforms.common.leases import Choose, Lease, Leases, OwnLeases
from bot.store.database.base import Database
from bot.store.leases import SqlLeases

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def leases(database: Database) -> Leases:
    return SqlLeases(database)


@pytest.fixture(params=["shared", "own"])
def any_leases(request: pytest.FixtureRequest, leases: Leases) -> Leases:
    return OwnLeases() if request.param == "own" else leases


def these(*names: str) -> Choose:
    return lambda _held: names


async def test_what_one_owner_holds_another_one_does_not_get(leases: Leases) -> None:
    assert await leases.hold("discord", "a", 60, these("1", "2")) == {"1", "2"}
    assert await leases.hold("discord", "b", 60, these("2", "3")) == {"3"}
    assert await leases.hold("elsewhere", "b", 60, these("2")) == {"2"}


async def test_who_chooses_is_told_what_all_hold(leases: Leases) -> None:
    told: list[Mapping[str, str]] = []

    def choose(held: Mapping[str, Lease]) -> Collection[str]:
        told.append({name: owner for name, (owner, _) in held.items()})
        return ["3"]

    await leases.hold("discord", "a", 60, these("1", "2"))
    await leases.hold("discord", "b", 60, choose)
    await leases.hold("discord", "b", 60, choose)
    assert told == [{"1": "a", "2": "a"}, {"1": "a", "2": "a", "3": "b"}]


async def test_what_is_not_wanted_any_more_is_free_at_once(leases: Leases) -> None:
    await leases.hold("discord", "a", 60, these("1", "2"))
    assert await leases.hold("discord", "a", 60, these("2")) == {"2"}
    assert await leases.hold("discord", "b", 60, these("1", "2")) == {"1"}
    assert await leases.hold("discord", "a", 60, these()) == set()
    assert await leases.hold("discord", "b", 60, these("1", "2")) == {"1", "2"}


async def test_a_lease_that_is_not_renewed_ends(leases: Leases) -> None:
    await leases.hold("discord", "a", 0.3, these("1"))
    for _ in range(4):
        await asyncio.sleep(0.1)
        assert await leases.hold("discord", "a", 0.3, these("1")) == {"1"}
        assert await leases.hold("discord", "b", 0.3, these("1")) == set()
    await asyncio.sleep(0.35)
    assert await leases.hold("discord", "b", 0.3, these("1")) == {"1"}
    assert await leases.hold("discord", "a", 0.3, these("1")) == set()


async def test_who_chooses_is_told_how_long_each_lease_lasts(any_leases: Leases) -> None:
    told: dict[str, float] = {}

    def choose(held: Mapping[str, Lease]) -> Collection[str]:
        told.update({name: left for name, (_, left) in held.items()})
        return ["1"]

    await any_leases.hold("discord", "a", 60, these("1"))
    await any_leases.pass_by("discord", "identify", 5)
    await any_leases.hold("discord", "a", 60, choose)
    assert told == {"1": pytest.approx(60, abs=1), "identify": pytest.approx(5, abs=1)}


async def test_of_many_at_the_same_time_one_gets_it(leases: Leases) -> None:
    held = await asyncio.gather(*(leases.hold("discord", f"owner {n}", 60, these("1")) for n in range(12)))
    assert sum(map(len, held)) == 1


async def test_what_has_to_pass_is_free_once_in_its_time(any_leases: Leases) -> None:
    began = time.monotonic()
    passed: list[float] = []
    while len(passed) < 3:
        left = await any_leases.pass_by("discord", "identify", 0.3)
        passed += [time.monotonic() - began] if not left else []
        assert left <= 0.3
        await asyncio.sleep(left)
    assert passed[2] >= 0.6
    assert await any_leases.pass_by("discord", "another one", 0.3) == 0


async def test_what_has_to_pass_is_seen_and_kept_by_nobody(any_leases: Leases) -> None:
    told: list[Mapping[str, str]] = []

    def choose(held: Mapping[str, Lease]) -> Collection[str]:
        told.append({name: owner for name, (owner, _) in held.items()})
        return ["1"]

    await any_leases.pass_by("discord", "identify", 60)
    for _ in range(2):
        await any_leases.hold("discord", "a", 60, choose)
    assert told == [{"identify": ""}, {"identify": "", "1": "a"}]
