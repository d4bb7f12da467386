"""Which errors say that the process, or the machine, was out of something just then."""

from __future__ import annotations

import errno

import pytest

from bot.core.shortage import is_shortage


def raised_from(outer: Exception, inner: BaseException) -> Exception:
    outer.__cause__ = inner
    return outer


def raised_while(outer: Exception, inner: Exception) -> Exception:
    outer.__context__ = inner
    return outer


FULL = OSError(errno.EMFILE, "Too many open files")


@pytest.mark.parametrize(
    "error",
    [
        *(OSError(number, "x") for number in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN)),
        OSError(-1, "Unknown error -1"),  # uvloop's
        MemoryError(),
        RuntimeError("can't start new thread"),
        ImportError("libssl.so.3: cannot open shared object file: Too many open files"),
        ImportError("_imaging.so: failed to map segment from shared object"),
        raised_from(ValueError("an SDK's"), FULL),
        raised_from(ImportError("no such name"), FULL),
        raised_from(ValueError("outer"), raised_from(ConnectionError("inner"), FULL)),
        raised_while(ValueError("an SDK's"), MemoryError()),
        ExceptionGroup("both families", [ConnectionRefusedError(errno.ECONNREFUSED, "x"), FULL]),
    ],
)
def test_a_shortage_is_known_however_it_is_wrapped(error: Exception) -> None:
    assert is_shortage(error)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOENT, "x"),
        OSError("no number"),
        ConnectionRefusedError(errno.ECONNREFUSED, "x"),
        RuntimeError("Session is closed"),
        ImportError("cannot import name 'x'"),
        raised_from(ValueError("x"), KeyError("y")),
    ],
)
def test_what_will_be_the_same_the_next_time_is_none(error: Exception) -> None:
    assert not is_shortage(error)


def test_errors_that_were_raised_from_each_other_are_looked_at_once() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert not is_shortage(one)
