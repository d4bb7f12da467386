"""
The steps at which the bot dies, and the long answer that it is giving then. How it dies and what is counted: chain.py.

Names of checkpoints are those of bot/core/worker/worker.py and answer.py.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Literal

from tests.standins.model_script import Answer

PARAGRAPHS = [f"문단 {number:02}. " + "The quick brown fox 한 마리. " * 34 for number in range(30)]
LONG = "\n\n".join(PARAGRAPHS)  # three messages on Slack
CHUNK = 400  # characters
CHUNKS = -(-len(LONG) // CHUNK)

FEW = 16  # chunks, which one stream holds

LATE_SECONDS = 1.5  # until the first words
NOTICE = "notice"  # a status or a reaction, whichever the workspace takes

EARLIER = "\n\n".join(f"예전 {paragraph}" for paragraph in PARAGRAPHS[:20])  # two messages
BEGUN, REST = "\n\n".join(PARAGRAPHS[:12]) + "\n\n", "\n\n".join(PARAGRAPHS[12:])  # cut for its length
Change = Literal["edit", "delete", "stop", "continue"]
Pace = Literal["at once", "usual", "slow", "slower"]
_SECONDS: dict[Pace, float] = {"at once": 0.0, "usual": 0.008, "slow": 0.02, "slower": 0.05}  # a chunk


@dataclass(frozen=True, slots=True)
class Step:
    """
    *checkpoint* is where the process kills itself, the *nth* time it comes there.

    With *held* it waits there instead and is killed from outside once Slack has its acknowledgement; with *call*, a
    method or NOTICE, it is killed while that call is on its way to Slack, which carries it out afterwards.

    With *change* the question is changed so while the model answers it, or after it was *answered*, and checkpoints
    count from then on; with "continue" the answer was cut for its length, and somebody presses the button to go on.
    """

    name: str
    checkpoint: str | None = None
    nth: int = 1
    held: bool = False
    call: str | None = None
    pace: Pace = "usual"
    change: Change | None = None
    answered: bool = False
    streams: bool = False  # whether this workspace lets answers be streamed
    begun: bool = False  # whether the model says only the beginning, and is silent then
    late: bool = False  # so late are the first words that the bot shows that it has noticed the question

    def answer(self, jitter: float, *, late: bool = False) -> Answer:
        """How the model answers then; *jitter* is a factor of its pace."""
        latency = LATE_SECONDS if late or self.late else 0.0
        text = REST if self.change == "continue" else LONG
        answer = Answer(text, chunk_size=CHUNK, chunk_delay=_SECONDS[self.pace] * jitter, latency=latency)
        return replace(answer, gate=asyncio.Event(), gate_at=FEW) if self.begun else answer


def _at(checkpoint: str) -> Step:
    return Step(checkpoint, checkpoint)


EDITED_STEPS = (
    _at("before record"),
    Step("after record, before the acknowledgement", "after record"),
    Step("after the acknowledgement", "after claim", held=True),
    _at("after claim"),
    Step("the notice on its way", call=NOTICE, late=True),
    _at("first chunk"),
    _at("part 1 intended"),
    Step("the post on its way", call="chat.postMessage"),
    _at("part 1 posted"),
    _at("part 1 noted"),
    Step("middle chunk", "chunk", nth=CHUNKS // 2),
    Step("an edit on its way", call="chat.update", pace="slower"),
    *(Step(f"part 2 of 3 {what}, writing", f"part 2 {what}", pace="slow") for what in ("intended", "posted", "noted")),
    _at("last chunk"),
    _at("before complete"),
    _at("after complete"),
    *(
        Step(f"part 2 of 3 {what}, showing", f"part 2 {what}", pace="at once")
        for what in ("intended", "posted", "noted")
    ),
    _at("before shown"),
    _at("after shown"),
    Step("edited while it is answered, before the worker sees it", "after record", change="edit"),
    Step("edited while it is answered, begun anew", "restarted", change="edit"),
    Step("edited when it is answered, middle chunk", "chunk", nth=CHUNKS // 2, change="edit", answered=True),
    Step("edited when it is answered, after complete", "after complete", change="edit", answered=True),
    Step("edited when it is answered, part 3 posted", "part 3 posted", change="edit", answered=True),
    Step("deleted while it is answered, before the worker sees it", "after change", change="delete"),
    Step("deleted while it is answered, before the reply is removed", "before removal", change="delete"),
    Step("deleted while it is answered, the removal on its way", call="chat.delete", change="delete"),
    Step("deleted while it is answered, after the reply is removed", "after removal", change="delete"),
    Step("stopped, before the worker sees it", "after change", change="stop"),
    Step("stopped, before it is shown", "after stop", change="stop"),
    Step("gone on with, before the worker sees it", "after change", change="continue", answered=True),
    Step("gone on with, middle chunk", "chunk", nth=CHUNKS // 3, pace="slow", change="continue", answered=True),
    Step("gone on with, after complete", "after complete", change="continue", answered=True),
)
"""With answers that are posted, and edited while they are written."""

STREAM_STEPS = (
    *(
        Step(f"part 1 {what}, streamed", f"part 1 {what}", begun=True, streams=True)
        for what in ("intended", "posted", "noted")
    ),
    Step("the start of a stream on its way", call="chat.startStream", begun=True, streams=True),
    Step("an appended piece on its way", call="chat.appendStream", pace="slower", begun=True, streams=True),
    Step("the end of a stream on its way", call="chat.stopStream", pace="slower", streams=True),
    Step("middle chunk, streamed", "chunk", nth=CHUNKS // 2, pace="slower", streams=True),
    *(
        Step(f"part 2 of 3 {what}, streamed", f"part 2 {what}", pace="slower", streams=True)
        for what in ("intended", "posted", "noted")
    ),
    Step("before complete, streamed", "before complete", pace="slower", streams=True),
    Step("before shown, streamed", "before shown", pace="slower", streams=True),
    Step("edited while it is streamed, begun anew", "restarted", change="edit", streams=True),
    Step("deleted while it is streamed, the removal on its way", call="chat.delete", change="delete", streams=True),
    Step("deleted while it is streamed, its end on its way", call="chat.stopStream", change="delete", streams=True),
    Step("stopped while it is streamed, before it is shown", "after stop", change="stop", streams=True),
    Step("stopped while it is streamed, its end on its way", call="chat.stopStream", change="stop", streams=True),
    Step(
        "gone on with, part 3 posted, streamed",
        "part 3 posted",
        pace="slower",
        change="continue",
        answered=True,
        streams=True,
    ),
)
"""With answers that are streamed."""

STEPS = (*EDITED_STEPS, *STREAM_STEPS)
