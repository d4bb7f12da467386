"""
What is measured of the bots on a stage (arena.py): one function each, plain numbers out.

What they should be is in report.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from bot.core.worker.worker import BURST_SECONDS
from tests.bench.arena import Contender
from tests.bench.processes import BenchError

QUIET_SECONDS = 0.3  # without a call of the platform's: a bot is done, and has spent the CPU that it spends
GIVEN_UP_SECONDS = 10.0  # without a call, while answers are missing: they are lost


@dataclass(slots=True)
class Spent:
    """Of one bot, for one reply each."""

    to_request_seconds: list[float] = field(default_factory=list)  # from the event to the model's request
    cpu_seconds: list[float] = field(default_factory=list)
    methods: list[Sequence[str]] = field(default_factory=list)  # of the calls that were made

    @property
    def calls(self) -> list[int]:
        return [len(each) for each in self.methods]

    def most(self, method: str) -> int:
        """How often a method was called for one reply, at most."""
        return max(each.count(method) for each in self.methods)

    @property
    def to_request(self) -> float:
        return median(self.to_request_seconds)

    @property
    def spread(self) -> str:
        """The median of the time to the request and, in brackets, where the middle half of it lies."""
        low, middle, high = (1000 * cut for cut in quantiles(self.to_request_seconds, n=4))
        return f"{middle:.1f} ms ({low:.1f} to {high:.1f})"

    @property
    def cpu(self) -> float:
        return sum(self.cpu_seconds) / len(self.cpu_seconds)

    @property
    def typical_cpu(self) -> float:
        return median(self.cpu_seconds)


@dataclass(frozen=True, slots=True)
class Burst:
    """Of one bot, for many mentions at once."""

    mentions: int
    seconds: float  # from the first event to the last complete answer
    cpu_seconds: float  # for one reply
    lost: int  # threads without the whole right text
    doubled: int  # threads with more than one reply


def expected(question: str) -> str:
    """What the model stand-in answers."""
    return f"You said: {question}"[: 200 + len("You said: ")]


def question(number: int) -> str:
    return f"Question {number}: how many steps does a deployment take, and 순서는 어떻게 되나요? Please be brief."


async def ask(contender: Contender, text: str, spent: Spent, thread: str | None = None) -> None:
    """One mention, from its event to its reply, alone."""
    stage = contender.stage
    requests, calls, cpu = len(await stage.requests()), len(await stage.calls()), contender.process.cpu_seconds()
    ts = await stage.mention(text, thread)

    async def answered() -> bool:
        said = (await stage.replies(thread or ts))[-1:]
        # In a long thread Threadbot may have read its root, too, which stands before the question then; and its first
        # answer says in a line below how much of the thread is no longer sent.
        return said == [expected(text)] or (thread is not None and bool(said) and text in said[0])

    await contender.until(answered, what=f"the answer to {text[:20]!r}")
    await quiet(contender)
    arrived = (await stage.requests())[requests:]
    if len(arrived) != 1:
        raise BenchError(f"{contender.name}: {len(arrived)} requests for one mention")
    spent.to_request_seconds.append(arrived[0] - await stage.sent_at(ts))
    spent.cpu_seconds.append(contender.process.cpu_seconds() - cpu)
    spent.methods.append([call.method for call in (await stage.calls())[calls:]])


async def alternate(contenders: Sequence[Contender], rounds: int) -> list[Spent]:
    """One mention after the other, each in a thread of its own, the bots in turn so that drift meets them alike."""
    spent = [Spent() for _ in contenders]
    for number in range(rounds):
        for contender, of in zip(contenders, spent, strict=True):
            await ask(contender, question(number), of)
    return spent


async def alternate_threads(contender: Contender, threads: Sequence[str], rounds: int) -> list[Spent]:
    """Mentions of one bot in several long *threads* in turn; sooner after another they would be taken for a burst."""
    spent = [Spent() for _ in threads]
    again_at = dict.fromkeys(threads, 0.0)
    for number in range(rounds):
        for thread, of in zip(threads, spent, strict=True):
            await asyncio.sleep(max(0.0, again_at[thread] - time.monotonic()))
            again_at[thread] = time.monotonic() + BURST_SECONDS + 0.2  # the event is on its way for a moment
            await ask(contender, question(number), of, thread)
    return spent


async def alternate_bursts(
    contenders: Sequence[Contender], rounds: int, mentions: int, model_seconds: float
) -> list[list[Burst]]:
    bursts: list[list[Burst]] = [[] for _ in contenders]
    for _ in range(rounds):
        for contender, of in zip(contenders, bursts, strict=True):
            of.append(await burst(contender, mentions, model_seconds))
    return bursts


async def burst(contender: Contender, mentions: int, model_seconds: float) -> Burst:
    """*mentions* at once, each in a thread of its own, with a model that takes its time."""
    stage = contender.stage
    await stage.model_takes(model_seconds)
    texts = [question(1_000 + number) for number in range(mentions)]
    calls, cpu = len(await stage.calls()), contender.process.cpu_seconds()
    roots = await asyncio.gather(*(stage.mention(text) for text in texts))

    async def answered_or_given_up() -> bool:
        made = (await stage.calls())[calls:]
        all_are = len({call.thread for call in made if call.thread}) >= mentions
        return all_are or (bool(made) and time.monotonic() - made[-1].at > GIVEN_UP_SECONDS)

    await contender.until(answered_or_given_up, what="the last answer")
    await quiet(contender, stage.pause_seconds + model_seconds)  # a status may be shown while the model thinks
    seconds = (await stage.calls())[-1].at - min([await stage.sent_at(root) for root in roots])
    spent = contender.process.cpu_seconds() - cpu
    shown = [await stage.replies(root) for root in roots]
    await stage.model_takes(0)
    return Burst(
        mentions,
        seconds,
        spent / mentions,
        lost=sum(expected(text) not in replies for text, replies in zip(texts, shown, strict=True)),
        doubled=sum(len(replies) > 1 for replies in shown),
    )


async def quiet(contender: Contender, seconds: float = QUIET_SECONDS) -> None:
    """Return when *contender* has made no call of the platform's for a while."""
    changed, seen = time.monotonic(), -1

    async def settled() -> bool:
        nonlocal changed, seen
        made = len(await contender.stage.calls())
        if made != seen:
            changed, seen = time.monotonic(), made
        return time.monotonic() - changed >= seconds

    await contender.until(settled, what="silence")
