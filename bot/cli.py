"""
The `threadbot` command: words in, one of bot/commands/ called, an exit status out.

Modules are imported where they are needed: the playground's page must not wait for the model's SDK, nor `--help` for
the settings.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from bot.core.errors import BotError, SettingsError
from bot.core.texts import LANGUAGES
from bot.core.turn import TurnState

if TYPE_CHECKING:
    from bot.settings import Settings

UNUSABLE = 2  # exit status: these settings, or this file, cannot be used


def _span(_: click.Context, __: click.Parameter, text: str | None) -> timedelta | None:
    from bot.commands.turns import parse_span

    try:
        return None if text is None else parse_span(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _public(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    if url is not None and not re.fullmatch(r"https://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise click.BadParameter("it should be an https:// address, such as https://bot.example.com")
    if url is not None and re.search(r"/slack/(events|interactions|commands)/?", url):
        raise click.BadParameter("leave out /slack/…: the manifest adds it, such as https://bot.example.com")
    return url


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="threadbot", message="%(prog)s %(version)s")
def cli() -> None:
    """
    A chat bot whose threads are conversations.

    Settings come from the environment and from .env in this directory;
    docs/settings.md lists them. To try it without any account: threadbot run
    """


def main() -> None:
    """The console script."""
    try:
        cli(prog_name="threadbot")
    except SettingsError as error:
        _stop(str(error), UNUSABLE)
    except BotError as error:
        _stop(str(error), 1)


@cli.command(short_help="Answer on Slack and Discord, or start the playground.")
def run() -> None:
    """Answer on Slack, on Discord or on both; without their tokens, start the playground on this machine."""
    settings = _settings()
    from bot.commands import platforms
    from bot.commands import run as command

    if not platforms.configured(settings):
        sys.exit(asyncio.run(command.playground(settings, click.echo)))
    _run(lambda: command.platforms(settings, click.echo))


@cli.command("playground-bot", hidden=True)
def playground_bot() -> None:
    """The bot behind the playground's page; `run` starts it."""
    settings = _settings()
    from bot.commands import run as command

    try:
        _run(lambda: command.playground_bot(settings, sys.stdin.buffer))
    except BotError as error:
        _stop(str(error), UNUSABLE)


@cli.command(short_help="Say what works, and what to do about the rest.")
@click.option(
    "--post",
    "channel",
    metavar="CHANNEL",
    help="Also try what only a post can tell, in this channel (an id: C0123 of Slack, 123… of Discord).",
)
def check(channel: str | None) -> None:
    """Check database, tokens, scopes, permissions and model; say what to do about what fails."""
    settings = _settings()
    from bot.commands import check as command

    findings = asyncio.run(command.check(settings, channel))
    for finding in findings:
        click.echo(command.line(finding))
    sys.exit(command.exit_status(findings))


@cli.command(short_help="Bring the database to the newest schema.")
def migrate() -> None:
    """Bring the database to the newest schema. `run` does it by itself."""
    settings = _settings()
    from bot.commands import migrate as command

    before, after = asyncio.run(command.migrate(settings))
    click.echo(f"The database is at revision {after}." + ("" if before == after else f" It was at {before or 'none'}."))


@cli.command(short_help="List what was asked, and what became of it.")
@click.option("--state", type=click.Choice([state.value for state in TurnState]), help="Only turns in this state.")
@click.option(
    "--since", metavar="SPAN", callback=_span, help="Only turns that began so long ago at most: 30m, 12h, 1d."
)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def turns(state: str | None, since: timedelta | None, limit: int, as_json: bool) -> None:
    """List the turns of the ledger, newest first. Works while the bot runs; shows nothing of what was said."""
    settings = _settings()
    from bot.commands import turns as command

    found = asyncio.run(command.turns(settings, TurnState(state) if state else None, since, limit))
    _print(command.as_json(found) if as_json else command.as_table(found, datetime.now(UTC)))


@cli.command(short_help="Have a failed turn answered after all.")
@click.argument("turn", type=click.IntRange(min=1, max=2**63 - 1))
def retry(turn: int) -> None:
    """Release the failed turn number TURN (see `threadbot turns --state failed`). Works while the bot runs."""
    settings = _settings()
    from bot.commands import retry as command

    click.echo(asyncio.run(command.retry(settings, turn)))


