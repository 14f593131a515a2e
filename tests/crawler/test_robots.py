"""robots.txt as RFC 9309 wants it read."""

import re
from collections.abc import Callable, Iterator

import pytest
from crawls import Crawled
from website import Answer, Website, serving

from crawler.robots import READ_BYTES, RobotsText
from crawler.settings import user_agent

Crawl = Callable[..., Crawled]
URL = "https://example.org/images/a.jpg"
FORBIDDEN = "may not be crawled: its robots.txt forbids it"
OURS = "User-agent: crawl-and-dream\nDisallow: /images/\n"


@pytest.fixture
def other() -> Iterator[Website]:
    """Another website, on a port of its own."""
    with serving(Website()) as other:
        yield other


def text(said: str) -> RobotsText:
    return RobotsText(said.encode())


@pytest.mark.parametrize(
    ("body", "is_allowed"),
    [
        (b"", True),
        (b"User-agent: *\nDisallow: /images/", False),
        (b"User-agent: *\rDisallow: /images/", False),
        (b"User-agent: *\nDisallow:", True),
        (b"User-agent: *\nDisallow: /\nAllow: /images/", True),
        (b"User-agent: *\nDisallow: /*.jpg$", False),
        (b"User-agent: *\nDisallow: /%69mages/", False),
        (OURS.encode(), False),
        (b"user-agent: Crawl-And-Dream/2 # us\ndisallow: /images/", False),
        (b"User-agent: crawl\nDisallow: /", True),
        (b"User-agent:\nDisallow: /", True),
        (b"User-agent: *\nDisallow: /\n\n" + b"User-agent: crawl-and-dream\n", True),
        (b"User-agent: crawl-and-dream\nUser-agent: other\n\nDisallow: /", False),
        (b"User-agent: other\nDisallow: /a\nUser-agent: *\nDisallow: /images", False),
        (OURS.encode() + b"User-agent: crawl-and-dream\nAllow: /images/a", True),
        (b"Disallow: /", True),
        (b"<html><body>Disallow: /</body></html>", True),
        (b"\xef\xbb\xbf" + OURS.encode(), False),
        (OURS.encode("utf-16"), False),
        (OURS.encode("utf-16-le"), False),
        (b"# caf\xe9\n" + OURS.encode(), False),
        (b"# x\n" * (500 * 256 - 20) + OURS.encode(), False),
        (b"# x\n" * (READ_BYTES // 4) + OURS.encode(), True),
        (b"User-agent: a\n" * 15_000 + b"Disallow: /images\n" * 15_000, True),
    ],
)
def test_rules_for_us(body: bytes, is_allowed: bool) -> None:
    assert RobotsText(body).allowed(URL) is is_allowed


def test_a_path_in_an_old_charset() -> None:
    said = RobotsText("User-agent: *\nDisallow: /café/".encode("cp1252"))

    assert not said.allowed("https://example.org/caf%C3%A9/a.jpg")


@pytest.mark.parametrize(
    ("said", "delay_s"),
    [("Crawl-delay: 2.5", 2.5), ("Crawl-delay: -1", 0), ("Crawl-delay: soon", 0)],
)
def test_a_delay_is_taken_as_stated(said: str, delay_s: float) -> None:
    assert text(f"User-agent: *\n{said}").crawl_delay() == delay_s


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("Content-Usage: train-ai=n", ["train-ai=n"]),
        ("content-usage : train-ai=n, search=n # all", ["train-ai=n", "search=n"]),
        ("Content-Usage: /images/ train-ai=n", ["train-ai=n"]),
        ("Content-Usage: /other/ train-ai=n", []),
        ("Content-Usage: train-ai=n\nContent-Usage: /images/ train-ai=y", []),
        ("Content-Usage: /*.jpg$\ttrain-ai=n", ["train-ai=n"]),
        ("Content-Usage: /images/", []),
        ("Content-Usage:", []),
        ("User-agent: other\nContent-Usage: train-ai=n", []),
        ("User-agent: crawl-and-dream\nAllow: /\nContent-Usage: ai=n", ["ai=n"]),
    ],
)
def test_usage_is_said_for_the_longest_path(said: str, denied: list[str]) -> None:
    assert text(f"User-agent: *\nAllow: /\n{said}").usage_of(URL) == denied


def test_sitemaps_belong_to_no_group() -> None:
    said = text("Sitemap: /a.xml\nUser-agent: other\nSitemap: /b.xml\nDisallow: /")

    assert list(said.rp.sitemaps) == ["/a.xml", "/b.xml"]


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_is_not_crawled(
    site: Website, crawl_site: Crawl, status: int
) -> None:
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nAllow: /\n", status)

    crawled = crawl_site()

    error = f"may not be crawled: its robots.txt answers {status} "
    assert crawled.closed["error"].startswith(f"site {site.url} {error}")
    assert set(site.requests) == {"/robots.txt"}


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_where_there_is_no_robots_txt_nothing_is_forbidden(
    site: Website, crawl_site: Crawl, status: int
) -> None:
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /\n", status)
    site.page("/", "a page")

    assert crawl_site().stats["pages"] == 1


def test_a_host_whose_robots_txt_cannot_be_reached_is_not_crawled(
    site: Website, other: Website, crawl_site: Crawl
) -> None:
    def hang_up(handler) -> None:
        handler.connection.close()

    other.answers["/robots.txt"] = hang_up
    site.page("/", f'<img src="{other.url}a.jpg" alt="sunset beach">')

    crawled = crawl_site("--allow-host", other.host)

    assert crawled.outcomes == {"a.jpg": "unreachable"}
    assert other.requests == ["/robots.txt"] * 3


def test_a_robots_txt_may_lie_at_another_host(
    site: Website, other: Website, crawl_site: Crawl
) -> None:
    there = f"{other.url}robots.txt"
    site.answers["/robots.txt"] = Answer(status=302, headers={"Location": there})
    other.robots("User-agent: *\nDisallow: /a.jpg\n")
    site.page("/", '<img src="a.jpg" alt="sunset beach">')

    crawled = crawl_site("--allow-host", other.host)

    assert crawled.outcomes == {"a.jpg": "robots"}
    assert other.requests == ["/robots.txt"]


@pytest.mark.parametrize(("hops", "is_allowed"), [(5, False), (6, True)])
def test_five_redirections_are_followed(
    site: Website, crawl_site: Crawl, hops: int, is_allowed: bool
) -> None:
    site.page("/", "a page")
    path = "/robots.txt"
    for hop in range(hops):
        following = f"/robots-{hop}.txt"
        site.answers[path] = Answer(status=301, headers={"Location": following})
        path = following
    site.answers[path] = Answer(b"User-agent: *\nDisallow: /\n")

    assert crawl_site().stats["pages"] == int(is_allowed)


def test_a_robots_txt_leads_to_no_private_network(
    site: Website, other: Website, crawl_site: Crawl
) -> None:
    there = f"{other.url}robots.txt"
    site.answers["/robots.txt"] = Answer(status=302, headers={"Location": there})

    crawled = crawl_site()

    assert f"allow it with --allow-host {other.host}" in crawled.closed["error"]
    assert other.requests == []


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("", r"crawl-and-dream/\S+ Scrapy/\S+"),
        ("https://e.org/me", r"crawl-and-dream/\S+ \(https://e.org/me\) Scrapy/\S+"),
        ("a@e.org\r\nX: y", r"crawl-and-dream/\S+ \(a@e.org X: y\) Scrapy/\S+"),
    ],
)
def test_who_asks_is_told(contact: str, expected: str) -> None:
    assert re.fullmatch(expected, user_agent(contact))
