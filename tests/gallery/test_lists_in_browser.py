"""Recipes and duplicates as people see them, on any screen, served and from disk."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import SCHEMES, WIDTHS, complaints, page_of
from gallery_duplicates import add_duplicates
from gallery_site import add_outputs, served, site_in
from playwright.sync_api import Browser, Page, expect

from gallery.static import StaticSite
from pipeline.search import Search

PAGES = ("recipes", "duplicates")

At = Callable[[str], str]


@pytest.fixture(params=["served", "from disk"], scope="module")
def at(
    request: pytest.FixtureRequest,
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[At]:
    """The address of a page of a site with ten outputs and two groups."""
    folder = tmp_path_factory.mktemp("pages")
    with site_in(folder / "data", migrated_file) as site:
        add_outputs(site, 10)
        add_duplicates(site, 2)
        if request.param == "from disk":
            first = StaticSite(site, folder / "site").write(Search())
            yield lambda name: first.with_name(f"{name}.html").as_uri()
            return
        with served(site) as url:
            yield lambda name: f"{url}/{name}"


def see_all(page: Page) -> None:
    """Every picture is on the screen once, so that it is loaded."""
    for image in page.locator("main img").all():
        image.scroll_into_view_if_needed()
        image.evaluate("one => one.decode()")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_people_can_use_it(
    browser: Browser, at: At, name: str, width: int, scheme: str
):
    with page_of(browser, width=width, scheme=scheme) as page:
        page.goto(at(name))
        page.locator("details").evaluate_all("all => all.map(o => o.open = true)")
        see_all(page)

        assert complaints(page) == []


def test_a_recipe_leads_to_all_that_was_made_with_it(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at("recipes"))
        page.get_by_role("link", name="10 outputs").click()

        expect(page.locator("#grid a")).to_have_count(10)
        assert "recipe=flow" in page.url


def test_settings_open_by_the_keyboard(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at("recipes"))
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")

        expect(page.get_by_text("long side (px)")).to_be_visible()


def test_the_kept_one_is_the_largest_on_the_page(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at("duplicates"))
        kept = page.get_by_alt_text("Kept: Large").first.bounding_box()
        copy = page.get_by_alt_text("Duplicate: Small").first.bounding_box()

    assert kept is not None
    assert copy is not None
    assert kept["width"] * kept["height"] > copy["width"] * copy["height"]
    assert kept["x"] < copy["x"]
