"""
Environment and .env → one frozen Settings.

Read once, in cli.py. Descriptions here are the table of docs/settings.md and .env.example: write them for operators.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.environment import env_file, forms
from bot.environment.database_url import MOST_CONNECTIONS
from bot.environment.database_url import parse as parse_database_url
from bot.environment.wording import sentence
from bot.network import certificates, proxies

ENV_FILE = Path(".env")
LANGUAGES = ("en", "ko")  # as in core/texts
PARTICIPANT_IDS = {
    "slack": (re.compile(r"[ABUW][A-Z0-9]{1,31}"), "A…, B…, U… or W…"),
    "discord": (re.compile(r"[0-9]{1,20}"), "a number"),
    "web": (re.compile(r"[\w.-]{1,64}"), "letters and digits"),
}
"""The platforms that an id in a setting may name, and how people and bots are numbered there."""
BARE = "slack"  # the platform of an id that names none, as all did once
SECRETS = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "discord_token", "openai_api_key")
AS_WRITTEN = ("system_prompt", "openai_stop")  # blanks at their ends may be meant
NETWORK = (*proxies.VARIABLES, *certificates.VARIABLES)  # read where they stand, and no settings of ours
DAY, YEAR = 86_400, 8_766  # seconds; hours: longest times, so that none is more than a date can hold
MOST = 2**31 - 1  # tokens: what a column of the database holds
Example = tuple[str, str]
"""A user's message, and the answer that the model should give."""


