"""
How the process that reads files gives up every right that it does not need, before it parses anything.

The layers are independent: if a system lacks one, the others still hold.

- RLIMIT_NOFILE: the process can open no descriptor, so no file, no socket and no other process's memory under /proc
  (any POSIX system).
- No capabilities: root has no special rights (Linux).
- Landlock: the process can reach no path, not even for calls that need no descriptor, such as unlink and truncate. It
  can neither trace nor signal other processes (Linux 5.13; signals since 6.12).
- seccomp: only system calls that work on memory and on the two open pipes (Linux).

The bot itself is not dumpable: the kernel refuses its memory and environment to other processes of the same user.
Sources: capabilities(7), landlock(7), seccomp(2), PR_SET_DUMPABLE(2const). The numbers come from Linux's headers.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Callable, Sequence

# linux/prctl.h
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38

# linux/capability.h
_CAPABILITY_VERSION_3 = 0x20080522

# linux/landlock.h; the calls have these numbers on every architecture
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATHS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # rights, by the ABI that has them
_TCP = 0b11  # bind, connect: ABI 4
_SCOPES = 0b11  # abstract unix sockets, signals: ABI 6

# linux/seccomp.h, linux/filter.h, linux/audit.h
_SECCOMP_MODE_FILTER = 2
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050000 | 1, 0x7FFF0000  # the second: with EPERM
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4  # in struct seccomp_data

# The system calls that Python needs to parse bytes in memory, write to an open pipe and exit, with their numbers on
# x86_64 (asm/unistd_64.h) and aarch64 (asm-generic/unistd.h).
_CALLS = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}
_MACHINES = ("x86_64", "aarch64")
_ARCHITECTURES = (0xC000003E, 0xC00000B7)  # AUDIT_ARCH_…: rules out the numbers of other ABIs

_LINUX = sys.platform == "linux"


def hide_from_siblings() -> None:
    """Make the kernel refuse this process's memory, environment and descriptors to other processes of its user."""
    if _LINUX:
        with contextlib.suppress(OSError):
            _prctl(_PR_SET_DUMPABLE, 0)


def close_off() -> None:
    """Forbid new descriptors and new processes. Open descriptors stay open."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # root can still start processes


def drop_capabilities() -> None:
    """Raises OSError."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc().capset(header, bytes(24)))


def landlock() -> None:
    """Raises OSError if the kernel lacks Landlock, or has it turned off."""
    abi = landlock_abi()
    if not abi:
        raise OSError("no Landlock")
    paths = max(rights for since, rights in _PATHS.items() if since <= abi)
    wanted = struct.pack("QQQ", paths, _TCP, _SCOPES)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    ruleset = _checked(_syscall(_CREATE_RULESET, wanted, len(wanted), 0))
    try:
        _checked(_syscall(_RESTRICT_SELF, ruleset, 0))  # a ruleset without rules admits nothing
    finally:
        os.close(ruleset)


def seccomp() -> None:
    """Raises OSError if the kernel lacks seccomp, or _CALLS lacks this machine."""
    if not _knows_calls():
        raise OSError("no system calls are known here")
    which = _MACHINES.index(platform.machine())
    code = _filter(_ARCHITECTURES[which], [numbers[which] for numbers in _CALLS.values()])
    kept = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HP", len(code) // 8, ctypes.addressof(kept))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program)


Layer = Callable[[], None]
LAYERS: Sequence[Layer] = (hide_from_siblings, landlock, close_off, drop_capabilities, seccomp)


def confine(layers: Sequence[Layer] = LAYERS) -> None:
    """Apply every layer that the system has, for good. Seccomp comes last: it refuses the calls of other layers."""
    for layer in layers:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # AttributeError: a libc without that call
            layer()


def missing() -> Sequence[str]:
    """The layers that this system lacks, one sentence each. Changes nothing."""
    if not _LINUX:
        return [f"{platform.system()} has no Landlock, no seccomp and no capabilities, as Linux has"]
    lacks = []
    abi = landlock_abi()
    if not abi:
        lacks.append("the kernel has no Landlock (Linux 5.13), or it is turned off")
    elif abi < 6:
        lacks.append(f"its Landlock ({abi}) does not keep signals apart (Linux 6.12)")
    if not _knows_calls():
        lacks.append(f"seccomp is not used on {platform.machine()}")
    elif not has_seccomp():
        lacks.append("the kernel has no seccomp filters, or they are turned off")
    return lacks


def landlock_abi() -> int:
    """The version of Landlock; 0 if there is none."""
    if not _LINUX:
        return 0
    return max(0, _syscall(_CREATE_RULESET, None, 0, _VERSION))


def has_seccomp() -> bool:
    """A kernel with seccomp refuses a filter at a null address with EFAULT (seccomp(2))."""
    if not _LINUX or not _knows_calls():
        return False
    try:
        _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, None)
    except OSError as error:
        return error.errno == 14  # EFAULT
    return False


def _knows_calls() -> bool:
    """Whether this is a 64-bit process on a machine listed in _MACHINES."""
    return platform.machine() in _MACHINES and sys.maxsize > 2**32


def _filter(architecture: int, calls: Sequence[int]) -> bytes:
    """Classic BPF: allows *calls*, fails others with EPERM, and kills the process on calls of another ABI."""
    jumps = [struct.pack("HBBI", _JUMP_IF_EQUAL, len(calls) - number, 0, call) for number, call in enumerate(calls)]
    return b"".join(
        [
            struct.pack("HBBI", _LOAD, 0, 0, _ARCHITECTURE_AT),
            struct.pack("HBBI", _JUMP_IF_EQUAL, 1, 0, architecture),
            struct.pack("HBBI", _RETURN, 0, 0, _KILL),
            struct.pack("HBBI", _LOAD, 0, 0, _NUMBER_AT),
            *jumps,
            struct.pack("HBBI", _RETURN, 0, 0, _REFUSE),
            struct.pack("HBBI", _RETURN, 0, 0, _ALLOW),
        ]
    )


def _prctl(option: int, *arguments: int | bytes | None) -> None:
    given: list[int | bytes | None] = [*arguments, *[0] * (4 - len(arguments))]
    unsigned = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in given]
    _checked(_libc().prctl(option, *unsigned))


def _syscall(number: int, *arguments: int | bytes | None) -> int:
    longs = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    call = _libc().syscall
    call.restype = ctypes.c_long
    return int(call(ctypes.c_long(number), *longs))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
