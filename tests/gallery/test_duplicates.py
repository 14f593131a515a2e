"""The page of near-duplicates: the kept one first, with terms and source of each."""

import httpx
import pytest
from gallery_duplicates import add_duplicates
from lxml import html
from postgres import on_both
from rows import Rows
from sqlalchemy import update
from sqlalchemy.orm import Session

from db.duplicates import MOST_SEEN
from db.engine import writing
from db.models import Asset, Derivatives, Sighting
from gallery import duplicates
from gallery.duplicates import facts
from gallery.links import Links
from gallery.site import Site, render

pytestmark = on_both

HOSTILE = '"><script>alert(1)</script>'


def text(page: str, path: str = "//main") -> str:
    return " ".join("".join(html.fromstring(page).xpath(f"string({path})")).split())


def page_of(session: Session, links: Links | None = None, after: str = "") -> str:
    links = links or Links()
    return render("duplicates.html", links, **facts(session, links, after))


@pytest.fixture
def pair(session: Session, make: Rows) -> tuple[Asset, Asset]:
    """An original and a near-duplicate that nobody saw yet."""
    kept = make.asset(media_type="image/png", size_bytes=2_000_000)
    return kept, make.asset(near_duplicate_of=kept.digest, height=48, width=64)


def test_no_duplicates_at_all(session: Session, make: Rows):
    make.asset()

    assert "every original is a picture of its own" in page_of(session)


def test_the_kept_one_is_marked_and_comes_first(site: Site, url: str):
    add_duplicates(site, 1)

    page = httpx.get(f"{url}/duplicates").text

    marks = html.fromstring(page).xpath("//section//p[starts-with(@class, 'mark')]")
    assert [mark.text for mark in marks] == ["Kept", "Duplicate"]
    images = html.fromstring(page).xpath("//section//img")
    assert [one.get("alt") for one in images] == ["Kept: Large 0", "Duplicate: Small 0"]
    for image in images:
        assert httpx.get(f"{url}/{image.get('src')}").status_code == 200


def test_each_has_size_licence_and_source(
    session: Session, make: Rows, pair: tuple[Asset, Asset]
):
    web = {"url": "https://static.example.org/a.png", "title": "Dunes"}
    page_url = "https://example.org/dunes?a=1"
    seen = make.sighting(
        pair[0], make.crawl_run(), Derivatives.ALLOWED, **web, page_url=page_url
    )
    session.refresh(seen)
    seen.claims[0].licence = "cc-by-sa-4.0"
    session.flush()

    page = page_of(session)

    assert "Dunes 640 \u00d7 480 px PNG 2,000 kB CC BY-SA 4.0 example.org" in text(page)
    assert page_url in html.fromstring(page).xpath("//section//a/@href")


def test_a_folder_is_no_more_than_a_folder(
    session: Session, make: Rows, pair: tuple[Asset, Asset]
):
    run = make.crawl_run(source="folder:/home/secret")
    make.sighting(pair[0], run, url="file:///home/secret/a.png")

    page = page_of(session)

    assert "found for “dunes”" in text(page)
    assert "no licence stated folder" in text(page)
    assert "secret" not in page
    assert "file:" not in page


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "example.org Duplicate"),
        (3, "seen at 3 places"),
        (MOST_SEEN + 1, f"seen at {MOST_SEEN} places or more"),
    ],
)
def test_places_of_the_same_bytes_are_counted(
    session: Session, make: Rows, pair: tuple[Asset, Asset], count: int, told: str
):
    run = make.crawl_run(source="commons")
    for _ in range(count):
        make.sighting(pair[0], run)

    assert told in text(page_of(session))


def test_what_was_never_seen_or_was_rejected_is_told(
    session: Session, pair: tuple[Asset, Asset]
):
    pair[1].reason = "too-small"
    session.flush()

    page = page_of(session)

    assert "without a title" in text(page)
    assert "rejected: too-small" in text(page)


def test_all_come_part_by_part_and_none_twice(site: Site, url: str):
    with writing(site.engine) as session:
        make = Rows(session)
        kept = [make.asset().digest for _ in range(duplicates.AT_ONCE + 3)]
        for digest in kept:
            make.asset(near_duplicate_of=digest)

    first = html.fromstring(httpx.get(f"{url}/duplicates").text)
    [more] = first.xpath("//p[@class='more']/a/@href")
    rest = html.fromstring(httpx.get(f"{url}/{more}").text)

    assert len(first.xpath("//section")) == duplicates.AT_ONCE
    assert len(rest.xpath("//section")) == 3
    assert not {*first.xpath("//img/@src")} & {*rest.xpath("//img/@src")}
    end = httpx.get(f"{url}/duplicates?after={'f' * 64}").text
    assert "No more duplicates" in end


@pytest.mark.parametrize("after", ["x", "0" * 63, "%00", "0" * 64 + "%0a"])
def test_a_place_that_means_nothing_is_told_in_a_line(url: str, after: str):
    answer = httpx.get(f"{url}/duplicates?after={after}")

    assert answer.status_code == 400
    assert "There is no such place among the duplicates" in answer.text


def test_words_of_strangers_are_words(site: Site, url: str):
    add_duplicates(site, 1)
    bad = {"title": HOSTILE, "page_url": "javascript:alert(1)", "url": "data:,x"}
    with writing(site.engine) as session:
        session.execute(update(Sighting).where(Sighting.id == 1).values(bad))

    page = httpx.get(f"{url}/duplicates").text

    assert "<script>alert" not in page
    assert "javascript:" not in page
    assert HOSTILE in text(page)


def test_a_page_on_disk_says_that_there_are_more(
    session: Session, make: Rows, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(duplicates, "AT_ONCE_STATIC", 2)
    for _ in range(3):
        make.asset(near_duplicate_of=make.asset().digest)

    page = page_of(session, Links(is_static=True))

    assert len(html.fromstring(page).xpath("//section")) == 2
    assert "There are more groups: crawl-and-dream gallery shows all." in text(page)
