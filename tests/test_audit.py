"""CI's look at known vulnerabilities of dependencies, against an advisory source of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).resolve().parent.parent / ".ci" / "audit"
UNREACHED = "dependencies not audited"

Results = Callable[[list[dict[str, Any]]], Any]


@contextmanager
def source(answer: Callable[[bytes], tuple[int, bytes]]) -> Iterator[str]:
    """A server that answers each request's body with a status and a body. Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of http.server
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def vulnerable(*names: str) -> Callable[[bytes], tuple[int, bytes]]:
    """Pillow has these advisories, and nothing else has any."""

    def answer(body: bytes) -> tuple[int, bytes]:
        queries = json.loads(body)["queries"]
        found = [{"vulns": [{"id": name} for name in names]} if _is_pillow(query) else {} for query in queries]
        return 200, json.dumps({"results": found}).encode()

    return answer


def _is_pillow(query: dict[str, Any]) -> bool:
    return bool(query["package"] == {"name": "pillow", "ecosystem": "PyPI"} and query["version"])


def audited(url: str, accepted: Path | None = None) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environment |= {"OSV_URL": url} | ({"ACCEPTED_ADVISORIES": str(accepted)} if accepted else {})
    done = subprocess.run([sys.executable, AUDIT], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_known_vulnerability_of_a_pinned_package_fails() -> None:
    with source(vulnerable("GHSA-1", "GHSA-2")) as url:
        status, said = audited(url)

    assert status == 1
    assert "pillow" in said
    assert "GHSA-1" in said
    assert "2 known vulnerabilities" in said


def test_no_known_vulnerability_passes() -> None:
    with source(vulnerable()) as url:
        status, said = audited(url)

    assert (status, "audited: 0 known" in said) == (0, True)


@pytest.mark.parametrize(("until", "status"), [("2999-01-01", 0), ("2020-01-01", 1)])
def test_what_is_accepted_is_left_out_until_its_date(tmp_path: Path, until: str, status: int) -> None:
    accepted = tmp_path / "advisories.toml"
    accepted.write_text(f'[[accepted]]\nid = "GHSA-1"\nuntil = {until}\nwhy = "only its servers"\n', encoding="utf-8")

    with source(vulnerable("GHSA-1")) as url:
        assert audited(url, accepted)[0] == status


@pytest.mark.parametrize(
    "answer",
    [
        (403, b"no"),
        (200, b"<html>sign in</html>"),
        (200, b"[]"),
        (200, b'{"results": []}'),
        (200, b'{"results": [{"vulns": [{}]}]}'),
        (500, b""),
    ],
)
def test_where_no_source_answers_one_line_says_so_and_nothing_fails(answer: tuple[int, bytes]) -> None:
    with source(lambda _: answer) as url:
        status, said = audited(url)

    assert status == 0
    assert said.count("\n") == 1
    assert UNREACHED in said
    assert url not in said


def test_a_source_that_is_not_there_is_no_failure() -> None:
    with source(vulnerable()) as url:
        pass

    status, said = audited(url)

    assert (status, UNREACHED in said, said.count("\n")) == (0, True, 1)
