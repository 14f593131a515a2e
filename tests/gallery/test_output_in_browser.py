"""An output's page as people use it: by mouse, finger and keyboard, on any screen."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import SCHEMES, WIDTHS, complaints, page_of
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from gallery.site import Site
from gallery.static import StaticSite
from pipeline.search import Search
from pipeline.store import ORIGINALS, digest_in

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], scope="module")

At = Callable[[int], str]


@pytest.fixture(params=["served", "from disk"])
def at(
    request: pytest.FixtureRequest, site: Site, outputs: list[int], folder: Path
) -> At:
    """The address of one of three outputs, the newest is the first."""
    if request.param == "served":
        url = request.getfixturevalue("url")
        return lambda number: f"{url}/outputs/{outputs[number]}"
    StaticSite(site, folder).write(Search())
    return lambda number: (folder / f"outputs/{outputs[number]}.html").as_uri()


@pytest.fixture
def page(browser: Browser, at: At) -> Iterator[Page]:
    """The page of the second of three."""
    with page_of(browser) as page:
        page.goto(at(1))
        yield page


def slider(page: Page) -> Locator:
    return page.get_by_label("How much of the original is shown")


def box_of(page: Page, selector: str) -> FloatRect:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box


def point(page: Page, share: float) -> tuple[float, float]:
    """Where that share of the width is, halfway up the pictures."""
    box = box_of(page, ".compare")
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_people_can_use_it(browser: Browser, at: At, width: int, scheme: str):
    with page_of(browser, width=width, scheme=scheme) as page:
        page.goto(at(1))

        assert complaints(page) == []


def test_pictures_load_and_lie_over_each_other(page: Page):
    images = page.locator(".compare img")
    sizes = images.evaluate_all(
        "all => Promise.all(all.map((a) => a.decode().then(() => a.naturalWidth)))"
    )

    assert sizes == [320, 320]
    assert box_of(page, ".before img") == box_of(page, ".after img")


def test_the_mouse_drags_the_border_from_anywhere(page: Page):
    page.mouse.move(*point(page, 0.2))
    page.mouse.down()
    expect(slider(page)).to_have_value("20")
    page.mouse.move(*point(page, 0.7))
    page.mouse.up()
    page.mouse.move(*point(page, 0.9))

    expect(slider(page)).to_have_value("70")
    clipped = page.locator(".before").evaluate("one => getComputedStyle(one).clipPath")
    assert re.fullmatch(
        r"inset\(0px calc\(.*70%\)? 0px 0px\)|inset\(0px 30% 0px 0px\)", clipped
    )


def test_a_finger_drags_the_border_and_scrolls_the_page(browser: Browser, at: At):
    with page_of(browser, width=390, touch=True) as page:
        page.goto(at(1))
        swipe(page, point(page, 0.4), (0, -200))
        page.wait_for_function("scrollY > 100")
        expect(slider(page)).to_have_value("50")
        swipe(page, point(page, 0.4), (100, 0))
        x, _ = point(page, 0.4)
        box = box_of(page, ".compare")
        share = round(100 * (x + 100 - box["x"]) / box["width"])

        expect(slider(page)).to_have_value(str(share))


def swipe(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    sent = page.context.new_cdp_session(page)
    for step in range(12):
        at = {"x": start[0] + by[0] * step / 11, "y": start[1] + by[1] * step / 11}
        kind = "touchMove" if step else "touchStart"
        sent.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
        page.wait_for_timeout(16)
    sent.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_tap_moves_the_border(browser: Browser, at: At):
    with page_of(browser, touch=True) as page:
        page.goto(at(1))
        page.touchscreen.tap(*point(page, 0.3))

        expect(slider(page)).to_have_value("30")


@pytest.mark.parametrize(
    ("key", "share"), [("ArrowRight", 51), ("ArrowLeft", 49), ("Home", 0), ("End", 100)]
)
def test_keys_move_the_border_and_do_not_leave(page: Page, key: str, share: int):
    before = page.url
    slider(page).focus()
    page.keyboard.press(key)

    expect(slider(page)).to_have_value(str(share))
    expect(slider(page)).to_have_attribute(
        "aria-valuetext", f"{share} % of the original"
    )
    assert page.url == before


def test_the_tab_key_reaches_the_slider_and_shows_where_it_is(page: Page):
    for _ in range(7):
        page.keyboard.press("Tab")

    expect(slider(page)).to_be_focused()
    style = "one => getComputedStyle(one).outlineStyle"
    assert page.locator(".handle svg").evaluate(style) == "solid"


@pytest.mark.parametrize(("key", "number"), [("ArrowLeft", 0), ("ArrowRight", 2)])
def test_arrows_turn_pages(page: Page, at: At, key: str, number: int):
    page.keyboard.press(key)

    page.wait_for_url(at(number))


def test_at_either_end_arrows_lead_nowhere(browser: Browser, at: At):
    with page_of(browser) as page:
        page.goto(at(0))
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(200)

        assert page.url == at(0)


def test_without_the_original_the_output_is_alone(browser: Browser, site: Site, at: At):
    originals = [digest_in(path) for path in site.store.paths(ORIGINALS)]
    page = browser.new_page()  # that a picture is not there is an error of its own
    page.route(
        lambda url: any(digest in url for digest in originals),
        lambda route: route.abort(),
    )
    page.goto(at(1))

    expect(page.locator(".compare img")).to_have_count(1)
    expect(slider(page)).to_have_count(0)
    page.close()


def test_without_scripts_both_are_beside_each_other(browser: Browser, at: At):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(at(1))
    before, after = box_of(page, ".before"), box_of(page, ".after")
    buttons = page.locator("button, input").count()
    context.close()

    assert after["x"] >= before["x"] + before["width"] or (
        after["y"] >= before["y"] + before["height"]
    )
    assert buttons == 0


def test_commands_are_copied(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy: The command that reproduces it").click()
    expect(page.get_by_text("Copied")).to_be_visible()

    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"crawl-and-dream reproduce [0-9a-f]{12}", copied)


def test_the_whole_file_is_downloaded_under_a_name_that_says_what_it_is(
    browser: Browser, site: Site, outputs: list[int], url: str
):
    with page_of(browser) as page:
        page.goto(f"{url}/outputs/{outputs[1]}")
        with page.expect_download() as downloading:
            page.get_by_role("link", name="Download").click()

        name = downloading.value.suggested_filename
        digest = page.locator(".tree .digest").first.get_attribute("title")
        content = downloading.value.path().read_bytes()

    assert name == f"picture-1-flow-{digest[:12]}.png"
    assert content == site.store.get(f"outputs/{digest[:2]}/{digest}.png")


def test_other_pictures_are_one_click_away(page: Page, at: At):
    page.locator("section:has(#same-recipe) li a").first.click()

    page.wait_for_url(at(0))
