"""A host that asks to be left alone is left alone, within bounds."""

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from crawls import Crawled, sightings
from scrapy import Request
from scrapy.http import Response
from sqlalchemy.orm import Session
from website import JPEG, Answer, Website

from crawler import sources
from crawler.__main__ import main
from crawler.pacing import SlotMiddleware, retry_after
from crawler.spiders.site import SiteSpider

Crawl = Callable[..., Crawled]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def arrivals(site: Website) -> list[tuple[str, float]]:
    """Path and time of every request for `/`, `/a.jpg` and `/b.jpg`, answered 200."""
    found: list[tuple[str, float]] = []
    page = b'<img src="a.jpg" alt="sunset beach"><img src="b.jpg" alt="sunset beach">'
    for path in ("/", "/a.jpg", "/b.jpg"):
        kind = "text/html" if path == "/" else "image/jpeg"
        answer(site, found, path, Answer(page if path == "/" else JPEG, 200, kind))
    return found


def answer(site: Website, log: list, path: str, *answers: Answer) -> None:
    """Each answer once, the last one for ever."""
    left = list(answers)

    def respond(handler) -> None:
        log.append((path, time.monotonic()))
        now = left.pop(0) if len(left) > 1 else left[0]
        handler.send_response(now.status)
        headers = {"Content-Type": now.media_type, "Content-Length": len(now.body)}
        for name, value in (headers | now.headers).items():
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(now.body)

    site.answers[path] = respond


def busy(status: int, wait: str) -> Answer:
    return Answer(b"busy", status, headers={"Retry-After": wait})


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_is_asked_again_once_it_said_so(
    site: Website, crawl_site: Crawl, arrivals, status: int
) -> None:
    image = Answer(JPEG, media_type="image/jpeg")
    answer(site, arrivals, "/a.jpg", busy(status, "1"), image)

    crawled = crawl_site()

    first, second = [at for path, at in arrivals if path == "/a.jpg"]
    assert second - first >= 1
    assert crawled.outcomes == {"a.jpg": "kept", "b.jpg": "kept"}


def test_a_busy_host_that_says_nothing_is_left_alone_longer_each_time(
    site: Website, crawl_site: Crawl, arrivals
) -> None:
    page = b'<img src="a.jpg" alt="sunset beach">'
    answer(site, arrivals, "/", Answer(page))
    answer(site, arrivals, "/a.jpg", Answer(b"busy", 429))

    crawled = crawl_site()

    tries = [at for path, at in arrivals if path == "/a.jpg"]
    gaps = [after - before for before, after in itertools.pairwise(tries)]
    assert len(gaps) == 2
    assert gaps[0] >= 1
    assert gaps[1] >= 2
    assert crawled.outcomes == {"a.jpg": "rate-limited"}


def test_a_host_that_wants_to_be_left_alone_for_long_is_sent_nothing_more(
    site: Website, crawl_site: Crawl, arrivals
) -> None:
    """Neither what waits to be scheduled nor what has passed all middlewares already:
    with a Crawl-delay those queue right before the network."""
    site.robots("User-agent: *\nCrawl-delay: 0.2\n")
    images = "".join(f'<img src="{n}.jpg" alt="sunset beach">' for n in range(20))
    answer(site, arrivals, "/", Answer(images.encode()))
    for n in range(20):
        answer(site, arrivals, f"/{n}.jpg", busy(503, "3600"))

    crawled = crawl_site()

    assert crawled.outcomes == {f"{n}.jpg": "rate-limited" for n in range(20)}
    assert len([path for path, _at in arrivals if path.endswith(".jpg")]) == 1
    assert crawled.stats["refused"] == {"rate-limited": 20}
    assert crawled.exit_status == 0


def test_an_image_that_waits_when_the_crawl_ends_is_not_refused(
    site: Website, crawl_site: Crawl, arrivals, session: Session
) -> None:
    answer(site, arrivals, "/a.jpg", busy(503, "60"))
    large = Answer(JPEG + bytes(100_000), media_type="image/jpeg")
    answer(site, arrivals, "/b.jpg", large)
    at_once = site.answers["/b.jpg"]

    def later(handler) -> None:
        time.sleep(1)  # in which the other image is told to wait
        at_once(handler)

    site.answers["/b.jpg"] = later

    crawled = crawl_site("--budget-bytes", "50000")

    assert crawled.stats["finish_reason"] == "budget-bytes"
    assert crawled.outcomes == {"b.jpg": "kept"}
    assert set(sightings(session)) == {"/b.jpg"}


def test_a_crawl_delay_is_kept_between_all_requests(
    site: Website, crawl_site: Crawl, arrivals
) -> None:
    site.robots("User-agent: *\nCrawl-delay: 0.7\n")

    crawled = crawl_site()

    times = [at for _path, at in arrivals]
    assert crawled.outcomes == {"a.jpg": "kept", "b.jpg": "kept"}
    # Of the whole, since a machine that is busy takes note of some too late.
    assert max(times) - min(times) > 0.6 * (len(times) - 1)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("9" * 400, float("inf")),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str, seconds: float | None) -> None:
    response = Response("https://example.org/", headers={"Retry-After": said})

    assert retry_after(response, now=NOW) == seconds


def with_a_media_slot() -> int:
    """The crawler with a source whose images share a slot of their own."""

    class MediaSpider(SiteSpider):
        slots = {"media": {"concurrency": 2, "delay": 0.0}}

        def image_request(self, *args, **kwargs) -> Request:
            return super().image_request(*args, download_slot="media", **kwargs)

    sources.spider_of = lambda _kind: MediaSpider
    return main()


def test_a_crawl_delay_is_kept_in_the_slot_of_a_source(
    site: Website, crawl_site: Crawl, arrivals
) -> None:
    site.robots("User-agent: *\nCrawl-delay: 0.7\n")

    crawled = crawl_site(program=with_a_media_slot)

    first, second = [at for path, at in arrivals if path.endswith(".jpg")]
    assert crawled.outcomes == {"a.jpg": "kept", "b.jpg": "kept"}
    assert second - first > 0.6


def test_a_redirection_joins_the_slot_of_its_own_host() -> None:
    slots = SlotMiddleware()
    request = Request("https://example.org/a")
    chosen = Request("https://example.org/a", meta={"download_slot": "media"})
    for one in (request, chosen):
        slots.process_request(one)
        one.meta.setdefault("download_slot", "example.org")  # as Scrapy does
        one.meta["autothrottle_dont_adjust_delay"] = True

    redirected = [one.replace(url="https://cdn.example/a") for one in (request, chosen)]
    for one in redirected:
        slots.process_request(one)

    assert "download_slot" not in redirected[0].meta
    assert "autothrottle_dont_adjust_delay" not in redirected[0].meta
    assert redirected[1].meta["download_slot"] == "media"


def test_a_crawl_delay_that_is_too_long_to_wait_for(
    site: Website, crawl_site: Crawl
) -> None:
    site.robots("User-agent: *\nCrawl-delay: 601\n")

    crawled = crawl_site()

    assert crawled.closed["error"] == (
        f"site {site.url} may not be crawled: its robots.txt asks for 601 s between "
        "two requests, at most 600 s are waited"
    )
    assert site.requests == ["/robots.txt"]
