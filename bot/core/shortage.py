"""
Tells whether a call failed because this process or its machine had no free descriptors, memory or threads.

Such a shortage passes: the same call may succeed a second later. Pure.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

SHORTAGE = "out_of_resources"  # the code of a PlatformError

_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN})
_NO_PAIR = -1  # uvloop's errno (0.23) where no pair of sockets can be made for a child, whatever is missing
_NO_THREAD = "can't start new thread"  # CPython's RuntimeError for it has no class of its own
# When an extension module cannot be loaded, dlopen() reports only words, those of the C library. If there is no memory
# to map it, glibc (2.36) says no more than _NOT_MAPPED. It says the same on a noexec mount, but there Python itself
# cannot start.
_NOT_MAPPED = "failed to map segment from shared object"
_WORDS = (_NOT_MAPPED, *(os.strerror(number) for number in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)))


def is_shortage(error: BaseException) -> bool:
    """Also checks the causes of *error*: SDKs wrap the system's error, some several times."""
    return any(_tells(each) for each in _chain(error))


def _tells(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _ERRNOS or error.errno == _NO_PAIR
    if isinstance(error, ImportError):
        return any(words in str(error) for words in _WORDS)
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _NO_THREAD in str(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """*error* and its causes, each once, with the members of groups."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        left += [each.__cause__, None if each.__suppress_context__ else each.__context__]
        if isinstance(each, BaseExceptionGroup):
            left += each.exceptions
