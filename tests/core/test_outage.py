"""When the database was away for so long that leases may have ended whose owners are alive."""

from bot.core.outage import LONG_SECONDS, Outage


def test_a_short_outage_is_over_with_the_first_call_that_goes_through() -> None:
    outage = Outage()
    outage.failed(began=100)
    outage.reached(101)
    assert not outage.long(101 + LONG_SECONDS)


def test_an_outage_begins_with_the_first_call_that_waited_for_a_database() -> None:
    outage = Outage()
    outage.failed(began=100)
    outage.failed(began=100 + LONG_SECONDS)
    assert not outage.long(100 + LONG_SECONDS)
    assert outage.long(101 + LONG_SECONDS)


def test_a_long_outage_is_not_over_because_one_of_our_calls_goes_through() -> None:
    outage = Outage()
    outage.failed(began=100)
    outage.reached(101 + LONG_SECONDS)
    assert outage.long(102 + LONG_SECONDS)
    outage.over()
    assert not outage.long(103 + LONG_SECONDS)
