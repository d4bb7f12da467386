"""The child that reads files: what ends it, what it is not told, and that every file has an outcome."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.core.files import Cut, FileOutcome, Reading
from bot.core.shortage import is_shortage
from bot.files import wire
from bot.files.child import read
from bot.files.limits import Limits
from bot.files.reader import ChildReader
from tests.files.children import child, children
from tests.files.making import locked_pdf, opened, pdf, picture, png_of_size, slow_pdf

SMALL = Limits(pixels=100_000, pages=3, characters=1000)
SAMPLES = [
    *(picture(form) for form in ("PNG", "JPEG", "GIF", "WEBP")),
    pdf("some words", "on two pages"),
    locked_pdf("x"),
    "text, 그리고 한글\n".encode() * 9,
]


@pytest.fixture(autouse=True)
async def no_child_is_left() -> AsyncIterator[None]:
    yield
    assert children() == []


async def test_a_child_reads_pictures_and_text() -> None:
    reader = ChildReader()

    shown = await reader.read(picture(size=(3000, 2000)), "image/png", "kim")
    said = await reader.read("표를 보세요\n".encode("cp949") * 1000, "text/csv", "kim")

    assert (shown.width, shown.height) == opened(shown.image).size == (1152, 768)
    assert said == Reading(FileOutcome.READ, "표를 보세요\n" * 1000)


async def test_what_does_not_end_is_killed_when_its_time_is_up() -> None:
    reader = ChildReader(Limits(wall_seconds=0.7))

    assert await reader.read(slow_pdf(), "application/pdf", "kim") == Reading(FileOutcome.TOO_COMPLEX)


async def test_what_takes_too_much_processor_time_is_ended() -> None:
    reader = ChildReader(Limits(cpu_seconds=1))

    assert await reader.read(slow_pdf(), "application/pdf", "kim") == Reading(FileOutcome.TOO_COMPLEX)


async def test_what_takes_too_much_memory_is_ended() -> None:
    content = picture(size=(5000, 5000), mode="RGBA", color=(1, 2, 3, 4))

    assert (
        await ChildReader(Limits(memory_bytes=200 * 2**20)).read(content, "", "kim")
    ).outcome is FileOutcome.TOO_COMPLEX
    assert (await ChildReader().read(content, "", "kim")).outcome is FileOutcome.READ


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF"])
async def test_the_largest_pictures_fit_into_the_memory_that_a_child_has(form: str) -> None:
    content = picture(form, size=(8000, 6200), mode="P" if form == "GIF" else "RGB", color=5)

    assert (await ChildReader().read(content, "", "kim")).outcome is FileOutcome.READ


async def test_an_answer_that_is_too_long_is_not_taken() -> None:
    stream = BytesIO()
    Image.effect_noise((700, 700), 90).save(stream, "JPEG")

    reading = await ChildReader(Limits(answer_bytes=1000)).read(stream.getvalue(), "", "kim")

    assert reading.outcome in (FileOutcome.TOO_COMPLEX, FileOutcome.BROKEN)


async def test_a_turn_that_is_cancelled_leaves_no_child_behind() -> None:
    reading = asyncio.create_task(ChildReader().read(slow_pdf(), "", "kim"))
    await child()

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert children() == []


async def test_a_child_is_told_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    reading = asyncio.create_task(ChildReader().read(slow_pdf(), "", "kim"))
    process = Path("/proc") / str(await child())
    async with asyncio.timeout(100):
        while b"bot.files.child" not in (process / "cmdline").read_bytes():  # noqa: ASYNC110 - see child()
            await asyncio.sleep(0.01)

    assert b"secret" not in (process / "environ").read_bytes()
    assert str((process / "cwd").readlink()) == "/"
    assert os.getpgid(int(process.name)) == int(process.name) != os.getpgid(0)
    reading.cancel()
    await asyncio.wait([reading])


async def test_so_many_are_read_at_once_and_no_more() -> None:
    reader = ChildReader(Limits(wall_seconds=2))
    readings = [asyncio.create_task(reader.read(slow_pdf(), "", "kim")) for _ in range(4)]
    most = 0
    while not all(reading.done() for reading in readings):
        most = max(most, len(children()))
        await asyncio.sleep(0.02)

    assert most == 2


async def test_the_files_of_one_sender_do_not_hold_up_those_of_another() -> None:
    reader = ChildReader(Limits(wall_seconds=600))
    slow = [asyncio.create_task(reader.read(slow_pdf(), "", "kim")) for _ in range(20)]
    await child()

    read = await reader.read(b"words", "text/plain", "lee")

    done = [reading.done() for reading in slow]
    for reading in slow:
        reading.cancel()
    await asyncio.wait(slow)
    assert read == Reading(FileOutcome.READ, "words")
    assert not any(done)


async def test_a_dead_child_is_an_outcome_too(caplog: pytest.LogCaptureFixture) -> None:
    """One that has no memory for itself."""
    with caplog.at_level(logging.WARNING):
        reading = await ChildReader(Limits(memory_bytes=1)).read(picture(), "", "kim")

    assert reading.outcome in (FileOutcome.BROKEN, FileOutcome.TOO_COMPLEX)


SHORT = """
import resource, sys
from bot.files import child
sizes = [int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize:")]
resource.setrlimit(resource.RLIMIT_AS, (sizes[0] * 1024 + 2**20, resource.RLIM_INFINITY))
child.main()
"""


async def test_a_child_without_the_memory_to_begin_says_nothing_of_the_file() -> None:
    with pytest.raises(OSError, match="no room to begin") as raised:
        await ChildReader(program=("-c", SHORT)).read(picture(), "", "kim")
    assert is_shortage(raised.value)


async def test_a_child_that_has_begun_cannot_have_its_file_read_again_and_again() -> None:
    taken_over = "import sys; sys.stdin.buffer.read(); print(end=chr(6), flush=True); sys.exit(75)"
    assert (await ChildReader(program=("-c", taken_over)).read(picture(), "", "kim")).outcome is FileOutcome.BROKEN


# fuzz


@given(st.binary(max_size=3000), st.sampled_from(["", "text/plain", "image/png", "application/pdf", "x" * 300]))
def test_any_bytes_have_an_outcome(content: bytes, media_type: str) -> None:
    _check(read(content, media_type, SMALL))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_any_damage_has_an_outcome(sample: bytes, data: st.DataObject) -> None:
    content = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=20))

    _check(read(bytes(content), "", SMALL))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=2000), st.sampled_from([b"", *(sample[:40] for sample in SAMPLES)]))
async def test_any_bytes_have_an_outcome_in_a_child(content: bytes, begins: bytes) -> None:
    _check(await ChildReader(SMALL).read(begins + content, "", "kim"))


@given(
    st.binary(max_size=300)
    | st.builds(lambda cut: wire.answer(Reading(FileOutcome.READ, "words"))[cut:], st.integers(0, 60))
)
def test_an_answer_of_a_child_that_was_taken_over_is_refused_or_harmless(data: bytes) -> None:
    with contextlib.suppress(wire.GarbledError):
        _check(wire.answered(data, SMALL))


@pytest.mark.parametrize(
    "forged",
    [
        Reading(FileOutcome.READ, "x" * 1001),
        Reading(FileOutcome.READ),
        Reading(FileOutcome.BROKEN, "words"),
        Reading(FileOutcome.READ, image=b"<svg>", media_type="image/svg+xml", width=1, height=1),
        Reading(FileOutcome.READ, image=b"GIF89a", media_type="image/png", width=1, height=1),
        Reading(FileOutcome.READ, image=picture(), media_type="image/png", width=100_000, height=1),
        Reading(FileOutcome.READ, image=picture(), media_type="image/png", width=-1, height=7),
        Reading(FileOutcome.READ, "words", cut=Cut(-1, 5, "pages")),
    ],
)
def test_what_no_child_of_ours_says_is_refused(forged: Reading) -> None:
    with pytest.raises(wire.GarbledError):
        wire.answered(wire.answer(forged), SMALL)


def test_both_ends_of_the_wire_agree() -> None:
    for reading in (
        Reading(FileOutcome.LOCKED),
        Reading(FileOutcome.READ, "표\n", cut=Cut(2, None, "characters")),
        Reading(FileOutcome.READ, image=picture(), media_type="image/png", width=40, height=30),
    ):
        assert wire.answered(wire.answer(reading), SMALL) == reading
    assert wire.requested(wire.request(b"a\nb", "x/y", replace(SMALL, pages=7))) == (
        b"a\nb",
        "x/y",
        replace(SMALL, pages=7),
    )


def _check(reading: Reading) -> None:
    """An outcome, and something read exactly if it says so."""
    assert (reading.outcome is FileOutcome.READ) == bool(reading.text or reading.image)
    assert len(reading.text) <= SMALL.characters
    assert "\x00" not in reading.text
    assert wire.answered(wire.answer(reading), SMALL) == reading


def test_a_bomb_is_refused_by_a_child_with_little_memory() -> None:
    reading = asyncio.run(
        ChildReader(Limits(memory_bytes=250 * 2**20)).read(png_of_size(60_000, 60_000), "image/png", "kim")
    )

    assert reading == Reading(FileOutcome.TOO_MANY_PIXELS)


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
async def test_without_the_descriptors_to_start_a_child_a_file_is_never_taken_for_one_that_cannot_be_read(
    loop: str,
) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.files.short_of_descriptors", loop),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    said, _ = await program.communicate()
    outcomes = [line.partition(" ")[2] for line in said.decode().splitlines()]
    assert outcomes[0] == "short"
    assert outcomes[-1] == "read"
    assert set(outcomes) == {"short", "read"}
