"""The nonce of a post: the same post again, within some minutes, is answered with the message that is there. Pure."""

from __future__ import annotations

import base64
import hashlib

LENGTH = 24  # Discord, "Create Message": up to 25 characters


def nonce(*named: object) -> str:
    """*named*: what tells the post from all others."""
    return base64.b32encode(hashlib.sha256("\0".join(map(str, named)).encode()).digest()).decode()[:LENGTH]


def once(*named: object) -> dict[str, object]:
    """The fields of a post that stands there once, however often it is made."""
    return {"nonce": nonce(*named), "enforce_nonce": True}
