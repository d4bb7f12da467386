"""Environment and .env → Settings."""

from pathlib import Path

import pytest

from bot.environment.forms import shown_url
from bot.network import certificates, proxies
from bot.settings import InvalidSettingsError, Settings, fields, participant_ids, read_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*proxies.VARIABLES, *certificates.VARIABLES, *certificates.OF_OTHERS):
        monkeypatch.setenv(name, "")  # what is read from a file is put there: it goes again with the test
        monkeypatch.delenv(name)
    for name in fields():
        monkeypatch.delenv(name, raising=False)


def read(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / ".env"
    file.write_text(text, encoding="utf-8")
    return read_settings(file)


def test_without_anything_there_is_the_demo_on_a_file_in_this_directory(tmp_path: Path) -> None:
    settings = read_settings(tmp_path / ".env")
    assert settings.offline
    assert settings.openai_model == "gpt-6-luna"
    assert settings.database_url == "sqlite+aiosqlite:///threadbot.db"


def test_the_environment_wins_over_the_file_unless_it_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_MODEL", "from-environment")
    monkeypatch.setenv("SYSTEM_PROMPT", "")
    settings = read(tmp_path, "OPENAI_MODEL=from-file\nSYSTEM_PROMPT='짧게 답해 줘'\nOPENAI_TIMEOUT=\n")
    assert (settings.openai_model, settings.system_prompt) == ("from-environment", "짧게 답해 줘")
    assert settings.openai_timeout == 120


@pytest.mark.parametrize("secret", ["sk-a${HOME}b#c", "sk-$1"])
def test_a_secret_in_quotes_is_taken_as_it_stands(tmp_path: Path, secret: str) -> None:
    for quote in "'\"":
        key = read(tmp_path, f"OPENAI_API_KEY={quote}{secret}{quote}\n").openai_api_key
        assert key is not None
        assert key.get_secret_value() == secret


def test_a_line_that_is_no_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError, match="line 2"):
        read(tmp_path, "OPENAI_MODEL=m\nSYSTEM_PROMPT='never closed\n")


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("SYSTEM_PROMPT=안녕".encode("euc-kr"))
    with pytest.raises(InvalidSettingsError, match="UTF-8"):
        read_settings(file)


def test_every_problem_is_in_one_report_and_no_secret(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        read(tmp_path, "OPENAI_SEED=9223372036854775808\nSLACK_BOT_TOKEN=hunter2\nMAX_CONCURRENT_TURNS=0\n")
    report = str(refused.value)
    assert all(name in report for name in ("OPENAI_SEED", "SLACK_BOT_TOKEN", "MAX_CONCURRENT_TURNS"))
    assert "hunter2" not in report


SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BOT, APP, SIGNING = "SLACK_BOT_TOKEN=xoxb-1\n", "SLACK_APP_TOKEN=xapp-1\n", f"SLACK_SIGNING_SECRET={SECRET}\n"


@pytest.mark.parametrize(
    ("text", "over_http"), [(BOT + APP, False), (BOT + SIGNING, True), (BOT + APP + SIGNING, False)]
)
def test_a_signing_secret_asks_for_http_unless_there_is_an_app_token(
    tmp_path: Path, text: str, over_http: bool
) -> None:
    assert read(tmp_path, text).over_http is over_http


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (BOT, ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"]),
        (APP, ["SLACK_BOT_TOKEN"]),
        (SIGNING, ["SLACK_BOT_TOKEN"]),
        (BOT + "SLACK_SIGNING_SECRET=xapp-1-A0000000000-0000000000\n", ["SLACK_SIGNING_SECRET", "32"]),
        (BOT + "SLACK_SIGNING_SECRET=8f742231b10e8888\n", ["SLACK_SIGNING_SECRET", "32"]),
        (BOT + SIGNING + "HTTP_PORT=8766\n", ["HTTP_PORT", "INTERNAL_PORT"]),
    ],
)
def test_settings_of_slack_that_do_not_belong_together_are_one_report(
    tmp_path: Path, text: str, named: list[str]
) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        read(tmp_path, text)
    assert all(name in str(refused.value) for name in named)
    assert SECRET not in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_discord_needs_its_token_alone(tmp_path: Path) -> None:
    settings = read(tmp_path, "DISCORD_TOKEN=MTIz.abc.def\nDISCORD_ALLOWED_GUILDS= 123456789012345678,, \n")
    assert settings.discord_token is not None
    assert settings.discord_api_url == "https://discord.com/api/v10"
    assert settings.discord_allowed_guilds == {"123456789012345678"}
    assert settings.discord_direct_messages
    assert not settings.warnings
    without = read(tmp_path, "DISCORD_DIRECT_MESSAGES=off\n")
    assert not without.discord_direct_messages
    assert without.warnings == ["without DISCORD_TOKEN nothing comes of DISCORD_DIRECT_MESSAGES"]


