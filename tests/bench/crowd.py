"""
`python -m tests.bench.crowd [--answers N] [--seconds S]`: many long answers in one workspace that keeps to its tiers.

The Slack stand-in answers 429 beyond a method's tier (a sliding minute per method; posts 1 a second a
channel with a burst of 5). Everything runs in one process on the loopback. By default 300 answers within 10 minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from bot import app
from bot.platforms.slack.adapter import SlackPlatform
from bot.settings import Settings
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.slack import Slack

WORDS = "The quick brown fox jumps over the lazy dog, 그리고 여우는 다시 달립니다. "
CHUNK = 24  # characters; about six tokens
CHUNK_SECONDS = 0.12
MOST_REFUSED = 0.01  # of all calls
MOST_SECONDS = 3.0  # from the model's last token to the whole answer, in the median


@dataclass(frozen=True, slots=True)
class Crowd:
    answers: int
    seconds: float  # within which they are asked for, evenly
    channels: int = 10
    tokens: int = 600  # of each answer


@dataclass(frozen=True, slots=True)
class Seen:
    """*late*: seconds from the last token of each answer until all of it stood there."""

    broken: int  # answers that are lost, cut, doubled or still being streamed
    late: Sequence[float]
    calls: Mapping[str, int]
    refused: Mapping[str, int]  # 429s

    @property
    def share_refused(self) -> float:
        return sum(self.refused.values()) / sum(self.calls.values())

    @property
    def problems(self) -> Sequence[str]:
        rules = {
            "answers were lost or cut": not self.broken,
            "too many calls were refused": self.share_refused <= MOST_REFUSED,
            "answers were late": median(self.late) <= MOST_SECONDS,
        }
        return [words for words, kept in rules.items() if not kept]


async def measure(crowd: Crowd, directory: Path) -> Seen:
    text = "".join(f"{number}. {WORDS}" for number in range(crowd.tokens // 20)).strip()
    async with Slack(echo=False) as slack, ModelServer() as model:
        model.default = Answer(text, chunk_size=CHUNK, chunk_delay=CHUNK_SECONDS, latency=0.2)
        places = [slack.add_channel(f"channel-{number}") for number in range(crowd.channels)]
        people = [slack.add_user(f"person-{number}") for number in range(crowd.answers)]
        async with _bot(slack, model, directory):
            slack.tiers.enforced = True
            roots: list[tuple[str, str]] = []
            for number, person in enumerate(people):
                place = places[number % crowd.channels]
                roots.append((place, await slack.post(person, place, f"{slack.mention} question {number}")))
                await asyncio.sleep(crowd.seconds / crowd.answers)
            patience = 300.0 + len(text)
            await slack.wait_for(lambda: all(_whole(slack, place, root, text) for place, root in roots), patience)
        return _seen(slack, model, roots, text)


@asynccontextmanager
async def _bot(slack: Slack, model: ModelServer, directory: Path) -> AsyncIterator[None]:
    settings = Settings(
        openai_base_url=model.url,
        openai_api_key="sk-test",
        openai_model="gpt-6-luna",
        database_url=f"sqlite+aiosqlite:///{directory}/threadbot.db",
        internal_port=0,
        stop_grace=30,
    )
    platform = SlackPlatform(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    stop = asyncio.Event()

    async def until() -> None:
        await stop.wait()

    running = asyncio.create_task(app.run(settings, [platform], until=until))
    try:
        await slack.wait_connected()
        yield
    finally:
        stop.set()
        await running


def _whole(slack: Slack, place: str, root: str, text: str) -> bool:
    replies = [message for message in slack.thread(place, root) if message.user == slack.bot_user]
    words = " ".join(message.shown for message in replies).split()
    return words == text.split() and not any(map(slack.workspace.streaming, replies))


def _seen(slack: Slack, model: ModelServer, roots: Sequence[tuple[str, str]], text: str) -> Seen:
    calls = [call for call in slack.faults.calls if call.ok]
    made = {
        str(call.answer["ts"]): call.arguments["thread_ts"]
        for call in calls
        if "thread_ts" in call.arguments and "ts" in call.answer
    }
    last = {made.get(str(call.answer.get("ts"))): call.at for call in calls}  # of each thread, by its root
    offset = time.time() - time.monotonic()
    ended = {_question(request.body["messages"]): (request.ended_at or 0.0) + offset for request in model.requests}
    late = [last[root] - ended[f"question {number}"] for number, (_, root) in enumerate(roots)]
    broken = sum(not _whole(slack, place, root, text) for place, root in roots)
    return Seen(broken, late, Counter(slack.tiers.calls), Counter(slack.tiers.refused))


def _question(messages: Sequence[Mapping[str, str]]) -> str:
    said = str(messages[-1]["content"])
    return said[said.rindex("question") :].strip()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description="Many answers in one workspace.")
    parser.add_argument("--answers", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=600.0, help="within which they are asked for")
    parser.add_argument("--channels", type=int, default=10)
    chosen = parser.parse_args(arguments)
    crowd = Crowd(chosen.answers, chosen.seconds, chosen.channels)
    with tempfile.TemporaryDirectory(prefix="threadbot-crowd-") as directory:
        seen = asyncio.run(measure(crowd, Path(directory)))
    sys.stdout.write(report(crowd, seen) + "\n")
    return 1 if seen.problems else 0


def report(crowd: Crowd, seen: Seen) -> str:
    deciles = quantiles(seen.late, n=10)
    return "\n".join(
        [
            f"{crowd.answers} answers of {crowd.tokens} tokens in {crowd.seconds:g} s, channels: {crowd.channels}",
            f"lost or cut: {seen.broken}",
            f"whole after the last token: median {median(seen.late):.1f} s, 90 % {deciles[-1]:.1f} s",
            f"answered 429: {seen.share_refused:.2%} of {sum(seen.calls.values())} calls {dict(seen.refused)}",
            ", ".join(f"{method} {count}" for method, count in sorted(seen.calls.items())),
            "; ".join(seen.problems) or "holds",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
