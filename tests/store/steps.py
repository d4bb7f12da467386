"""What is said, asked and answered, step by step, on a ledger whose times the test moves. Tests live beside this."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.core.conversation import Participant, ParticipantKind, Posted, Said, ThreadRef
from bot.core.decide.policy import decide
from bot.core.ports import CompletionStart, Example, Given, Sampling
from bot.core.turn import Completion, Turn, Usage
from bot.store.ledger.ledger import SqlLedger

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
RESULT = Completion(
    text="NC 다이노스입니다.",
    text_tokens=8,
    finish_reason="stop",
    refusal=None,
    response_id="chatcmpl-1",
    model="gpt-6-luna-2026",
    fingerprint="fp_1",
    usage=Usage(prompt_tokens=81, completion_tokens=38, cached_tokens=0),
    first_token_seconds=0.5,
    total_seconds=1.5,
    cost_nanodollars=27_100,
)


def said(
    ts: float, text: str = "<@UBOT> hi", *, thread: float = 1.0, author: str = "U1", addressed: bool = True,
    direct: bool = False, kind: ParticipantKind = ParticipantKind.PERSON, workspace: str = "T1",
) -> Posted:  # fmt: skip
    ref = ThreadRef("slack", workspace, "C1", f"{thread}")
    position = int(ts * 1_000_000)
    return Posted(ref, f"{ts}", position, Participant(author, kind), text, START, addressed=addressed, direct=direct)


async def record(ledger: SqlLedger, *events: Said) -> list[bool]:
    return [(await ledger.record(event, decide)).due for event in events]


async def claim(ledger: SqlLedger, limit: int = 10, owner: str = "me") -> list[Turn]:
    return list(await ledger.claim(owner, ["slack"], limit))


async def claimed(ledger: SqlLedger) -> Turn:
    [turn] = await claim(ledger)
    return turn


async def texts(ledger: SqlLedger, turn: Turn) -> list[str]:
    return [message.version.text for message in (await ledger.history(turn)).messages]


async def ask(
    ledger: SqlLedger,
    turn: Turn,
    *,
    window_start: int = 0,
    examples: Sequence[Example] = (),
    continues: int | None = None,
) -> int:
    history = await ledger.history(turn)
    given = [Given(m.version.id, m.version.text, 5) for m in history.messages if m.version.given is None]
    return await ledger.begin(
        turn.claim,
        CompletionStart(
            model="gpt-6-luna",
            prompt=[f"v{m.version.id}" for m in history.messages],
            system_prompt="Be brief.",
            given=given,
            max_tokens=4096,
            sampling=Sampling(0.7, 123, ("END",)),
            prompt_tokens=81,
            estimated_tokens=85,
            window_start=window_start,
            window_position=0,
            examples=examples,
            continues=continues,
        ),
    )


async def answer(ledger: SqlLedger, turn: Turn) -> None:
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
    await ledger.shown(turn.claim)
