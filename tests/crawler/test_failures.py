"""Crawls that cannot do their work say why in one line, and leave a finished row."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import self_signed
from crawls import Crawled, last_run
from sqlalchemy.orm import Session
from website import Answer, Website, serving

from crawler.__main__ import main
from crawler.pipelines import KeepImages
from crawler.spiders.site import SiteSpider
from db.models import CrawlState
from pipeline import store

Crawl = Callable[..., Crawled]


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_a_site_that_refuses_connections(crawl: Crawl, session: Session) -> None:
    host = f"127.0.0.1:{free_port()}"

    crawled = crawl(f"site:http://{host}/", allow=host)

    error = f"site http://{host}/ does not answer: connection refused"
    assert crawled.exit_status == 1
    assert crawled.closed["state"] == "failed"
    assert crawled.closed["error"] == error
    assert "Traceback" not in crawled.stderr
    run = last_run(session)
    assert (run.state, run.error) == (CrawlState.FAILED, error)


def test_a_site_whose_name_is_unknown(crawl: Crawl) -> None:
    crawled = crawl("site:http://no-such-host.invalid/")

    assert crawled.closed["error"] == (
        "site http://no-such-host.invalid/ does not answer: its name cannot be resolved"
    )


@pytest.mark.parametrize(
    ("url", "error"),
    [
        (
            "http://127.0.0.1/",
            "is on a private network: allow it with --allow-host 127.0.0.1:80",
        ),
        (
            "http://127.0.0.1:8000/",
            "uses port 8000: allow it with --allow-host 127.0.0.1:8000",
        ),
        ("ftp://example.org/", "is not an http(s) URL"),
    ],
)
def test_a_site_behind_the_guard(crawl: Crawl, url: str, error: str) -> None:
    crawled = crawl(f"site:{url}")

    assert crawled.exit_status == 1
    assert crawled.closed["error"] == f"site {url} {error}"


def test_a_site_with_a_certificate_that_nobody_trusts(
    crawl: Crawl, tmp_path: Path
) -> None:
    with serving(Website(), self_signed(tmp_path)) as site:
        host = f"localhost:{site.port}"
        crawled = crawl(f"site:https://{host}/", allow=host)

    error = "does not answer: its certificate is not trusted"
    assert crawled.closed["error"] == f"site https://{host}/ {error}"
    assert site.requests == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(b"gone", status=404), "answers 404 Not Found"),
        (
            Answer(b"%PDF", media_type="application/pdf"),
            "no web page but application/pdf",
        ),
        (Answer(b"\0\1", media_type=""), "no web page but of an unnamed type"),
    ],
    ids=["404", "pdf", "unnamed"],
)
def test_a_start_page_that_is_none(
    site: Website, crawl_site: Crawl, answer: Answer, error: str
) -> None:
    site.answers["/"] = answer

    crawled = crawl_site()

    assert crawled.exit_status == 1
    assert error in crawled.closed["error"]


def test_a_start_page_that_robots_txt_forbids(site: Website, crawl_site: Crawl) -> None:
    site.robots("User-agent: crawl-and-dream\nDisallow: /\n")

    crawled = crawl_site()

    assert crawled.exit_status == 1
    assert crawled.closed["error"] == (
        f"site {site.url} may not be crawled: its robots.txt forbids it"
    )
    assert site.requests == ["/robots.txt"]


def test_a_folder_that_does_not_exist(crawl: Crawl) -> None:
    crawled = crawl("folder:~/no-such-folder")

    assert crawled.exit_status == 1
    assert crawled.closed["error"] == "folder ~/no-such-folder does not exist"


def test_an_unknown_kind_of_source(crawl: Crawl) -> None:
    crawled = crawl("gopher:example.org")

    assert crawled.exit_status == 2
    assert "site:URL or folder:PATH" in crawled.stderr


def test_an_allowed_host_without_a_port(crawl: Crawl, tmp_path: Path) -> None:
    crawled = crawl(f"folder:{tmp_path}", CRAWL_AND_DREAM_ALLOW_HOSTS="localhost")

    assert crawled.exit_status == 1
    assert "is not HOST:PORT" in crawled.closed["error"]


def test_a_database_without_tables(
    crawl: Crawl, tmp_path: Path, empty_url: str
) -> None:
    crawled = crawl(f"folder:{tmp_path}", CRAWL_AND_DREAM_DATABASE_URL=empty_url)

    assert crawled.exit_status == 1
    assert "crawl-and-dream db upgrade" in crawled.closed["error"]


def test_a_store_that_cannot_be_written(crawl: Crawl, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")

    crawled = crawl(
        f"folder:{tmp_path}", CRAWL_AND_DREAM_STORE_URL=str(tmp_path / "store")
    )

    assert crawled.exit_status == 1
    assert crawled.closed["error"].startswith(f"store {tmp_path / 'store'} cannot be")


def with_full_disk() -> int:
    """The crawler on a machine whose disk is full from the first image on."""

    def full(target: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    store.Store.check = lambda self: None  # type: ignore[method-assign]  # own process
    store._write_local = full
    return main()


def test_a_store_that_fills_up_ends_the_crawl(site: Website, crawl_site: Crawl) -> None:
    site.page("/", '<img src="a.jpg" alt="sunset beach">')
    site.image("/a.jpg")

    crawled = crawl_site(program=with_full_disk)

    assert crawled.exit_status == 1
    assert crawled.closed["error"].endswith("No space left on device")


def with_broken_spider() -> int:
    """The crawler with a spider that does not understand what it gets."""

    def parse_image(self: SiteSpider, response: object, sighting: object) -> None:
        raise LookupError("no such selector")

    SiteSpider.parse_image = parse_image  # type: ignore[assignment]  # own process
    return main()


def test_an_exception_in_the_spider_costs_the_image_alone(
    site: Website, crawl_site: Crawl, session: Session
) -> None:
    site.page("/", '<img src="a.jpg" alt="sunset beach"><a href="/b">b</a>')
    site.page("/b", "another page")
    site.image("/a.jpg")

    crawled = crawl_site(program=with_broken_spider)

    assert crawled.exit_status == 0
    assert crawled.outcomes == {"a.jpg": "unreadable"}
    assert "a.jpg: LookupError: no such selector" in crawled.stderr
    assert "Traceback" not in crawled.stderr
    assert "/b" in site.requests
    assert last_run(session).state is CrawlState.FINISHED


def with_broken_pipeline() -> int:
    """The crawler with a component that cannot even be made."""

    def from_crawler(_crawler: object) -> None:
        raise LookupError("no such setting")

    KeepImages.from_crawler = from_crawler  # type: ignore[method-assign]  # own process
    return main()


def test_a_crawler_that_cannot_start(site: Website, crawl_site: Crawl) -> None:
    crawled = crawl_site(program=with_broken_pipeline)

    assert crawled.exit_status == 1
    assert crawled.closed["error"] == "LookupError: no such setting"
