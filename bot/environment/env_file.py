"""The file .env, and names in it that are probably misspelled."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from dotenv.parser import parse_stream

SIMILAR = (
    0.8  # of difflib's ratio: OPENAI_APIKEY and OPENAI_API_KEY have 0.96, SLACK_WEBHOOK_URL and SLACK_API_URL 0.73
)
SAME = 0.9  # in the environment, where all programs have their variables
OTHERS = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})  # they are read, but not as settings
PREFIXES = ("OPENAI_", "THREADBOT_")  # of our names, where the rest alone says what is meant: MAX_TOKENS, SUMMARIZE
ELSEWHERE = {
    "OPENAI_API_BASE": "OPENAI_BASE_URL",
    "OPENAI_API_URL": "OPENAI_BASE_URL",
    "OPENAI_ENDPOINT": "OPENAI_BASE_URL",
    "OPENAI_HOST": "OPENAI_BASE_URL",
    "OPENAI_TOKEN": "OPENAI_API_KEY",
    "OPENAI_SECRET_KEY": "OPENAI_API_KEY",
    "DISCORD_BOT_TOKEN": "DISCORD_TOKEN",
    "SLACK_TOKEN": "SLACK_BOT_TOKEN",
    "SLACK_OAUTH_TOKEN": "SLACK_BOT_TOKEN",
    "SLACK_APP_LEVEL_TOKEN": "SLACK_APP_TOKEN",
    "DATABASE": "DATABASE_URL",
    "DATABASE_URI": "DATABASE_URL",
    "DATABASE_DSN": "DATABASE_URL",
    "DB_URL": "DATABASE_URL",
    "POSTGRES_URL": "DATABASE_URL",
    "ADMINS": "THREADBOT_ADMINS",
    "LOGGING_LEVEL": "LOG_LEVEL",
}
"""The name that other programs of this kind use → our name."""


class EnvFileError(ValueError):
    """The file cannot be read; the message says why, and shows nothing of its values."""


def read_env_file(file: Path) -> Mapping[str, str | None]:
    """
    Values as they stand there: python-dotenv would replace ${…} in them, in secrets too, and skip what it cannot read.

    Raises EnvFileError.
    """
    try:
        with file.open(encoding="utf-8-sig") as stream:  # some editors begin a file with a byte order mark
            bindings = list(parse_stream(stream))
    except UnicodeDecodeError:
        raise EnvFileError(f"{file} is not UTF-8 text. Save it as UTF-8.") from None
    except OSError as error:
        raise EnvFileError(f"{file} cannot be read: {error.strerror}.") from None
    for binding in bindings:
        if binding.error:
            raise EnvFileError(f"{file}, line {binding.original.line}: this is not NAME=value. Check its quotes.")
    return {binding.key: binding.value for binding in bindings if binding.key}


def misspelled(names: Collection[str], known: Collection[str], similar: float) -> Sequence[str]:
    """One sentence for each of *names* that is none of *known*, and looks like one. *similar*: of difflib's ratio."""
    found = []
    for name in sorted(set(names) - OTHERS):
        meant = None if name.upper() in known else _meant(name.upper(), known, similar)
        if meant is not None:
            found.append(f"unknown: {name}. Did you mean {meant}?")
    return found


def _meant(name: str, known: Collection[str], similar: float) -> str | None:
    if (other := ELSEWHERE.get(name)) in known:
        return other
    plain = {_plain(each): each for each in known}
    if (same := plain.get(_plain(name))) is not None:
        return same
    if similar < SAME and (named := next((each for p in PREFIXES if (each := p + name) in known), None)) is not None:
        return named
    return next(iter(difflib.get_close_matches(name, sorted(known), 1, similar)), None)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "")
