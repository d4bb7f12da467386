"""The only place where parts meet: it builds them from Settings, starts them and stops them."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from bot import database_file, late_imports
from bot.core.answer.answer import Answerer
from bot.core.answer.file_intake import FileIntake
from bot.core.answer.settings import AnswerSettings
from bot.core.completion.model_facts import ModelFacts
from bot.core.conversation import Operation
from bot.core.decide.policy import decide
from bot.core.errors import BotError, LedgerError, PlatformError
from bot.core.ports import Checkpoint, Example, LanguageModel, Platform, Sampling
from bot.core.prompt.build import Counting
from bot.core.receipt.receipt import About, Receipts
from bot.core.retry import Patience
from bot.core.summary.summarizer import Summarizer, SummarizerSettings
from bot.core.worker.worker import BURST_SECONDS, EDIT_QUIET_SECONDS, Worker, WorkerSettings, ended, persist
from bot.descriptors import raise_descriptor_limit
from bot.files import confinement
from bot.files.reader import ChildReader
from bot.health import internal_listener
from bot.llm import prices, tokens
from bot.llm.offline import OfflineModel
from bot.settings import Settings, participant_ids
from bot.stop_signals import StopRequest
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.lock import worker_lock
from bot.store.database.urls import open_database, sqlite_file
from bot.store.ledger.ledger import SqlLedger
from bot.store.model_facts import SqlModelFacts
from bot.store.receipt.receipts import SqlReceiptStore
from bot.store.summaries import SqlSummaries

if TYPE_CHECKING:  # see _server_of
    from bot.llm.openai_chat import OpenAIChat

log = logging.getLogger(__name__)


class PlatformEndedError(BotError):
    """A platform has no use for this bot any more, while it ran."""

    def __init__(self, platform: str, code: str) -> None:
        super().__init__(f"{platform}: {code}")
        self.platform = platform
        self.code = code  # the platform's own


def run_until_complete(main: Coroutine[Any, Any, None]) -> None:
    """As asyncio.run, on uvloop where there is one."""
    raise_descriptor_limit()
    if sys.platform == "win32":
        asyncio.run(main)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


BURST = timedelta(seconds=BURST_SECONDS)


async def no_checkpoint(_: str) -> None:
    """The product does nothing at a checkpoint."""


async def run(
    settings: Settings,
    platforms: Sequence[Platform],
    *,
    until: Callable[[], Coroutine[Any, Any, None]] | None = None,
    checkpoint: Checkpoint = no_checkpoint,
    patience: Patience | None = None,
    burst: timedelta = BURST,
    store: Database | None = None,
    watch: Callable[[str], None] | None = None,
) -> None:
    """
    Answer on *platforms* until SIGTERM, SIGINT or the end of *until*; a second signal stops at once.

    *burst* is how long questions that follow on another one are waited for, to be answered together.
    *store* is the settings' database where somebody has opened it already. With *watch* the model is asked whether it
    answers, at the start and as long as it does not; it is called with why, and with nothing once it does. Raises
    BotError when it cannot start, or cannot go on.
    """
    _hide()
    async with AsyncExitStack() as stack:
        file = sqlite_file(settings.database_url)
        lock = await stack.enter_async_context(worker_lock(file)) if file else None
        if file:
            database_file.tighten(file)
        database = await stack.enter_async_context(nullcontext(store) if store else open_store(settings))
        ledger = await open_ledger(database, settings.bot_language, burst)
        model_facts = ModelFacts(SqlModelFacts(database))
        await model_facts.refresh(settings.openai_model)
        patience = patience or Patience(outage=timedelta(hours=settings.outage_hours))
        worker = _worker(settings, platforms, ledger, checkpoint, patience)
        # Platforms connect, and what is said is stored, while the model is loaded: each takes most of a second.
        serving = await stack.enter_async_context(_serving(platforms, worker))
        model = await stack.enter_async_context(open_model(settings))
        if not gc.isenabled():  # see cli.py
            gc.freeze()  # what was loaded stays to the end: it is never looked through again
            gc.enable()
        summarizer = await _summarizer(settings, platforms, database, model, model_facts)
        answerer = _answerer(settings, platforms, ledger, model, model_facts, checkpoint, patience, summarizer)
        await stack.enter_async_context(
            internal_listener(
                settings.internal_host,
                settings.internal_port,
                lambda: _health(worker, platforms, database, model),
            )
        )
        server = _server_of(model)
        if watch is not None and server is not None:
            await stack.enter_async_context(_watched(server, settings.openai_model, watch))
        stop = StopRequest()
        with stop.on_signals():
            working = asyncio.create_task(worker.run(answerer, summarizer))
            note_stopping = lock.note_stopping if lock else lambda: None
            await _until_stopped(worker, working, serving, stop, settings.stop_grace, until, note_stopping)
        _raise_what_ended(working, platforms, serving)


@asynccontextmanager
async def _serving(platforms: Sequence[Platform], worker: Worker) -> AsyncIterator[Sequence[asyncio.Task[None]]]:
    """A task for each platform."""
    tasks = [asyncio.create_task(platform.run(worker.receive)) for platform in platforms]
    try:
        yield tasks
    finally:  # they have ended already, unless the model could not be loaded
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _watched(model: OpenAIChat, name: str, told: Callable[[str], None]) -> AsyncIterator[None]:
    model.contact.told = told
    watching = asyncio.create_task(model.contact.watch(lambda: model.ping(name)))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])


def _health(
    worker: Worker, platforms: Sequence[Platform], database: Database, model: LanguageModel
) -> dict[str, bool | str]:
    parts: dict[str, bool | str] = {"worker": worker.working}
    parts |= {platform.name: platform.connected for platform in platforms}
    if database.trouble:
        parts |= {"database": False, "database_trouble": database.trouble}
    if database.shortage:  # it is slower, and works
        parts["database_connections"] = database.shortage
    server = _server_of(model)
    if server is not None and server.contact.trouble:  # nothing that a new start of ours would mend
        parts["model"] = server.contact.trouble
    return parts


def _hide() -> None:
    """From the process that reads files, and say where the system does not help with that."""
    confinement.hide_from_siblings()
    lacks = confinement.missing()
    if lacks:
        log.warning("files are read in a process that is confined less than it could be: %s", "; ".join(lacks))
    else:
        log.info("files are read in a process that can open nothing, reach nobody and start nothing")


async def _until_stopped(
    worker: Worker,
    working: asyncio.Task[None],
    serving: Sequence[asyncio.Task[None]],
    stop: StopRequest,
    grace_seconds: float,
    until: Callable[[], Coroutine[Any, Any, None]] | None,
    note_stopping: Callable[[], None],
) -> None:
    """Return when all the tasks have ended: each of them may be the first."""
    ending: list[asyncio.Future[Any]] = [asyncio.create_task(stop.requested.wait())]
    if until is not None:
        ending.append(asyncio.create_task(until()))
    try:
        await asyncio.wait([working, *serving, *ending], return_when=asyncio.FIRST_COMPLETED)
        note_stopping()
        # Events that arrive while turns finish are still stored: they are answered after the next start.
        await worker.stop(grace_seconds, stop.at_once)
    finally:
        for task in (*serving, *ending):
            task.cancel()
        await ended([working, *serving, *ending], 15, stop.at_once)


def _raise_what_ended(
    working: asyncio.Task[None], platforms: Sequence[Platform], serving: Sequence[asyncio.Task[None]]
) -> None:
    """Raises what the worker ended with, or PlatformEndedError for a platform that has ended by itself."""
    if working.done() and not working.cancelled():
        working.result()
    for platform, task in zip(platforms, serving, strict=True):
        if task.done() and not task.cancelled():
            try:
                task.result()
            except PlatformError as error:
                raise PlatformEndedError(platform.name, error.code) from error


def _worker(
    settings: Settings, platforms: Sequence[Platform], ledger: SqlLedger, checkpoint: Checkpoint, patience: Patience
) -> Worker:
    return Worker(
        conversations=ledger,
        queue=ledger,
        platforms=platforms,
        settings=WorkerSettings(max_concurrent_turns=settings.max_concurrent_turns, patience=patience),
        checkpoint=checkpoint,
        decide=partial(
            decide,
            allowed_bots=participant_ids(settings.allowed_bots),
            admins=participant_ids(settings.threadbot_admins),
        ),
    )


def _answerer(
    settings: Settings,
    platforms: Sequence[Platform],
    ledger: SqlLedger,
    model: LanguageModel,
    model_facts: ModelFacts,
    checkpoint: Checkpoint,
    patience: Patience,
    summarizer: Summarizer | None,
) -> Answerer:
    return Answerer(
        ledger=ledger,
        model=model,
        platforms={platform.name: platform for platform in platforms},
        settings=AnswerSettings(
            model=settings.openai_model,
            system_prompt=settings.system_prompt,
            prompt_tokens=settings.prompt_tokens,
            keep=settings.threadbot_keep,
            summarize=summarizer is not None,
            examples=[Example(*example) for example in settings.threadbot_examples],
            max_tokens=settings.openai_max_tokens,
            sampling=sampling(settings),
            language=settings.bot_language,
            overlooked_after=patience.overlooked_after,
        ),
        model_facts=model_facts,
        checkpoint=checkpoint,
        persist=persist,
        files=FileIntake(ChildReader(), ledger.files),
    )


async def _summarizer(
    settings: Settings, platforms: Sequence[Platform], database: Database, model: LanguageModel, model_facts: ModelFacts
) -> Summarizer | None:
    """None when what is cut is dropped; the demo model has no words for it either."""
    if not settings.threadbot_summarize or settings.offline:
        return None
    summaries = SqlSummaries(database)
    if database.dialect == "sqlite":  # nobody else can be at work on what a dead worker left
        await summaries.expire()
    return Summarizer(
        summaries=summaries,
        model=model,
        platforms={platform.name: platform for platform in platforms},
        settings=SummarizerSettings(
            model=settings.openai_model,
            prompt_tokens=settings.prompt_tokens,
            max_tokens=settings.openai_max_tokens,
            sampling=sampling(settings),
        ),
        model_facts=model_facts,
    )


def sampling(settings: Settings) -> Sampling:
    return Sampling(settings.openai_temperature, settings.openai_seed, settings.openai_stop)


def receipts(settings: Settings, database: Database) -> Receipts:
    """The records in *database* that people may look up."""
    about = About(
        model="" if settings.offline else settings.openai_model,
        reactions=[(name, Operation(what)) for what, name in settings.reactions.items() if name != "none"],
        language=settings.bot_language,
    )
    counting = Counting(tokens.count, *tokens.overhead())
    return Receipts(SqlReceiptStore(database), counting, about, participant_ids(settings.threadbot_admins))


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Database]:
    """The database as it is, for commands. Raises BotError."""
    database = open_database(settings.database_url, settings.database_connections)
    try:
        yield database
    finally:
        await database.close()


async def migrated(database: Database) -> tuple[str | None, str | None]:
    """Bring the database to the newest schema. Returns the revisions before and after. Raises BotError."""
    try:
        return await migrate.upgrade(database)
    except LedgerError as error:
        raise BotError(
            f"The database at DATABASE_URL cannot be used: {error}.\n"
            "Check that its directory, or its server, is there and may be written to."
        ) from error


async def open_ledger(database: Database, language: str, burst: timedelta = BURST) -> SqlLedger:
    """The ledger of a worker, migrated. On SQLite the caller holds the worker's lock. Raises BotError."""
    await migrated(database)
    await database.clean()
    ledger = SqlLedger(
        database,
        burst=burst,
        quiet=timedelta(seconds=EDIT_QUIET_SECONDS),
        language=language,
    )
    if database.dialect == "sqlite":  # nobody else can be at work on what a dead worker left
        left = await ledger.expire_leases()
        if left:
            log.info("turns left unfinished, and taken up again: %d", left)
    return ledger


@asynccontextmanager
async def open_model(settings: Settings) -> AsyncIterator[LanguageModel]:
    """The model, with all loaded that a first turn needs: it should neither wait for it, nor fail for want of it."""
    await asyncio.to_thread(_load, offline=settings.offline)
    if settings.offline:
        yield OfflineModel(context_tokens=settings.context_tokens)
        return
    from bot.llm.openai_chat import OpenAIChat

    model = OpenAIChat(
        api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
        base_url=settings.openai_base_url,
        timeout=settings.openai_timeout,
        context_tokens=settings.context_tokens,
    )
    try:
        yield model
    finally:
        await model.aclose()


def _load(*, offline: bool) -> None:
    """A second of CPU: it is done in a thread."""
    tokens.load()
    late_imports.load(offline=offline)
    if not offline:
        prices.load()


def _server_of(model: LanguageModel) -> OpenAIChat | None:
    """None for the demo model. Without it OpenAI's SDK, which takes half a second to import, is not asked for."""
    return None if isinstance(model, OfflineModel) else cast("OpenAIChat", model)