@pytest.mark.parametrize(("written", "shards"), [("", None), ("Auto", "auto"), ("1", 1), (" 16 ", 16)])
def test_the_shards_of_discord_are_a_number_or_whatever_it_recommends(
    tmp_path: Path, written: str, shards: int | str | None
) -> None:
    settings = read(tmp_path, f"DISCORD_TOKEN=MTIz.abc.def\nDISCORD_SHARDS={written}\n")
    assert settings.discord_shards == shards


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("DISCORD_TOKEN='Bot MTIz.abc.hunter2'", "without the word Bot"),
        ("DISCORD_TOKEN='MTIz. hunter2'", "without spaces"),
        ("DISCORD_TOKEN='\"MTIz.abc.hunter2\"'", "quotes around it"),
        ("DISCORD_ALLOWED_GUILDS=my server", "17 to 20 digits"),
        ("DISCORD_ALLOWED_GUILDS=123456789012345678;223456789012345678", "17 to 20 digits"),
        ("DISCORD_DIRECT_MESSAGES=perhaps", "on or off"),
        ("DISCORD_SHARDS=0", "auto, or a number"),
        ("DISCORD_SHARDS=many", "auto, or a number"),
        ("DISCORD_API_URL=discord.com", "http:// or https://"),
    ],
)
def test_a_setting_of_discord_that_cannot_be_is_refused_in_one_line(tmp_path: Path, line: str, right: str) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        read(tmp_path, line)
    assert str(refused.value).startswith(line.partition("=")[0])
    assert right in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "report"),
    [
        ("HTTP_PORT=70000", 'HTTP_PORT: "70000" cannot be used: it should be a whole number from 0 to 65535'),
        ("HTTP_PORT=80a", 'HTTP_PORT: "80a" cannot be used: it should be a whole number from 0 to 65535'),
        ("INTERNAL_PORT=1.5", 'INTERNAL_PORT: "1.5" cannot be used: it should be a whole number from 0 to 65535'),
        ("PLAYGROUND_PORT=-1", 'PLAYGROUND_PORT: "-1" cannot be used: it should be a whole number from 0 to 65535'),
        ("OPENAI_TEMPERATURE=hot", 'OPENAI_TEMPERATURE: "hot" cannot be used: it should be a number from 0 to 2'),
        ("OPENAI_TIMEOUT=0", 'OPENAI_TIMEOUT: "0" cannot be used: it should be a number, above 0, at most 86400'),
        ("OPENAI_TIMEOUT=nan", 'OPENAI_TIMEOUT: "nan" cannot be used: it should be a number, above 0, at most 86400'),
        ("CATCH_UP_HOURS=inf", 'CATCH_UP_HOURS: "inf" cannot be used: it should be a number from 0 to 8766'),
        ("OUTAGE_HOURS=1e12", 'OUTAGE_HOURS: "1e12" cannot be used: it should be a number from 0 to 8766'),
        ("THREADBOT_SUMMARIZE=maybe", 'THREADBOT_SUMMARIZE: "maybe" cannot be used: it should be on or off'),
        ("LOG_LEVEL=loud", 'LOG_LEVEL: "loud" cannot be used: use DEBUG, INFO, WARNING or ERROR'),
        ("BOT_LANGUAGE=fr", 'BOT_LANGUAGE: "fr" cannot be used: use one of en, ko'),
        ('OPENAI_STOP="a,b,c,d,e"', "OPENAI_STOP: there should be 4 at most, separated by commas"),
        ("OPENAI_BASE_URL=http://", "OPENAI_BASE_URL: http://: it has no host after http:// or https://"),
        (
            'OPENAI_MODEL="a\\nb"',
            'OPENAI_MODEL: "a\\nb" cannot be used: it should be one line, without control characters',
        ),
    ],
)
def test_what_is_wrong_is_said_in_our_words_with_the_value_and_what_would_be_right(
    tmp_path: Path, line: str, report: str
) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        read(tmp_path, line + "\n")
    assert str(refused.value) == report


