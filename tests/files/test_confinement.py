"""A child that was taken over by a file can do nothing: by each layer of its confinement, and by all of them."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.files import FileOutcome
from bot.files import confinement
from bot.files.reader import ChildReader
from tests.files.hostile import SUCCEEDED, TRIES
from tests.files.making import locked_pdf, pdf, picture

ALL = [layer.__name__ for layer in confinement.LAYERS]
ROOT = Path(__file__).resolve().parents[2]
NOT_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux confines a process, other systems only limit it")
NO_SECCOMP = pytest.mark.skipif(not confinement.has_seccomp(), reason="this kernel has no seccomp filters")
NO_LANDLOCK = pytest.mark.skipif(
    confinement.landlock_abi() < 6, reason=f"Landlock {confinement.landlock_abi()} here: signals need 6, paths need 1"
)
OF_THE_PARENT = {
    "read the parent's environment",
    "open the parent's memory",
    "read the parent's memory",
    "list the parent's descriptors",
    "attach to the parent",
}
BY_PATH = {
    "read a file",
    "overwrite a file",
    "truncate a file",
    "delete a file",
    "rename a file",
    "make a directory",
    "list a directory",
    "map a file",
}
SECRET = ctypes.create_string_buffer(b"sk-secret-000000", 16)  # in the memory of this process, the child's parent


@pytest.fixture
def tries(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Each try with something that it would work on, here and now."""
    database = tmp_path / "threadbot.db"
    database.write_text("what people said", encoding="utf-8")
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.bind(("127.0.0.1", 0))
        local.bind(f"\0threadbot-test-{os.getpid()}")
        local.listen()
        with_what = dict.fromkeys(TRIES, "")
        with_what |= dict.fromkeys(BY_PATH, str(database))
        yield with_what | {
            "make a directory": str(tmp_path / "made"),
            "list a directory": str(tmp_path),
            "read the parent's memory": str(ctypes.addressof(SECRET)),
            "connect over TCP": str(listener.getsockname()[1]),
            "connect to a socket": f"@threadbot-test-{os.getpid()}",
            "send over UDP": str(datagrams.getsockname()[1]),
        }
        assert database.read_text(encoding="utf-8") == "what people said"


async def attacked(tries: dict[str, str], *layers: str) -> dict[str, Any]:
    reader = ChildReader(program=("-m", "tests.files.hostile", *layers))
    reading = await reader.read(json.dumps(tries).encode(), "text/plain", "kim")
    found: dict[str, Any] = json.loads(reading.text)
    assert found["ended"].keys() == tries.keys()
    return found


def successes(found: dict[str, Any]) -> set[str]:
    return {name for name, end in found["ended"].items() if end == SUCCEEDED}


@NOT_LINUX
async def test_without_confinement_the_tries_work(tries: dict[str, str]) -> None:
    """Else their failing would say nothing."""
    harmless = {"read a file", "list a directory", "read the parent's environment", "read the parent's memory"}
    harmless |= {"signal the parent", "connect over TCP", "connect to a socket", "send over UDP", "share memory"}
    harmless |= {"start a process", "make memory a file", "map a file"}

    assert successes(await attacked({name: tries[name] for name in harmless})) == harmless


@NOT_LINUX
@pytest.mark.skipif(bool(confinement.missing()), reason=f"this system lacks {', '.join(confinement.missing())}")
async def test_a_child_that_was_taken_over_can_do_nothing(tries: dict[str, str]) -> None:
    assert successes(await attacked(tries, *ALL)) == set()


@NO_SECCOMP
async def test_seccomp_alone_refuses_everything(tries: dict[str, str]) -> None:
    assert successes(await attacked(tries, "seccomp")) == set()


@NO_LANDLOCK
async def test_landlock_alone_keeps_files_processes_and_connections_apart(tries: dict[str, str]) -> None:
    kept = BY_PATH | OF_THE_PARENT | {"signal the parent", "connect over TCP", "connect to a socket"}

    assert successes(await attacked({name: tries[name] for name in kept}, "landlock")) == set()


