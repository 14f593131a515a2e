"""A real browser without a window, and what is wrong with a page in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

REQUIRED = "CRAWL_AND_DREAM_REQUIRE_BROWSER"
PATH = shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = "no Chromium: install the package `chromium`"

WIDTHS = (390, 1024, 1920)
SCHEMES = ("light", "dark")

_COMPLAINTS = Path(__file__).with_name("complaints.js")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for this block; the test is skipped where there is none."""
    if PATH is None:
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH)
        yield browser
        browser.close()


@contextmanager
def page_of(
    browser: Browser, *, width: int = 1024, scheme: str = "light", touch: bool = False
) -> Iterator[Page]:
    """A page; afterwards it must have met no error and broken no policy."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=touch,
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: said.type == "error" and errors.append(said.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def complaints(page: Page) -> list[str]:
    """What keeps people from using the page: after WCAG 2.2, level AA."""
    found: list[str] = page.evaluate(_COMPLAINTS.read_text())
    return found