SECRETS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "DISCORD_TOKEN", "OPENAI_API_KEY")


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("xoxb-hunter2 hunter3", "without spaces"),
        ("xoxb-hunter2\nhunter3", "without spaces"),
        ("Bearer xoxb-hunter2", "without the word Bearer"),
        ("'xoxb-hunter2'", "quotes"),
        ("xoxb-hunter2…", "Copy all of it"),
        ("xoxb-...", "Copy all of it"),
        ("xoxb-hunter2\u200b", "U+200B"),
        ("xoxb-hünter2", "U+00FC"),
        ("xoxb-hunter2\x07", "U+0007"),
        ("  ", "nothing but blanks"),
    ],
)
def test_a_key_that_no_header_takes_is_refused_in_one_line_that_does_not_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, right: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettingsError) as refused:
        read_settings(tmp_path / ".env")
    [line] = [line for line in str(refused.value).splitlines() if line.startswith(f"{name}: ")]
    assert right in line
    assert "unter" not in str(refused.value)


def test_blanks_and_line_breaks_at_the_ends_of_a_value_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1\r\n")
    monkeypatch.setenv("OPENAI_BASE_URL", " http://localhost:1/v1\n")
    monkeypatch.setenv("SYSTEM_PROMPT", "Be brief.\n")
    settings = read_settings(tmp_path / ".env")
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-1"
    assert settings.openai_base_url == "http://localhost:1/v1"
    assert settings.system_prompt == "Be brief.\n"