@NOT_LINUX
async def test_where_the_kernel_has_neither_nothing_can_be_opened(tries: dict[str, str]) -> None:
    opening = {"read a file", "overwrite a file", "list a directory", "map a file", "connect over TCP", "send over UDP"}
    opening |= OF_THE_PARENT | {"connect to a socket", "make memory a file", "raise its limits"}

    found = await attacked({name: tries[name] for name in opening}, "close_off", "drop_capabilities")

    if os.getuid():  # root's parent has capabilities that the child lacks, so it is another's already
        opening -= {"read the parent's memory", "attach to the parent"}
    assert successes(found) & opening == set()


@NOT_LINUX
async def test_a_child_is_told_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with (tmp_path / "kept open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        found = (await attacked({}))["found"]

    assert found["environment"].keys() <= {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LC_ALL", "LC_CTYPE"}
    assert found["descriptors"] == [0, 1, 2]
    assert found["directory"] == "/"
    assert found["leads its group"]


# Root hands its place to nobody, who may not read root's home: so Python and this tree stand where everybody may look,
# in a file system of their own.
AS_NOBODY = """
mkdir -p "$1/python" "$1/tree"
mount --bind "$2" "$1/python" && mount --bind "$3" "$1/tree" && cd "$1/tree" && shift 3 &&
exec setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all "$@"
"""


def unprivileged(tries: dict[str, str], hidden: str, *layers: str) -> dict[str, Any]:
    """The same with a parent that is not root."""
    root = os.getuid() == 0
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        python = f"{directory}/python/bin/{Path(sys.executable).resolve().name}" if root else sys.executable
        program = [python, "-B", "-m", "tests.files.unprivileged", json.dumps(tries), hidden, *layers]
        before = ["unshare", "--mount", "sh", "-ec", AS_NOBODY, "sh", directory, sys.base_prefix, str(ROOT)]
        done = subprocess.run(
            [*before, *program] if root else program,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "OPENAI_API_KEY": "sk-secret"},
            capture_output=True,
            check=False,
        )
    if root and b"unshare" in done.stderr:
        pytest.skip(f"root cannot become nobody here: {done.stderr.decode()}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@NOT_LINUX
def test_the_bot_itself_hides_its_memory_and_environment_from_its_user() -> None:
    tries = dict.fromkeys(OF_THE_PARENT, "") | {"read the parent's memory": "ADDRESS"}

    shown = successes(unprivileged(tries, ""))
    assert "read the parent's environment" in shown
    assert "read the parent's memory" in shown
    assert successes(unprivileged(tries, "hidden")) == set()


@NOT_LINUX
@pytest.mark.skipif(bool(confinement.missing()), reason=f"this system lacks {', '.join(confinement.missing())}")
def test_the_child_of_a_bot_that_is_not_root_can_do_nothing_either(tries: dict[str, str]) -> None:
    assert successes(unprivileged(tries, "hidden", *ALL)) == set()


ODD_FONTS = [
    pdf("words", encoding=name)
    for name in ("/UniKS-UCS2-H", "/KSCms-UHC-H", "/90ms-RKSJ-H", "/GBK-EUC-H", "/GBK2K-H", "/ETen-B5-H", "/Nonsense")
]


@pytest.mark.parametrize(
    "content",
    [
        *(picture(form) for form in ("PNG", "JPEG", "GIF", "WEBP")),
        picture("MPO"),
        pdf("some words"),
        *ODD_FONTS,
        locked_pdf("", "owner"),
        locked_pdf("x"),
        b"words",
        "표".encode("cp949"),
        "é".encode("cp1252"),
        *("표".encode(encoding) for encoding in ("utf-8-sig", "utf-16", "utf-32")),
        "words".encode("utf-16-le"),
    ],
)
def test_reading_imports_nothing_that_was_not_loaded_before(content: bytes) -> None:
    program = [sys.executable, "-B", "-m", "tests.files.importing"]
    done = subprocess.run(program, input=content, capture_output=True, check=True, cwd=ROOT)

    assert done.stdout.decode().split() == []


async def test_all_layers_at_once_leave_files_readable() -> None:
    contents = [picture("JPEG"), picture("WEBP"), pdf("some words"), "표".encode()]
    readings = await asyncio.gather(*(ChildReader().read(content, "", "kim") for content in contents))

    assert {reading.outcome for reading in readings} == {FileOutcome.READ}
