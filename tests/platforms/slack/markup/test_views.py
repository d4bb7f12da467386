"""Views keep to Slack's limits, whatever is in them, and a Receipts that takes long has a modal opened before."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation import MessageRef, Operation
from bot.core.errors import LedgerError
from bot.core.receipt.receipt import PRIVATE, About, Receipt, Refused, Use, Viewer
from bot.core.receipt.words import Section
from bot.core.texts import LANGUAGES
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.markup import views
from tests.platforms.slack.conftest import Heard, running
from tests.standins.slack import Slack
from tests.standins.slack_views import valid_view

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


class SlowDesk:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self.error: Exception = Refused(PRIVATE)

    @property
    def about(self) -> About:
        return About("model")

    async def receipt(self, viewer: Viewer, channel: str, turn: int, completion: int | None = None) -> Receipt:
        self.asked.set()
        await self.answer.wait()
        raise self.error

    async def turn_of(self, message: MessageRef) -> int | None:
        return 1

    async def use(self, viewer: Viewer, since: datetime) -> Use:
        raise LedgerError("away")

    async def locale(self, viewer: Viewer) -> str | None:
        return "en-US"


def with_desk(slack: Slack, receipts: SlowDesk) -> SlackPlatform:
    return SlackPlatform(
        bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url, ping_seconds=0.1, receipts=receipts
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [(Refused(PRIVATE), "Only whoever asked"), (LedgerError("away"), "I cannot look that up right now.")],
)
async def test_a_desk_that_takes_long_has_a_modal_opened_first(slack: Slack, error: Exception, said: str) -> None:
    kim, channel, receipts = slack.add_user("kim"), slack.add_channel("general"), SlowDesk()
    receipts.error = error
    ts = await slack.post(kim, channel, "hello")
    async with running(slack, Heard(), with_desk(slack, receipts)):
        delivery = await slack.people.choose(kim, channel, ts, RECEIPT)
        await slack.wait_for(lambda: delivery.acknowledged, 3)
        await slack.wait_for(lambda: slack.views.modals)
        assert slack.views.modal(kim).shown == "One moment…"
        receipts.answer.set()
        await slack.wait_for(lambda: slack.views.modal(kim).shown.startswith(said))


async def test_a_home_tab_without_a_database_says_so(slack: Slack) -> None:
    kim = slack.add_user("kim")
    async with running(slack, Heard(), with_desk(slack, SlowDesk())):
        await slack.open_app(kim)
        await slack.wait_for(lambda: kim in slack.views.homes)
    assert "I cannot look that up right now." in slack.views.homes[kim].shown
