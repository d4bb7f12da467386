"""
How often Slack lets its methods be called. Which of them may be called now is decided in platforms/common/limiter.py.

Source: Slack, "Rate limits", and each method's reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.platforms.common.call_rates import Rate

POST, UPDATE, DELETE = "chat.postMessage", "chat.update", "chat.delete"
START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"

MARGIN_SECONDS = 2.0  # a call may be long on its way, and the next one fast: Slack counts when they arrive
STREAM_SECONDS = 300.0  # after which Slack has ended a stream by itself
EDITS_SECONDS = 900.0  # a promised edit that was not made by then is not waited for any more

TIER_2, TIER_3, TIER_4 = (Rate(calls, 60.0 + MARGIN_SECONDS) for calls in (20, 50, 100))
STREAMS = replace(TIER_2, kept=0.0)  # all stops are final, and each is promised at its start
POSTS = Rate(4, 4.2, per_channel=True, kept=0.0)
"""
"1 per second", short bursts are taken: 5 at once are the usual guess. A post is never in vain: it has an answer's first
words, or a part that is not posted again at the end.
"""
READS = Rate(40, 60.0)  # of a method in the background: tier 3 allows 50, and others need some of them

RATES: Mapping[str, Rate] = {
    POST: POSTS,
    **dict.fromkeys((START, STOP), STREAMS),
    **dict.fromkeys((UPDATE, DELETE, "reactions.add", "conversations.info"), TIER_3),
    "agents.sessions.setStatus": TIER_3,
    "files.delete": TIER_3,
    **dict.fromkeys(("reactions.remove", "usergroups.list"), TIER_2),
    **dict.fromkeys((APPEND, "users.info", "files.info", "assistant.threads.setTitle"), TIER_4),
    **dict.fromkeys(("files.getUploadURLExternal", "files.completeUploadExternal"), TIER_4),
}
"""Of each method in a workspace; what is not named here is called until Slack says 429."""
