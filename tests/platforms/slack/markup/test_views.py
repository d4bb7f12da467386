"""Views keep to Slack's limits, whatever is in them, and a receipt that takes long has a modal opened before."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation import MessageRef, Operation, ThreadRef
from bot.core.errors import LedgerError
from bot.core.ports import ConversationRecord, Opinions, StoredTurn, TurnRecord, Use, Viewer
from bot.core.prompt.build import Counting
from bot.core.receipt.receipt import About, Receipts
from bot.core.receipt.words import Section
from bot.core.texts import LANGUAGES
from bot.core.turn import TurnState
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.markup import views
from tests.platforms.slack.conftest import Heard, running
from tests.standins.slack import Slack
from tests.standins.slack.api.views import valid_view

RECEIPT = "threadbot_receipt"
LINES = st.lists(st.text(max_size=4_000), max_size=60)


@given(sections=st.lists(st.builds(Section, st.text(min_size=1, max_size=200), LINES), min_size=1, max_size=8))
def test_a_receipt_is_a_view_that_slack_takes_and_plain_text_only(sections: list[Section]) -> None:
    view = views.receipt(sections, "en")
    assert len(view["blocks"]) <= views.MOST_BLOCKS
    for block in view["blocks"]:
        assert block["text"]["type"] == "plain_text"
        assert len(block["text"]["text"]) <= views.SECTION_LIMIT


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_we_say_in_views_fits(language: str) -> None:
    about = About("gpt-6-luna", [(each.value, each) for each in list(Operation)[:4]] + [("no_entry", Operation.STOP)])
    valid_view(views.home("threadbot", about, Use(3, 12_345, 678, 9_000_000), language), "home")
    valid_view(views.home("<!channel>", about, None, language), "home")
    valid_view(views.home("threadbot", About(""), None, language), "home")
    for key in ("loading", "receipt_private", "receipt_unknown", "receipt_away"):
        valid_view(views.told(key, language), "modal")
    assert len(views.prompts(language)) <= 4
    assert all(
        prompt["message"].endswith(".") for prompt in views.prompts(language)
    )  # whole, as in Slack's own examples


class SlowReceiptStore:
    """Answers when it is told to: with the *error*, or the record of somebody else's turn in *channel*."""

    def __init__(self, channel: str = "", error: Exception | None = None) -> None:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self._channel, self._error = channel, error

    async def turn_record(self, turn: int, completion_id: int | None = None) -> TurnRecord | None:
        self.asked.set()
        await self.answer.wait()
        if self._error is not None:
            raise self._error
        thread = ThreadRef("slack", "T1", self._channel, "1.0")
        stored = StoredTurn(turn, TurnState.SHOWN, None, command=False)
        return TurnRecord(stored, thread, [], None, ConversationRecord({}, {}, {}, {}, {}))

    async def opinions(self, completion_id: int) -> Opinions:
        return Opinions()

    async def turn_of(self, message: MessageRef) -> int | None:
        return 1

    async def newest_turn(self, viewer: Viewer, channel: str, thread: str | None = None) -> int | None:
        return None

    async def use(self, viewer: Viewer, since: datetime) -> Use:
        raise LedgerError("away")

    async def locale(self, viewer: Viewer) -> str | None:
        return "en-US"


def with_receipts(slack: Slack, store: SlowReceiptStore) -> SlackPlatform:
    receipts = Receipts(store, Counting(len, 4, 3), About("model"))
    return SlackPlatform(
        bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url, ping_seconds=0.1, receipts=receipts
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [(None, "Only the person who asked"), (LedgerError("away"), "I cannot look that up right now.")],
)
async def test_a_receipt_that_takes_long_has_a_modal_opened_first(
    slack: Slack, error: Exception | None, said: str
) -> None:
    kim, channel = slack.add_user("kim"), slack.add_channel("general")
    store = SlowReceiptStore(channel, error)
    ts = await slack.post(kim, channel, "hello")
    async with running(slack, Heard(), with_receipts(slack, store)):
        delivery = await slack.people.choose(kim, channel, ts, RECEIPT)
        await slack.wait_for(lambda: delivery.acknowledged, 3)
        await slack.wait_for(lambda: slack.views.modals)
        assert slack.views.modal(kim).shown == "One moment…"
        store.answer.set()
        await slack.wait_for(lambda: slack.views.modal(kim).shown.startswith(said))


async def test_a_home_tab_without_a_database_says_so(slack: Slack) -> None:
    kim = slack.add_user("kim")
    async with running(slack, Heard(), with_receipts(slack, SlowReceiptStore())):
        await slack.open_app(kim)
        await slack.wait_for(lambda: kim in slack.views.homes)
    assert "I cannot look that up right now." in slack.views.homes[kim].shown
