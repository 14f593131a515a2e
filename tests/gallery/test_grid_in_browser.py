"""The grid as people use it: with eyes, mouse, keyboard, on any screen."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import SCHEMES, WIDTHS, complaints, page_of
from gallery_site import add_outputs, served, site_in
from playwright.sync_api import Browser, Page, expect

from gallery.site import Site
from gallery.static import StaticSite
from pipeline.search import Search

MOST_CARDS = 120  # in the document at once, however many there are

At = Callable[[str], str]


@pytest.fixture(params=["served", "from disk"], scope="module")
def at(request: pytest.FixtureRequest, many: Site, folder: Path) -> Iterator[At]:
    """The address of a site with 150 outputs, with a query."""
    if request.param == "from disk":
        page = StaticSite(many, folder / "site").write(Search())
        yield lambda query: f"{page.as_uri()}{query}"
        return
    with served(many) as url:
        yield lambda query: f"{url}/{query}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def many(migrated_file: Path, folder: Path) -> Iterator[Site]:
    with site_in(folder / "data", migrated_file) as site:
        add_outputs(site, 150)
        yield site


def boxes(page: Page) -> list[dict[str, float]]:
    return page.locator("#grid img").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().toJSON())"
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_people_can_use_it(browser: Browser, at: At, width: int, scheme: str):
    with page_of(browser, width=width, scheme=scheme) as page:
        page.goto(at("?recipe=flow&keyword=dunes"))
        page.locator("details").evaluate("one => one.open = true")
        page.wait_for_selector("#grid.even img")

        assert complaints(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_rows_are_even(browser: Browser, at: At, width: int):
    with page_of(browser, width=width) as page:
        page.goto(at(""))
        page.wait_for_selector("#grid.even img")
        grid = page.locator("#grid").bounding_box()
        found = boxes(page)

    rows = {round(one["top"]): one["right"] for one in found}
    assert grid is not None
    assert len(rows) > 2
    edges = list(rows.values())[:-1]
    assert edges == pytest.approx([grid["x"] + grid["width"]] * len(edges), abs=1)


def test_all_are_reached_by_scrolling_and_few_are_in_the_document(
    browser: Browser, at: At
):
    seen: set[str] = set()
    with page_of(browser) as page:
        page.goto(at(""))
        for _ in range(60):
            page.wait_for_selector("#grid.even img")
            cards = page.locator("#grid a").evaluate_all("all => all.map(a => a.href)")
            assert len(cards) < MOST_CARDS
            seen |= set(cards)
            page.mouse.wheel(0, 600)
            page.wait_for_timeout(30)

    assert len(seen) == 150


def test_the_keyboard_reaches_every_picture(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at(""))
        page.wait_for_selector("#grid.even img")
        page.locator("#grid a").first.focus()
        for _ in range(40):
            page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.closest('li').ariaPosInSet")
        box = page.locator(":focus").bounding_box()

    assert focused == "41"
    assert box is not None
    assert -50 < box["y"] < 800


def test_the_form_searches_and_the_url_tells_it(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at(""))
        page.get_by_label("Search in titles").fill("picture 7")
        page.keyboard.press("Enter")
        page.wait_for_url("**?title=picture+7")
        expect(page.locator("#grid a")).to_have_count(11)  # 7 and 70 to 79

        page.get_by_role("link", name="no longer: title").click()
        page.wait_for_selector("#grid.even img")
        assert "title" not in page.url


def test_filters_are_applied_together(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at("?title=picture+7"))
        page.locator("details").evaluate("one => one.open = true")
        page.get_by_label("Recipe").select_option("flow")
        page.get_by_label("Made since").fill("2026-05-17")
        assert "recipe" not in page.url
        page.get_by_role("button", name="Apply").click()
        page.wait_for_url("**recipe=flow*")
        page.wait_for_selector("#grid.even img")

        assert page.get_by_label("Search in titles").input_value() == "picture 7"
        expect(page.locator("#grid a")).to_have_count(11)


def test_what_nobody_asked_is_not_searched_for(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at("?utm_source=x&constructor=1&title=picture+7"))
        page.wait_for_selector("#grid.even img")

        expect(page.locator("#grid a")).to_have_count(11)


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("source=folder&licence=allowed&title=picture+77", True),
        ("keyword=DUNES", False),
        ("colour=gray", False),
        ("until=2026-05-16", False),
    ],
)
def test_searches_are_the_same_served_and_from_disk(
    browser: Browser, at: At, query: str, is_found: bool
):
    with page_of(browser) as page:
        page.goto(at(f"?{query}"))

        expect(page.locator("#grid.even a")).to_have_count(1 if is_found else 0)


def test_nothing_found_is_said(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at("?title=none"))

        expect(page.get_by_text("No picture is like this.")).to_be_visible()


def test_pictures_load(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at(""))
        first = page.locator("#grid img").first
        expect(first).to_be_visible()
        first.evaluate("one => one.decode()")

        assert first.evaluate("one => one.naturalWidth") == 320


def test_it_can_be_read_without_scripts(browser: Browser, at: At):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(at(""))
    count = page.locator("#grid img").count()
    context.close()

    assert count >= 60


def test_who_comes_back_is_where_they_were(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at(""))
        page.wait_for_selector("#grid.even img")
        for _ in range(8):
            page.mouse.wheel(0, 600)
            page.wait_for_timeout(100)
        page.wait_for_timeout(400)
        before = page.evaluate("scrollY")
        page.goto("about:blank")
        page.go_back()

        assert before > 2000
        page.wait_for_function("was => Math.abs(scrollY - was) < 50", arg=before)
