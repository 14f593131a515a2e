"""Crawling a website for real: server on loopback, crawler in its own process."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from crawls import Crawled, last_run, sightings
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from website import Answer, Website

from crawler import settings
from crawler.__main__ import main
from db.engine import writing
from db.models import Asset, CrawlState, Derivatives, Sighting, Takedown
from pipeline.store import ORIGINALS, Store, blob_path, digest_of

Crawl = Callable[..., Crawled]
WELL_KNOWN = ["/robots.txt", "/.well-known/tdmrep.json"]  # asked for first

BY = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a>'


def photo(src: str, alt: str = "Sunset beach", extra: str = "") -> str:
    return f'<img src="{src}" alt="{alt}" {extra}>'


def figure(src: str, caption: str = "") -> str:
    return f"<figure>{photo(src)}<figcaption>{caption}</figcaption></figure>"


def test_matching_images_of_all_pages_are_kept_as_they_came(
    site: Website, crawl_site: Crawl, session: Session, home
) -> None:
    site.page("/", photo("one.jpg") + photo("f.jpg", "A forest") + '<a href="b/">b</a>')
    site.page("/b/", photo("two.jpg", "A beach at sunset") + photo("/one.jpg"))
    site.image("/one.jpg")
    site.image("/b/two.jpg")

    crawled = crawl_site()

    assert crawled.exit_status == 0, crawled.stderr
    assert crawled.outcomes == {"one.jpg": "kept", "b/two.jpg": "kept"}
    assert crawled.stats["images_seen"] == 3
    assert crawled.stats["not_matching"] == 1
    assert crawled.stats["found"] == 2
    assert crawled.stats["pages"] == 2
    assert "/f.jpg" not in site.requests
    kept = sightings(session)["/one.jpg"].asset_digest
    stored = Store(str(home / "store")).get(blob_path(ORIGINALS, kept))
    assert stored == site.answers["/one.jpg"].body


def test_the_sighting_says_where_why_and_under_which_licence(
    site: Website, crawl_site: Crawl, session: Session
) -> None:
    credit = f'Low tide. {BY} by <span class="author">Ada</span>'
    site.page("/", f"<h2>The beach</h2>{figure('dusk.jpg', credit)}")
    site.image("/dusk.jpg")

    crawl_site()

    seen = sightings(session)["/dusk.jpg"]
    assert seen.page_url == site.url
    assert seen.keyword == "sunset beach"
    assert seen.matched == {"alt": ["sunset", "beach"], "heading": ["beach"]}
    assert seen.caption == "Low tide. CC BY by Ada"
    claim = seen.claims[0]
    assert (claim.licence, claim.author) == ("cc-by-4.0", "Ada")
    assert claim.derivatives is Derivatives.ALLOWED
    assert claim.claimed_in == "rel=license in <figure>"


def test_a_crawl_run_records_its_stats_and_settings(
    site: Website, crawl_site: Crawl, session: Session
) -> None:
    site.page("/", photo("one.jpg"))
    site.image("/one.jpg")

    crawled = crawl_site("--max-images", "7", "--flow-run-id", "run-1")

    run = last_run(session)
    assert run.id == crawled.events[0]["crawl_run_id"]
    assert run.state is CrawlState.FINISHED
    assert run.stats == crawled.stats
    assert run.settings["max_images"] == 7
    assert run.flow_run_id == "run-1"
    assert run.finished_at is not None


def test_the_crawler_says_who_it_is(site: Website, crawl_site: Crawl) -> None:
    site.page("/", "nothing here")

    crawl_site(CRAWL_AND_DREAM_CONTACT="https://example.org/me")

    assert {agent.partition("/")[0] for agent in site.agents} == {"crawl-and-dream"}
    assert all(" (https://example.org/me) Scrapy/" in agent for agent in site.agents)


def test_every_refusal_has_its_reason_and_ends_nothing(
    site: Website, crawl_site: Crawl, session: Session
) -> None:
    site.robots("User-agent: *\nDisallow: /private/\n")
    names = ["private/a.jpg", "noai.jpg", "page.jpg", "big.jpg", "gone.jpg", "loop.jpg"]
    names += ["to-file.jpg", "to-port.jpg", "to-private.jpg", "empty.jpg", "bomb.jpg"]
    names += ["http://localhost:1/x.jpg", "http://10.0.0.1/y.jpg", "good.jpg"]
    site.page("/", "".join(map(photo, names)) + '<a href="/private/">no</a>')
    site.image("/private/a.jpg")
    site.image("/noai.jpg", headers={"X-Robots-Tag": "noai"})
    site.image("/page.jpg", b"<!doctype html><p>no picture here</p>")
    site.image("/big.jpg", bytes(300_000))
    site.image("/empty.jpg", b"")
    site.image(
        "/bomb.jpg",
        gzip.compress(bytes(10_000_000)),
        headers={"Content-Encoding": "gzip"},
    )
    site.image("/good.jpg")
    for name, target in (
        ("/loop.jpg", "/loop.jpg"),
        ("/to-file.jpg", "file:///etc/passwd"),
        ("/to-port.jpg", "http://127.0.0.1:1/a.jpg"),
        ("/to-private.jpg", "http://127.0.0.2/a.jpg"),
    ):
        site.answers[name] = Answer(status=302, headers={"Location": target})

    crawled = crawl_site(CRAWL_AND_DREAM_MAX_IMAGE_BYTES="200000")

    assert crawled.outcomes == {
        "private/a.jpg": "robots",
        "noai.jpg": "opted-out",
        "page.jpg": "not-an-image",
        "empty.jpg": "not-an-image",
        "big.jpg": "too-large",
        "bomb.jpg": "too-large",
        "gone.jpg": "http-error",
        "loop.jpg": "http-error",
        "to-file.jpg": "http-error",
        "to-port.jpg": "address-refused",
        "to-private.jpg": "address-refused",
        "x.jpg": "address-refused",
        "y.jpg": "address-refused",
        "good.jpg": "kept",
    }
    assert crawled.exit_status == 0
    assert crawled.stats["pages_refused_by_robots"] == 1
    assert crawled.stats["refused"]["address-refused"] == 4
    assert sightings(session)["/noai.jpg"].reason == "opted-out"
    assert "/private/a.jpg" not in site.requests
    assert "/private/" not in site.requests


def test_slow_and_dropping_servers_are_given_up(
    site: Website, crawl_site: Crawl
) -> None:
    def never(handler) -> None:
        handler.connection.settimeout(10)
        handler.rfile.read(1)

    site.page("/", photo("slow.jpg") + photo("drop.jpg"))
    site.answers["/slow.jpg"] = never
    site.answers["/drop.jpg"] = lambda handler: handler.connection.close()

    crawled = crawl_site(CRAWL_AND_DREAM_REQUEST_TIMEOUT_S="0.5")

    assert crawled.outcomes == {"slow.jpg": "timeout", "drop.jpg": "unreachable"}


def test_only_http_and_the_largest_candidate_of_a_picture_are_fetched(
    site: Website, crawl_site: Crawl
) -> None:
    site.page(
        "/",
        photo("s.jpg", extra='srcset="s.jpg 320w, l.jpg 1280w, m.jpg 640w"')
        + photo("file:///etc/passwd")
        + photo("data:image/png;base64,iVBORw0KGgo="),
    )
    site.image("/l.jpg")

    crawled = crawl_site()

    assert crawled.outcomes == {"l.jpg": "kept"}
    assert crawled.stats["images_seen"] == 1
    assert site.requests == [*WELL_KNOWN, "/", "/l.jpg"]


def test_images_of_a_page_that_opts_out_are_not_fetched(
    site: Website, crawl_site: Crawl
) -> None:
    links = '<a href="/meta">1</a><a href="/header">2</a>'
    site.page("/", links)
    site.page("/meta", f'<meta name="robots" content="noai">{photo("a.jpg")}')
    site.page("/header", photo("b.jpg"), headers={"X-Robots-Tag": "noimageai"})

    crawled = crawl_site()

    assert crawled.outcomes == {"a.jpg": "opted-out", "b.jpg": "opted-out"}
    assert "/a.jpg" not in site.requests
    assert "/b.jpg" not in site.requests


def test_links_are_followed_within_the_site_up_to_the_depth(
    site: Website, crawl_site: Crawl
) -> None:
    site.page("/", f'<a href="/1">1</a><a href="http://localhost:{site.port}/x">x</a>')
    site.page("/1", '<a href="/2">2</a>')
    site.page("/2", '<a href="/3">3</a>')

    crawl_site(CRAWL_AND_DREAM_MAX_DEPTH="2")

    assert site.requests == [*WELL_KNOWN, "/", "/1", "/2"]


def test_no_more_pages_are_fetched_than_allowed(
    site: Website, crawl_site: Crawl
) -> None:
    site.page("/", "".join(f'<a href="/{n}">{n}</a>' for n in range(9)))

    crawl_site(CRAWL_AND_DREAM_MAX_PAGES="3")

    assert sorted(site.requests) == sorted([*WELL_KNOWN, "/", "/0", "/1"])


SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc>{site}hidden</loc></url>
  <url><loc>{site}gallery</loc><image:image>
    <image:loc>{site}mapped.jpg</image:loc>
    <image:title>Sunset beach</image:title>
    <image:license>https://creativecommons.org/licenses/by/4.0/</image:license>
  </image:image></url>
</urlset>"""


