"""What Discord says of a file beside its message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.files import FileOutcome, FileRef
from bot.platforms.discord.incoming.files import MOST, files_of, place_of
from tests.platforms.discord.incoming.messages import CHANNEL, ID, message

DESCRIBED: dict[str, Any] = {
    "id": "662066668",
    "filename": "report.csv",
    "content_type": "text/csv; charset=utf-8",
    "size": 12,
    "url": "https://cdn.discordapp.com/attachments/1/2/report.csv?ex=65d903de&is=65c68ede&hm=2481f30d&",
    "proxy_url": "https://media.discordapp.net/attachments/1/2/report.csv?ex=65d903de&is=65c68ede&hm=2481f30d&",
    "ephemeral": False,
}
REPORT = FileRef("662066668", "report.csv", "text/csv", 12, f"{CHANNEL}/{ID}")


def described(**changes: Any) -> dict[str, Any]:
    return message(attachments=[{**DESCRIBED, **changes}])


@pytest.mark.parametrize(
    ("said", "files"),
    [
        (described(), [REPORT]),
        (described(url="https://cdn.discordapp.com/another?signature"), [REPORT]),
        (described(filename="____.csv", title="보고서"), [replace(REPORT, name="보고서.csv")]),
        (described(title="report.csv"), [REPORT]),
        (described(filename="README", title="Read me"), [replace(REPORT, name="Read me")]),
        (described(filename=None), [replace(REPORT, name="662066668")]),
        (described(size="twelve"), [replace(REPORT, size=None)]),
        (described(size=True), [replace(REPORT, size=None)]),
        (described(size=-1), [replace(REPORT, size=None)]),
        (described(content_type="text/csv\x00"), [replace(REPORT, media_type="")]),
        (described(content_type=None), [replace(REPORT, media_type="")]),
        (described(id="F1"), []),
        (described(id=[7]), []),
        (message(attachments=[None, "F1", {}]), []),
        (message(attachments={"id": "5"}), []),
        (message(content="", message_snapshots=[{"message": {"attachments": [DESCRIBED]}}, None, {}]), [REPORT]),
        ({**described(), "channel_id": None}, [replace(REPORT, locator="")]),
        ({}, []),
    ],
)
def test_what_discord_says_of_a_file(said: dict[str, Any], files: list[FileRef]) -> None:
    assert list(files_of(said)) == files


def test_of_too_many_files_the_last_ones_are_only_named() -> None:
    files = files_of(message(attachments=[{**DESCRIBED, "id": str(number)} for number in range(1, MOST + 3)]))
    assert [file.refused for file in files] == [None] * MOST + [FileOutcome.TOO_MANY] * 2


def test_and_those_behind_them_are_left() -> None:
    attached = [{**DESCRIBED, "id": str(number)} for number in range(1, 201)]
    snapshots = [{"message": {"attachments": attached}}] * 2
    assert len(files_of(message(attachments=attached, message_snapshots=snapshots))) == 100


@pytest.mark.parametrize(
    ("locator", "place"),
    [("5/7", ("5", "7")), ("5", None), ("", None), ("5/7/9", None), ("a/7", None), ("https://x/y", None)],
)
def test_a_locator_names_a_message(locator: str, place: tuple[str, str] | None) -> None:
    assert place_of(locator) == place


@given(
    st.dictionaries(
        st.sampled_from([*DESCRIBED, "title"]), st.none() | st.text("a\x00é/:.", max_size=300) | st.integers()
    )
)
def test_whatever_is_said_of_a_file_can_be_stored(said: dict[str, Any]) -> None:
    for file in files_of(described(**said)):
        assert "\x00" not in file.id + file.media_type + file.locator
        assert len(file.id) <= 64
        assert len(file.media_type) <= 255
        assert file.size is None or 0 <= file.size < 2**63
