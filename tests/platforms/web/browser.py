"""A real browser for the tests of the page: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.fail("The page is tested in Chromium: install it (Debian, Ubuntu: `apt-get install chromium`).")
    return found


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield opened
        finally:
            await opened.close()


@asynccontextmanager
async def page_at(
    opened: Browser, url: str, *, complaints: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[Page]:
    """
    A page of its own; at the end, whatever it wrote on the console or threw is a failure.

    *complaints* are words of lines that are expected there.
    """
    context = await opened.new_context(**{"locale": "en-US", "viewport": {"width": 1200, "height": 800}, **options})
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        await page.goto(url)
        yield page
    finally:
        await context.close()
    assert [line for line in said if not any(words in line for words in complaints)] == []