@pytest.mark.parametrize("place", ["", "sitemap.xml"], ids=["robots", "itself"])
def test_pages_and_images_of_sitemaps_are_found(
    site: Website, crawl: Crawl, session: Session, place: str
) -> None:
    site.robots(f"User-agent: *\nAllow: /\nSitemap: {site.url}sitemap.xml\n")
    site.page("/", "nothing here")
    site.page("/hidden", photo("linked.jpg"))
    site.page("/gallery", "also nothing")
    sitemap = SITEMAP.format(site=site.url).encode()
    site.answers["/sitemap.xml"] = Answer(sitemap, media_type="application/xml")
    site.image("/linked.jpg")
    site.image("/mapped.jpg")

    crawled = crawl(f"site:{site.url}{place}", allow=site.host)

    assert crawled.outcomes == {"mapped.jpg": "kept", "linked.jpg": "kept"}
    mapped = sightings(session)["/mapped.jpg"]
    assert (mapped.page_url, mapped.title) == (f"{site.url}gallery", "Sunset beach")
    assert [claim.claimed_in for claim in mapped.claims] == ["image sitemap"]
    assert mapped.claims[0].licence == "cc-by-4.0"


def test_pages_whose_links_name_the_keyword_come_first(
    site: Website, crawl_site: Crawl
) -> None:
    others = "".join(f'<a href="/{n}">Page {n}</a>' for n in range(20))
    best = '<a href="/x">Sunset beach</a><a href="/beach/y">more</a>'
    site.page("/", others + best)

    # One connection, so that the order of requests is that of the frontier.
    crawl_site(CRAWL_AND_DREAM_MAX_PAGES="40", program=one_at_a_time)

    pages = [path for path in site.requests if path[1:] and "." not in path]
    assert pages[:2] == ["/x", "/beach/y"]
    assert len(pages) == 22


