"""
What OPENAI_BASE_URL says: where the API is, what goes with every request, and how the key is sent. Pure.

People copy the address of a call, and Azure shows several: the resource's, the target of a deployment with its version,
and that of its newer API, which is like OpenAI's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit, urlunsplit

AZURE_HOSTS = (  # of Azure's public cloud, of the government's and of China's
    ".openai.azure.com",
    ".services.ai.azure.com",
    ".cognitiveservices.azure.com",
    ".openai.azure.us",
    ".cognitiveservices.azure.us",
    ".openai.azure.cn",
    ".cognitiveservices.azure.cn",
)
AZURE_VERSION = "2024-10-21"  # the newest stable one of the API with deployments; Azure, "API version lifecycle"
_CALLS = re.compile(r"(?<!/)/++(?:chat/++completions|completions|responses|embeddings|models|chat)/*+\Z", re.IGNORECASE)
_DEPLOYMENT = re.compile(r"/openai/deployments/[^/]+\Z", re.IGNORECASE)
_AZURE_RESOURCE = re.compile(r"/*(?:openai/*)?\Z", re.IGNORECASE)
_AZURE_INFERENCE = re.compile(r"/models/*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """*base* is without a query and the name of a call. *key_header*: where the key goes, None: where OpenAI's goes."""

    base: str
    query: Mapping[str, str] = field(default_factory=dict)
    key_header: str | None = None

    @classmethod
    def of(cls, url: str) -> Address:
        """An address that is none is left as it is: whoever calls it says so."""
        try:
            parts = urlsplit(url.strip())
            host = (parts.hostname or "").rstrip(".").lower()
        except ValueError:
            return cls(url)
        query, path, header = dict(parse_qsl(parts.query, keep_blank_values=True)), parts.path, None
        is_azures = f".{host}".endswith(AZURE_HOSTS)
        if not (is_azures and _AZURE_INFERENCE.search(path)):
            path = _CALLS.sub("", path)
        path = path.rstrip("/")
        if _DEPLOYMENT.search(path):
            header, query = "api-key", {"api-version": AZURE_VERSION} | query
        elif is_azures and _AZURE_RESOURCE.fullmatch(path):
            path = "/openai/v1"
            query.pop("api-version", None)
        return cls(urlunsplit((parts.scheme, parts.netloc, path, "", "")), query, header)
