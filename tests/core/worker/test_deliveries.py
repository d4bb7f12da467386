"""Deliveries of one message share one store operation."""

import asyncio

import pytest

from bot.core.errors import LedgerError
from bot.core.worker.deliveries import Deliveries


class Store:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.gate = asyncio.Event()

    async def __call__(self) -> None:
        self.calls += 1
        await self.gate.wait()
        if self.errors:
            raise self.errors.pop()


async def test_deliveries_at_the_same_time_wait_for_one_store() -> None:
    deliveries, store = Deliveries(), Store()
    both = asyncio.gather(deliveries.once("a", store), deliveries.once("a", store))
    await asyncio.sleep(0)
    store.gate.set()
    await both
    await deliveries.once("a", store)
    assert store.calls == 1


async def test_an_error_reaches_all_of_them_and_the_next_delivery_tries_again() -> None:
    deliveries, store = Deliveries(), Store(LedgerError("full"))
    store.gate.set()
    results = await asyncio.gather(deliveries.once("a", store), deliveries.once("a", store), return_exceptions=True)
    assert [type(result) for result in results] == [LedgerError, LedgerError]
    await deliveries.once("a", store)
    assert store.calls == 2


async def test_a_delivery_that_is_cancelled_takes_the_others_with_it_only_as_far_as_itself() -> None:
    deliveries, store = Deliveries(), Store()
    first = asyncio.create_task(deliveries.once("a", store))
    await asyncio.sleep(0)
    second = asyncio.create_task(deliveries.once("a", store))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    store.gate.set()
    await first
    assert store.calls == 1


async def test_only_so_many_are_remembered() -> None:
    deliveries, store = Deliveries(remembered=2), Store()
    store.gate.set()
    for key in ("a", "b", "c", "a"):
        await deliveries.once(key, store)
    assert store.calls == 4
