"""
Whether a request is Slack's, by its signature, and new enough to be taken (Slack, "Verifying requests from Slack").

Pure. The SDK's own verifier is not used: it reads the body as text first, and raises for a timestamp that is no number.
"""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE, TIMESTAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"  # headers
WINDOW_SECONDS = 5 * 60


def fresh(timestamp: str, now: float) -> bool:
    """Whether *timestamp*, as the header says it, is at most WINDOW_SECONDS from *now* (Unix seconds), either way."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 20):
        return False
    return abs(now - int(timestamp)) <= WINDOW_SECONDS


def signed(secret: str, timestamp: str, body: bytes, signature: str) -> bool:
    """Whether *signature* is of *body*, byte for byte, at *timestamp*. Takes the same time wherever it is wrong."""
    made = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={made}".encode(), signature.encode("utf-8", "surrogateescape"))
