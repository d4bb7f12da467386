"""What surrounds the project: lock files, the Makefile, the image, CI. Each is tried, or held against the others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock")
TOOLS = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__"}


def pins(lock: str) -> dict[str, str]:
    """Name → version."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE))


def required(*groups: str) -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(each for extra in extras for each in extra)]
    return [
        Requirement(text)
        for text in [*wanted, *(each for name in groups for each in PROJECT["dependency-groups"][name])]
    ]


def tree() -> Iterator[Path]:
    """The files of the project: what version control holds, where there is some."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        names = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        names = [path for path in ROOT.rglob("*") if not TOOLS & set(path.relative_to(ROOT).parts)]
    yield from (path for path in names if path.is_file())


# Lock files


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_has_a_hash_for_each_pin_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]

    assert len(blocks) == len(pins(lock)) > 30
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)
    assert "://" not in text
    assert "index" not in text


@pytest.mark.parametrize(("lock", "groups"), [(LOCKS[0], ["build"]), (LOCKS[1], ["build", "dev"])])
def test_a_lock_file_pins_what_the_project_asks_for(lock: str, groups: list[str]) -> None:
    pinned = pins(lock)

    for requirement in required(*groups):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


def test_tests_run_with_the_versions_that_the_bot_runs_with() -> None:
    assert pins(LOCKS[0]).items() <= pins(LOCKS[1]).items()


# The Makefile

PYTHON = """#!/bin/sh
# A Python that makes virtual environments with itself in them, and notes what it is asked to do.
echo "$@" >>"$NOTES"
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" \\
        && printf '#!/bin/sh\\necho started' >"$3/bin/threadbot" && chmod +x "$3/bin/threadbot" ;;
    *"-m pip"*) test ! -e "$NOTES.offline" ;;
    *"import venv"*) test -z "$BARE" ;;
    *"apt-get install"*) exec "$REAL" "$@" ;;
    *version_info*) test -z "$OLD" || exec "$REAL" -c "import sys; sys.version_info = (3, 9); exec(sys.argv[1])" "$2" ;;
esac
"""


class Checkout:
    """A copy of the Makefile and what it reads, in a directory with a space in its name."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "a checkout"
        self.directory.mkdir()
        for name in ("Makefile", "pyproject.toml", *LOCKS):
            (self.directory / name).write_bytes((ROOT / name).read_bytes())
        self.python = self.directory / "python"
        self.python.write_text(PYTHON, encoding="utf-8")
        self.python.chmod(0o755)
        self.notes = directory / "notes"
        self.offline = directory / "notes.offline"

    def make(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        self.notes.write_text("", encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "NOTES": str(self.notes), "REAL": sys.executable, **variables}
        command = ["make", *words, f"PYTHON={variables.get('PYTHON', self.python)}"]
        return subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, check=False)

    @property
    def installed(self) -> list[str]:
        return re.findall(r"install .*", self.notes.read_text(encoding="utf-8"))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_make_run_sets_up_once_and_then_only_starts(checkout: Checkout) -> None:
    cold = checkout.make("run")
    assert checkout.installed == [
        "install --require-hashes -r requirements.lock",
        "install --no-deps --no-build-isolation -e .",
    ]
    warm = checkout.make("run")

    assert (cold.returncode, cold.stdout.splitlines()[-1]) == (0, "started"), cold.stderr
    assert warm.stdout == "started\n"
    assert checkout.notes.read_text(encoding="utf-8") == ""


def test_an_installation_that_broke_off_is_done_again(checkout: Checkout) -> None:
    checkout.offline.touch()
    broken = checkout.make("run")
    checkout.offline.unlink()
    repaired = checkout.make("run")

    assert broken.returncode != 0
    assert "started" not in broken.stdout
    assert repaired.stdout.splitlines()[-1] == "started"
    assert len(checkout.installed) == 2


def test_new_pins_are_installed(checkout: Checkout) -> None:
    checkout.make("run")
    later = (checkout.directory / ".venv/.installed").stat().st_mtime + 5
    os.utime(checkout.directory / "requirements.lock", (later, later))
    checkout.make("run")

    assert len(checkout.installed) == 2


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.make("run")
    (checkout.directory / ".venv/bin/python").unlink()

    assert checkout.make("run").stdout.splitlines()[-1] == "started"
    assert len(checkout.installed) == 2


def test_an_old_python_is_refused_with_a_sentence(checkout: Checkout) -> None:
    refused = checkout.make("run", OLD="yes")

    assert refused.returncode != 0
    assert "Threadbot needs Python 3.11 or newer" in refused.stderr
    assert "3.9" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_python_without_venv_is_told_by_the_name_of_the_package(checkout: Checkout) -> None:
    refused = checkout.make("run", BARE="yes")

    assert refused.returncode != 0
    assert "python{}.{}-venv".format(*sys.version_info[:2]) in refused.stderr


def test_a_missing_python_is_named(checkout: Checkout) -> None:
    refused = checkout.make("run", PYTHON="python3.99")

    assert refused.returncode != 0
    assert 'There is no "python3.99" here' in refused.stderr


def test_make_help_names_every_target(checkout: Checkout) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = checkout.make("help").stdout

    [phony] = re.findall(r"^\.PHONY: help (.*)$", makefile, re.MULTILINE)
    assert re.findall(r"^  make (\w+)", shown, re.MULTILINE)[1:] == phony.split()


# The image


def can_mount() -> bool:
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return os.getuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_steps_of_the_image_work_and_its_command_is_healthy() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci/docker-steps", "--offline"],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "steps work" in done.stdout
    if not can_mount():
        pytest.skip("nothing can be mounted here: the image's file system was not read-only")
    assert "not read-only" not in done.stdout


def test_the_image_runs_as_nobody_special_and_holds_no_settings() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    admitted = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["10001:10001"]
    assert "--uid 10001 --gid 10001" in dockerfile
    assert "chown 10001:10001 /data" in dockerfile
    assert re.search(
        r"^    SQLITE_TMPDIR=/data$", dockerfile, re.MULTILINE
    )  # a copy of the database is too large for /tmp
    assert "*" in admitted
    assert not any(".env" in line for line in admitted if line.startswith("!"))
    assert not re.search(r"TOKEN|KEY|SECRET", dockerfile)


def test_compose_gives_the_container_nothing_that_it_does_not_need() -> None:
    lines = [line.strip() for line in (ROOT / "compose.yaml").read_text(encoding="utf-8").splitlines()]

    for needed in (
        "read_only: true",
        "tmpfs: [/tmp]",
        "cap_drop: [ALL]",
        'security_opt: ["no-new-privileges:true"]',
        "pids_limit: 256",
    ):
        assert needed in lines
    assert not [line for line in lines if line.startswith(("privileged", "cap_add", "user:", "network_mode", "pid:"))]
    assert [line for line in lines if line.startswith("- ")] == ["- data:/data"]  # no socket or path of the host


# The whole tree


@pytest.mark.parametrize("script", [".ci/run", ".ci/docker-steps", ".ci/audit"])
def test_scripts_can_be_called(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


def test_the_script_of_ci_is_well_formed() -> None:
    assert subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=False).returncode == 0


def test_no_file_tells_where_this_checkout_lies() -> None:
    telling = [place for place in (ROOT, Path.home()) if len(place.parts) > 2 or place == Path("/root")]
    places = [f"{place}/" for place in telling]

    found = [
        f"{path.relative_to(ROOT)}: {place}"
        for path in tree()
        for place in places
        if place.encode() in path.read_bytes()
    ]
    assert not found
