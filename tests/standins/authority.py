"""A CA of our own, by the openssl command, and servers that have its certificates in front of a stand-in's port."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.standins.proxy import pipe


class Authority:
    """*file* is its own certificate."""

    def __init__(self, directory: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("NOT TRIED: TLS, for want of the openssl command")
        self._directory = directory
        self.file = directory / "ca.pem"
        key = self._key("ca")
        self._run("req", "-x509", "-key", key, "-out", self.file, "-days", "2", "-subj", "/CN=Our own CA")

    def certificate(self, names: Sequence[str] = ("IP:127.0.0.1", "DNS:localhost"), days: int = 2) -> ssl.SSLContext:
        """For a server of *names*; with *days* below 0 it has expired."""
        stem = f"server-{len(list(self._directory.iterdir()))}"
        key, request, signed = self._key(stem), self._directory / f"{stem}.csr", self._directory / f"{stem}.pem"
        more = self._directory / f"{stem}.ext"
        more.write_text(f"subjectAltName={','.join(names)}\n")
        self._run("req", "-new", "-key", key, "-out", request, "-subj", "/CN=server")
        self._run(
            *("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._directory / "ca.key", "-set_serial"),
            *("7", "-days", days, "-extfile", more, "-out", signed),
        )
        return self._context(signed, key)

    def self_signed(self) -> ssl.SSLContext:
        key, file = self._key("alone"), self._directory / "alone.pem"
        self._run(
            *("req", "-x509", "-key", key, "-out", file, "-days", "2", "-subj", "/CN=alone"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        )
        return self._context(file, key)

    def _context(self, certificate: Path, key: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def _key(self, stem: str) -> Path:
        key = self._directory / f"{stem}.key"
        self._run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        return key

    def _run(self, *arguments: object) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@asynccontextmanager
async def in_front_of(port: int, certificate: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of a TLS server that hands all on to *port*."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))
            finally:
                far_writer.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
