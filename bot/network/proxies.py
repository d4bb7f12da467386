"""
Which proxy the environment names for an address, as curl and most programs read it. Each door asks here.

The libraries read these variables in three different ways, and none of them knows all of it.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")  # each in lower case, too, which wins

_OF_SCHEME = {"https": "HTTPS_PROXY", "wss": "HTTPS_PROXY", "http": "HTTP_PROXY", "ws": "HTTP_PROXY"}
_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


class UnusableProxyError(OSError):
    """The variable's value is no proxy that we can use; the message names the variable, and holds no password."""


@dataclass(frozen=True, slots=True)
class Proxy:
    variable: str  # as it is written in the environment
    url: str  # with its user and password, if there are any

    @property
    def place(self) -> str:
        """Host and port, for operators."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


def proxy_of(address: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The URL of the proxy to *address*; None where there is none. Raises UnusableProxyError."""
    found = proxy(address, environment)
    return None if found is None else found.url


def proxy(address: str, environment: Mapping[str, str] | None = None) -> Proxy | None:
    environment = os.environ if environment is None else environment
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # whoever asks for it says what is wrong with it
        return None
    if not host or parts.scheme not in _OF_SCHEME or _excepted(host, port, _value("NO_PROXY", environment)[1]):
        return None
    for name in (_OF_SCHEME[parts.scheme], "ALL_PROXY"):
        variable, value = _value(name, environment)
        if value:
            return Proxy(variable, _usable(variable, value))
    return None


def _value(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """The name as it is written there, and the value: one in lower case wins, also with nothing in it."""
    written = name.lower() if name.lower() in environment else name
    return written, environment.get(written, "").strip().strip("'\"").strip()


def _usable(variable: str, value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if scheme.lower().startswith("socks") and separator:
        raise UnusableProxyError(
            f"{variable}: a SOCKS proxy cannot be used. Name an HTTP proxy, such as http://proxy.example.com:3128, or "
            "name what needs no proxy in NO_PROXY"
        )
    url = value if separator else f"http://{value}"
    wrong = f"{variable}: this is no address of a proxy. It should be like http://proxy.example.com:3128"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UnusableProxyError(wrong) from None
    if parts.scheme.lower() not in ("http", "https") or not host or port == 0 or re.search(r"\s", url):
        raise UnusableProxyError(wrong)
    return url


def _excepted(host: str, port: int | None, no_proxy: str) -> bool:
    return any(_matches(host.lower(), port, entry.lower()) for entry in re.split(r"[\s,;|]+", no_proxy) if entry)


def _matches(host: str, port: int | None, entry: str) -> bool:
    """An entry is *, a domain (with all below it), an address or a range of addresses; the first two with a port."""
    entry = entry.partition("://")[2] or entry
    if entry == "*":
        return True
    if (network := _network(entry)) is not None:
        address = _network(host)
        return address is not None and address.version == network.version and address.subnet_of(network)  # type: ignore[arg-type] # of one version
    named, only = _with_port(entry)
    if only is not None and only != port:
        return False
    if (network := _network(named)) is not None:
        return _network(host) == network
    domain = named.removeprefix("*").strip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _with_port(entry: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(.+):(\d+)", entry)
    return (entry, None) if found is None else (found[1], int(found[2]))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        network = ipaddress.ip_network(re.sub(r"[\[\]]", "", text), strict=False)
    except ValueError:
        return None
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    return ipaddress.ip_network(mapped) if mapped is not None and network.prefixlen == 128 else network