@cli.command(short_help="Print what the model was sent for a turn.")
@click.argument("turn", type=click.IntRange(min=1, max=2**63 - 1))
@click.option("--variant", type=click.IntRange(min=1), help="Of the answer; else the one that is shown.")
@click.option("--completion", metavar="ID", type=click.IntRange(min=1), help="One call of the model, of several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs: messages byte for byte.")
def prompt(turn: int, variant: int | None, completion: int | None, as_json: bool) -> None:
    """
    Print what the model was sent for turn number TURN, and what was left out and why.

    Text that was deleted since stands as [deleted DATE, N tokens]. Works while the bot runs. It shows what was said.
    """
    settings = _settings()
    from bot.commands import prompt as command
    from bot.commands import prompt_text

    report = asyncio.run(command.prompt(settings, turn, variant, completion))
    _print(command.as_json(report) if as_json else prompt_text.as_text(report))


@cli.command(short_help="Print the Slack app manifest as JSON.")
@click.option("--name", default="Threadbot", show_default=True, help="The app's name in Slack.")
@click.option(
    "--url", metavar="URL", callback=_public, help="For HTTP instead of Socket Mode: where Slack reaches the bot."
)
@click.option(
    "--language",
    type=click.Choice(list(LANGUAGES)),
    default="en",
    help="Of the few words that everybody sees.  [default: en]",
)
def manifest(name: str, url: str | None, language: str) -> None:
    """Print the Slack app manifest as JSON: api.slack.com/apps → Create New App → From a manifest."""
    from bot.platforms.slack.setup.manifest import manifest as build

    _print(json.dumps(build(name, url, language), indent=2, ensure_ascii=False))


@cli.command(short_help="Print the link that invites the bot to a Discord server.")
def invite() -> None:
    """Print the link that invites the bot to a Discord server, with the permissions that it needs and no others."""
    settings = _settings()
    from bot.commands import invite as command

    click.echo(asyncio.run(command.invite(settings)))


@cli.command(short_help="Count the tokens of a prompt, and its cost.")
@click.argument("file", type=click.File("rb"))
@click.option("--model", help="Whose price to use.  [default: OPENAI_MODEL]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def tokens(file: IO[bytes], model: str | None, as_json: bool) -> None:
    """
    Count the tokens of a prompt, as OpenAI's API counts them.

    FILE holds {"messages": [...]} or a list of messages, as JSON; - reads standard input.
    """
    from bot.commands import tokens as command

    try:
        messages = command.parse(file.read())
    except command.UnusableFileError as error:
        _stop(f"{file.name}: {error}", UNUSABLE)
    settings = _settings()
    report = command.report(messages, model or settings.openai_model, settings.openai_base_url)
    _print(command.as_json(report) if as_json else command.as_text(report))


def _print(text: str) -> None:
    """Print output that may be long or go to a file: the reader may have left, the disk may be full."""
    if sys.stdout is None:
        _stop("The output could not be written: standard output is closed.", 1)
    try:  # beside sys.stdout, which under PYTHONUNBUFFERED loses what a short write leaves
        with open(sys.stdout.fileno(), "w", encoding=sys.stdout.encoding, closefd=False) as output:
            output.write(f"{text}\n")
    except OSError as error:
        _stop(f"The output could not be written: {error.strerror}.", 1)


def _settings() -> Settings:
    from bot.logs import configure
    from bot.settings import InvalidSettingsError, read_settings

    try:
        settings = read_settings()
    except InvalidSettingsError as error:
        _stop(f"These settings cannot be used:\n{error}\nThey come from the environment and from .env.", UNUSABLE)

    configure(settings.log_level)
    return settings


def _run(command: Callable[[], Coroutine[Any, Any, None]]) -> None:
    gc.disable()  # until app.run() has loaded all: nothing of that is garbage, and to look takes a seventh of the time
    from bot import app

    app.run_until_complete(command())


def _stop(message: str, status: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(status)
