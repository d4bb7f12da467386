"""
Channels that have another id: the event that tells of one, and what comes under the old id later. Pure.

Source: the event `channel_id_changed`. Slack sends it when a private channel is shared with another organization.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.core.conversation import Moved
from bot.platforms.common.payloads import Json, mapping, string
from bot.platforms.slack.incoming.events import PLATFORM, Identity, workspace

_ID = re.compile("[A-Z0-9]{1,64}")


def moved(body: Json, us: Identity) -> Moved | None:
    """None for any other event. Never raises."""
    event = mapping(body, "event")
    if body.get("type") != "event_callback" or event.get("type") != "channel_id_changed":
        return None
    old, new = string(event, "old_channel_id"), string(event, "new_channel_id")
    return Moved(PLATFORM, workspace(body, us), old, new) if _ID.fullmatch(old) and _ID.fullmatch(new) else None


def follow(body: dict[str, Any], ids: Mapping[str, str]) -> None:
    """
    Put the new id of a channel in the place of the old one, as *ids* say.

    Events come in any order, and Slack brings some again: what was said before may be told of afterwards.
    """
    event = body.get("event")
    item = event.get("item") if isinstance(event, dict) else None
    pressed_in = (body.get("channel"), "id"), (body.get("container"), "channel_id")
    for place, key in ((event, "channel"), (item, "channel"), *pressed_in):
        if isinstance(place, dict) and isinstance(place.get(key), str):
            place[key] = ids.get(place[key], place[key])
