"""The bookkeeping of a reply's parts, over a platform in memory that keeps the newest state of each message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError, ReplyDeleted, UncertainError
from bot.core.ports import ReplyRequest
from bot.platforms.common.parts import Check, HaltedError, Noted, PartCalls, Parts, WantedPart
from tests.contract.world import Log

WHERE = ThreadRef("a_platform", "W1", "C1", "1")
GONE, FIXED = "gone", "too_old_to_edit"
REFUSED = PlatformError("not_allowed", passing=False)
BUSY = PlatformError("busy", passing=True)


@dataclass
class Thread(PartCalls[str]):
    """Messages of one thread, in their order. *before* a call is made, and *after* it was, something may go wrong."""

    messages: dict[str, tuple[int, str]] = field(default_factory=dict)  # id → number, text
    calls: list[str] = field(default_factory=list)
    before: dict[str, BaseException] = field(default_factory=dict)
    after: dict[str, BaseException] = field(default_factory=dict)
    on_admission: Callable[[], None] = lambda: None
    on_turn: Callable[[], None] = lambda: None  # of the call itself, which may wait once more
    grows: bool = False  # what is being written shows less than it was told
    _ids: int = 0

    @property
    def shown(self) -> list[str]:
        return [text for _, text in self.messages.values()]

    async def post(self, part: WantedPart[str], noted: Noted) -> bool:
        self.on_admission()

        async def make(check: Check) -> str:
            self.on_turn()
            check()
            self._ids += 1
            id_ = f"m{self._ids}"
            with self._call(f"post {part.number}"):
                self.messages[id_] = (part.number, part.content)
            return id_

        await noted(make)
        return not self._grows(part)

    async def edit(self, part: WantedPart[str], id: str) -> bool:  # noqa: A002 - the port's word
        with self._call(f"edit {part.number}"):
            if id not in self.messages:
                raise PlatformError(GONE, passing=False)
            self.messages[id] = (part.number, part.content)
        return not self._grows(part)

    async def delete(self, id: str, *, final: bool) -> None:  # noqa: A002 - as above
        number = self.messages.get(id, (0, ""))[0]
        with self._call(f"delete {number}"):
            if id not in self.messages:
                raise PlatformError(GONE, passing=False)
            del self.messages[id]

    async def find(self, missing: Mapping[int, datetime], known: Collection[str]) -> Mapping[int, str]:
        self.calls.append(f"find {sorted(missing)}")
        return {n: id_ for id_, (n, _) in self.messages.items() if n in missing and id_ not in known}

    def is_gone(self, error: PlatformError) -> bool:
        return error.code == GONE

    def is_fixed(self, error: PlatformError) -> bool:
        return error.code == FIXED

    def _grows(self, part: WantedPart[str]) -> bool:
        return self.grows and part.last and not part.final

    def _call(self, name: str) -> _Call:
        self.calls.append(name)
        return _Call(self.before.pop(name, None), self.after.pop(name, None))


@dataclass
class _Call:
    before: BaseException | None
    after: BaseException | None

    def __enter__(self) -> None:
        if self.before is not None:
            raise self.before

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self.after is not None:
            raise self.after


@dataclass
class TellingLog(Log):
    """Tells its lines among the calls of a thread."""

    calls: list[str] = field(default_factory=list)

    async def intend(self, number: int) -> None:
        self.calls.append(f"intend {number}")
        await super().intend(number)

    async def posted(self, number: int, id: str) -> None:  # noqa: A002 - the port's word
        self.calls.append(f"note {number}")
        await super().posted(number, id)

    async def removed(self, number: int) -> None:
        self.calls.append(f"forget {number}")
        await super().removed(number)


@pytest.fixture
def thread() -> Thread:
    return Thread()


@pytest.fixture
def log(thread: Thread) -> TellingLog:
    return TellingLog(calls=thread.calls)


@pytest.fixture
def parts(thread: Thread, log: TellingLog) -> Parts[str]:
    return resumed(thread, log)


def resumed(thread: Thread, log: Log) -> Parts[str]:
    """The parts as another attempt has them."""
    return Parts(thread, ReplyRequest(WHERE, 7, log.parts(), log))


async def test_a_part_is_noted_before_and_after_it_is_posted(thread: Thread, parts: Parts[str]) -> None:
    assert await parts.bring(["one", "two"], final=False)
    assert thread.calls == ["intend 1", "post 1", "note 1", "intend 2", "post 2", "note 2"]


async def test_only_parts_that_change_are_edited(thread: Thread, parts: Parts[str]) -> None:
    await parts.bring(["one", "two"], final=False)
    thread.calls.clear()
    assert await parts.bring(["one", "two and more"], final=True)
    assert thread.calls == ["edit 2"]
    assert not await parts.bring(["one", "two and more"], final=True)


async def test_a_part_that_grows_is_brought_to_its_end_though_its_content_is_the_same(
    thread: Thread, parts: Parts[str]
) -> None:
    thread.grows = True
    await parts.bring(["one"], final=False)
    assert list(parts.shown) == []
    await parts.bring(["one"], final=True)
    assert thread.calls[-1] == "edit 1"
    assert list(parts.shown) == ["one"]


async def test_a_part_whose_edit_was_lost_is_written_again_whatever_it_shows(thread: Thread, parts: Parts[str]) -> None:
    await parts.bring(["one"], final=False)
    thread.after["edit 1"] = UncertainError("lost")
    with pytest.raises(UncertainError):
        await parts.bring(["two"], final=False)
    await parts.bring(["one"], final=False)
    assert thread.shown == ["one"]


@pytest.mark.parametrize("doubt", [UncertainError("lost"), asyncio.CancelledError()])
@pytest.mark.parametrize("performed", [True, False])
@pytest.mark.parametrize("another_attempt", [True, False])
async def test_a_post_that_may_have_been_made_is_looked_for_first(
    thread: Thread, log: TellingLog, parts: Parts[str], doubt: BaseException, performed: bool, another_attempt: bool
) -> None:
    (thread.after if performed else thread.before)["post 1"] = doubt
    with pytest.raises(type(doubt)):
        await parts.bring(["one"], final=False)
    thread.calls.clear()
    await (resumed(thread, log) if another_attempt else parts).bring(["one two"], final=True)
    assert thread.calls[0] == "find [1]"
    assert thread.shown == ["one two"]
    assert list(log.ids.values()) == list(thread.messages)


@pytest.mark.parametrize("refusal", [REFUSED, BUSY])
async def test_a_post_that_was_refused_is_not_looked_for(
    thread: Thread, parts: Parts[str], refusal: PlatformError
) -> None:
    thread.before["post 1"] = refusal
    with pytest.raises(PlatformError):
        await parts.bring(["one"], final=False)
    await parts.bring(["one"], final=False)
    assert thread.calls == ["intend 1", "post 1", "post 1", "note 1"]


async def test_a_platform_may_try_another_way_after_a_refusal(log: TellingLog) -> None:
    class Refusing(Thread):
        async def post(self, part: WantedPart[str], noted: Noted) -> bool:
            async def refused(_: Check) -> None:
                self.calls.append("refused")

            assert await noted(refused) is None
            return await super().post(part, noted)

    thread = Refusing(calls=log.calls)
    parts = resumed(thread, log)
    await parts.bring(["one"], final=False)
    assert thread.calls == ["intend 1", "refused", "post 1", "note 1"]


async def test_parts_beyond_are_taken_away_the_newest_first(thread: Thread, parts: Parts[str]) -> None:
    await parts.bring(["one", "two", "three"], final=True)
    thread.calls.clear()
    await parts.take_away(beyond=1)
    assert thread.calls == ["delete 3", "forget 3", "delete 2", "forget 2"]
    assert thread.shown == ["one"]


async def test_a_part_that_was_removed_is_intended_again_before_it_is_posted_again(
    thread: Thread, parts: Parts[str]
) -> None:
    await parts.bring(["one"], final=True)
    await parts.remove()
    thread.calls.clear()
    await parts.bring(["two"], final=True)
    assert thread.calls == ["intend 1", "post 1", "note 1"]


async def test_a_part_that_was_never_posted_is_intended_again_once_all_are_removed(
    thread: Thread, log: TellingLog
) -> None:
    await log.intend(1)
    parts = resumed(thread, log)
    await parts.remove()
    thread.calls.clear()
    await parts.bring(["one"], final=True)
    assert thread.calls == ["intend 1", "post 1", "note 1"]


async def test_a_part_that_cannot_be_deleted_stays_and_is_edited_by_what_comes_next(
    thread: Thread, parts: Parts[str]
) -> None:
    await parts.bring(["one", "two"], final=True)
    thread.before["delete 2"] = REFUSED
    await parts.take_away(beyond=1)
    await parts.bring(["one", "two"], final=True)
    assert thread.calls[-2:] == ["delete 2", "edit 2"]
    assert thread.shown == ["one", "two"]


async def test_a_part_that_is_gone_when_it_is_to_be_deleted_counts_as_deleted(
    thread: Thread, log: TellingLog, parts: Parts[str]
) -> None:
    await parts.bring(["one", "two"], final=True)
    del thread.messages["m2"]
    await parts.take_away(beyond=1)
    assert sorted(log.ids) == [1]
    await parts.bring(["one", "two"], final=True)
    assert list(thread.messages.values()) == [(1, "one"), (2, "two")]


async def test_a_part_that_is_only_said_to_be_gone_does_not_stand_beside_what_comes_next(
    thread: Thread, parts: Parts[str]
) -> None:
    await parts.bring(["a notice"], final=True)
    [kept] = thread.messages
    said_to_be_gone = thread.messages.pop(kept)
    await parts.take_away(beyond=0)
    thread.messages[kept] = said_to_be_gone
    await parts.bring(["the answer"], final=True)
    assert list(thread.messages.values()) == [(1, "the answer")]


async def test_a_deletion_that_was_lost_is_tried_again(thread: Thread, log: TellingLog, parts: Parts[str]) -> None:
    await parts.bring(["one"], final=True)
    thread.after["delete 1"] = UncertainError("lost")
    with pytest.raises(UncertainError):
        await parts.remove()
    assert sorted(log.ids) == [1]
    await parts.remove()
    assert log.ids == {}


async def test_what_this_attempt_wrote_and_somebody_deleted_is_not_written_again(
    thread: Thread, parts: Parts[str]
) -> None:
    await parts.bring(["one"], final=False)
    thread.messages.clear()
    for _ in range(2):
        with pytest.raises(ReplyDeleted):
            await parts.bring(["one two"], final=True)
    assert thread.shown == []


async def test_a_platform_may_know_by_itself_that_nobody_wants_the_reply(
    thread: Thread, log: TellingLog, parts: Parts[str]
) -> None:
    """A message that an earlier attempt began, and that still grows when this one takes it up, is ours, too."""
    await parts.bring(["one"], final=False)
    thread.before["edit 1"] = ReplyDeleted(GONE)
    with pytest.raises(ReplyDeleted):
        await resumed(thread, log).bring(["one two"], final=True)
    assert thread.calls[-1] == "edit 1"


async def test_what_an_earlier_attempt_wrote_and_is_gone_is_posted_anew_with_all_that_comes_after_it(
    thread: Thread, log: TellingLog, parts: Parts[str]
) -> None:
    await parts.bring(["one", "two", "three"], final=False)
    del thread.messages["m2"]
    thread.calls.clear()

    async def clear_below() -> None:
        thread.calls.append("clear")

    after = Parts(thread, ReplyRequest(WHERE, 7, log.parts(), log), clear_below)
    await after.bring(["one", "two", "three"], final=True)
    assert thread.shown == ["one", "two", "three"]
    assert thread.calls[1:5] == ["edit 2", "clear", "delete 3", "forget 3"]
    assert list(log.ids.values()) == list(thread.messages)


async def test_the_whole_answer_is_posted_anew_where_a_part_cannot_be_edited_and_a_beginning_is_not(
    thread: Thread, parts: Parts[str]
) -> None:
    await parts.bring(["one", "two"], final=False)
    thread.before["edit 1"] = PlatformError(FIXED, passing=False)
    with pytest.raises(PlatformError):
        await parts.bring(["1", "2"], final=False)
    assert (parts.fixed, thread.shown) == (True, ["one", "two"])
    thread.before["edit 1"] = BUSY  # one that cannot be edited is no reason to take all errors for that
    with pytest.raises(PlatformError, match="busy"):
        await parts.bring(["1", "2"], final=True)
    thread.before["edit 1"] = PlatformError(FIXED, passing=False)
    await parts.bring(["1", "2"], final=True)
    assert thread.shown == ["1", "2"]


@pytest.mark.parametrize("error", [UncertainError(GONE), UncertainError(FIXED), BUSY, REFUSED])
async def test_an_edit_that_fails_for_another_reason_leaves_the_parts_alone(
    thread: Thread, log: TellingLog, parts: Parts[str], error: PlatformError
) -> None:
    await parts.bring(["one"], final=False)
    after = resumed(thread, log)
    thread.before["edit 1"] = error
    with pytest.raises(PlatformError) as raised:
        await after.bring(["two"], final=True)
    assert raised.value is error
    await after.bring(["two"], final=True)
    assert list(thread.messages.values()) == [(1, "two")]


async def test_halted_it_fills_the_parts_that_are_there_and_posts_no_other(thread: Thread, parts: Parts[str]) -> None:
    await parts.bring(["one"], final=False)
    parts.halted = True
    with pytest.raises(HaltedError):
        await parts.bring(["1", "2"], final=False)
    assert thread.shown == ["1"]


async def test_halted_while_a_post_waits_to_be_admitted_it_is_not_made(
    thread: Thread, log: TellingLog, parts: Parts[str]
) -> None:
    def halt() -> None:
        parts.halted = True

    thread.on_admission = halt
    with pytest.raises(HaltedError):
        await parts.bring(["one"], final=False)
    assert (thread.calls, log.ids) == ([], {})


async def test_halted_while_the_call_itself_waits_it_is_not_made_either_and_nothing_is_looked_for(
    thread: Thread, parts: Parts[str]
) -> None:
    def halt() -> None:
        parts.halted = True

    thread.on_turn = halt
    with pytest.raises(HaltedError):
        await parts.bring(["one"], final=False)
    assert thread.shown == []
    thread.on_turn, parts.halted = lambda: None, False
    await parts.bring(["one"], final=True)
    assert thread.shown == ["one"]
    assert thread.calls == ["intend 1", "post 1", "note 1"]


@pytest.mark.parametrize("wanted", [[], ["one"]])
async def test_what_another_attempt_left_is_located_and_noted(
    thread: Thread, log: TellingLog, parts: Parts[str], wanted: Sequence[str]
) -> None:
    log.deaf = True
    await parts.bring(["one", "two"], final=False)
    log.deaf = False
    after = resumed(thread, log)
    await after.bring(wanted, final=True)
    assert log.ids == {1: "m1", 2: "m2"}
    await after.take_away(beyond=len(wanted))
    assert thread.shown == list(wanted)
