"""The page in a browser, with the parent and the echo bot as processes behind it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.platforms.web.browser import browser, page_at
from tests.platforms.web.playground import Playground, eventually, playground

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one browser for all of them
expect.set_options(timeout=20_000)  # milliseconds; the bot behind the page may have to be started again

XSS = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"


@pytest_asyncio.fixture(loop_scope="module")
async def room(tmp_path: Path) -> AsyncIterator[Playground]:
    async with playground(tmp_path) as opened:
        await opened.in_state("running")
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chrome() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


def channel_composer(page: Page) -> Locator:
    return page.locator("#channel-composer textarea")


def thread_composer(page: Page) -> Locator:
    return page.locator("#thread-composer textarea")


def answers(page: Page) -> Locator:
    return page.locator("#thread .message.self .text")


async def write(composer: Locator, text: str) -> None:
    await composer.fill(text)
    await composer.press("Enter")


async def test_a_mention_is_answered_in_a_thread_and_a_follow_up_remembers(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url) as page:
        await expect(channel_composer(page)).to_have_attribute("placeholder", re.compile("@threadbot"))
        await page.get_by_role("button", name="@threadbot hello").click()
        await channel_composer(page).press("Enter")
        await expect(answers(page)).to_have_text(["You said hello."])
        await expect(answers(page).locator("strong")).to_have_text("hello")
        await expect(channel_composer(page)).to_have_value("")
        await write(thread_composer(page), "@threadbot 안녕하세요")
        await expect(answers(page)).to_have_text(["You said hello.", "You said hello, 안녕하세요."])
        await expect(page.locator("#channel .message")).to_have_count(1)
        await expect(page.locator("#channel .replies")).to_contain_text("3 replies")


async def test_an_answer_is_seen_while_it_grows(room: Playground, chrome: Browser, tmp_path: Path) -> None:
    async with page_at(chrome, room.url) as page:
        await write(channel_composer(page), "@threadbot [slow] 안녕, 잘 지내?")
        await expect(answers(page)).to_have_text(["You said"])
        (tmp_path / "step-1").touch()
        await expect(answers(page)).to_have_text(["You said [slow] 안녕"])
        (tmp_path / "step-2").touch()
        await expect(answers(page)).to_have_text(["You said [slow] 안녕, 잘 지내?."])
        await expect(page.locator("#thread .message")).to_have_count(2)


async def test_a_direct_message_is_answered_without_a_mention(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url) as page:
        await page.get_by_role("link", name="threadbot").click()
        await write(channel_composer(page), "안녕")
        await expect(answers(page)).to_have_text(["You said 안녕."])
        await write(thread_composer(page), "또 안녕")
        await expect(answers(page)).to_have_count(2)


async def test_html_in_a_message_an_answer_and_a_note_stays_text(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url) as page:
        await write(channel_composer(page), f"@threadbot [show] {XSS}\n\n[link](javascript:document.title='pwned')")
        await expect(answers(page)).to_have_count(1)
        await expect(answers(page)).to_contain_text("<script>")
        await expect(answers(page)).to_contain_text("javascript:")
        await write(thread_composer(page), f"@threadbot [notes] {XSS}")
        await expect(page.locator("#thread .notes")).to_have_text(XSS)
        await expect(page.locator("#channel .message .text").first).to_contain_text(XSS)
        assert await page.locator(".message :is(img, script, a)").count() == 0
        assert await page.title() == "# general · Threadbot"


async def test_enter_that_ends_a_hangul_syllable_does_not_send(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url) as page:
        composer = channel_composer(page)
        await composer.fill("@threadbot 안녕")
        for event in ("{ key: 'Enter', isComposing: true }", "{ key: 'Enter', keyCode: 229 }"):
            await composer.evaluate(f"field => field.dispatchEvent(new KeyboardEvent('keydown', {event}))")
        await composer.press("Shift+Enter")
        await composer.type("둘째 줄")
        await expect(composer).to_have_value("@threadbot 안녕\n둘째 줄")
        assert (await room.get("/api/workspace"))["revision"] == 0
        await composer.press("Enter")
        await expect(page.locator("#channel .message .text")).to_have_text(["@threadbot 안녕\n둘째 줄"])


async def test_a_message_that_is_too_long_is_refused_with_the_numbers_and_kept(
    room: Playground, chrome: Browser
) -> None:
    async with page_at(chrome, room.url) as page:
        await write(channel_composer(page), "가" * 40_001)
        await expect(page.get_by_role("alert").first).to_have_text(
            "The message is too long: 40,001 characters, at most 40,000 can be sent."
        )
        assert len(await channel_composer(page).input_value()) == 40_001
        await write(channel_composer(page), "short")
        await expect(page.get_by_role("alert").first).to_be_empty()
        await expect(page.locator("#channel .message")).to_have_count(1)


async def test_nothing_can_be_written_before_the_page_knows_where_to(room: Playground, chrome: Browser) -> None:
    known = asyncio.Event()

    async def later(route: Route) -> None:
        await known.wait()
        await route.continue_()

    async with page_at(chrome, "about:blank") as page:
        await page.route("**/api/workspace", later)
        await page.goto(room.url)
        await expect(channel_composer(page)).to_be_disabled()
        known.set()
        await write(channel_composer(page), "@threadbot hello")
        await expect(answers(page)).to_have_text(["You said hello."])


async def test_a_text_that_could_not_be_sent_is_kept_and_sent_once_later(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url, complaints=("Failed to load resource",)) as page:
        await page.route("**/api/messages", lambda route: route.abort())
        await write(channel_composer(page), "@threadbot hello")
        await expect(page.get_by_role("alert").first).to_contain_text("was not sent")
        await expect(channel_composer(page)).to_have_value("@threadbot hello")
        await page.unroute("**/api/messages")
        await channel_composer(page).press("Enter")
        await expect(answers(page)).to_have_text(["You said hello."])
        await expect(page.locator("#channel .message")).to_have_count(1)


async def test_a_killed_bot_leaves_the_page_and_the_page_says_so(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url) as page:
        await expect(page.locator("#state")).to_be_hidden()
        await page.evaluate(
            """() => {
                window.states = [];
                const line = document.querySelector("#state");
                new MutationObserver(() => window.states.push(line.textContent)).observe(line, { childList: true });
            }"""
        )
        await write(channel_composer(page), "@threadbot hello")
        await expect(answers(page)).to_have_text(["You said hello."])  # the echo bot forgets what it has begun
        os.kill(room.bots[0], signal.SIGKILL)
        # Asked from here: the page's policy forbids the eval() that waiting inside of it takes.
        restarting = "() => window.states.some((state) => state.startsWith('The bot is restarting.'))"
        await eventually(lambda: page.evaluate(restarting))
        await write(thread_composer(page), "@threadbot are you there?")
        await expect(answers(page)).to_have_text(["You said hello.", "You said are you there?."])
        await expect(page.locator("#state")).to_be_hidden()


async def test_a_page_that_lost_its_parent_says_so_and_catches_up_when_it_is_back(
    tmp_path: Path, chrome: Browser
) -> None:
    async with playground(tmp_path) as first:
        await first.in_state("running")
        port = int(first.url.rpartition(":")[2])
        async with page_at(chrome, first.url, complaints=("Failed to load resource",)) as page:
            await expect(page.locator("#state")).to_be_hidden()
            first.process.kill()
            await expect(page.locator("#state")).to_contain_text("No connection to the playground.")
            async with playground(tmp_path, port=port) as second:
                await second.in_state("running")
                await second.post("@threadbot 그동안")
                await expect(page.locator("#channel .message .text")).to_have_text(["@threadbot 그동안"])
                await expect(page.locator("#state")).to_be_hidden()


async def test_the_address_names_the_channel_and_the_thread(room: Playground, chrome: Browser) -> None:
    asked = await room.post("hello", channel="dm")
    await room.answered(asked, "You said **hello**.")
    async with page_at(chrome, f"{room.url}/#dm/{asked}") as page:
        await expect(answers(page)).to_have_text(["You said hello."])
        await page.keyboard.press("Escape")
        await expect(page.locator("#thread")).to_be_hidden()
        await expect(page.locator("#channel .replies")).to_be_focused()
        await page.go_back()
        await expect(answers(page)).to_have_count(1)
    async with page_at(chrome, f"{room.url}/#general/99", complaints=("404",)) as page:
        await expect(page.locator("#thread .placeholder")).to_have_text("This thread is not there (any more).")


async def test_the_page_follows_new_messages_unless_the_reader_has_scrolled_up(
    room: Playground, chrome: Browser
) -> None:
    for number in range(60):
        await room.post(f"message {number}")
    async with page_at(chrome, room.url) as page:
        await expect(page.locator("#channel .message").last).to_be_in_viewport()
        await page.get_by_role("button", name="Show earlier messages").click()
        await expect(page.locator("#channel .message")).to_have_count(60)
        await expect(page.get_by_role("button", name="Show earlier messages")).to_be_hidden()
        await page.locator("#channel-messages").evaluate("list => { list.scrollTop = 0; }")
        await room.post("the newest")
        await expect(page.get_by_role("button", name="New messages")).to_be_visible()
        await expect(page.locator("#channel .message").first).to_be_in_viewport()
        await page.get_by_role("button", name="New messages").click()
        await expect(page.locator("#channel .message").last).to_be_in_viewport()
        await room.post("newer still")
        await expect(page.get_by_text("newer still")).to_be_in_viewport()
        await expect(page.get_by_role("button", name="New messages")).to_be_hidden()


async def test_a_narrow_window_shows_the_thread_over_the_channel(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url, viewport={"width": 390, "height": 700}) as page:
        await write(channel_composer(page), "@threadbot hello")
        await page.locator("#channel .replies").filter(has_text="1 reply").click()
        await expect(answers(page)).to_have_text(["You said hello."])
        await expect(channel_composer(page)).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await page.get_by_role("button", name="Close thread").click()
        await expect(channel_composer(page)).to_be_visible()


async def test_the_page_speaks_korean_to_a_korean_browser(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url, locale="ko-KR", color_scheme="dark") as page:
        await page.get_by_role("button", name="@threadbot 안녕하세요").click()
        await channel_composer(page).press("Enter")
        await expect(answers(page)).to_have_text(["You said 안녕하세요."])
        await expect(page.locator("#channel .replies")).to_contain_text("댓글 1개")
        await expect(page.locator("html")).to_have_attribute("lang", "ko")
        background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(23, 23, 27)"


async def test_both_languages_have_every_sentence(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url) as page:
        keys = await page.evaluate("import('/page/texts.js').then((texts) => texts.completeness)")
    assert sorted(keys["en"]) == sorted(keys["ko"])


async def test_a_finished_answer_is_read_out_once(room: Playground, chrome: Browser) -> None:
    async with page_at(chrome, room.url) as page:
        await write(channel_composer(page), "@threadbot hello")
        await expect(page.locator("#announcer")).to_have_text("threadbot: You said **hello**.")


async def test_what_can_be_pressed_or_written_in_has_a_name(room: Playground, chrome: Browser) -> None:
    await room.post("@threadbot hello")
    async with page_at(chrome, f"{room.url}/#general/1") as page:
        await expect(answers(page)).to_have_count(1)
        nameless = await page.evaluate(
            """() => [...document.querySelectorAll("button, a, textarea, [role], main, nav, aside")]
                .filter((one) => !(one.getAttribute("aria-label") || one.getAttribute("aria-labelledby")
                    || one.textContent.trim() || ["alert", "status"].includes(one.getAttribute("role"))))
                .map((one) => one.outerHTML)"""
        )
    assert nameless == []
