"""
Hands a payload of Slack's to whom it is for, whichever way it came in: events to us, all else to Bolt first.

Bolt has nothing to say to an event, and takes longer for that than we do to read it. slack_bolt 1.30 takes it for
granted that what it reads in a payload has the types that Slack documents, and raises TypeError, KeyError and the like
where it has not. So it is shown only what it answers by itself; the payload goes past it to us, in the context.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

Answer = Callable[[dict[str, Any]], Awaitable[BoltResponse]]

_PAYLOAD = "payload"  # in the context of a request
_ANSWERED_BY_BOLT = ("type", "challenge", "ssl_check", "token")  # its middlewares SslCheck and UrlVerification


_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")  # no request and no database takes it: a lone surrogate, or NUL
DEEPEST = 100  # objects and lists within each other; Slack's blocks need some 15, and recursion ends at 1,000
LONGEST = 14_000  # members of a list: the longest text with each letter styled by itself has 13,333 elements
MOST = 160_000  # members of all objects and lists; that text has some 67,000, and comes twice when it is edited

logger = logging.getLogger(__name__)


class App(AsyncApp):
    """A Bolt app with *answer*, which is handed whole payloads."""

    def __init__(self, answer: Answer, **options: Any) -> None:
        super().__init__(**options)
        self._answer = answer

        async def past_bolt(context: dict[str, Any]) -> BoltResponse:
            return await answer(context[_PAYLOAD])

        self.middleware(past_bolt)

    async def dispatch_payload(self, payload: dict[str, Any]) -> BoltResponse:
        """
        What Slack is answered; 400 to what has more in it, or deeper, than anything of Slack's.

        *payload*: verified where it came over HTTP, and parsed; whatever is in it. Its texts are mended in place. Which
        try of Slack's it is makes no difference, so Bolt is not told.
        """
        if not _mended(payload):
            logger.warning("slack: a payload is left that has too much in it, or too deep")
            return BoltResponse(status=400)
        if payload.get("type") == "event_callback":
            return await self._answer(payload)
        shown = {key: payload[key] for key in _ANSWERED_BY_BOLT if isinstance(payload.get(key), str)}
        return await self.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=shown, context={_PAYLOAD: payload}))


def _mended(payload: dict[str, Any]) -> bool:
    """
    Replace what is unsendable in all texts by U+FFFD, and cut lists to LONGEST. False, with a part of it done, where it
    goes too far.
    """
    left: list[tuple[int, dict[Any, Any] | list[Any]]] = [(1, payload)]
    seen = 0
    while left:
        depth, place = left.pop()
        if isinstance(place, list):
            del place[LONGEST:]
        seen += len(place)
        if depth > DEEPEST or seen > MOST:
            return False
        for key, value in _members(place):
            if isinstance(value, str):
                if _UNSENDABLE.search(value):
                    place[key] = _UNSENDABLE.sub("\ufffd", value)
            elif isinstance(value, dict | list):
                left.append((depth + 1, value))
    return True


def _members(place: dict[Any, Any] | list[Any]) -> Iterator[tuple[Any, Any]]:
    return iter(place.items()) if isinstance(place, dict) else enumerate(place)
