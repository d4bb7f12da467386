"""
A child that was taken over by what it read: each thing that it tries is one that only an attacker would.

Runs as the real one does (`ChildReader(program=…)`), confined by the layers that its arguments name. The "file" is
JSON, what to try → with what. The answer is JSON: how each try *ended*, and what the child *found* at its start.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from bot.core.files import FileOutcome, Reading
from bot.files import child, confinement
from bot.files.limits import Limits

LIBC = ctypes.CDLL(None, use_errno=True)
SUCCEEDED = "succeeded"


class Word(ctypes.Structure):
    """struct iovec"""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def read_file(path: str) -> None:
    Path(path).read_bytes()


def overwrite_file(path: str) -> None:
    with Path(path).open("r+b") as file:
        file.write(b"x")


def read_memory(address: str) -> None:
    """Of the parent, where a secret stands."""
    here = ctypes.create_string_buffer(16)
    local = Word(ctypes.addressof(here), 16)
    remote = Word(int(address), 16)
    checked(LIBC.process_vm_readv(os.getppid(), ctypes.byref(local), 1, ctypes.byref(remote), 1, 0))


def attach(_: str) -> None:
    checked(LIBC.ptrace(0x4206, os.getppid(), None, None))  # PTRACE_SEIZE: it goes on


def connect(port: str) -> None:
    socket.create_connection(("127.0.0.1", int(port)), 5).close()


def connect_by_path(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + path[1:] if path.startswith("@") else path)


def fork(_: str) -> None:
    if os.fork() == 0:
        os._exit(0)


def execute(_: str) -> None:
    os.execv(sys.executable, [sys.executable, "-c", "print('taken over')"])  # noqa: S606 - it must not work


def share_memory(_: str) -> None:
    segment = LIBC.shmget(0, 4096, 0o1600)  # IPC_PRIVATE, IPC_CREAT
    checked(segment)
    checked(LIBC.shmctl(segment, 0, None))  # IPC_RMID


def become_root(_: str) -> None:
    os.setuid(0) if os.getuid() else os.setgroups([1, 2])


def raise_limits(_: str) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))


TRIES: dict[str, Callable[[str], object]] = {
    "read a file": read_file,
    "overwrite a file": overwrite_file,
    "truncate a file": lambda path: os.truncate(path, 0),
    "delete a file": lambda path: Path(path).unlink(),
    "rename a file": lambda path: Path(path).rename(path + ".gone"),
    "make a directory": lambda path: Path(path).mkdir(),
    "list a directory": lambda path: os.listdir(path),  # noqa: PTH208 - the plain call is meant
    "read the parent's environment": lambda _: read_file(f"/proc/{os.getppid()}/environ"),
    "open the parent's memory": lambda _: read_file(f"/proc/{os.getppid()}/mem"),
    "list the parent's descriptors": lambda _: os.listdir(f"/proc/{os.getppid()}/fd"),  # noqa: PTH208
    "read the parent's memory": read_memory,
    "attach to the parent": attach,
    "signal the parent": lambda _: os.kill(os.getppid(), 0),
    "connect over TCP": connect,
    "connect to a socket": connect_by_path,
    "send over UDP": lambda port: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", int(port))),
    "start a process": fork,
    "become another program": execute,
    "share memory": share_memory,
    "become somebody else": become_root,
    "raise its limits": raise_limits,
    "make memory a file": lambda _: os.memfd_create("x"),
    "map a file": lambda path: mmap.mmap(os.open(path, os.O_RDONLY), 1, prot=mmap.PROT_READ),
}


def tried(name: str, argument: str) -> str:
    try:
        TRIES[name](argument)
    except Exception as error:  # noqa: BLE001 - every way to fail is one
        return repr(error)
    return SUCCEEDED


def descriptors() -> list[int]:
    found = []
    for number in range(1024):
        with contextlib.suppress(OSError):
            os.fstat(number)
            found.append(number)
    return found


def main() -> None:
    layers = [layer for layer in confinement.LAYERS if layer.__name__ in sys.argv[1:]]
    found = {
        "environment": dict(os.environ),
        "descriptors": descriptors(),
        "directory": str(Path.cwd()),
        "leads its group": os.getpid() == os.getpgid(0),
    }

    def attack(content: bytes, _: str, __: Limits) -> Reading:
        ended = {name: tried(name, argument) for name, argument in json.loads(content).items()}
        return Reading(FileOutcome.READ, json.dumps({"ended": ended, "found": found}))

    child.main(attack, layers)


if __name__ == "__main__":
    main()