def test_a_value_that_is_not_utf8_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEM_PROMPT", "안녕".encode("euc-kr").decode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidSettingsError, match=r"^SYSTEM_PROMPT: .*UTF-8"):
        read_settings(tmp_path / ".env")


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("http://me:hunter2@host:99999/v1?key=hunter2", "1 to 65535"),
        ("me:hunter2@host/v1", "http:// or https://"),
        ("http://me:hunter2@host/v1 beta", "blanks"),
        ("http://me:hunter2@/v1", "no host"),
        ("ftp://me:hunter2@host", "http:// or https://"),
    ],
)
def test_an_address_that_cannot_be_is_refused_without_its_password(tmp_path: Path, url: str, right: str) -> None:
    with pytest.raises(InvalidSettingsError, match=right) as refused:
        read(tmp_path, f"OPENAI_BASE_URL='{url}'\n")
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter2@host:8443/v1?key=hunter2#a", "https://host:8443/v1"),
        ("http://[::1]:11434/v1", "http://[::1]:11434/v1"),
        ("http://host:hunter2/v1", "(an address that cannot be read)"),
        ("me:hunter2@host", "(an address that cannot be read)"),
    ],
)
def test_an_address_is_shown_without_password_and_query(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("OPENAI_APIKEY", "OPENAI_API_KEY"),
        ("OPENAI_API_KEYS", "OPENAI_API_KEY"),
        ("OPENAI_API_BASE", "OPENAI_BASE_URL"),
        ("OPEN_AI_MODEL", "OPENAI_MODEL"),
        ("SLACK_BOTTOKEN", "SLACK_BOT_TOKEN"),
        ("SLACK_SIGNING_SECRETS", "SLACK_SIGNING_SECRET"),
        ("DISCORD_BOT_TOKEN", "DISCORD_TOKEN"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("MAX_CONCURENT_TURNS", "MAX_CONCURRENT_TURNS"),
    ],
)
def test_a_name_that_looks_like_a_setting_is_named_with_the_one_that_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    assert read(tmp_path, f"{name}=1\n").warnings == [f".env: unknown: {name}. Did you mean {meant}?"]
    monkeypatch.setenv(name, "1")
    assert read(tmp_path, "").warnings == [f"unknown: {name}. Did you mean {meant}?"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HTTPS_PROXYS", "HTTPS_PROXY"),
        ("NO_PROXI", "NO_PROXY"),
        ("SSL_CERT_FILES", "SSL_CERT_FILE"),
        ("MAX_TOKENS", "OPENAI_MAX_TOKENS"),
        ("model", "OPENAI_MODEL"),
        ("SUMMARIZE", "THREADBOT_SUMMARIZE"),
    ],
)
def test_in_the_file_more_is_taken_for_a_setting_than_in_the_environment_of_all_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    assert read(tmp_path, f"{name}=1\n").warnings == [f".env: unknown: {name}. Did you mean {meant}?"]
    monkeypatch.setenv(name, "1")
    assert read(tmp_path, "").warnings == []


@pytest.mark.parametrize(
    "name", ["openai_api_key", "HTTP_PROXY", "SLACK_WEBHOOK_URL", "OPENAI_ORG_ID", "POSTGRES_PASSWORD", "TZ", "PATH"]
)
def test_a_setting_in_lower_case_and_what_is_another_programs_are_not_named(tmp_path: Path, name: str) -> None:
    assert not read(tmp_path, f"{name}=1\n").warnings


def test_a_byte_order_mark_before_the_first_name_is_no_part_of_it(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffOPENAI_MODEL=m\r\n").openai_model == "m"


@pytest.mark.parametrize("host", ["http://0.0.0.0", "0.0.0.0:80", "[::1]", "two words"])
def test_a_host_to_listen_on_is_a_name_or_an_address_alone(tmp_path: Path, host: str) -> None:
    assert read(tmp_path, "HTTP_HOST=::1\nINTERNAL_HOST=bot.example\n").http_host == "::1"
    with pytest.raises(InvalidSettingsError) as refused:
        read(tmp_path, f"HTTP_HOST={host}\n")
    assert str(refused.value).startswith(f'HTTP_HOST: "{host}" cannot be used: it should be a name or an address alone')


def test_stop_sequences_are_separated_by_commas(tmp_path: Path) -> None:
    assert read(tmp_path, "OPENAI_STOP=END,그만\n").openai_stop == ("END", "그만")


def test_allowed_bots_are_separated_by_commas(tmp_path: Path) -> None:
    assert read(tmp_path, "ALLOWED_BOTS= B1, U2 ,,\n").allowed_bots == {"B1", "U2"}


def test_ids_name_their_platform_and_a_bare_one_is_slacks(tmp_path: Path) -> None:
    settings = read(tmp_path, "ALLOWED_BOTS=slack:B1,U2,discord:123456789012345678\nTHREADBOT_ADMINS= SLACK:U1 \n")
    assert participant_ids(settings.allowed_bots) == {
        ("slack", "B1"),
        ("slack", "U2"),
        ("discord", "123456789012345678"),
    }
    assert participant_ids(settings.threadbot_admins) == {("slack", "U1")}
    [warning] = settings.warnings
    assert "ALLOWED_BOTS" in warning
    assert "slack:U2" in warning
    assert "B1" not in warning


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("ALLOWED_BOTS=teams:B1", "slack, discord, web"),
        ("ALLOWED_BOTS=slack:kim", "A…, B…, U… or W…"),
        ("ALLOWED_BOTS=123456789012345678", "discord:123…"),
        ("THREADBOT_ADMINS=discord:U1", "a number"),
        ("THREADBOT_ADMINS=@kim", "A…, B…, U… or W…"),
        ("THREADBOT_ADMINS=slack:", "A…, B…, U… or W…"),
        ("THREADBOT_ADMINS=:U1", "slack, discord, web"),
        ("THREADBOT_ADMINS=slack:U1;slack:U2", "slack, discord, web"),
    ],
)
def test_an_id_that_is_none_is_refused_in_one_line_with_what_would_be_right(
    tmp_path: Path, line: str, right: str
) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        read(tmp_path, line)
    assert str(refused.value).startswith(line.partition("=")[0])
    assert right in str(refused.value)
    assert "\n" not in str(refused.value)