def test_the_pages_that_are_allowed_are_the_best_of_all(
    site: Website, crawl_site: Crawl
) -> None:
    site.page("/", "".join(f'<a href="/{n}">Page {n}</a>' for n in range(20)))
    for n in range(20):
        site.page(f"/{n}", f'<a href="/beach/{n}">Sunset beach</a>')

    crawl_site(CRAWL_AND_DREAM_MAX_PAGES="9", program=one_at_a_time)

    pages = [path for path in site.requests if path[1:] and "." not in path]
    assert len(pages) == 8
    assert len([path for path in pages if path.startswith("/beach/")]) == 4


def one_at_a_time() -> int:
    settings._FIXED["CONCURRENT_REQUESTS"] = 1  # own process
    return main()


def test_a_known_image_is_recorded_without_being_fetched_again(
    site: Website, crawl_site: Crawl, session: Session
) -> None:
    site.page("/", photo("one.jpg"))
    site.image("/one.jpg")

    crawl_site()
    crawled = crawl_site()

    assert crawled.outcomes == {"one.jpg": "known"}
    assert site.requests.count("/one.jpg") == 1
    assert session.scalar(select(func.count()).select_from(Asset)) == 1
    assert session.scalar(select(func.count()).select_from(Sighting)) == 2


def test_forgotten_images_are_not_kept_again(
    site: Website, crawl_site: Crawl, engine
) -> None:
    site.page("/", photo("url.jpg") + photo("bytes.jpg") + photo("moved.jpg"))
    site.image("/bytes.jpg")
    site.answers["/moved.jpg"] = Answer(status=302, headers={"Location": "/url.jpg"})
    with writing(engine) as session:
        for value in (f"{site.url}url.jpg", digest_of(site.answers["/bytes.jpg"].body)):
            session.add(Takedown(value=value, created_at=datetime.now(UTC)))

    crawled = crawl_site()

    assert set(crawled.outcomes.values()) == {"forgotten"}
    assert len(crawled.outcomes) == 3
    assert "/url.jpg" not in site.requests


def test_the_crawl_ends_with_enough_usable_images(
    site: Website, crawl_site: Crawl, session: Session
) -> None:
    free = "".join(figure(f"free{n}.jpg", BY) for n in range(6))
    site.page("/", figure("unstated.jpg") + free + '<a href="/more">more</a>')
    site.image("/unstated.jpg")
    for n in range(6):
        site.image(f"/free{n}.jpg")

    crawled = crawl_site("--max-images", "2")

    assert crawled.exit_status == 0
    assert crawled.stats["finish_reason"] == "max-images"
    kept = [name for name in crawled.outcomes if name.startswith("free")]
    assert len(kept) == 2


def test_any_licence_policy_counts_images_without_a_licence(
    site: Website, crawl_site: Crawl
) -> None:
    site.page("/", photo("a.jpg") + photo("b.jpg"))
    site.image("/a.jpg")
    site.image("/b.jpg")

    crawled = crawl_site("--max-images", "1", "--licence-policy", "any")

    assert len(crawled.outcomes) == 1


def test_the_crawl_ends_when_its_bytes_are_spent(
    site: Website, crawl_site: Crawl
) -> None:
    site.page("/", "".join(photo(f"{n}.jpg") for n in range(40)))
    for n in range(40):
        site.image(f"/{n}.jpg", b"\xff\xd8\xff" + bytes(10_000))

    crawled = crawl_site("--budget-bytes", "50000")

    assert crawled.exit_status == 0
    assert crawled.stats["finish_reason"] == "budget-bytes"
    assert 50_000 <= crawled.stats["bytes"] < 200_000
