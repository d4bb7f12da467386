"""When a worker has been in touch with the database for so long that whoever does not renew is gone."""

from bot.core.worker.database_contact import SILENCE_SECONDS, DatabaseContact


def in_touch(contact: DatabaseContact, began: float, ended: float) -> None:
    """With a call a second."""
    for second in range(int(ended - began) + 1):
        contact.reached(began + second, began + second)


def test_who_has_just_come_does_not_know_who_is_gone() -> None:
    contact = DatabaseContact()
    assert not contact.lasts(100)
    in_touch(contact, 100, 100 + SILENCE_SECONDS)
    assert not contact.lasts(99 + SILENCE_SECONDS)
    assert contact.lasts(100 + SILENCE_SECONDS)


def test_an_outage_however_short_begins_it_anew() -> None:
    contact = DatabaseContact()
    in_touch(contact, 100, 110)
    contact.failed()
    assert not contact.lasts(110)
    in_touch(contact, 111, 111 + SILENCE_SECONDS)
    assert not contact.lasts(110 + SILENCE_SECONDS)
    assert contact.lasts(111 + SILENCE_SECONDS)


def test_who_slept_or_waited_long_for_one_call_begins_it_anew() -> None:
    for began, ended in ((150, 150), (111, 150)):
        contact = DatabaseContact()
        in_touch(contact, 100, 110)
        assert not contact.lasts(150), "the pause is seen before the first call after it"
        contact.reached(began, ended)
        assert not contact.lasts(150)
        in_touch(contact, 151, 150 + SILENCE_SECONDS)
        assert contact.lasts(150 + SILENCE_SECONDS)