class Settings(BaseSettings):
    """Names are those of the environment variables, in lower case."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, allow_inf_nan=False)

    slack_bot_token: SecretStr | None = Field(
        None,
        description="Slack's bot token (`xoxb-…`). It needs one of the next two. Without a token of any platform the "
        "playground starts.",
    )
    slack_app_token: SecretStr | None = Field(
        None, description="Slack's app-level token (`xapp-…`, scope `connections:write`), for Socket Mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="Slack's signing secret: events come over HTTP, if there is no app-level token."
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", description="Base of Slack's Web API, also for opening Socket Mode connections."
    )

    discord_token: SecretStr | None = Field(
        None,
        description="Discord's bot token, from the page Bot of the application. `threadbot invite` prints the link.",
    )
    discord_api_url: str = Field(
        "https://discord.com/api/v10", description="Base of Discord's API, which also names the gateway's address."
    )
    discord_allowed_guilds: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(), description="The Discord servers that are answered in, by id, separated by commas. Empty: all."
    )
    discord_direct_messages: bool = Field(
        True, description="`off`: direct messages on Discord are not answered, nor kept."
    )

    discord_shards: Literal["auto"] | int | None = Field(
        None,
        description="Connections to Discord's gateway, each for its share of the servers: a number, or `auto` for as "
        "many as Discord recommends. Several processes on one PostgreSQL share them. Empty: one.",
    )

    openai_api_key: SecretStr | None = Field(
        None,
        description="Key of the model provider. Without it and `OPENAI_BASE_URL` the offline demo model answers.",
    )
    openai_base_url: str | None = Field(
        None,
        description="Server with OpenAI's Chat Completions API, e.g. `http://localhost:11434/v1`. Empty: OpenAI. "
        "Azure's addresses work, too, that of a deployment included (`…/openai/deployments/NAME?api-version=…`).",
    )
    openai_model: str = Field(
        "gpt-6-luna", min_length=1, description="The model's name, as its server knows it. Any name works."
    )
    openai_temperature: float | None = Field(None, ge=0, le=2, description="Sampling temperature. Sent only when set.")
    openai_seed: int | None = Field(
        None, ge=-(2**63), lt=2**63, description="Seed for repeatable sampling. Sent only when set."
    )
    openai_stop: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        max_length=4,
        description="Up to four sequences that end an answer, separated by commas. Sent only when set.",
    )
    openai_max_tokens: int = Field(4096, ge=1, le=MOST, description="Tokens kept for the reply, reasoning included.")
    openai_timeout: float = Field(
        120, gt=0, le=DAY, description="Seconds without a byte from the model, not seconds in all."
    )

    system_prompt: str = Field("", description="What the model is told first. Empty: nothing.")
    threadbot_examples: Annotated[tuple[Example, ...], NoDecode] = Field(
        (), description="A TOML file with examples: questions, and how they should be answered. Never dropped."
    )
    prompt_tokens: int = Field(
        16_000, ge=16, le=MOST, description="The prompt budget in tokens: older turns are dropped to stay within it."
    )
    threadbot_keep: float = Field(
        0.75,
        ge=0.1,
        le=1,
        description="How much of the prompt budget is kept when older turns are dropped. Less: dropped more rarely, "
        "and cheaper where a provider caches prompts. 1: as little as possible, at every turn.",
    )
    threadbot_summarize: bool = Field(
        False,
        description="`on`: what is dropped is summarized by the model, and prompts begin with the summary.",
    )
    context_tokens: int | None = Field(
        None,
        ge=64,
        le=MOST,
        description="The model's context window in tokens. Empty: what is known of the model, else 8,192.",
    )

    allowed_bots: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Other bots that are answered when they mention this one, by platform and id, separated by commas: "
        "`slack:B012,discord:123…` (on Slack `B…`, `U…` or `A…`); at most three times in a row. Empty: none.",
    )

    http_host: str = Field(
        "0.0.0.0",  # noqa: S104 - the world is who it is for; it listens only where a signing secret asks for it
        description="Address of the public listener, with `SLACK_SIGNING_SECRET`.",
    )
    http_port: int = Field(3000, ge=0, le=65535, description="Port of the public listener. 0: any free one.")

    database_url: str = Field(
        "sqlite+aiosqlite:///threadbot.db",
        description="Where conversations are kept: SQLite, or PostgreSQL as its hoster "
        "gives it (`postgresql://…?sslmode=require`).",
    )
    database_connections: int | None = Field(
        None,
        ge=1,
        le=MOST_CONNECTIONS,
        description="Connections to PostgreSQL at a time, at most. Empty: what the URL says, else 20.",
    )
    playground_port: int = Field(8765, ge=0, le=65535, description="Port of the playground's page on 127.0.0.1.")
    max_concurrent_turns: int = Field(256, ge=1, le=10_000, description="Answers that are worked on at the same time.")
    stop_grace: float = Field(
        20, ge=0, le=DAY, description="Seconds that running answers get to finish when the bot is stopped."
    )
    catch_up_hours: float = Field(
        12,
        ge=0,
        le=YEAR,
        description="What was said longer ago while the bot was away is not answered any more, in hours.",
    )
    outage_hours: float = Field(
        6, ge=0, le=YEAR, description="How long a question is kept while the model cannot be reached, in hours."
    )
    reaction_pin: str = Field(
        "pushpin",
        description="Reaction that keeps a message in the prompt, by Slack's name for it (on Discord it is always the "
        "same sign); `none` for none.",
    )
    reaction_hide: str = Field("see_no_evil", description="Reaction that keeps a message from the model.")
    reaction_cut: str = Field("scissors", description="Reaction from which on the conversation starts over.")
    reaction_repeat: str = Field("repeat", description="Reaction on an answer that asks for another one.")
    reaction_stop: str = Field("octagonal_sign", description="Reaction that stops an answer.")
    bot_language: str = Field(
        "en",
        description="Language of the bot's own sentences, `en` or `ko`, where neither the asker's Slack or Discord "
        "nor the text says which. Answers are in the model's.",
    )
    threadbot_admins: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Who may see the details of every answer, by platform and user id, separated by commas: "
        "`slack:U012,discord:123…`. Everybody sees those of what they asked. Empty: nobody else.",
    )
    internal_host: str = Field("127.0.0.1", description="Address of the internal listener that serves `/healthz`.")
    internal_port: int = Field(8766, ge=0, le=65535, description="Port of the internal listener. 0 turns it off.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    _misspelled: tuple[str, ...] = PrivateAttr(())

    @field_validator("*", mode="before")
    @classmethod
    def _text(cls, value: object, info: Any) -> object:
        if not isinstance(value, str):
            return value
        wrong = forms.text_problem(value)
        if wrong is not None:
            raise ValueError(wrong)
        return value if info.field_name in AS_WRITTEN else value.strip()

    @field_validator("openai_stop", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part for part in value.split(",") if part) if isinstance(value, str) else value

    @field_validator("reaction_pin", "reaction_hide", "reaction_cut", "reaction_repeat", "reaction_stop")
    @classmethod
    def _reaction(cls, value: str) -> str:
        name = value.strip().strip(":")
        if not re.fullmatch(r"[\w'+-]+", name):
            raise ValueError("use a reaction's name without spaces, such as pushpin, or none")
        return name

    @field_validator("threadbot_examples", mode="before")
    @classmethod
    def _read_examples(cls, value: object) -> object:
        return read_examples(Path(value)) if isinstance(value, str | Path) else value

    @field_validator("bot_language")
    @classmethod
    def _known_language(cls, value: str) -> str:
        if value.strip().lower() not in LANGUAGES:
            raise ValueError(f"use one of {', '.join(LANGUAGES)}")
        return value.strip().lower()

    @field_validator("allowed_bots", "threadbot_admins", "discord_allowed_guilds", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return frozenset(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_bots", "threadbot_admins")
    @classmethod
    def _ids(cls, value: frozenset[str]) -> frozenset[str]:
        for written in sorted(value):
            participant_id(written)
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("use DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator(*SECRETS)
    @classmethod
    def _one_word(cls, value: SecretStr | None) -> SecretStr | None:
        wrong = None if value is None else forms.secret_problem(value.get_secret_value())
        if wrong is not None:
            raise ValueError(wrong)
        return value

    @field_validator("openai_model")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("it should be one line, without control characters")
        return value

    @field_validator("http_host", "internal_host")
    @classmethod
    def _host(cls, value: str) -> str:
        wrong = forms.host_problem(value)
        if wrong is not None:
            raise ValueError(wrong)
        return value

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _token_kind(cls, value: SecretStr | None, info: Any) -> SecretStr | None:
        prefix = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if value is not None and not value.get_secret_value().startswith(prefix):
            raise ValueError(f"this is not such a token: it should start with {prefix}")
        return value

    @field_validator("discord_shards", mode="before")
    @classmethod
    def _shards(cls, value: object) -> object:
        written = str(value).strip().lower()
        if value is None or written == "auto":
            return value if value is None else "auto"
        if not re.fullmatch(r"[0-9]{1,4}", written, re.ASCII) or int(written) < 1:
            raise ValueError("use auto, or a number from 1 to 9999")
        return int(written)

    @field_validator("discord_allowed_guilds")
    @classmethod
    def _guild_ids(cls, value: frozenset[str]) -> frozenset[str]:
        wrong = sorted(each for each in value if not re.fullmatch(r"[0-9]{17,20}", each, re.ASCII))
        if wrong:
            raise ValueError(f"{wrong[0]} is no id of a server: it is a number of 17 to 20 digits (Copy Server ID)")
        return value

    @field_validator("openai_base_url", "slack_api_url", "discord_api_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        wrong = None if value is None else forms.url_problem(value)
        if value is not None and wrong is not None:
            raise ValueError(f"{forms.shown_url(value)}: {wrong}")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        parse_database_url(value)
        return value

    @field_validator("slack_signing_secret")
    @classmethod
    def _secret_form(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[0-9A-Za-z]{32,}", value.get_secret_value()):
            raise ValueError("this is no signing secret: it should be 32 letters and digits, from Basic Information")
        return value

    @model_validator(mode="after")
    def _whole_slack(self) -> Self:
        asked = self.slack_app_token is not None or self.slack_signing_secret is not None
        if self.slack_bot_token is None and asked:
            raise ValueError(
                "SLACK_BOT_TOKEN: it is missing, and Slack needs it. Set it, or unset the others of Slack."
            )
        if self.slack_bot_token is not None and not asked:
            raise ValueError(
                "SLACK_APP_TOKEN: it is missing, and Slack needs it for Socket Mode, or SLACK_SIGNING_SECRET for HTTP. "
                "Set one of them, or unset SLACK_BOT_TOKEN."
            )
        return self

    @model_validator(mode="after")
    def _different_ports(self) -> Self:
        if self.over_http and self.http_port and self.http_port == self.internal_port:
            raise ValueError(
                "HTTP_PORT: it is INTERNAL_PORT, too. What is for the world and what is not need two ports."
            )
        return self

    @model_validator(mode="after")
    def _different_reactions(self) -> Self:
        names = [name for name in self.reactions.values() if name != "none"]
        if len(set(names)) < len(names):
            raise ValueError("REACTION_PIN, …_HIDE, …_CUT, …_REPEAT and …_STOP: use a different reaction for each.")
        return self

    @property
    def reactions(self) -> Mapping[str, str]:
        """Operation → the name of its reaction, or `none`."""
        return {
            "pin": self.reaction_pin,
            "hide": self.reaction_hide,
            "cut": self.reaction_cut,
            "repeat": self.reaction_repeat,
            "stop": self.reaction_stop,
        }

    def note_misspelled(self, warnings: tuple[str, ...]) -> None:
        """The warnings about names that look like those of settings."""
        self._misspelled = warnings

    @property
    def warnings(self) -> Sequence[str]:
        """One line for each value that is understood and should be written in another way."""
        found = [*self._misspelled, *parse_database_url(self.database_url).warnings]
        if (unread := certificates.warning(os.environ)) is not None:
            found.append(unread)
        if self.openai_api_key is not None and forms.logs_in(self.openai_base_url or ""):
            found.append(
                "OPENAI_BASE_URL: it holds a user or a password, so these are sent (HTTP Basic), and OPENAI_API_KEY is "
                "not. Take them out of the address to have the key sent."
            )
        unused = {
            "DISCORD_ALLOWED_GUILDS": self.discord_allowed_guilds,
            "DISCORD_DIRECT_MESSAGES": not self.discord_direct_messages,
            "DISCORD_SHARDS": self.discord_shards,
        }
        if self.discord_token is None and any(unused.values()):
            named = ", ".join(name for name, is_set in unused.items() if is_set)
            found.append(f"without DISCORD_TOKEN nothing comes of {named}")
        for name in ("allowed_bots", "threadbot_admins"):
            bare = sorted(written for written in getattr(self, name) if ":" not in written)
            if bare:
                better = ",".join(f"{BARE}:{written}" for written in bare)
                found.append(f"{name.upper()}: ids name their platform now; these are taken for Slack's: {better}")
        return found

    @property
    def addresses(self) -> Sequence[str]:
        """Where this bot goes, without passwords and queries; each service has more hosts than its API's."""
        found = []
        if self.slack_bot_token is not None:
            found += [
                self.slack_api_url,
                *(
                    ("https://files.slack.com", "wss://wss-primary.slack.com")
                    if "//slack.com" in self.slack_api_url
                    else ()
                ),
            ]
        if self.discord_token is not None:
            found += [
                self.discord_api_url,
                *(
                    ("https://cdn.discordapp.com", "wss://gateway.discord.gg")
                    if "//discord.com" in self.discord_api_url
                    else ()
                ),
            ]
        if not self.offline:
            found.append(self.openai_base_url or "https://api.openai.com")
        return [forms.shown_url(address) for address in found]

    @property
    def over_http(self) -> bool:
        """Whether Slack's events come over HTTP: an app-level token asks for Socket Mode, whatever else is set."""
        return self.slack_signing_secret is not None and self.slack_app_token is None

    @property
    def offline(self) -> bool:
        """Whether the demo model answers."""
        return self.openai_api_key is None and self.openai_base_url is None


