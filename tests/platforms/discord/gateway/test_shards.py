"""Who serves which shards: each one process, all of them somebody, and evenly; and how far all is stored."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord.gateway.shards import ONLY, Process, Shard, shard_of, share, stored_under, stored_until
from bot.platforms.discord.places import DIRECT


class Table:
    """Leases that end when their owner dies, and processes that take their turns at it."""

    def __init__(self, concurrency: int = 16) -> None:
        self.held: dict[str, str] = {}
        self.processes: dict[str, Process] = {}
        self.concurrency = concurrency

    def join(self, owner: str, shards: int) -> None:
        self.processes[owner] = Process(owner, shards, concurrency=self.concurrency)

    def die(self, owner: str) -> None:
        del self.processes[owner]
        self.held = {name: of for name, of in self.held.items() if of != owner}

    def go(self, owner: str) -> None:
        """One renewal, and the connections that follow from it."""
        us = replace(self.processes[owner], settled=frozenset(self.processes))
        found = share(dict(self.held), us)
        self.held = {name: of for name, of in self.held.items() if of != owner}
        for name in found.leases(us):
            assert name not in self.held
            self.held[name] = owner
        self.processes[owner] = replace(us, serving=found.shards - found.unwanted, ending=frozenset())
        assert len({shard.count for shard in self.served}) <= 1

    def settle(self, rounds: int = 40) -> None:
        for _ in range(rounds):
            for owner in list(self.processes):
                self.go(owner)

    @property
    def served(self) -> list[Shard]:
        return sorted(each for process in self.processes.values() for each in process.serving)

    @property
    def loads(self) -> list[int]:
        return sorted(len(process.serving) for process in self.processes.values())


def all_of(count: int) -> list[Shard]:
    return [Shard(number, count) for number in range(count)]


def test_one_connection_is_one_processes() -> None:
    table = Table()
    for owner in "abc":
        table.join(owner, 1)
    table.settle()
    assert table.loads == [0, 0, 1]


def test_the_first_one_does_not_wait_with_the_only_connection() -> None:
    assert share({}, Process("a", 1)).shards == {ONLY}


def test_those_who_start_together_share_at_once() -> None:
    table = Table()
    for owner in "ab":
        table.join(owner, 4)
    table.settle(1)
    assert table.loads == [0, 0], "who has just come only says so"
    table.settle(5)
    assert table.loads == [2, 2]
    assert table.served == all_of(4)


def test_a_process_that_is_alone_does_not_wait() -> None:
    found = share({}, Process("a", 4, concurrency=4), alone=True)
    assert found.shards == set(all_of(4))


def test_sessions_start_one_at_a_time_in_each_bucket() -> None:
    us = Process("a", 8, concurrency=2)
    assert share({}, us, alone=True).shards == {Shard(0, 8), Shard(1, 8)}
    assert share({"start 0": ""}, us, alone=True).shards == {Shard(1, 8)}
    assert not share({"start 0": ""}, us, alone=True).whole


def test_what_a_dead_process_served_is_shared_among_the_others() -> None:
    table = Table()
    for owner in "abc":
        table.join(owner, 6)
    table.settle()
    table.die("b")
    table.settle()
    assert table.loads == [3, 3]
    assert table.served == all_of(6)


def test_one_that_comes_later_is_given_its_share_once_it_has_been_there_for_long() -> None:
    table = Table()
    table.join("a", 4)
    table.settle()
    table.join("b", 4)
    us = replace(table.processes["a"], settled=frozenset({"a"}))
    assert not share(table.held | {"process b 4": "b"}, us).unwanted
    table.settle()
    assert table.loads == [2, 2]


def test_the_largest_number_that_is_asked_for_holds_and_no_guild_is_served_twice() -> None:
    table = Table()
    table.join("a", 2)
    table.settle()
    table.join("b", 3)
    table.settle()
    assert table.served == all_of(3)
    table.die("b")
    table.settle()
    assert table.served == all_of(2)


def test_one_that_cannot_reach_discord_leaves_all_to_others() -> None:
    table = Table()
    for owner in "ab":
        table.join(owner, 4)
    table.settle()
    table.processes["a"] = replace(table.processes["a"], shards=0)
    table.settle()
    assert table.loads == [0, 4]
    assert table.served == all_of(4)
    table.processes["a"] = replace(table.processes["a"], shards=4)
    table.settle()
    assert table.loads == [2, 2]


@given(st.integers(1, 6), st.integers(1, 12), st.integers(1, 4), st.randoms(use_true_random=False))
def test_whatever_happens_all_is_served_in_the_end_once_and_evenly(
    processes: int, count: int, concurrency: int, chance: random.Random
) -> None:
    table = Table(concurrency)
    for number in range(processes):
        table.join(f"p{number}", count)
    for _ in range(60):
        owner = chance.choice(sorted(table.processes))
        if chance.random() < 0.1 and len(table.processes) > 1:
            table.die(owner)
            table.join(f"{owner}x", chance.randint(1, count))
        else:
            table.go(owner)
        assert max(Counter(table.served).values(), default=1) == 1
    for owner in sorted(table.processes):
        table.processes[owner] = replace(table.processes[owner], shards=count)
    table.settle()
    assert table.served == all_of(count)
    assert table.loads[-1] - table.loads[0] <= 1


def test_each_guild_has_one_shard_and_direct_messages_the_first() -> None:
    guild = str(5 << 22 | 77)
    assert [shard.number for shard in all_of(4) if shard.serves(guild)] == [1]
    assert [shard.number for shard in all_of(4) if shard.serves(DIRECT)] == [0]
    assert [shard.number for shard in all_of(4) if shard.serves("")] == [0]


@pytest.mark.parametrize("name", ["shard 1", "shard x/y", "process a 4", "start 0"])
def test_other_leases_are_no_shards(name: str) -> None:
    assert shard_of(name) is None


@pytest.mark.parametrize(
    ("kept", "until"),
    [
        ({}, None),
        ({"": 7}, 7),
        ({"shard 0/2": 5, "shard 1/2": 3}, 3),
        ({"shard 0/2": 5}, None),
        ({"": 4, "shard 0/2": 5}, 4),
        ({"": 4, "shard 0/2": 9, "shard 1/2": 8}, 8),
        ({"": 10, "shard 0/2": 9, "shard 1/2": 8}, 10),
        ({"T0123": 9}, None),
    ],
)
def test_what_the_shard_that_is_furthest_behind_has_stored_all_have(kept: dict[str, int], until: int | None) -> None:
    assert stored_until(kept) == until


def test_the_watermark_of_the_only_connection_stays_where_it_was() -> None:
    assert [stored_under(each) for each in (ONLY, Shard(1, 4))] == ["", "shard 1/4"]
