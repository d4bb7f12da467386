"""
The steps at which the bot dies, and the long answer that it is giving then. How it dies and what is counted: chain.py.

Names of checkpoints are those of bot/core/worker/worker.py and answer.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tests.standins.model.script import Answer

CHUNKS = 67  # of the long answer, on each platform
FEW = 16  # chunks, which one stream holds

LATE_SECONDS = 1.5  # until the first words

Platform = Literal["slack", "discord"]
Call = Literal["post", "edit", "delete", "notice", "thread", "begin a stream", "append", "end a stream"]
"""What a platform does for a reply, whatever the name of its method is; "notice": that a question was noticed."""
Change = Literal["edit", "delete", "stop", "continue"]
Pace = Literal["at once", "usual", "slow", "slower"]
_SECONDS: dict[Pace, float] = {"at once": 0.0, "usual": 0.008, "slow": 0.02, "slower": 0.05}  # a chunk


@dataclass(frozen=True, slots=True)
class Script:
    """What the model says on one platform: *paragraphs*, as many as make three messages there."""

    paragraphs: Sequence[str]

    @property
    def long(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def earlier(self) -> str:
        """Another answer, of two messages."""
        return "\n\n".join(f"예전 {paragraph}" for paragraph in self.paragraphs[:20])

    @property
    def begun(self) -> str:
        """The long answer, cut for its length."""
        return "\n\n".join(self.paragraphs[:12]) + "\n\n"

    @property
    def rest(self) -> str:
        return "\n\n".join(self.paragraphs[12:])

    @property
    def chunk(self) -> int:
        """In characters."""
        return -(-len(self.long) // CHUNKS)


def _paragraphs(times: int) -> list[str]:
    return [f"문단 {number:02}. " + "The quick brown fox 한 마리. " * times for number in range(30)]


def _with_code(paragraphs: Sequence[str], first: int, last: int) -> list[str]:
    """These of the *paragraphs* in one block of code: a message ends in the middle of it."""
    opened, closed = f"```text\n{paragraphs[first]}", f"{paragraphs[last]}\n```"
    return [*paragraphs[:first], opened, *paragraphs[first + 1 : last], closed, *paragraphs[last + 1 :]]


SCRIPTS: Mapping[Platform, Script] = {
    "slack": Script(_paragraphs(34)),
    "discord": Script(_with_code(_paragraphs(6), 3, 15)),
}


@dataclass(frozen=True, slots=True)
class Step:
    """
    *checkpoint* is where the process kills itself, the *nth* time it comes there.

    With *held* it waits there instead and is killed from outside, once a platform that is told of it has its
    acknowledgement; with *call* it is killed while that call is on its way to the platform, which carries it out
    afterwards.

    With *change* the question is changed so while the model answers it, or after it was *answered*, and checkpoints
    count from then on; with "continue" the answer was cut for its length, and somebody presses the button to go on.
    """

    name: str
    checkpoint: str | None = None
    nth: int = 1
    held: bool = False
    call: Call | None = None
    pace: Pace = "usual"
    change: Change | None = None
    answered: bool = False
    streams: bool = False  # whether this workspace lets answers be streamed
    begun: bool = False  # whether the model says only the beginning, and is silent then
    late: bool = False  # so late are the first words that the bot shows that it has noticed the question

    def answer(self, script: Script, jitter: float, *, late: bool = False) -> Answer:
        """How the model answers then; *jitter* is a factor of its pace."""
        latency = LATE_SECONDS if late or self.late else 0.0
        text = script.rest if self.change == "continue" else script.long
        answer = Answer(text, chunk_size=script.chunk, chunk_delay=_SECONDS[self.pace] * jitter, latency=latency)
        return replace(answer, gate=asyncio.Event(), gate_at=FEW) if self.begun else answer


def _at(checkpoint: str) -> Step:
    return Step(checkpoint, checkpoint)


EDITED_STEPS = (
    _at("before record"),
    Step("after record, before the acknowledgement", "after record"),
    Step("after the acknowledgement", "after claim", held=True),
    _at("after claim"),
    Step("the notice on its way", call="notice", late=True),
    _at("first chunk"),
    _at("part 1 intended"),
    Step("the post on its way", call="post"),
    _at("part 1 posted"),
    _at("part 1 noted"),
    Step("middle chunk", "chunk", nth=CHUNKS // 2),
    Step("an edit on its way", call="edit", pace="slower"),
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
    Step("deleted while it is answered, the removal on its way", call="delete", change="delete"),
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
    Step("the start of a stream on its way", call="begin a stream", begun=True, streams=True),
    Step("an appended piece on its way", call="append", pace="slower", begun=True, streams=True),
    Step("the end of a stream on its way", call="end a stream", pace="slower", streams=True),
    Step("middle chunk, streamed", "chunk", nth=CHUNKS // 2, pace="slower", streams=True),
    *(
        Step(f"part 2 of 3 {what}, streamed", f"part 2 {what}", pace="slower", streams=True)
        for what in ("intended", "posted", "noted")
    ),
    Step("before complete, streamed", "before complete", pace="slower", streams=True),
    Step("before shown, streamed", "before shown", pace="slower", streams=True),
    Step("edited while it is streamed, begun anew", "restarted", change="edit", streams=True),
    Step("deleted while it is streamed, the removal on its way", call="delete", change="delete", streams=True),
    Step("deleted while it is streamed, its end on its way", call="end a stream", change="delete", streams=True),
    Step("stopped while it is streamed, before it is shown", "after stop", change="stop", streams=True),
    Step("stopped while it is streamed, its end on its way", call="end a stream", change="stop", streams=True),
    Step(
        "gone on with, part 3 posted, streamed",
        "part 3 posted",
        pace="slower",
        change="continue",
        answered=True,
        streams=True,
    ),
)
"""With answers that are streamed, which Slack alone does."""

THREAD_STEPS = (Step("the opening of its thread on its way", call="thread"),)
"""Where a thread has to be opened for an answer: on Discord."""

CHAINS: Mapping[Platform, Sequence[Sequence[Step]]] = {
    "slack": (EDITED_STEPS, STREAM_STEPS),
    "discord": ((*EDITED_STEPS, *THREAD_STEPS),),
}
"""The steps of each platform, in the chains in which they follow on each other."""

STEPS: Mapping[Platform, Sequence[Step]] = {
    platform: [step for chain in chains for step in chain] for platform, chains in CHAINS.items()
}
