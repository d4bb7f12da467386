"""
What went wrong on the way to another machine, in words for operators, and what to do about it.

Libraries wrap what the system or OpenSSL told them, so the causes of an error are looked at, too. Pure.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from bot.network.proxies import Proxy, UnusableProxyError, proxy

_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL})
_BROKEN = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, EOFError)
_HOST_MISMATCH = (62, 64)
_VERIFY = {  # OpenSSL, "X509_V_ERR_…"
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed",
    19: "is signed by a CA that this machine does not trust",
    20: "is signed by a CA that this machine does not trust",
    21: "is signed by a CA that this machine does not trust",
    23: "was revoked",
    62: "is for another host",
    64: "is for another address",
}


class Kind(StrEnum):
    CERTIFICATE = "certificate"
    NO_TLS = "no_tls"
    PROXY_LOGIN = "proxy_login"
    PROXY_REFUSED = "proxy_refused"
    PROXY_UNUSABLE = "proxy_unusable"
    NOT_FOUND = "name_not_found"
    REFUSED = "connection_refused"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    BROKEN = "broken_off"


@dataclass(frozen=True, slots=True)
class Failure:
    kind: Kind
    words: str  # no sentence: it begins in lower case, and ends without a full stop
    remedy: str


def failure(error: BaseException, address: str, proxy_status: int | None = None) -> Failure | None:
    """
    What *error* tells of the way to *address*; None where it tells nothing.

    *proxy_status*: what a proxy answered instead of opening the way, for who knows it by a library's exception.
    """
    target = _place(address)
    try:
        through = proxy(address)
    except UnusableProxyError as unusable:
        return Failure(Kind.PROXY_UNUSABLE, str(unusable), "")
    hop = f"the proxy {through.place} ({through.variable})" if through else target
    if proxy_status is not None:
        return _by_proxy(proxy_status, hop, target, through)
    for each in _causes(error):
        if (found := _told(each, target, hop, through)) is not None:
            return found
    return None


def _told(error: BaseException, target: str, hop: str, through: Proxy | None) -> Failure | None:
    """*hop* is who we connect to: the proxy, where there is one; its name and its port are what fails then."""
    network = f"Check {through.variable}." if through else f"Check the network and the address of {target}."
    if isinstance(error, UnusableProxyError):
        return Failure(Kind.PROXY_UNUSABLE, str(error), "")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, target)
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        remedy = "Check that its address begins with the right one of http:// and https://, and its port."
        return Failure(Kind.NO_TLS, f"{target} does not speak TLS that we understand ({error.reason})", remedy)
    if isinstance(error, socket.gaierror):
        words = f"the name of {hop} is not found"
        return Failure(Kind.NOT_FOUND, words, f"{network} The name server (DNS) may be wrong, too.")
    if isinstance(error, ConnectionRefusedError):
        return Failure(Kind.REFUSED, f"{hop} refuses the connection", f"{network} Nothing listens at that port.")
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return Failure(Kind.UNREACHABLE, f"{hop} is unreachable from here ({error.strerror or error})", network)
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        words = f"{target} did not answer in time" + (f", through {hop}" if through else "")
        remedy = f"{network} A firewall may drop what is sent, or a proxy may be needed (HTTPS_PROXY)."
        return Failure(Kind.TIMED_OUT, words, remedy)
    is_broken = "Disconnected" in type(error).__name__  # aiohttp's
    if is_broken or isinstance(error, (*_BROKEN, ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Failure(Kind.BROKEN, f"the connection to {hop} broke off", network)
    return None


def _by_proxy(status: int, hop: str, target: str, through: Proxy | None) -> Failure:
    variable = through.variable if through else "HTTPS_PROXY"
    if status == 407:
        remedy = f"Put them into {variable}: http://USER:PASSWORD@host:port, with %40 for an @ in them."
        return Failure(Kind.PROXY_LOGIN, f"{hop} wants another user and password (407)", remedy)
    words = f"{hop} does not open the way to {target} (HTTP {status})"
    return Failure(Kind.PROXY_REFUSED, words, "The proxy's rules decide that; or name the host in NO_PROXY.")


def _of_certificate(error: ssl.SSLCertVerificationError, target: str) -> Failure:
    said = _VERIFY.get(error.verify_code, f"is not accepted ({error.verify_message})")
    remedy = "If the CA is your company's, set SSL_CERT_FILE to a file of all certificates to trust, with that one."
    if error.verify_code in _HOST_MISMATCH:
        remedy = "Check the address: the certificate names others."
    elif error.verify_code in (9, 10):
        remedy = "Have it renewed, and check the clock of this machine."
    return Failure(Kind.CERTIFICATE, f"the certificate of {target} {said}", remedy)


def _place(address: str) -> str:
    """Host, and port where one is named."""
    try:
        place = urlsplit(address).netloc.rpartition("@")[2]
    except ValueError:  # it stood in an event
        place = ""
    return place or "the server"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """From the innermost on, which says most, each once; with the members of groups, and what httpcore suppresses."""
    seen: list[BaseException] = []
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is None or any(each is known for known in seen):
            continue
        seen.append(each)
        left += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            left += each.exceptions
        for inner in (getattr(each, "os_error", None), getattr(each, "certificate_error", None)):  # aiohttp's
            left.append(inner if isinstance(inner, BaseException) else None)
    return reversed(seen)
