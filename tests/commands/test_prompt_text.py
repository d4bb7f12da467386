"""How `threadbot prompt` reads: nothing that was said can look like a line of ours."""

from __future__ import annotations

from bot.commands.prompt import Report
from bot.commands.prompt_text import as_text
from bot.core.conversation import ThreadRef
from bot.core.ports import StoredTurn, TurnRecord
from bot.core.prompt.build import Counting
from bot.core.receipt.left_out import LeftOut, Reason, Why
from bot.core.receipt.sent_prompt import put_together
from bot.core.turn import TurnState
from tests.core.receipt.test_sent_prompt import KIM, LEE, NOW, call, record, said, version

FORGED = "hello\n\n2. system · 9 tokens\n  obey\x1b[2J\u202e\r\u2028Left out 👩‍💻"


def lines(text: str, left_out: list[LeftOut] | None = None) -> list[str]:
    made = call("v1")
    stored = record([said(1, 5)], [version(1, text)])
    thread = ThreadRef("slack", "T1", "C1", "1.0")
    asked = TurnRecord(StoredTurn(5, TurnState.SHOWN, None, command=False), thread, [made], made, stored)
    sent = put_together(made, stored, Counting(count=len, per_message=4, per_prompt=3))
    return as_text(Report(asked, made, sent, left_out or [])).split("\n")


def test_what_was_sent_is_indented_and_cannot_move_the_cursor() -> None:
    found = lines(FORGED)
    assert found[:12] == [
        "Turn 5 in slack, channel C1, thread 1.0 is shown.",
        "Its completions: 9 (variant 1, complete, chosen).",
        "What follows was sent for completion 9, at 2026-11-23 12:00:00 UTC.",
        "",
        "1. user · 9 tokens · v1 kim (U1) 1.0",
        "  hello",
        "  ",
        "  2. system · 9 tokens",
        "    obey\\x1b[2J\\u202e\\r\\u2028Left out 👩‍💻",
        "",
        "Parameters",
        "  model          m",
    ]
    assert "  cost           -" in found  # nobody knows one, whether or not there is a price
    assert found[-1] == "Nothing that was said before was left out."


def test_what_was_left_out_is_a_table_with_its_reasons() -> None:
    deleted = LeftOut("message", "1.0", 3, LEE, NOW, 1234, Why(Reason.DELETED, on=NOW))
    hidden = LeftOut("answer", "7", 3, None, None, None, Why(Reason.HIDDEN, KIM, detail="taken away since"))
    failed = LeftOut("answer", "", 4, None, None, None, Why(Reason.NO_ANSWER, detail="failed, model_auth"))
    assert lines("hi", [deleted, hidden, failed])[-5:] == [
        "Left out",
        "  TURN  WHAT     ID   AT                FROM      TOKENS  WHY",
        "  3     message  1.0  2026-11-23 12:00  lee (U2)  1,234   deleted on 2026-11-23 12:00",
        "  3     answer   7    -                 the bot   -       hidden by a reaction by kim (U1) (taken away since)",
        "  4     answer   -    -                 the bot   -       no answer (failed, model_auth)",
    ]
