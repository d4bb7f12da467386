"""aiohttp's arguments for each request: the proxy for the address, and the certificates to trust."""

from __future__ import annotations

from typing import Any

from bot.network import certificates
from bot.network.proxies import proxy_of


def way_to(address: str) -> dict[str, Any]:
    """Raises UnusableProxyError."""
    return {"proxy": proxy_of(address), "ssl": certificates.context()}
