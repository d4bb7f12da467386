"""Files that come with a message: what Slack says of them, and how they are fetched, and from whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.core.errors import BotError
from bot.core.files import FileOutcome, FileRef
from bot.core.ports import FileError, FileReader
from bot.platforms.slack.incoming.files import files_of
from bot.platforms.slack.reading.file_hosts import FileHosts
from tests.platforms.slack.conftest import door
from tests.standins.slack import Slack
from tests.standins.slack.api import files
from tests.standins.slack.faults import RateLimited, Refused

LIMIT = 100_000
DESCRIBED = {
    "id": "F1",
    "name": "report.csv",
    "mimetype": "text/csv",
    "size": 12,
    "url_private": "https://files.slack.com/files-pri/T1-F1/report.csv",
    "url_private_download": "https://files.slack.com/files-pri/T1-F1/download/report.csv",
}
REPORT = FileRef("F1", "report.csv", "text/csv", 12, str(DESCRIBED["url_private_download"]))


def described(**changes: Any) -> dict[str, Any]:
    return {"files": [{**DESCRIBED, **changes}]}


@pytest.mark.parametrize(
    ("message", "files"),
    [
        (described(), [REPORT]),
        (described(url_private_download=None), [replace(REPORT, locator=str(DESCRIBED["url_private"]))]),
        (described(name=None, title="A report"), [replace(REPORT, name="A report")]),
        (described(name=None), [replace(REPORT, name="F1")]),
        (described(size="12"), [replace(REPORT, size=None)]),
        (described(size=-1), [replace(REPORT, size=None)]),
        (described(mimetype="text/csv\x00"), [replace(REPORT, media_type="")]),
        (described(url_private_download="https://x\x00y"), [replace(REPORT, locator="")]),
        (described(mode="tombstone"), [replace(REPORT, refused=FileOutcome.GONE)]),
        (described(mode="hidden_by_limit"), [replace(REPORT, refused=FileOutcome.GONE)]),
        (described(is_external=True), [replace(REPORT, refused=FileOutcome.ELSEWHERE)]),
        (described(mode="external", is_external=False), [replace(REPORT, refused=FileOutcome.ELSEWHERE)]),
        (described(external_type="gdrive"), [replace(REPORT, refused=FileOutcome.ELSEWHERE)]),
        (described(mode="hosted", is_external=False, external_type=""), [REPORT]),
        ({"files": [{"id": "F1", "file_access": "check_file_info"}]}, [FileRef("F1", "F1", "")]),
        (described(id="F1; DROP"), []),
        (described(id="F" * 65), []),
        ({"files": [None, "F1", {"id": 7}]}, []),
        ({"files": {"id": "F1"}}, []),
        ({}, []),
    ],
)
def test_what_slack_says_of_a_file(message: dict[str, Any], files: list[FileRef]) -> None:
    assert list(files_of(message)) == files


@given(
    st.dictionaries(
        st.sampled_from([*DESCRIBED, "mode", "is_external", "external_type"]),
        st.none() | st.text("a\x00é/:", max_size=300) | st.integers(),
    )
)
def test_whatever_is_said_of_a_file_can_be_stored(said: dict[str, Any]) -> None:
    for file in files_of({"files": [{**DESCRIBED, **said}]}):
        assert "\x00" not in file.id + file.media_type + file.locator
        assert len(file.id) <= 64
        assert len(file.media_type) <= 255
        assert file.size is None or 0 <= file.size < 2**63


def serves(api_url: str, address: str) -> bool:
    return FileHosts(api_url).serve(URL(address))


@pytest.mark.parametrize(
    ("address", "served"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", True),
        ("https://files.slack.com/files-pri/T1-F1/apis/api.md", True),
        ("https://FILES.slack.com:443/a", True),
        ("https://files-origin.slack.com/files-pri/T1-F1/a.png", True),
        ("https://slack-files.com/T1-F1-abc", True),
        ("https://slack.com/a", False),
        ("https://slack.com/api/conversations.history?channel=C1", False),
        ("https://kims.slack.com/api/chat.postMessage", False),
        ("https://files.slack.com/api/chat.postMessage", False),
        ("https://files.slack-gov.com/a", False),
        ("http://files.slack.com/a", False),
        ("https://files.slack.com:8443/a", False),
        ("https://files.slack.com./a", False),
        ("https://files.slack.com.evil.example/a", False),
        ("https://evil.example/files.slack.com", False),
        ("https://xfiles.slack.com/a", False),
        ("ftp://files.slack.com/a", False),
        ("file:///etc/passwd", False),
        ("/files.slack.com/a", False),
        ("", False),
    ],
)
def test_the_token_goes_to_slacks_file_hosts_alone(address: str, *, served: bool) -> None:
    assert serves("https://slack.com/api/", address) == served


def test_where_files_are_depends_on_the_api() -> None:
    assert serves("https://www.slack.com/api/", "https://files.slack.com/a")
    assert serves("https://slack-gov.com/api/", "https://files.slack-gov.com/a")
    assert not serves("https://slack-gov.com/api/", "https://files.slack.com/a")
    assert serves("http://proxy:8080/slack/api", "http://proxy:8080/slack/files/a")
    assert serves("http://proxy:8080/slack/api", "http://files.proxy:8080/a")
    assert not serves("http://proxy:8080/slack/api", "http://proxy:8080/slack/api/auth.test")
    assert not serves("http://proxy:8080/slack/api", "http://files.proxy:8080/slack/api/auth.test")
    assert not serves("http://notslack.com/api/", "https://files.slack.com/a")
    assert not serves("http://proxy:8080", "http://proxy:8080/files/a")  # there, each path may be a method


@pytest.mark.parametrize(
    "address",
    ["https://files.slack.com@evil.example/", "https://evil.example\\@files.slack.com/", "https://files.slack.com:x/"],
)
def test_an_address_that_programs_read_differently_is_none(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort|URL"):
        serves("https://slack.com/api/", address)


# fetching


def stored(slack: Slack, content: bytes = b"a,b\n1,2\n", answer: files.Answer | None = None) -> FileRef:
    [file] = files_of({"files": [slack.files.add("report.csv", content, "text/csv")]})
    slack.files.stored[file.id].answer = answer
    return file


async def refusal(slack: Slack, file: FileRef, limit: int = LIMIT) -> FileError:
    with pytest.raises(FileError) as error:
        await door(slack).fetch(file, limit)
    return error.value


async def test_a_file_is_fetched_with_the_bots_token(slack: Slack) -> None:
    assert isinstance(door(slack), FileReader)
    assert await door(slack).fetch(stored(slack), LIMIT) == b"a,b\n1,2\n"
    [(_, headers)] = slack.files.requests
    assert headers["Authorization"] == f"Bearer {slack.bot_token}"


async def test_a_page_of_html_that_somebody_sent_is_a_file_like_others(slack: Slack) -> None:
    [file] = files_of({"files": [slack.files.add("page.html", b"<p>hello</p>", "text/html")]})

    assert await door(slack).fetch(file, LIMIT) == b"<p>hello</p>"


async def test_a_page_to_sign_in_at_is_no_file(slack: Slack) -> None:
    """What Slack sends with a 200 when the app was installed without `files:read`."""
    slack.workspace.scopes = tuple(scope for scope in slack.workspace.scopes if scope != "files:read")

    error = await refusal(slack, stored(slack))

    assert error.outcome is FileOutcome.FORBIDDEN
    assert not error.passing


@pytest.mark.parametrize(
    ("status", "outcome", "passing"),
    [
        (404, FileOutcome.GONE, False),
        (403, FileOutcome.FORBIDDEN, False),
        (400, FileOutcome.NOT_FETCHED, False),
        (429, FileOutcome.NOT_FETCHED, True),
        (503, FileOutcome.NOT_FETCHED, True),
    ],
)
async def test_a_refusal_says_why_and_whether_it_may_pass(
    slack: Slack, status: int, outcome: FileOutcome, *, passing: bool
) -> None:
    error = await refusal(slack, stored(slack, answer=files.failed(status)))

    assert (error.outcome, error.passing) == (outcome, passing)
    assert isinstance(error, BotError)
    assert slack.bot_token not in str(error)


async def test_a_connection_that_breaks_off_may_be_better_later(slack: Slack) -> None:
    assert (await refusal(slack, stored(slack, answer=files.broken_off))).passing
    assert (await refusal(slack, replace(stored(slack), locator="http://127.0.0.1:x/"))).passing is False


async def test_a_file_that_is_larger_than_it_may_be_is_not_read_to_its_end(slack: Slack) -> None:
    for answer in (None, files.endless):
        error = await refusal(slack, stored(slack, b"x" * 2000, answer), limit=1000)
        assert error.outcome is FileOutcome.TOO_BIG
    assert len(await door(slack).fetch(stored(slack, b"x" * 1000), 1000)) == 1000


async def test_a_redirect_within_slack_is_followed_and_another_is_not(slack: Slack, elsewhere: Elsewhere) -> None:
    file = stored(slack)
    moved = stored(slack, answer=files.redirected(file.locator))
    away = stored(slack, answer=files.redirected(elsewhere.url))
    around = stored(slack)
    slack.files.stored[around.id].answer = files.redirected(around.locator)

    assert await door(slack).fetch(moved, LIMIT) == b"a,b\n1,2\n"
    assert (await refusal(slack, away)).outcome is FileOutcome.ELSEWHERE
    assert (await refusal(slack, around)).outcome is FileOutcome.FORBIDDEN
    assert elsewhere.requests == []


async def test_an_address_outside_of_slack_is_never_asked(slack: Slack, elsewhere: Elsewhere) -> None:
    """It stands in an event, where whoever shares a file from another workspace may have put it."""
    assert (await refusal(slack, replace(stored(slack), locator=elsewhere.url))).outcome is FileOutcome.ELSEWHERE
    assert elsewhere.requests == []


API_PATHS = ["/api/{}", "/API/{}", "//api/{}", "/./api/{}", "/files/../api/{}", "/%61pi/{}", "/%41PI/{}", "/api;x/{}"]
API_PATHS += ["/files/%2e%2e/api/{}", "/files/..%2fapi/{}", "/files/..;/api/{}", "/x/..%5capi/{}", "/\\api/{}"]
API_PATHS += ["/%5capi/{}", "/%2fapi/{}", "/%2561pi/{}", "/%EF%BD%81pi/{}", "/%09api/{}", "/%20api%20/{}", "/api%2f{}"]
API_PATHS += ["/api%5c{}", "/api%00/{}", "/files/%252e%252e/api/{}", "/%E2%81%84api/{}", "/.%2fapi/{}", "/api./{}"]


@pytest.mark.parametrize("path", API_PATHS)
async def test_no_address_of_a_file_reaches_the_api(slack: Slack, path: str) -> None:
    """Not from an event, not from files.info, not by a redirect. One call of the API could post with the token."""
    channel = slack.add_channel("secret", "group")
    base = slack.api_url.removesuffix("/api/")
    address = base + path.format(f"chat.postMessage?channel={channel}&text=x")
    named, moved = stored(slack), stored(slack, answer=files.redirected(address))
    slack.files.stored[named.id].described |= {"url_private": address, "url_private_download": address}

    for file in (replace(named, locator=address), replace(named, locator=""), moved):
        assert (await refusal(slack, file)).outcome in (FileOutcome.ELSEWHERE, FileOutcome.NOT_FETCHED)
    assert slack.calls("chat.postMessage") == []
    assert [file for file, _ in slack.files.requests] == [moved.id]


async def test_a_remote_file_is_not_fetched_though_slack_names_it_only_later(slack: Slack) -> None:
    file = stored(slack)
    slack.files.stored[file.id].described |= {"mode": "external", "external_type": "gdrive"}

    assert (await refusal(slack, replace(file, locator=""))).outcome is FileOutcome.ELSEWHERE
    assert slack.files.requests == []


async def test_a_file_that_is_only_named_is_asked_for_first(slack: Slack) -> None:
    file = stored(slack)

    assert await door(slack).fetch(replace(file, locator=""), LIMIT) == b"a,b\n1,2\n"
    assert (await refusal(slack, FileRef("F9", "x", ""))).outcome is FileOutcome.GONE
    slack.fail("files.info", RateLimited())
    assert (await refusal(slack, replace(file, locator=""))).passing
    slack.fail("files.info", Refused("access_denied"))
    assert (await refusal(slack, replace(file, locator=""))).outcome is FileOutcome.FORBIDDEN


async def test_what_is_asked_for_may_be_gone_by_then(slack: Slack) -> None:
    file = stored(slack)
    slack.files.stored[file.id].described["mode"] = "tombstone"

    assert (await refusal(slack, replace(file, locator=""))).outcome is FileOutcome.GONE


class Elsewhere:
    """A server that is not Slack, and would like to have its token."""

    def __init__(self, port: int, requests: list[dict[str, str]]) -> None:
        self.url = f"http://127.0.0.1:{port}/files/F1/report.csv"
        self.requests = requests


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    requests: list[dict[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        requests.append(dict(request.headers))
        return web.Response(body=b"x")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Elsewhere(int(runner.addresses[0][1]), requests)
    await runner.cleanup()


def test_of_too_many_files_the_last_ones_are_only_named() -> None:
    files = files_of({"files": [{**DESCRIBED, "id": f"F{number}"} for number in range(23)]})
    assert [file.refused for file in files] == [None] * 20 + [FileOutcome.TOO_MANY] * 3


def test_forwarded_and_unfolded_messages_bring_their_files_and_previews_do_not() -> None:
    one, two, three, four = ({**DESCRIBED, "id": f"F{number}"} for number in (1, 2, 3, 4))
    forwarded = {"is_share": True, "files": [two, one], "message_blocks": [{"message": {"files": [three]}}]}
    unfolded = {"is_msg_unfurl": True, "from_url": "https://t.slack.com/archives/C1/p1", "files": [four]}
    preview = {"from_url": "https://example.com", "files": [{**DESCRIBED, "id": "F5"}]}
    found = files_of({"files": [one], "attachments": [forwarded, unfolded, preview, None, {"files": "x"}]})
    assert [file.id for file in found] == ["F1", "F2", "F3", "F4"]