def test_tokens_are_not_printed() -> None:
    assert "hunter2" not in repr(Settings(openai_api_key="hunter2"))  # pydantic converts it


EXAMPLES = '''# How we answer
[[example]]
user = "When is the next release?"
assistant = """
On the first Monday of each month.

*Ask #releases* for the exact hour."""

[[example]]
user = '정규식 \\d+는 무슨 뜻이야?'
assistant = "숫자 하나 이상입니다."
'''


def examples_in(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "examples.toml"
    file.write_text(text, encoding="utf-8")
    return read(tmp_path, f"THREADBOT_EXAMPLES={file}\n")


def test_examples_are_read_from_their_file(tmp_path: Path) -> None:
    assert examples_in(tmp_path, EXAMPLES).threadbot_examples == (
        ("When is the next release?", "On the first Monday of each month.\n\n*Ask #releases* for the exact hour."),
        ("정규식 \\d+는 무슨 뜻이야?", "숫자 하나 이상입니다."),
    )
    assert read(tmp_path, "THREADBOT_EXAMPLES=\n").threadbot_examples == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"\[\[example\]\]"),
        ("user = 'hi'\nassistant = 'ho'\n", r"\[\[example\]\]"),
        ("[example]\nuser = 'hi'\nassistant = 'ho'\n", r"\[\[example\]\]"),
        ("[[example]]\nuser = 'hi'\nassistant = 'ho'\n[[exmaple]]\n", r"\[\[example\]\]"),
        ("[[example]]\nuser = 'hi'\nassistant = 'ho'\n[[example]]\nuser = 'hi'\n", "example 2: .*`assistant`"),
        ("[[example]]\nuser = 'hi'\nassistant = 'ho'\nname = 'x'\n", "example 1: .*nothing else"),
        ("[[example]]\nuser = 3\nassistant = 'ho'\n", "example 1: `user` should be a text"),
        ("[[example]]\nuser = 'hi'\nassistant = ' '\n", "example 1: `assistant` .*not empty"),
        ("[[example]]\nuser = hi\n", "is not TOML: .*line 2"),
        ("example = ['hi']\n", "example 1"),
    ],
)
def test_examples_that_cannot_be_used_are_named_with_their_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InvalidSettingsError, match=rf"THREADBOT_EXAMPLES: .*examples\.toml.*{problem}"):
        examples_in(tmp_path, text)


def test_a_file_of_examples_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError, match=r"THREADBOT_EXAMPLES: .*nowhere\.toml cannot be read: No such file"):
        read(tmp_path, f"THREADBOT_EXAMPLES={tmp_path / 'nowhere.toml'}\n")
    with pytest.raises(InvalidSettingsError, match="cannot be read: Is a directory"):
        read(tmp_path, f"THREADBOT_EXAMPLES={tmp_path}\n")
    (tmp_path / "latin.toml").write_bytes("[[example]]\nuser = 'é'\n".encode("latin-1"))
    with pytest.raises(InvalidSettingsError, match="not UTF-8"):
        read(tmp_path, f"THREADBOT_EXAMPLES={tmp_path / 'latin.toml'}\n")