def participant_ids(written: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The (platform, id) of each of *written*: `slack:B012`, or a bare id of Slack's. Raises ValueError."""
    return frozenset(map(participant_id, written))


def participant_id(written: str) -> tuple[str, str]:
    platform, named, id_ = written.rpartition(":") if ":" in written else (BARE, "", written)
    platform = platform.strip().lower()
    known = PARTICIPANT_IDS.get(platform)
    if known is None:
        names = ", ".join(PARTICIPANT_IDS)
        raise ValueError(
            f'{written}: there is no platform "{platform}". Write {names} before the id, such as slack:U012'
        )
    pattern, form = known
    if not pattern.fullmatch(id_.strip()):
        hint = "" if named else ". An id of another platform needs its name: discord:123…"
        raise ValueError(f"{written} is no id of {platform}: there an id is {form}{hint}")
    return platform, id_.strip()


class InvalidSettingsError(Exception):
    """Every problem of the settings in one report, with what to do. Never a token."""


def read_settings(file: Path = ENV_FILE) -> Settings:
    """From the environment, and from *file* what that does not say. Raises InvalidSettingsError."""
    try:
        said = env_file.read_env_file(file) if file.is_file() else {}
    except env_file.EnvFileError as error:
        raise InvalidSettingsError(str(error)) from None
    missing = {name.lower(): value for name, value in said.items() if value and not os.environ.get(name)}
    try:
        settings = Settings(**{name: value for name, value in missing.items() if name in Settings.model_fields})  # type: ignore[arg-type] # pydantic checks them
    except ValidationError as error:
        raise InvalidSettingsError(_report(error)) from None
    settings.note_misspelled(_misspelled(file, said))
    _share_network(said)
    if wrong := _network_problems(settings):
        raise InvalidSettingsError("\n".join(wrong))
    return settings


def _share_network(said: Mapping[str, str | None]) -> None:
    """Of the file, what every program looks for in the environment: OpenSSL does, and processes that we start."""
    for name in NETWORK:
        for written in (name, name.lower()):
            value = said.get(written)
            if value and not any(os.environ.get(each) for each in (name, name.lower())):
                os.environ[written] = value


def _network_problems(settings: Settings) -> Sequence[str]:
    """Of the variables on which the addresses that are used depend."""
    found = [wrong for wrong in (certificates.problem(os.environ),) if wrong is not None]
    for address in settings.addresses:
        try:
            proxies.proxy_of(address)
        except proxies.UnusableProxyError as error:
            found.append(f"{error} ({address} goes there).")
    return list({line.partition(" (")[0]: line for line in found}.values())


def _misspelled(file: Path, said: Mapping[str, str | None]) -> tuple[str, ...]:
    """What looks like a setting and is none: in the file, and in the environment what is nearly one."""
    here = env_file.misspelled(said, [*fields(), *NETWORK], env_file.SIMILAR)
    elsewhere = env_file.misspelled(os.environ.keys() - said.keys(), fields(), env_file.SAME)
    return (*(f"{file.name}: {line}" for line in here), *elsewhere)


def read_examples(file: Path) -> tuple[Example, ...]:
    """
    Examples as they stand in *file*: `[[example]]` with `user` and `assistant`, as often as one likes.

    TOML, because longer answers are written there over several lines as they are, without escapes. Raises ValueError
    with what is wrong, and where.
    """
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file} is not TOML: {error}.") from None
    examples = found.pop("example", None)
    if found or not isinstance(examples, list) or not examples:
        raise ValueError(f"{file} should hold nothing but examples, each below a line of its own: [[example]]")
    return tuple(_example(file, number, example) for number, example in enumerate(examples, 1))


def _example(file: Path, number: int, example: object) -> Example:
    wanted = ("user", "assistant")
    if not isinstance(example, dict) or example.keys() != set(wanted):
        raise ValueError(f"{file}, example {number}: it should have `user` and `assistant`, and nothing else.")
    for name in wanted:
        if not isinstance(example[name], str) or not example[name].strip():
            raise ValueError(f"{file}, example {number}: `{name}` should be a text, and not empty.")
    return example["user"].strip(), example["assistant"].strip()


def _report(error: ValidationError) -> str:
    """One line a problem: the variable, its value unless that is secret, and what would be right."""
    lines = []
    for problem in error.errors(include_url=False):
        if not problem["loc"]:  # of several settings together; the message names them
            lines.append(problem["msg"].removeprefix("Value error, "))
            continue
        name = str(problem["loc"][0])
        field = Settings.model_fields[name]
        lines.append(f"{name.upper()}: {sentence(problem, field, shown=not name.endswith('_url'))}")
    return "\n".join(lines)


def fields() -> Mapping[str, tuple[str, str]]:
    """Environment variable → (default as text, description)."""
    return {
        name.upper(): (_default_text(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    }


def _default_text(default: object) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    return "" if default is None or default in ((), frozenset()) else str(default)
