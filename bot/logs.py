"""How log lines look: one line each on standard error."""

from __future__ import annotations

import logging


def configure(level: str) -> None:
    """*level*: DEBUG, INFO, WARNING or ERROR. Other people's libraries stay one level quieter."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True)
    logging.getLogger("bot").setLevel(level)