SLACK = "SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{SLACK}HTTPS_PROXY=socks5://kim:secret@proxy:1080\n", "HTTPS_PROXY"),
        (f"{SLACK}ALL_PROXY=socks5h://kim:secret@proxy:1080\n", "ALL_PROXY"),
        (f"{SLACK}HTTPS_PROXY=http://kim:secret@proxy:port\n", "HTTPS_PROXY"),
        ("DISCORD_TOKEN=MTE1NTU1NTU1NTU1NTU1NTU1NQ.a.b\nHTTPS_PROXY=socks4://proxy\nNO_PROXY=discord.com\n", "HTTPS"),
        ("OPENAI_API_KEY=sk-1\nALL_PROXY=socks5://proxy\n", "ALL_PROXY"),
        ("SSL_CERT_FILE=/nowhere/ca.pem\n", "SSL_CERT_FILE"),
        ("SSL_CERT_DIR=/nowhere\n", "SSL_CERT_DIR"),
    ],
)
def test_a_network_that_cannot_be_used_is_named_with_its_variable(tmp_path: Path, text: str, name: str) -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        read(tmp_path, text)
    [line] = str(refused.value).splitlines()
    assert line.startswith(name)
    assert "secret" not in line


@pytest.mark.parametrize(
    "text",
    [
        "ALL_PROXY=socks5://proxy\n",  # nothing goes there
        f"{SLACK}ALL_PROXY=socks5://proxy\nHTTPS_PROXY=proxy:3128\n",
        f"{SLACK}ALL_PROXY=socks5://proxy\nNO_PROXY=.slack.com\n",
        "OPENAI_BASE_URL=http://localhost:11434/v1\nALL_PROXY=socks5://proxy\nNO_PROXY=localhost\n",
    ],
)
def test_a_proxy_that_nothing_of_ours_goes_through_may_be_anything(tmp_path: Path, text: str) -> None:
    assert not read(tmp_path, text).warnings


def test_a_proxy_of_the_file_is_taken_unless_the_environment_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, "HTTPS_PROXY=in-the-file:3128\n")
    assert proxies.proxy_of("https://slack.com") == "http://in-the-file:3128"
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.setenv("https_proxy", "in-the-environment:3128")
    read(tmp_path, "HTTPS_PROXY=in-the-file:3128\n")
    assert proxies.proxy_of("https://slack.com") == "http://in-the-environment:3128"


def test_a_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(InvalidSettingsError, match=r"SSL_CERT_FILE: .*holds no certificates"):
        read(tmp_path, f"SSL_CERT_FILE={tmp_path / 'ca.pem'}\n")


def test_a_bundle_that_nothing_here_reads_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ca.pem")
    assert read(tmp_path, "").warnings == [
        "REQUESTS_CA_BUNDLE is not read here. Set SSL_CERT_FILE to the file for the bot to trust its certificates"
    ]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://kim:secret@model.example/v1", True),
        ("https://kim@model.example/v1", True),
        ("http://kim:secret@model.example/openai/deployments/gpt?api-version=1", False),  # the key has another header
        ("http://model.example/@kim/v1", False),
    ],
)
def test_a_key_that_is_not_sent_is_told(tmp_path: Path, address: str, told: bool) -> None:
    with_key = read(tmp_path, f"OPENAI_BASE_URL={address}\nOPENAI_API_KEY=sk-1\n").warnings
    assert [line.partition(":")[0] for line in with_key] == (["OPENAI_BASE_URL"] if told else [])
    assert not any("secret" in line or "sk-1" in line for line in with_key)
    assert not read(tmp_path, f"OPENAI_BASE_URL={address}\n").warnings
