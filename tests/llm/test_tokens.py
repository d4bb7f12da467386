"""Counting, against what the API billed and against tiktoken's own definition of the encoding."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.ports import PromptMessage
from bot.llm import tokens
from tests.standins.model import counting

SEED = json.loads((Path(__file__).parents[1] / "data" / "seed-conversations.json").read_text())


def prompt(conversation: str) -> list[PromptMessage]:
    return [PromptMessage(**message) for message in SEED[conversation]["messages"]]


def test_the_first_conversation_counts_as_the_api_billed_it() -> None:
    usage = SEED["counted_by_the_api"]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (81, 38)
    assert tokens.count_prompt(prompt("counted_by_the_api")) == 81
    assert tokens.count(SEED["counted_by_the_api"]["answer"]) == 38


def test_the_second_conversation_has_the_listed_ids_and_counts_91() -> None:
    messages = prompt("counted_by_hand")
    assert [list(tokens.split(message.content).ids) for message in messages] == SEED["counted_by_hand"]["ids"][
        "content"
    ]
    assert tokens.count_prompt(messages) == 91


def test_every_role_is_one_token() -> None:
    assert [tokens.count(role) for role in ("system", "user", "assistant")] == [tokens.PER_ROLE] * 3


def test_a_text_that_holds_a_special_token_is_counted_as_its_characters() -> None:
    assert tokens.count("<|endoftext|>") > 1
    assert b"".join(tokens.split("끝 <|endoftext|>").pieces).decode() == "끝 <|endoftext|>"


def test_a_lone_surrogate_is_counted() -> None:
    assert tokens.count("a\ud800b") == len(tokens.split("a\ud800b").ids) > 0


def test_pieces_may_end_inside_a_korean_character() -> None:
    pieces = tokens.split("뷁").pieces
    assert len(pieces) > 1
    assert b"".join(pieces).decode() == "뷁"


@settings(deadline=None)  # the first one loads the vocabulary
@given(st.text(max_size=200))
def test_any_text_has_the_ids_of_the_original_definition(text: str) -> None:
    split = tokens.split(text)
    assert list(split.ids) == counting.encoding().encode(text, disallowed_special=())
    assert tokens.count(text) == len(split.ids) == len(split.pieces)


WITHOUT_NETWORK = """
import asyncio, lzma, socket, threading
def refuse(*_, **__): raise AssertionError("a socket was opened")
socket.socket = socket.create_connection = refuse
decompress, calls = lzma.decompress, []
lzma.decompress = lambda packed: (calls.append(1), decompress(packed))[1]
from bot.llm import tokens
threads = [threading.Thread(target=tokens.load) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(calls), tokens.count("안녕하세요 hello"))
"""

DAMAGED = """
import lzma
lzma.decompress = lambda _: b"IQ== 0\\n"
from bot.llm import tokens
try: tokens.count("hello")
except tokens.VocabularyError as error: print(error)
"""


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


def test_the_vocabulary_is_loaded_once_however_many_threads_ask_and_without_a_network() -> None:
    assert run(WITHOUT_NETWORK) == f"1 {tokens.count('안녕하세요 hello')}"


def test_a_damaged_vocabulary_is_noticed() -> None:
    assert "install the package again" in run(DAMAGED)
