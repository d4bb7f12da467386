"""Threadbot beside the smallest bot of a platform, in one interleaved run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from tests.bench import arena, discord_stage, measures, slack_stage
from tests.bench.arena import Contender
from tests.bench.processes import BenchError
from tests.bench.report import Figure, Section, limit, ratio
from tests.bench.sizes import Say, Size


async def on_slack(size: Size, directory: Path, say: Say) -> Section:
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        stages = [await start(slack_stage.slack_stage(name, directory)) for name in ("smallest", "threadbot")]
        theirs = await start(arena.smallest(stages[0], directory, slack_stage.SMALLEST))
        ours = await start(arena.threadbot(stages[1], directory, arena.database_url(directory)))
        their, our = await _one_by_one(size, theirs, ours, say)
        return Section(
            "Threadbot",
            "smallest bot",
            [
                _to_request(our, their, at_most=2.0),
                *_burst_figures(*await _bursts(size, theirs, ours, say), with_cpu=True),
                ratio("CPU a reply, one after the other", our.cpu, their.cpu, at_most=2.5, unit="ms"),
                limit("Slack calls for a short answer (most)", max(our.calls), at_most=3),
                limit("resident memory after that", ours.process.resident_megabytes(), at_most=240, unit="MB"),
            ],
        )


async def on_discord(size: Size, directory: Path, say: Say) -> Section:
    """Raises BenchError also when a request of Threadbot's is not as Discord's documentation says."""
    folder = directory / "discord"
    folder.mkdir()
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        their_stage = await start(discord_stage.discord_stage("smallest", folder))
        our_stage = await start(discord_stage.discord_stage("threadbot", folder))
        theirs = await start(arena.smallest(their_stage, folder, discord_stage.SMALLEST))
        ours = await start(arena.threadbot(our_stage, folder, arena.database_url(folder)))
        their, our = await _one_by_one(size, theirs, ours, say)
        figures = [
            _to_request(our, their, at_most=2.5),
            *_burst_figures(*await _bursts(size, theirs, ours, say), with_cpu=False),
            limit("threads for a short answer (most)", our.most(discord_stage.START_THREAD), at_most=1),
            limit("posts for a short answer (most)", our.most(discord_stage.POST), at_most=1),
            limit("edits for a short answer (most)", our.most(discord_stage.EDIT), at_most=2),
            limit("calls for a short answer (most)", max(our.calls), at_most=4),
        ]
        if wrong := await our_stage.wrong():
            raise BenchError(f"not as Discord's documentation says: {wrong}")
        return Section("Threadbot", "smallest discord.py bot", [each.on("Discord") for each in figures])


async def _one_by_one(
    size: Size, theirs: Contender, ours: Contender, say: Say
) -> tuple[measures.Spent, measures.Spent]:
    say(f"{size.sequential} mentions, one after the other …")
    await measures.alternate([theirs, ours], size.warm_up)
    their, our = await measures.alternate([theirs, ours], size.sequential)
    say(f"… event to model request: Threadbot {our.spread}, the smallest bot {their.spread}")
    return their, our


async def _bursts(
    size: Size, theirs: Contender, ours: Contender, say: Say
) -> tuple[Sequence[measures.Burst], Sequence[measures.Burst]]:
    say(f"{size.at_once} mentions at once, the model takes {size.model_seconds:g} s …")
    their, our = await measures.alternate_bursts([theirs, ours], size.bursts, size.at_once, size.model_seconds)
    lost, doubled = sum(each.lost for each in their), sum(each.doubled for each in their)
    say(f"… lost by the smallest bot: {lost}, doubled: {doubled}")
    return their, our


def _to_request(our: measures.Spent, their: measures.Spent, at_most: float) -> Figure:
    return ratio("event to model request (median)", our.to_request, their.to_request, at_most=at_most, unit="ms")


def _burst_figures(theirs: Sequence[measures.Burst], ours: Sequence[measures.Burst], *, with_cpu: bool) -> list[Figure]:
    name = f"{ours[0].mentions} at once"
    seconds, their_seconds = (median(burst.seconds for burst in bursts) for bursts in (ours, theirs))
    figures = [
        ratio(f"{name}: last answer", seconds, their_seconds, at_most=1.5, unit="s"),
        limit(f"{name}: lost", sum(burst.lost for burst in ours), at_most=0),
        limit(f"{name}: doubled", sum(burst.doubled for burst in ours), at_most=0),
    ]
    if with_cpu:
        cpu, their_cpu = (median(burst.cpu_seconds for burst in bursts) for bursts in (ours, theirs))
        figures.append(ratio(f"{name}: CPU a reply", cpu, their_cpu, at_most=2.5, unit="ms"))
    return figures
