"""Which certificates are trusted: the system's, or what SSL_CERT_FILE and SSL_CERT_DIR name. For each door alike."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE, DIRECTORY = "SSL_CERT_FILE", "SSL_CERT_DIR"
VARIABLES = (FILE, DIRECTORY)
OF_OTHERS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE")
"""Read by other programs, and by nothing here."""


def context() -> ssl.SSLContext:
    """The same one as long as the variables stay as they are: to read all certificates takes a while."""
    return _context(*(os.environ.get(name) for name in VARIABLES))


@cache
def _context(_file: str | None, _directory: str | None) -> ssl.SSLContext:
    """OpenSSL reads both variables by itself."""
    return ssl.create_default_context()


def problem(environment: Mapping[str, str]) -> str | None:
    """OpenSSL says nothing of a file that is not there, and then trusts nobody."""
    if file := environment.get(FILE):
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
        except ssl.SSLError:
            return f"{FILE}: {file} holds no certificates in PEM form (-----BEGIN CERTIFICATE-----)"
        except OSError as error:
            return f"{FILE}: {file} cannot be read: {error.strerror}"
    for directory in environment.get(DIRECTORY, "").split(os.pathsep):
        if directory and not Path(directory).is_dir():
            return f"{DIRECTORY}: {directory} is no directory"
    return None


def warning(environment: Mapping[str, str]) -> str | None:
    """Of a bundle that is named where nothing here looks for it."""
    named = next((name for name in OF_OTHERS if environment.get(name)), None)
    if named is None or any(environment.get(name) for name in VARIABLES):
        return None
    return f"{named} is not read here. Set {FILE} to the file for the bot to trust its certificates"
