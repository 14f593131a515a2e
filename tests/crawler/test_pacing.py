"""A host that asks to be left alone is left alone, within bounds."""

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from crawls import Crawled
from scrapy.http import Response
from website import JPEG, Answer, Website

from crawler.pacing import retry_after

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


def test_a_host_that_wants_to_be_left_alone_for_long_is_given_up(
    site: Website, crawl_site: Crawl, arrivals
) -> None:
    answer(site, arrivals, "/a.jpg", busy(503, "3600"))
    links = "".join(f'<a href="/{n}">{n}</a>' for n in range(20))
    page = f'<img src="a.jpg" alt="sunset beach">{links}'.encode()
    answer(site, arrivals, "/", Answer(page))
    began = time.monotonic()

    crawled = crawl_site()

    assert time.monotonic() - began < 20
    assert crawled.outcomes == {"a.jpg": "http-error"}
    assert site.requests.count("/a.jpg") == 1
    assert len(site.requests) < 20
    assert crawled.exit_status == 0


def test_a_crawl_that_has_enough_does_not_wait_for_a_busy_host(
    site: Website, crawl_site: Crawl, arrivals
) -> None:
    answer(site, arrivals, "/a.jpg", busy(503, "60"))
    at_once = site.answers["/b.jpg"]

    def later(handler) -> None:
        time.sleep(1)  # in which the other image is told to wait
        at_once(handler)

    site.answers["/b.jpg"] = later
    began = time.monotonic()

    crawled = crawl_site("--licence-policy", "any", "--max-images", "1")

    assert crawled.stats["finish_reason"] == "max-images"
    assert time.monotonic() - began < 20


def test_a_crawl_delay_is_kept_between_all_requests(
    site: Website, crawl_site: Crawl, arrivals
) -> None:
    site.robots("User-agent: *\nCrawl-delay: 0.7\n")

    crawled = crawl_site()

    times = [at for _path, at in arrivals]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert crawled.outcomes == {"a.jpg": "kept", "b.jpg": "kept"}
    assert min(gaps) > 0.6


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("9" * 400, float("inf")),
        ("soon", 5),
        ("-3", 5),
        ("", 5),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str, seconds: float) -> None:
    response = Response("https://example.org/", headers={"Retry-After": said})

    assert retry_after(response, now=NOW) == seconds
