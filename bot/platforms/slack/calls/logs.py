"""
The loggers that Slack's libraries are given: theirs would write message texts and connection tickets.
"""

from __future__ import annotations

import logging
import re

_ADDRESS = re.compile(r"\b(?:wss?|https?)://\S+")


class _Discreet(logging.Filter):
    """Keeps a line's reason; drops addresses (a Socket Mode address is a ticket) and stack traces of reconnections."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _ADDRESS.sub("(address)", record.getMessage()), ()
        record.exc_info = record.exc_text = None
        return True


_DISCREET = _Discreet()


def sdk_logger() -> logging.Logger:
    """For slack_sdk. At DEBUG it writes whole requests and events, so it is kept from it."""
    logger = logging.getLogger(f"{__name__}.sdk")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_DISCREET)
    return logger


def bolt_logger() -> logging.Logger:
    """For slack_bolt. Its warnings are advice for its own listeners and tokens, which we do not use."""
    logger = logging.getLogger(f"{__name__}.bolt")
    logger.setLevel(logging.ERROR)
    return logger
